//! Which method is charged when the one that should be charged is declined.

use domain::event_type::EventType;
use domain::id::{CustomerId, OrganizationId, PaymentMethodId};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::ChooseMethodError;
use super::row::{
    LockedCustomer, MethodRow, lock_customer, lock_method, method_rows, write_choice,
};
use crate::context::Context;
use crate::error::Forbidden;
use crate::event;

/// Makes a method the customer's backup. `None`, for a member: its customer has none any more.
///
/// # Errors
/// `IsDefault` when it is the default already.
pub async fn set_backup(
    db: &PgPool,
    cx: &mut Context,
    payment_method_id: Option<PaymentMethodId>,
) -> Result<(), ChooseMethodError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let within = cx.actor.customer_id();
    let mut tx = db.begin().await?;
    let found = match payment_method_id {
        Some(id) => lock_method(&mut tx, organization_id, within, id).await?,
        None => former(&mut tx, organization_id, within.ok_or(Forbidden)?).await?,
    };
    let Some((customer, method)) = found else {
        // No backup, and none is wanted: so it is.
        return if payment_method_id.is_none() { Ok(()) } else { Err(ChooseMethodError::Unknown) };
    };
    let becomes = payment_method_id.is_some();
    if becomes == method.is_backup {
        return Ok(());
    }
    if method.is_default {
        return Err(ChooseMethodError::IsDefault);
    }
    let backup_id = becomes.then_some(method.payment_method_id);
    write_choice(&mut tx, &customer, customer.default_method, backup_id).await?;
    let facts = json!({
        "is_backup": becomes,
        "previous_backup_payment_method_id": customer.backup_method,
    });
    event::record(&mut tx, cx, method.event(EventType::PaymentMethodUpdated, facts)).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

/// Locks a customer, and answers its backup; `None` when it has none.
async fn former(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<Option<(LockedCustomer, MethodRow)>, sqlx::Error> {
    let Some(customer) = lock_customer(tx, organization_id, customer_id).await? else {
        return Ok(None);
    };
    let method = method_rows!(
        "where m.organization_id = $1 and m.payment_method_id = $2",
        organization_id.as_uuid(),
        customer.backup_method,
    )
    .fetch_optional(tx)
    .await?;
    Ok(method.map(|method| (customer, method)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment_method::test_helpers::Case;
    use crate::test_support::fixtures;

    #[tokio::test]
    async fn one_at_most_and_never_the_default() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let (one, two) = (case.card("1111").await, case.card("2222").await);
        let pool = &case.db.pool;
        for (card, chosen) in
            [(Some(one), "4242 1111 -"), (Some(two), "4242 2222 -"), (None, "4242 - -")]
        {
            for _ in 0..2 {
                set_backup(pool, &mut case.cx(), card).await.unwrap();
            }
            assert_eq!(case.chosen().await, chosen);
        }
        assert_eq!(case.events("payment_method.updated").await, 3);
        let first = case.first_card().await;
        let refused = set_backup(pool, &mut case.cx(), Some(first)).await;
        assert!(matches!(refused, Err(ChooseMethodError::IsDefault)), "{refused:?}");
        let neighbour = fixtures::member(&case.db, case.organization_id, "eve@example.com").await;
        let answer = set_backup(pool, &mut case.db.cx_of(neighbour), Some(one)).await;
        assert!(matches!(answer, Err(ChooseMethodError::Unknown)), "{answer:?}");
        case.is_sound().await;
    }
}
