//! From the backend's overview to the page's.

use crate::ssr::local;
use backend::order::OrderSummary;
use backend::overview;

use super::{NextChargeView, OverviewView};
use crate::error::AppError;
use crate::pages::orders::table::OrderRow;
use crate::pages::subscription::load::view_of;
use crate::ssr::{portal, signed_in};

pub(super) async fn load(organization: &str) -> Result<OverviewView, AppError> {
    let (portal, (_, person)) = (portal()?, signed_in(organization).await?);
    let zone = &person.time_zone;
    let found = overview::load(&portal.db, &person.actor).await?;
    Ok(OverviewView {
        subscriptions: found
            .subscriptions
            .into_iter()
            .map(|subscription| view_of(subscription, zone))
            .collect(),
        can_read_billing: found.can_read_billing,
        can_write_billing: found.can_write_billing,
        open_order_count: found.open_orders.count,
        open_order_sums: found.open_orders.sums,
        next_charge: found.next_charge.map(|charge| NextChargeView {
            at: local(charge.at, zone),
            lines: charge.lines,
            totals: charge.totals,
        }),
        recent_orders: found
            .recent_orders
            .into_iter()
            .map(|order| order_row(order, zone))
            .collect(),
    })
}

fn order_row(order: OrderSummary, zone: &str) -> OrderRow {
    OrderRow {
        order_id: order.order_id,
        product_name: order.product_name,
        reason: order.billing_reason,
        status: order.status,
        total: order.total,
        date: local(order.created_at, zone).date,
    }
}
