//! Adding a method from a portal that somebody else built.

use domain::field_errors::FieldErrors;
use domain::id::{OrganizationId, PaymentMethodSetupId};
use sqlx::PgPool;
use uuid::Uuid;

use super::begin_setup::{BeginSetup, BeginSetupError, SetupBegun, begin_setup};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::hand_over::is_web_url;
use crate::payment::{Processors, SetupPresentation};

/// Why no form was opened.
#[derive(Debug, thiserror::Error)]
pub enum AddError {
    #[error("what was sent has mistakes")]
    Invalid(#[source] FieldErrors),
    #[error("the form could not be opened")]
    Begin(#[from] BeginSetupError),
    #[error("where the browser goes on could not be written down")]
    Database(#[from] DatabaseError),
}

/// Opens a form for the actor's customer; afterwards its browser is led to `return_url` with `setup_intent_id` and `done` added.
///
/// # Errors
/// `Invalid`: `url_invalid` on `return_url`. Those of [`begin_setup`].
pub async fn add(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    set_default: bool,
    return_url: &str,
) -> Result<SetupBegun, AddError> {
    if !is_web_url(return_url) {
        return Err(AddError::Invalid(FieldErrors::one("return_url", "url_invalid")));
    }
    let customer_id = cx.actor.customer_id().ok_or(BeginSetupError::Forbidden(Forbidden))?;
    let input = BeginSetup {
        customer_id,
        set_default,
        is_kept: true,
        subscription_id: None,
        order_id: None,
        presentation: SetupPresentation::Embedded,
        return_path: String::new(),
    };
    let begun = begin_setup(db, processors, cx, input).await?;
    sqlx::query!(
        "update payment_method_setup set return_url = $4
         where organization_id = $1 and payment_method_setup_id = $2 and customer_id = $3",
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        begun.payment_method_setup_id.as_uuid(),
        customer_id.as_uuid(),
        return_url,
    )
    .execute(db)
    .await
    .map_err(DatabaseError)?;
    Ok(begun)
}

/// The setup of the actor's customer with this id, ours or the processor's.
pub async fn find_setup(
    db: &PgPool,
    cx: &Context,
    setup_intent_id: &str,
) -> Result<Option<PaymentMethodSetupId>, DatabaseError> {
    let own: Option<Uuid> = setup_intent_id.parse().ok();
    let found = sqlx::query_scalar!(
        "select payment_method_setup_id from payment_method_setup
         where organization_id = $1 and customer_id = $2 and (payment_method_setup_id = $3 or processor_setup_id = $4)
         limit 1",
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        cx.actor.customer_id().map(domain::id::CustomerId::as_uuid),
        own,
        setup_intent_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(Into::into))
}
