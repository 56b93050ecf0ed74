//! Making an access token. Its text is shown this once.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{AccessTokenId, OrganizationId};
use domain::scope::Scope;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;
use time::OffsetDateTime;

use super::granted::may_give;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, on_constraint};
use crate::event::{self, NewEvent};
use crate::input;
use crate::token::{ACCESS_TOKEN_PREFIX, PlainToken, new_token};

/// A token for an organization's own backend.
#[derive(Debug, Clone)]
pub struct CreateAccessToken {
    pub organization_id: OrganizationId,
    /// What it is for; 1 to 128 characters.
    pub name: String,
    /// What it may do; nothing that the token which makes it may not.
    pub scopes: Vec<Scope>,
    /// Until when it works; without end when missing.
    pub expires_at: Option<OffsetDateTime>,
}

/// Why no token was made.
#[derive(Debug, Error)]
pub enum CreateAccessTokenError {
    #[error("the token's data are refused")]
    Invalid(#[source] FieldErrors),
    #[error("there is no such organization")]
    UnknownOrganization,
    #[error("only the organization itself makes access tokens")]
    Forbidden(#[from] Forbidden),
    #[error("could not store the access token")]
    Database(#[from] sqlx::Error),
    #[error("could not record the access token")]
    Event(#[from] DatabaseError),
}

/// Makes an access token and returns it in clear, for the only time.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    input: CreateAccessToken,
) -> Result<(AccessTokenId, PlainToken), CreateAccessTokenError> {
    cx.actor.staff(input.organization_id)?;
    let mut errors = FieldErrors::default();
    let name = input::named(&mut errors, "name", &input.name, 1, 128);
    if input.expires_at.is_some_and(|expires_at| expires_at <= cx.now) {
        errors.push("expires_at", "in_the_past");
    }
    errors.result(()).map_err(CreateAccessTokenError::Invalid)?;
    let id: AccessTokenId = cx.new_id();
    let token = new_token(ACCESS_TOKEN_PREFIX, &mut cx.rng);
    let scopes: Vec<String> = input.scopes.iter().map(ToString::to_string).collect();
    let mut tx = db.begin().await?;
    if !may_give(&mut tx, &cx.actor, &input.scopes).await? {
        let errors = FieldErrors::one("scopes", "scope_not_held");
        return Err(CreateAccessTokenError::Invalid(errors));
    }
    sqlx::query!(
        "with access_token as (
            insert into access_token (organization_id, access_token_id, name, created_at, expires_at, scopes)
            values ($1, $2, $3, $4, $5, $7) returning organization_id, access_token_id)
         insert into token (token_hash, organization_id, kind, subject_id)
         select $6, organization_id, 'access_token', access_token_id from access_token",
        input.organization_id.as_uuid(),
        id.as_uuid(),
        name,
        cx.now,
        input.expires_at,
        &token.hash(),
        &scopes,
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| {
        let unknown = CreateAccessTokenError::UnknownOrganization;
        on_constraint(error, "access_token_organization_fkey", unknown, Into::into)
    })?;
    let event = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::AccessTokenCreated,
        subject_kind: "access_token",
        subject_id: id.as_uuid(),
        customer_id: None,
        snapshot: json!({ "name": name, "scopes": input.scopes }),
    };
    event::record(&mut tx, cx, event).await?;
    let created = (id, token);
    cx.commit(tx, &created).await?;
    Ok(created)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::{LiveAccessToken, authenticate};
    use crate::actor::Actor;
    use crate::test_support::{TestDb, fixtures};
    use time::Duration;
    use uuid::Uuid;

    fn input(organization_id: OrganizationId) -> CreateAccessToken {
        CreateAccessToken {
            organization_id,
            name: "backend".into(),
            scopes: Scope::ALL.to_vec(),
            expires_at: None,
        }
    }

    #[tokio::test]
    async fn works_until_its_very_microsecond() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let expires_at = db.now() + Duration::hours(1);
        let input = CreateAccessToken { expires_at: Some(expires_at), ..input(organization_id) };
        let (access_token_id, token) = create(&db.pool, &mut db.cx(), input).await.unwrap();
        let actor = Actor::AccessToken { organization_id, access_token_id };
        let last = expires_at - Duration::microseconds(1);
        let found = authenticate(&db.pool, token.expose(), last).await.unwrap();
        assert_eq!(found, Some(LiveAccessToken { actor, scopes: Scope::ALL.to_vec() }));
        assert_eq!(authenticate(&db.pool, token.expose(), expires_at).await.unwrap(), None);
    }

    #[tokio::test]
    async fn is_stored_as_its_hash_only() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let (_, token) = create(&db.pool, &mut db.cx(), input(organization_id)).await.unwrap();
        let dump: String = sqlx::query_scalar(
            "select (select string_agg(t::text, '') from token t) || (select string_agg(a::text, '') from access_token a)
                || (select string_agg(e::text, '') from event e)",
        )
        .fetch_one(&db.pool)
        .await
        .unwrap();
        assert!(dump.contains("backend") && !dump.contains(token.expose()));
    }

    #[tokio::test]
    async fn is_refused_to_strangers_and_for_nothing() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let mut cx = db.cx_of(Actor::System { organization_id: Some(other) });
        let refused = create(&db.pool, &mut cx, input(organization_id)).await;
        assert!(matches!(refused, Err(CreateAccessTokenError::Forbidden(_))));
        let refused = create(&db.pool, &mut db.cx(), input(Uuid::from_u128(9).into())).await;
        assert!(matches!(refused, Err(CreateAccessTokenError::UnknownOrganization)));
        let past = CreateAccessToken {
            expires_at: Some(db.now()),
            name: " ".into(),
            ..input(organization_id)
        };
        let refused = create(&db.pool, &mut db.cx(), past).await;
        assert!(
            matches!(refused, Err(CreateAccessTokenError::Invalid(errors)) if errors.iter().count() == 2)
        );
    }
}
