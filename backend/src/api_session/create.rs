//! Making a session for a customer or one of its members. The token is shown this once.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{ApiSessionId, CustomerId, MemberId, OrganizationId};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::OffsetDateTime;

use super::{ApiSessionKind, EXPIRES_AFTER};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};
use crate::hand_over::is_web_url;
use crate::token::{CUSTOMER_SESSION_PREFIX, MEMBER_SESSION_PREFIX, PlainToken, new_token};

/// By whose id somebody is named.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whom<Id> {
    Id(Id),
    /// The organization's own.
    External(String),
}

/// For whom a session is made.
#[derive(Debug, Clone)]
pub struct CreateApiSession {
    pub organization_id: OrganizationId,
    pub customer: Whom<CustomerId>,
    /// `None`: the customer's owner acts.
    pub member: Option<Whom<MemberId>>,
    /// The company's own page that "back" leads to; http or https.
    pub return_url: Option<String>,
}

/// A new session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct CreatedApiSession {
    pub api_session_id: ApiSessionId,
    pub kind: ApiSessionKind,
    pub token: PlainToken,
    pub customer_id: CustomerId,
    pub member_id: MemberId,
    #[serde(with = "domain::micros")]
    pub created_at: OffsetDateTime,
    #[serde(with = "domain::micros")]
    pub expires_at: OffsetDateTime,
    pub return_url: Option<String>,
}

/// Why no session was made.
#[derive(Debug, Error)]
pub enum CreateApiSessionError {
    #[error("there is no such customer")]
    UnknownCustomer,
    #[error("the customer has no such member")]
    UnknownMember,
    #[error("the session's data are refused")]
    Invalid(#[source] FieldErrors),
    #[error("only the organization itself makes sessions")]
    Forbidden(#[from] Forbidden),
    #[error("the session could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for CreateApiSessionError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Makes a session of an hour, and returns its token in clear for the only time.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    input: CreateApiSession,
) -> Result<CreatedApiSession, CreateApiSessionError> {
    cx.actor.staff(input.organization_id)?;
    if !input.return_url.as_deref().is_none_or(is_web_url) {
        let errors = FieldErrors::one("return_url", "url_invalid");
        return Err(CreateApiSessionError::Invalid(errors));
    }
    let mut tx = db.begin().await?;
    let (customer_id, member_id) = find(&mut tx, &input).await?;
    let kind = match input.member {
        Some(_) => ApiSessionKind::Member,
        None => ApiSessionKind::Customer,
    };
    let whose = Whose { organization_id: input.organization_id, customer_id, member_id, kind };
    let created = insert(&mut tx, cx, whose, input.return_url).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &created).await?;
    Ok(created)
}

/// Whose session is made.
pub(crate) struct Whose {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub member_id: MemberId,
    pub kind: ApiSessionKind,
}

/// Writes a session down; the caller commits.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    cx: &mut Context,
    whose: Whose,
    return_url: Option<String>,
) -> Result<CreatedApiSession, DatabaseError> {
    let prefix = match whose.kind {
        ApiSessionKind::Customer => CUSTOMER_SESSION_PREFIX,
        ApiSessionKind::Member => MEMBER_SESSION_PREFIX,
    };
    let api_session_id: ApiSessionId = cx.new_id();
    let token = new_token(prefix, &mut cx.rng);
    let expires_at = cx.now + EXPIRES_AFTER;
    sqlx::query!(
        "with made as (
            insert into api_session (organization_id, api_session_id, kind, customer_id, member_id, return_url, created_at, expires_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8) returning organization_id, api_session_id)
         insert into token (token_hash, organization_id, kind, subject_id)
         select $9, organization_id, 'api_session', api_session_id from made",
        whose.organization_id.as_uuid(),
        api_session_id.as_uuid(),
        whose.kind.as_str(),
        whose.customer_id.as_uuid(),
        whose.member_id.as_uuid(),
        return_url,
        cx.now,
        expires_at,
        &token.hash(),
    )
    .execute(&mut *tx)
    .await?;
    let event = NewEvent {
        organization_id: whose.organization_id,
        event_type: EventType::ApiSessionCreated,
        subject_kind: "api_session",
        subject_id: api_session_id.as_uuid(),
        customer_id: Some(whose.customer_id),
        snapshot: json!({ "kind": whose.kind.as_str(), "member_id": whose.member_id }),
    };
    event::record(&mut *tx, cx, event).await?;
    Ok(CreatedApiSession {
        api_session_id,
        kind: whose.kind,
        token,
        customer_id: whose.customer_id,
        member_id: whose.member_id,
        created_at: cx.now,
        expires_at,
        return_url,
    })
}

