//! What the settled charge of a checkout means for it.

use domain::checkout::CheckoutState;
use domain::id::{CheckoutId, OrderId, OrganizationId, PaymentMethodId};
use domain::payment::{DeclineCode, RefundReason};
use sqlx::PgConnection;

use super::complete::complete;
use super::error::CheckoutError;
use super::{redemption, row, store};
use crate::context::Context;
use crate::error::QueryError;
use crate::order::{self, LockedOrder};
use crate::payment::{NewRefund, Settlement, prepare_refund};

/// Locks the checkout of an order that has no subscription yet: before the order, as everybody does.
pub(crate) async fn lock_of_order(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    order_id: OrderId,
) -> Result<Option<CheckoutId>, QueryError> {
    let checkout_id = sqlx::query_scalar!(
        "select checkout_id from checkout where organization_id = $1 and order_id = $2 for no key update",
        organization_id.as_uuid(),
        order_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(checkout_id.map(Into::into))
}

/// Ends or reopens the checkout whose draft was settled, in the settling transaction. False when the order belongs to none.
///
/// Paid: the subscription begins. Otherwise the draft is void, and another card can be tried. Money that comes for a draft that was
/// given up meanwhile goes back.
pub(crate) async fn on_order_settled(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: &LockedOrder,
    settlement: Settlement,
    payment_method_id: Option<PaymentMethodId>,
) -> Result<bool, CheckoutError> {
    let organization_id = order.organization_id;
    let Some(checkout_id) = lock_of_order(tx, organization_id, order.order_id).await? else {
        return Ok(false);
    };
    let Some(row) = row::read(tx, organization_id, checkout_id).await? else { return Ok(false) };
    let is_waiting = row.state()? == CheckoutState::Confirmed;
    match settlement {
        Settlement::Paid if is_waiting => {
            complete(tx, cx, &row, Some(order), payment_method_id).await?;
        }
        Settlement::Paid => {
            order::mark_void(tx, cx, order).await?;
            let refund = NewRefund {
                organization_id,
                order_id: order.order_id,
                amount: order.total,
                tax_minor: order.tax_minor,
                reason: RefundReason::OrderVoid,
                comment: None,
            };
            prepare_refund(tx, cx, refund).await?;
        }
        Settlement::Declined(code) => {
            order::mark_void(tx, cx, order).await?;
            redemption::give_back(tx, &row).await?;
            store::reopen(tx, cx, &row, code.as_str()).await?;
        }
        Settlement::Abandoned => {
            order::mark_void(tx, cx, order).await?;
            redemption::give_back(tx, &row).await?;
            store::reopen(tx, cx, &row, DeclineCode::AuthenticationRequired.as_str()).await?;
        }
    }
    Ok(true)
}
