//! What an event keeps of a subscription.

use domain::event_type::EventType;
use domain::subscription::Subscription;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::row::SubscriptionRow;
use crate::event::NewEvent;

/// The event of a change: the facts as they are now, and the values that were there before.
pub(crate) fn event(event_type: EventType, row: &SubscriptionRow, now: &Subscription, previous: Value) -> NewEvent {
    let mut snapshot = facts(now);
    if let Some(fields) = snapshot.as_object_mut() {
        fields.insert("product_id".to_owned(), json!(row.product_id));
        fields.insert("product_name".to_owned(), json!(row.product_name));
        if !previous.is_null() {
            fields.insert("previous".to_owned(), previous);
        }
    }
    NewEvent {
        organization_id: row.organization_id.into(),
        event_type,
        subject_kind: "subscription",
        subject_id: row.subscription_id,
        customer_id: Some(row.customer_id.into()),
        snapshot,
    }
}

/// The facts as a snapshot holds them; instants in microseconds since 1970.
pub(crate) fn facts(subscription: &Subscription) -> Value {
    json!({
        "status": subscription.status,
        "amount_minor": subscription.amount.minor,
        "currency": subscription.amount.currency,
        "seats": subscription.seats,
        "interval": subscription.interval,
        "current_period_start_us": micros(subscription.current_period.start),
        "current_period_end_us": micros(subscription.current_period.end),
        "trial_end_us": subscription.trial_end.map(micros),
        "cancel_at_period_end": subscription.cancel_at_period_end,
        "canceled_at_us": subscription.canceled_at.map(micros),
        "ends_at_us": subscription.ends_at.map(micros),
        "ended_at_us": subscription.ended_at.map(micros),
    })
}

pub(crate) fn micros(at: OffsetDateTime) -> i64 {
    i64::try_from(at.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}
