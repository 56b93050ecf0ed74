//! The card of a confirmed checkout was given: it is charged, or the trial begins.

use domain::checkout::CheckoutState;
use domain::id::{CheckoutId, OrganizationId, PaymentAttemptId, PaymentMethodId};
use domain::money::Money;
use domain::payment::PaymentTrigger;
use sqlx::PgConnection;

use super::complete::complete;
use super::error::CheckoutError;
use super::{redemption, row, store};
use crate::context::Context;
use crate::payment::{self, LEASE, NewAttempt};

/// Stands in place of a decline when the discount was used up meanwhile.
pub const DISCOUNT_USED_UP: &str = "discount_used_up";

/// Goes on with a checkout, in the transaction that keeps the method: writes the charge of its draft, or begins what costs nothing yet.
/// `None` when no charge follows: also when the checkout was changed, charged or ended since the card was asked for.
pub(crate) async fn on_method_entered(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    (checkout_id, revision): (CheckoutId, i32),
    payment_method_id: PaymentMethodId,
    return_path: &str,
) -> Result<Option<PaymentAttemptId>, CheckoutError> {
    let Some(row) = row::lock(tx, organization_id, checkout_id).await? else { return Ok(None) };
    let is_meant = row.state()? == CheckoutState::Confirmed && row.revision == revision;
    if !is_meant || row.is_charged {
        tracing::info!(%checkout_id, "a card was given for a checkout that has gone on since");
        return Ok(None);
    }
    match redemption::redeem(tx, cx, &row).await {
        Ok(()) => {}
        Err(CheckoutError::Discount(_) | CheckoutError::Invalid(_)) => {
            // Somebody was quicker: nobody is charged more than the button said.
            store::void_draft(tx, cx, &row).await?;
            store::reopen(tx, cx, &row, DISCOUNT_USED_UP).await?;
            return Ok(None);
        }
        Err(error) => return Err(error),
    }
    let Some(order_id) = row.order_id else {
        complete(tx, cx, &row, None, Some(payment_method_id)).await?;
        return Ok(None);
    };
    let attempt = NewAttempt {
        organization_id,
        order_id: order_id.into(),
        customer_id: row.customer_id.ok_or_else(|| row.bad("customer_id"))?.into(),
        amount: Money::new(
            row.order_total_minor.ok_or_else(|| row.bad("order_id"))?,
            row.currency()?,
        ),
        trigger: PaymentTrigger::Purchase,
        is_on_session: true,
        payment_method_id: Some(payment_method_id),
        return_path: Some(return_path.to_owned()),
        due_at: cx.now + LEASE,
    };
    Ok(payment::prepare(tx, cx, attempt).await?)
}