async fn find(
    tx: &mut PgConnection,
    input: &CreateApiSession,
) -> Result<(CustomerId, MemberId), CreateApiSessionError> {
    let (customer_id, external_customer_id) = match &input.customer {
        Whom::Id(id) => (Some(id.as_uuid()), None),
        Whom::External(id) => (None, Some(id.as_str())),
    };
    let (member_id, external_member_id) = match &input.member {
        Some(Whom::Id(id)) => (Some(id.as_uuid()), None),
        Some(Whom::External(id)) => (None, Some(id.as_str())),
        None => (None, None),
    };
    let row = sqlx::query!(
        r#"select c.customer_id, m.member_id as "member_id?"
         from customer c
         left join member m on m.organization_id = c.organization_id and m.customer_id = c.customer_id and m.deleted_at is null
            and (m.member_id = $4 or m.external_id = $5 or ($4::uuid is null and $5::text is null and m.role = 'owner'))
         where c.organization_id = $1 and c.deleted_at is null and (c.customer_id = $2 or c.external_id = $3)
         limit 1"#,
        input.organization_id.as_uuid(),
        customer_id,
        external_customer_id,
        member_id,
        external_member_id,
    )
    .fetch_optional(tx)
    .await?
    .ok_or(CreateApiSessionError::UnknownCustomer)?;
    let member_id = row.member_id.ok_or(CreateApiSessionError::UnknownMember)?;
    Ok((row.customer_id.into(), member_id.into()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::api_session::authenticate;
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;
    use time::Duration;

    #[tokio::test]
    async fn the_owner_acts_for_the_customer_and_a_named_member_for_itself() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let member = fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let input = CreateApiSession {
            organization_id: owner.organization_id,
            customer: Whom::Id(owner.customer_id),
            member: None,
            return_url: Some("https://app.example.com/account".into()),
        };
        let of_customer = create(&db.pool, &mut db.cx(), input.clone()).await.unwrap();
        assert!(of_customer.token.expose().starts_with("foyer_cst_"));
        let whom = Some(Whom::Id(member.member_id));
        let of_member =
            create(&db.pool, &mut db.cx(), CreateApiSession { member: whom, ..input.clone() })
                .await
                .unwrap();
        assert!(of_member.token.expose().starts_with("foyer_mst_"));
        let who = async |token: &PlainToken, now| {
            let found = authenticate(&db.pool, token.expose(), now).await.unwrap();
            found.map(|session| (session.kind, session.actor.member_id, session.actor.role))
        };
        let now = db.now();
        assert_eq!(
            who(&of_customer.token, now).await,
            Some((ApiSessionKind::Customer, owner.member_id, MemberRole::Owner))
        );
        assert_eq!(
            who(&of_member.token, now).await,
            Some((ApiSessionKind::Member, member.member_id, MemberRole::Member))
        );
        assert_eq!(who(&of_member.token, now + EXPIRES_AFTER).await, None);
        let last = now + EXPIRES_AFTER - Duration::microseconds(1);
        assert!(who(&of_member.token, last).await.is_some());
        sqlx::query("update member set deleted_at = now() where role = 'member'")
            .execute(&db.pool)
            .await
            .unwrap();
        assert_eq!(who(&of_member.token, now).await, None);
        for garbage in ["", "foyer_cst_", &"x".repeat(10_000)] {
            assert_eq!(authenticate(&db.pool, garbage, now).await.unwrap(), None);
        }

        let refused = create(&db.pool, &mut db.cx_of(Actor::Member(owner)), input.clone()).await;
        assert!(matches!(refused, Err(CreateApiSessionError::Forbidden(_))));
        let bad = CreateApiSession { return_url: Some("javascript:alert(1)".into()), ..input };
        let refused = create(&db.pool, &mut db.cx(), bad).await;
        assert!(matches!(refused, Err(CreateApiSessionError::Invalid(_))));
    }

    #[tokio::test]
    async fn strangers_are_unknown() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let other =
            fixtures::member(&db, fixtures::organization(&db, "other").await, "bob@example.com")
                .await;
        let input = CreateApiSession {
            organization_id: owner.organization_id,
            customer: Whom::Id(other.customer_id),
            member: None,
            return_url: None,
        };
        let refused = create(&db.pool, &mut db.cx(), input.clone()).await;
        assert!(matches!(refused, Err(CreateApiSessionError::UnknownCustomer)));
        let customer = Whom::Id(owner.customer_id);
        let member = Some(Whom::Id(other.member_id));
        let refused =
            create(&db.pool, &mut db.cx(), CreateApiSession { customer, member, ..input.clone() })
                .await;
        assert!(matches!(refused, Err(CreateApiSessionError::UnknownMember)));
        let customer = Whom::External("nobody".into());
        let refused = create(&db.pool, &mut db.cx(), CreateApiSession { customer, ..input }).await;
        assert!(matches!(refused, Err(CreateApiSessionError::UnknownCustomer)));
    }
}
