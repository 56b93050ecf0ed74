//! The body of a message to webhook endpoints: `{"type", "timestamp", "data"}`, where `data` is the object as the API shows it.

use backend::{payment_method, webhook::Letter};
use domain::{id::OrganizationId, webhook::WebhookEventType};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::rest::{
    error::ApiError,
    schema::payment_method::CustomerPaymentMethod,
    timestamp::Timestamp,
    v1::{
        benefits,
        checkouts::{self, Links},
        customer_seats, customers, discounts, orders, organizations, products, refunds,
        subscriptions,
    },
};

#[derive(Serialize)]
struct Envelope {
    #[serde(rename = "type")]
    event_type: &'static str,
    timestamp: Timestamp,
    data: Value,
}

/// The body of this letter; `None` when there is no such object to tell about.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn render(
    db: &PgPool,
    links: Links<'_>,
    organization_id: OrganizationId,
    letter: &Letter,
    now: OffsetDateTime,
) -> Result<Option<String>, ApiError> {
    let data = if is_of_checkout(letter.event_type) {
        let ids = [letter.subject_id.into()];
        value(checkouts::whole(db, links, organization_id, &ids, now).await?.pop())?
    } else {
        data(db, organization_id, letter.event_type, letter.subject_id).await?
    };
    let Some(mut data) = data else { return Ok(None) };
    if letter.event_type.as_str().starts_with("subscription.") {
        name_reasons_twice(&mut data);
    }
    let envelope = Envelope {
        event_type: letter.event_type.as_str(),
        timestamp: letter.occurred_at.into(),
        data,
    };
    let body = serde_json::to_string(&envelope);
    body.map(Some).map_err(|error| ApiError::internal("a message could not be written", &error))
}

/// Checkouts tell their own addresses, which are made with the installation's secret.
const fn is_of_checkout(event_type: WebhookEventType) -> bool {
    matches!(
        event_type,
        WebhookEventType::CheckoutCreated
            | WebhookEventType::CheckoutUpdated
            | WebhookEventType::CheckoutExpired
    )
}

async fn data(
    db: &PgPool,
    organization_id: OrganizationId,
    event_type: WebhookEventType,
    id: Uuid,
) -> Result<Option<Value>, ApiError> {
    use WebhookEventType as Told;
    match event_type {
        Told::CustomerCreated | Told::CustomerUpdated | Told::CustomerDeleted => {
            value(customers::whole_with_deleted(db, organization_id, &[id.into()]).await?.pop())
        }
        Told::CustomerStateChanged => {
            value(customers::states(db, organization_id, &[id.into()]).await?.pop())
        }
        Told::MemberCreated | Told::MemberUpdated | Told::MemberDeleted => {
            value(customers::members_whole(db, organization_id, &[id.into()]).await?.pop())
        }
        Told::OrderCreated | Told::OrderUpdated | Told::OrderPaid | Told::OrderRefunded => {
            value(orders::whole(db, organization_id, &[id.into()]).await?.pop())
        }
        Told::SubscriptionCreated
        | Told::SubscriptionUpdated
        | Told::SubscriptionActive
        | Told::SubscriptionCanceled
        | Told::SubscriptionUncanceled
        | Told::SubscriptionCycled
        | Told::SubscriptionRevoked
        | Told::SubscriptionPastDue
        | Told::SubscriptionPaused
        | Told::SubscriptionResumed
        | Told::SubscriptionMigrated => {
            value(subscriptions::whole(db, organization_id, &[id.into()]).await?.pop())
        }
        Told::RefundCreated | Told::RefundUpdated => {
            value(refunds::whole(db, organization_id, &[id.into()]).await?.pop())
        }
        Told::ProductCreated | Told::ProductUpdated => {
            value(products::whole(db, organization_id, &[id.into()]).await?.pop())
        }
        Told::DiscountCreated | Told::DiscountUpdated | Told::DiscountDeleted => {
            value(discounts::whole(db, organization_id, &[id.into()]).await?.pop())
        }
        Told::BenefitCreated | Told::BenefitUpdated => {
            value(benefits::whole(db, organization_id, &[id.into()]).await?.pop())
        }
        Told::CustomerSeatAssigned | Told::CustomerSeatClaimed | Told::CustomerSeatRevoked => {
            value(customer_seats::whole(db, organization_id, &[id.into()]).await?.pop())
        }
        Told::OrganizationUpdated => value(organizations::whole(db, organization_id).await?),
        Told::PaymentMethodCreated | Told::PaymentMethodDeleted => {
            let found = payment_method::with_deleted(db, organization_id, id.into()).await?;
            value(found.map(CustomerPaymentMethod::from))
        }
        // Checkouts are told above; nothing brings the others about yet.
        Told::CheckoutCreated
        | Told::CheckoutUpdated
        | Told::CheckoutExpired
        | Told::BenefitGrantCreated
        | Told::BenefitGrantCycled
        | Told::BenefitGrantUpdated
        | Told::BenefitGrantRevoked => Ok(None),
    }
}

fn value(found: Option<impl Serialize>) -> Result<Option<Value>, ApiError> {
    let value = found.map(serde_json::to_value).transpose();
    value.map_err(|error| ApiError::internal("an object could not be written", &error))
}

/// Merchants' clients read a cancellation's reason as `customer_cancellation_reason`, the portal's as `cancellation_reason`.
fn name_reasons_twice(data: &mut Value) {
    let Some(object) = data.as_object_mut() else { return };
    for name in ["cancellation_reason", "cancellation_comment"] {
        if let Some(value) = object.get(&format!("customer_{name}")).cloned() {
            object.insert(name.to_owned(), value);
        }
    }
}
