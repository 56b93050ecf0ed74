//! What an event keeps of a subscription.

use domain::event_type::EventType;
use domain::id::{CustomerId, OrganizationId, ProductId, SubscriptionId};
use domain::subscription::Subscription;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::row::SubscriptionRow;
use crate::event::NewEvent;

/// Which subscription an event is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    pub organization_id: OrganizationId,
    pub subscription_id: SubscriptionId,
    pub customer_id: CustomerId,
    pub product_id: ProductId,
    pub product_name: &'a str,
}

impl<'a> From<&'a SubscriptionRow> for Subject<'a> {
    fn from(row: &'a SubscriptionRow) -> Self {
        Self {
            organization_id: row.organization_id.into(),
            subscription_id: row.subscription_id.into(),
            customer_id: row.customer_id.into(),
            product_id: row.product_id.into(),
            product_name: &row.product_name,
        }
    }
}

/// The event of a change: the facts as they are now, and the values that were there before.
pub(crate) fn event<'a>(
    event_type: EventType,
    subject: impl Into<Subject<'a>>,
    now: &Subscription,
    previous: Value,
) -> NewEvent {
    let subject = subject.into();
    let mut snapshot = facts(now);
    if let Some(fields) = snapshot.as_object_mut() {
        fields.insert("product_id".to_owned(), json!(subject.product_id));
        fields.insert("product_name".to_owned(), json!(subject.product_name));
        if !previous.is_null() {
            fields.insert("previous".to_owned(), previous);
        }
    }
    NewEvent {
        organization_id: subject.organization_id,
        event_type,
        subject_kind: "subscription",
        subject_id: subject.subscription_id.into(),
        customer_id: Some(subject.customer_id),
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
        "pause_at_period_end": subscription.pause_at_period_end,
        "paused_at_us": subscription.paused_at.map(micros),
        "resumes_at_us": subscription.resumes_at.map(micros),
        "past_due_at_us": subscription.past_due_at.map(micros),
    })
}

pub(crate) fn micros(at: OffsetDateTime) -> i64 {
    domain::micros::of(at)
}
