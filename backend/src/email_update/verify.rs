//! Using the link.

use domain::event_type::EventType;
use domain::id::{EmailUpdateId, OrganizationId};
use domain::role::MemberRole;
use serde_json::json;
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use thiserror::Error;

use super::{PURPOSE, count, mails};
use crate::api_session::{self, ApiSessionKind, CreatedApiSession, Whose};
use crate::context::Context;
use crate::customer::{EmailChange, follow_owner};
use crate::error::{DatabaseError, violated_constraint};
use crate::event::{self, NewEvent};
use crate::rate_limit::{CheckError, Limited};
use crate::secret::SecretKey;
use crate::session::{self, NewSession, StartSession};

/// Why the address stays as it is.
#[derive(Debug, Error)]
pub enum VerifyEmailUpdateError {
    #[error("the link is not ours, was used, was replaced, or holds no longer")]
    Invalid,
    /// The link is used up by that.
    #[error("another customer of the organization has the address")]
    Taken,
    #[error("the client tried too often")]
    Limited(#[from] Limited),
    #[error("the address could not be changed")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for VerifyEmailUpdateError {
    fn from(error: sqlx::Error) -> Self {
        match violated_constraint(&error) {
            Some("customer_email_key" | "member_email_key") => Self::Taken,
            _ => Self::Database(error.into()),
        }
    }
}

impl From<CheckError> for VerifyEmailUpdateError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Limited(limited) => limited.into(),
            CheckError::Database(error) => error.into(),
        }
    }
}

/// Gives the customer the new address, ends every session it had, tells the address before, and makes a session of the customer.
pub async fn verify_for_api(
    db: &PgPool,
    secret: &SecretKey,
    cx: &mut Context,
    token: &str,
    client: &str,
) -> Result<CreatedApiSession, VerifyEmailUpdateError> {
    let (mut tx, whose) = changed(db, secret, cx, None, token, client).await?;
    let session = api_session::insert(&mut tx, cx, whose, None).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &session).await?;
    Ok(session)
}

/// The same in a browser, which is signed in by it. A link of another organization is none.
pub async fn verify_in_browser(
    db: &PgPool,
    secret: &SecretKey,
    cx: &mut Context,
    organization_id: OrganizationId,
    token: &str,
    client: &str,
    user_agent: String,
) -> Result<NewSession, VerifyEmailUpdateError> {
    let (mut tx, whose) = changed(db, secret, cx, Some(organization_id), token, client).await?;
    let start = StartSession {
        organization_id: whose.organization_id,
        customer_id: whose.customer_id,
        member_id: whose.member_id,
        role: MemberRole::Owner,
        user_agent,
        return_to: None,
        return_url: None,
    };
    let session = session::start(&mut tx, cx, start).await?;
    tx.commit().await?;
    Ok(session)
}

/// The change carried out, in a transaction that the caller ends with a session.
async fn changed(
    db: &PgPool,
    secret: &SecretKey,
    cx: &mut Context,
    within: Option<OrganizationId>,
    token: &str,
    client: &str,
) -> Result<(Transaction<'static, Postgres>, Whose), VerifyEmailUpdateError> {
    count(db, client, cx.now).await?;
    let id = secret.id_of_token(PURPOSE, &[], token).ok_or(VerifyEmailUpdateError::Invalid)?.into();
    let mut tx = db.begin().await?;
    match apply(&mut tx, cx, within, id).await {
        Err(VerifyEmailUpdateError::Taken) => {
            tx.rollback().await?;
            Err(give_up(db, id).await)
        }
        whose => Ok((tx, whose?)),
    }
}

/// Whose address it was.
async fn apply(
    tx: &mut PgConnection,
    cx: &mut Context,
    within: Option<OrganizationId>,
    id: EmailUpdateId,
) -> Result<Whose, VerifyEmailUpdateError> {
    let row = sqlx::query!(
        "select u.organization_id, u.customer_id, u.email, c.email as previous_email, m.member_id
         from email_update u
         join customer c on c.organization_id = u.organization_id and c.customer_id = u.customer_id and c.deleted_at is null
            and c.type = 'individual'
         join member m on m.organization_id = u.organization_id and m.customer_id = u.customer_id and m.deleted_at is null
            and m.role = 'owner'
         join organization o on o.organization_id = u.organization_id and o.deleted_at is null
         join portal_setting s on s.organization_id = u.organization_id and s.allow_email_change
         where u.email_update_id = $1 and u.verified_at is null and u.expires_at > $2
            and ($3::uuid is null or u.organization_id = $3)
         for no key update of u, c",
        id.as_uuid(),
        cx.now,
        within.map(OrganizationId::as_uuid),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(VerifyEmailUpdateError::Invalid)?;
    let (organization_id, customer_id) = (row.organization_id.into(), row.customer_id.into());
    sqlx::query!(
        "update customer set email = $3, email_verified_at = $4, modified_at = $4 where organization_id = $1 and customer_id = $2",
        row.organization_id,
        row.customer_id,
        row.email,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update email_update set previous_email = $3, verified_at = $4 where organization_id = $1 and email_update_id = $2",
        row.organization_id,
        id.as_uuid(),
        row.previous_email,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let change = EmailChange {
        organization_id,
        customer_id,
        is_individual: true,
        from: &row.previous_email,
        to: &row.email,
    };
    follow_owner(tx, cx, &change).await?;
    let updated = NewEvent {
        organization_id,
        event_type: EventType::CustomerUpdated,
        subject_kind: "customer",
        subject_id: row.customer_id,
        customer_id: Some(customer_id),
        snapshot: json!({ "type": "individual", "email_changed": true }),
    };
    event::record(tx, cx, updated).await?;
    // Whoever got in by the old mailbox does not stay in.
    session::end_all(tx, cx, organization_id, customer_id, None).await?;
    mails::done(tx, cx, organization_id, id).await?;
    let kind = ApiSessionKind::Customer;
    Ok(Whose { organization_id, customer_id, member_id: row.member_id.into(), kind })
}

/// An address that somebody else has cannot be waited for.
async fn give_up(db: &PgPool, id: EmailUpdateId) -> VerifyEmailUpdateError {
    let gone = sqlx::query!(
        "delete from email_update where email_update_id = $1 and verified_at is null",
        id.as_uuid(),
    )
    .execute(db)
    .await;
    match gone {
        Ok(_) => VerifyEmailUpdateError::Taken,
        Err(error) => VerifyEmailUpdateError::Database(error.into()),
    }
}
