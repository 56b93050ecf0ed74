//! Asking for another address.

use domain::email::EmailAddress;
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::EmailUpdateId;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::{EXPIRES_AFTER, count, mails};
use crate::actor::MemberActor;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};
use crate::rate_limit::{CheckError, Limited};

/// The address that the acting member's customer wants.
#[derive(Debug, Clone)]
pub struct RequestEmailUpdate {
    pub email: EmailAddress,
    /// Who is counted: the client's address.
    pub client: String,
}

/// Why no link was mailed.
#[derive(Debug, Error)]
pub enum RequestEmailUpdateError {
    #[error("the organization does not let its customers change their addresses")]
    Off,
    /// A team is written to at its owner's address, which its members' page changes.
    #[error("the customer is a team")]
    Team,
    #[error("the address is refused")]
    Invalid(#[source] FieldErrors),
    #[error("only a signed-in member who may change what is billed changes the address")]
    Forbidden(#[from] Forbidden),
    #[error("the client asked too often")]
    Limited(#[from] Limited),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RequestEmailUpdateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<CheckError> for RequestEmailUpdateError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Limited(limited) => limited.into(),
            CheckError::Database(error) => error.into(),
        }
    }
}

/// Mails a link to the new address. An earlier one of the same customer stops working. Whether somebody else has the address is said
/// only to who has proved that it is theirs.
///
/// # Errors
/// `Invalid` names `email` when it is the customer's address already.
pub async fn request(
    db: &PgPool,
    cx: &mut Context,
    input: RequestEmailUpdate,
) -> Result<(), RequestEmailUpdateError> {
    let actor = cx.actor.member().cloned().ok_or(Forbidden)?;
    cx.actor.billing_writer(actor.organization_id)?;
    count(db, &input.client, cx.now).await?;
    let mut tx = db.begin().await?;
    refuse(&mut tx, &actor, &input.email).await?;
    let email_update_id: EmailUpdateId = cx.new_id();
    let (organization, customer) = (actor.organization_id.as_uuid(), actor.customer_id.as_uuid());
    sqlx::query!(
        "delete from email_update where organization_id = $1 and customer_id = $2 and verified_at is null",
        organization,
        customer,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into email_update (organization_id, email_update_id, customer_id, email, created_at, expires_at)
         values ($1, $2, $3, $4, $5, $6)",
        organization,
        email_update_id.as_uuid(),
        customer,
        input.email.as_str(),
        cx.now,
        cx.now + EXPIRES_AFTER,
    )
    .execute(&mut *tx)
    .await?;
    mails::link(&mut tx, cx, actor.organization_id, email_update_id).await?;
    let requested = NewEvent {
        organization_id: actor.organization_id,
        event_type: EventType::EmailUpdateRequested,
        subject_kind: "email_update",
        subject_id: email_update_id.into(),
        customer_id: Some(actor.customer_id),
        snapshot: json!({}),
    };
    event::record(&mut tx, cx, requested).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

/// Holds the customer until the change is written, so that two requests at once leave one.
async fn refuse(
    tx: &mut PgConnection,
    actor: &MemberActor,
    email: &EmailAddress,
) -> Result<(), RequestEmailUpdateError> {
    let row = sqlx::query!(
        r#"select c.type = 'team' as "is_team!", lower(c.email) = lower($3) as "is_same!", s.allow_email_change
         from customer c
         join portal_setting s on s.organization_id = c.organization_id
         where c.organization_id = $1 and c.customer_id = $2 and c.deleted_at is null
         for no key update of c"#,
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        email.as_str(),
    )
    .fetch_optional(tx)
    .await?
    .ok_or(Forbidden)?;
    if !row.allow_email_change {
        return Err(RequestEmailUpdateError::Off);
    }
    if row.is_team {
        return Err(RequestEmailUpdateError::Team);
    }
    if row.is_same {
        let errors = FieldErrors::one("email", "email_unchanged");
        return Err(RequestEmailUpdateError::Invalid(errors));
    }
    Ok(())
}
