//! Where an order stands, and why it was made, in words.

use domain::order::{BillingReason, OrderStatus};
use leptos::prelude::*;

use crate::text::{Text, use_text};
use crate::ui::badge::Badge;
use crate::ui::tone::Tone;

/// An order's status as a badge.
#[component]
pub fn OrderBadge(status: OrderStatus) -> impl IntoView {
    let (tone, label) = words(use_text(), status);
    view! { <Badge tone=tone label=label/> }
}

pub(super) fn words(t: Text, status: OrderStatus) -> (Tone, &'static str) {
    match status {
        OrderStatus::Draft => (Tone::Neutral, t.order_status_draft()),
        OrderStatus::Pending => (Tone::Wait, t.order_status_open()),
        OrderStatus::Paid => (Tone::Good, t.order_status_paid()),
        OrderStatus::Refunded => (Tone::Neutral, t.order_status_refunded()),
        OrderStatus::PartiallyRefunded => (Tone::Note, t.order_status_partially_refunded()),
        OrderStatus::Void => (Tone::Neutral, t.order_status_void()),
    }
}

/// Why an order was made.
#[must_use]
pub fn reason(t: Text, reason: BillingReason) -> &'static str {
    match reason {
        BillingReason::Purchase => t.order_reason_purchase(),
        BillingReason::SubscriptionCreate => t.order_reason_subscription_create(),
        BillingReason::SubscriptionCycle => t.order_reason_subscription_cycle(),
        BillingReason::SubscriptionUpdate => t.order_reason_subscription_update(),
    }
}
