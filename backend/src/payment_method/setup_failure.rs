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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::{REFUSING_CVC, SandboxBehavior};
    use crate::payment_method::test_helpers::Case;
    use crate::test_support::fixtures;

    #[tokio::test]
    async fn the_reason_is_told_to_its_customer_alone() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let refused = case.entered(case.input(), "4000000000000069", REFUSING_CVC).await;
        let open = case.begin(case.input()).await.unwrap();
        case.finish(&refused).await;
        let neighbour = fixtures::member(&case.db, case.organization_id, "eve@example.com").await;
        let ask = async |member, id| {
            setup_failure(&case.db.pool, &Actor::Member(member), id).await.unwrap()
        };
        let (owner, id) = (case.owner.clone(), refused.payment_method_setup_id);
        assert_eq!(ask(owner.clone(), id).await, Some(DeclineCode::ExpiredCard));
        assert_eq!(ask(neighbour, id).await, None);
        assert_eq!(ask(owner, open.payment_method_setup_id).await, None);
    }
}
