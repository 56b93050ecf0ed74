//! Renaming a token, or giving it other scopes.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{AccessTokenId, OrganizationId};
use domain::scope::Scope;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use super::granted::may_give;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};
use crate::input;

/// What to change; what is missing stays as it is.
#[derive(Debug, Clone)]
pub struct UpdateAccessToken {
    pub organization_id: OrganizationId,
    pub access_token_id: AccessTokenId,
    /// 1 to 128 characters.
    pub name: Option<String>,
    /// All of them.
    pub scopes: Option<Vec<Scope>>,
}

#[derive(Debug, Error)]
pub enum UpdateAccessTokenError {
    /// On `name`; `scope_not_held` on `scopes`.
    #[error("the token's data are refused: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such token")]
    Unknown,
    #[error("only the organization itself may change its tokens")]
    Forbidden(#[from] Forbidden),
    #[error("the token could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateAccessTokenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Changes a token that is not revoked. It counts from the next request on.
pub async fn update(
    db: &PgPool,
    cx: &mut Context,
    input: UpdateAccessToken,
) -> Result<(), UpdateAccessTokenError> {
    cx.actor.staff(input.organization_id)?;
    let mut errors = FieldErrors::new();
    let name = input.name.as_deref().map(|name| input::named(&mut errors, "name", name, 1, 128));
    errors.result(()).map_err(UpdateAccessTokenError::Invalid)?;
    let mut tx = db.begin().await?;
    if let Some(scopes) = &input.scopes
        && !may_give(&mut tx, &cx.actor, scopes).await?
    {
        let errors = FieldErrors::one("scopes", "scope_not_held");
        return Err(UpdateAccessTokenError::Invalid(errors));
    }
    let scopes = input.scopes.as_ref().map(|all| all.iter().map(ToString::to_string).collect());
    let updated = sqlx::query!(
        "update access_token set name = coalesce($3, name), scopes = coalesce($4, scopes), modified_at = $5
         where organization_id = $1 and access_token_id = $2 and revoked_at is null",
        input.organization_id.as_uuid(),
        input.access_token_id.as_uuid(),
        name,
        scopes as Option<Vec<String>>,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(UpdateAccessTokenError::Unknown);
    }
    let changed = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::AccessTokenUpdated,
        subject_kind: "access_token",
        subject_id: input.access_token_id.into(),
        customer_id: None,
        snapshot: json!({ "name": name, "scopes": input.scopes }),
    };
    event::record(&mut tx, cx, changed).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::{CreateAccessToken, CreateAccessTokenError, create, get};
    use crate::actor::Actor;
    use crate::test_support::{TestDb, fixtures};

    async fn token(
        db: &TestDb,
        actor: Actor,
        organization_id: OrganizationId,
        scopes: &[Scope],
    ) -> Result<AccessTokenId, CreateAccessTokenError> {
        let input = CreateAccessToken {
            organization_id,
            name: "backend".into(),
            scopes: scopes.to_vec(),
            expires_at: None,
        };
        create(&db.pool, &mut db.cx_of(actor), input).await.map(|(id, _)| id)
    }

    #[tokio::test]
    async fn a_token_gives_no_more_than_it_has() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let foyer = Actor::System { organization_id: None };
        let own = [Scope::OrganizationAccessTokensWrite, Scope::OrdersWrite];
        let access_token_id = token(&db, foyer, organization_id, &own).await.unwrap();
        let actor = Actor::AccessToken { organization_id, access_token_id };
        let less = [Scope::OrdersRead];
        let child = token(&db, actor.clone(), organization_id, &less).await.unwrap();
        let more = token(&db, actor.clone(), organization_id, &[Scope::CustomersRead]).await;
        let Err(CreateAccessTokenError::Invalid(errors)) = more else { panic!("{more:?}") };
        assert_eq!(errors.first("scopes"), Some("scope_not_held"));
        let change = |name: Option<&str>, scopes: Option<&[Scope]>| UpdateAccessToken {
            organization_id,
            access_token_id: child,
            name: name.map(Into::into),
            scopes: scopes.map(<[Scope]>::to_vec),
        };
        let cx = &mut db.cx_of(actor.clone());
        let more = update(&db.pool, cx, change(None, Some(&[Scope::CustomersRead]))).await;
        assert!(matches!(more, Err(UpdateAccessTokenError::Invalid(_))));
        let cx = &mut db.cx_of(actor);
        update(&db.pool, cx, change(Some(" shop "), Some(&[Scope::OrdersWrite]))).await.unwrap();
        let found = get(&db.pool, organization_id, child).await.unwrap().unwrap();
        assert_eq!((found.name.as_str(), found.scopes), ("shop", vec![Scope::OrdersWrite]));
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "access_token.updated");
    }

    #[tokio::test]
    async fn nothing_crosses_organizations() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let foyer = Actor::System { organization_id: None };
        let id = token(&db, foyer, organization_id, &[]).await.unwrap();
        let rename = |organization_id| UpdateAccessToken {
            organization_id,
            access_token_id: id,
            name: Some("mine".into()),
            scopes: None,
        };
        let elsewhere = update(&db.pool, &mut db.cx(), rename(other)).await;
        assert!(matches!(elsewhere, Err(UpdateAccessTokenError::Unknown)));
        let forbidden = update(&db.pool, &mut db.cx_of(owner), rename(organization_id)).await;
        assert!(matches!(forbidden, Err(UpdateAccessTokenError::Forbidden(_))));
    }
}
