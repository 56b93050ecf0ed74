//! Why adding a method came to nothing.

use domain::id::{CustomerId, PaymentMethodSetupId};
use domain::payment::DeclineCode;
use sqlx::PgPool;

use crate::actor::Actor;
use crate::error::{Forbidden, QueryError};

/// The reason that the processor gave for refusing a setup of the actor's customer. `None` when it was left or took too long, when it
/// did not fail, and when there is no such setup in the actor's reach.
///
/// # Errors
/// `Forbidden` for roles that may not change what is billed.
pub async fn setup_failure(
    db: &PgPool,
    actor: &Actor,
    payment_method_setup_id: PaymentMethodSetupId,
) -> Result<Option<DeclineCode>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_writer(organization_id)?;
    let code = sqlx::query_scalar!(
        "select decline_code from payment_method_setup
         where organization_id = $1 and payment_method_setup_id = $2 and ($3::uuid is null or customer_id = $3) and state = 'failed'",
        organization_id.as_uuid(),
        payment_method_setup_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    Ok(code.flatten().as_deref().and_then(DeclineCode::parse))
}
