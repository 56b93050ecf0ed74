//! A customer has entered a method: it is kept, and what was to follow is done.

use domain::id::{CustomerId, OrderId, PaymentAttemptId, SubscriptionId};
use domain::payment_method::MethodDetails;
use sqlx::{PgConnection, PgPool};

use super::keep::{Entered, keep};
use super::pay_with::pay_with;
use super::row::{LockedCustomer, MethodRow, lock_customer};
use super::set_default::make_default;
use super::setup_row::{SetupRow, close, lock_open};
use super::{FinishSetupError, retry_overdue, use_for_subscription};
use crate::checkout;
use crate::context::Context;
use crate::event;

/// Keeps the method and does what was to follow, in one transaction; whoever comes second changes nothing.
pub(super) async fn succeed(
    db: &PgPool,
    cx: &mut Context,
    setup: &SetupRow,
    processor_method_id: &str,
    details: &MethodDetails,
) -> Result<(), FinishSetupError> {
    let mut tx = db.begin().await?;
    let (organization_id, customer_id) = (setup.organization_id.into(), setup.customer_id.into());
    let Some(customer) = lock_customer(&mut tx, organization_id, customer_id).await? else {
        drop(tx);
        // Nobody is left to keep it for.
        return close(db, cx.now, setup, "expired", None).await;
    };
    let Some(processor_customer_id) = lock_open(&mut tx, setup).await? else { return Ok(()) };
    let entered = Entered {
        processor: &setup.processor,
        processor_customer_id: &processor_customer_id,
        processor_method_id,
        details,
        is_kept: setup.is_kept,
    };
    let method = keep(&mut tx, cx, &customer, &entered).await?;
    sqlx::query!(
        "update payment_method_setup
         set state = 'succeeded', payment_method_id = $3, settled_at = $4, due_at = null
         where organization_id = $1 and payment_method_setup_id = $2",
        setup.organization_id,
        setup.payment_method_setup_id,
        method.payment_method_id,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let payment_attempt_id = follow(&mut tx, cx, &customer, setup, &method).await?;
    sqlx::query!(
        "update payment_method_setup set payment_attempt_id = $3 where organization_id = $1 and payment_method_setup_id = $2",
        setup.organization_id,
        setup.payment_method_setup_id,
        payment_attempt_id.map(PaymentAttemptId::as_uuid),
    )
    .execute(&mut *tx)
    .await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// What was to be done with the method: the order is paid first, so that it is not also tried again for the new default.
async fn follow(
    tx: &mut PgConnection,
    cx: &mut Context,
    customer: &LockedCustomer,
    setup: &SetupRow,
    method: &MethodRow,
) -> Result<Option<PaymentAttemptId>, FinishSetupError> {
    let (organization_id, customer_id) = (customer.organization_id, customer.customer_id);
    let payment_attempt_id = match setup.order_id.map(OrderId::from) {
        Some(order_id) => {
            let return_path = Some(setup.return_path.clone());
            pay_with(tx, cx, organization_id, order_id, method.id(), return_path).await?
        }
        None => None,
    };
    let payment_attempt_id = match setup.checkout_id.zip(setup.checkout_revision) {
        Some((checkout_id, revision)) => {
            let checkout = (checkout_id.into(), revision);
            let path = setup.return_path.as_str();
            checkout::on_method_entered(tx, cx, organization_id, checkout, method.id(), path)
                .await?
        }
        None => payment_attempt_id,
    };
    if !setup.is_kept {
        return Ok(payment_attempt_id);
    }
    if !method.is_default && (setup.set_default || customer.default_method.is_none()) {
        make_default(tx, cx, customer, method).await?;
        retry_overdue(tx, cx, organization_id, customer_id, None).await?;
    }
    if let Some(subscription_id) = setup.subscription_id.map(SubscriptionId::from) {
        use_for(tx, cx, customer_id, method, subscription_id).await?;
    }
    Ok(payment_attempt_id)
}

/// Makes it the subscription's own, unless that has ended meanwhile.
async fn use_for(
    tx: &mut PgConnection,
    cx: &mut Context,
    customer_id: CustomerId,
    method: &MethodRow,
    subscription_id: SubscriptionId,
) -> Result<(), FinishSetupError> {
    let organization_id = method.organization_id;
    let own = use_for_subscription::lock_own(tx, organization_id, subscription_id).await?;
    let to_id = Some(method.payment_method_id);
    let Some(own_id) = own.filter(|own_id| *own_id != to_id) else { return Ok(()) };
    use_for_subscription::write(tx, cx, method, subscription_id, own_id, to_id).await?;
    retry_overdue(tx, cx, organization_id.into(), customer_id, Some(subscription_id)).await?;
    Ok(())
}
