//! What endpoints are to be told of an event, written down in the event's own transaction.

use domain::id::{CustomerId, EventId};
use domain::webhook::{WebhookEventType, WebhookSubject, told_of};
use serde_json::Value;
use uuid::Uuid;

use crate::context::Context;
use crate::event::NewEvent;

/// What to tell, as the columns of one statement; the order is that of telling.
#[derive(Debug, Default)]
pub(crate) struct Told {
    pub webhook_event_ids: Vec<Uuid>,
    pub types: Vec<String>,
    pub subject_ids: Vec<Uuid>,
}

impl Told {
    /// What follows from an event. Nothing while history is loaded.
    pub fn of(cx: &mut Context, event: &NewEvent) -> Self {
        let mut told = Self::default();
        if cx.quiet {
            return told;
        }
        for (event_type, subject) in told_of(event.event_type) {
            if let Some(subject_id) = subject_of(event, subject) {
                told.push(cx.new_id(), event_type, subject_id);
            }
        }
        told
    }

    fn push(&mut self, id: Uuid, event_type: WebhookEventType, subject_id: Uuid) {
        self.webhook_event_ids.push(id);
        self.types.push(event_type.as_str().to_owned());
        self.subject_ids.push(subject_id);
    }

    pub fn is_empty(&self) -> bool {
        self.types.is_empty()
    }
}

fn subject_of(event: &NewEvent, subject: WebhookSubject) -> Option<Uuid> {
    match subject {
        WebhookSubject::Own => Some(event.subject_id),
        // An event of the customer itself need not say so twice.
        WebhookSubject::Customer if event.subject_kind == "customer" => Some(event.subject_id),
        WebhookSubject::Customer => event.customer_id.map(CustomerId::as_uuid),
        WebhookSubject::Named(key) => event.snapshot.get(key).and_then(Value::as_str)?.parse().ok(),
    }
}

/// Inserts the event, what endpoints are told of it and a delivery to each that subscribes, in one statement: where nobody
/// subscribes it costs one look at the organization's endpoints.
pub(crate) async fn insert_event(
    tx: &mut sqlx::PgConnection,
    cx: &Context,
    event: &NewEvent,
    event_id: EventId,
    told: &Told,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "with recorded as (
            insert into event
                (organization_id, event_id, occurred_at, type, subject_kind, subject_id, customer_id, actor_kind, actor_id, request_id, snapshot)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ), wanted as materialized (
            select told.*, endpoint.webhook_endpoint_id
            from webhook_endpoint endpoint
            join unnest($12::uuid[], $13::text[], $14::uuid[]) with ordinality as told (webhook_event_id, type, subject_id, position)
                on told.type = any(endpoint.events)
            where endpoint.organization_id = $1 and endpoint.enabled and endpoint.deleted_at is null
         ), made as (
            insert into webhook_event (organization_id, webhook_event_id, event_id, type, subject_id, customer_id, occurred_at, created_at)
            select distinct $1::uuid, webhook_event_id, $2::uuid, type, subject_id, $7::uuid, $3::timestamptz, $3::timestamptz from wanted
         )
         insert into webhook_delivery (organization_id, webhook_event_id, webhook_endpoint_id, subject_id, due_at, created_at)
         select $1, webhook_event_id, webhook_endpoint_id, subject_id, $3, $3 from wanted order by position",
        event.organization_id.as_uuid(),
        event_id.as_uuid(),
        cx.now,
        event.event_type.as_str(),
        event.subject_kind,
        event.subject_id,
        event.customer_id.map(CustomerId::as_uuid),
        cx.actor.kind(),
        cx.actor.id(),
        cx.request_id,
        event.snapshot,
        &told.webhook_event_ids,
        &told.types,
        &told.subject_ids,
    )
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use domain::id::OrganizationId;
    use domain::webhook::WebhookEventType;

    use crate::subscription::{self, CancelSubscription};
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, billing, fixtures};
    use crate::webhook::test_helpers::{Case, endpoint_for};

    #[tokio::test]
    async fn a_subscription_is_told_in_order_with_what_follows_from_it() {
        let case = Case::start().await;
        let ada = fixtures::member(&case.db, case.organization_id, "ada@example.com").await;
        assert_eq!(case.told().await[..2], ["customer.created", "customer.state_changed"]);
        let offer = Offer::monthly(&case.db, case.organization_id).await;
        case.forget().await;
        let started = offer.subscribe(&case.db, &ada).await;
        let told = case.told().await;
        let of = |area: &str| -> Vec<&str> {
            told.iter().map(String::as_str).filter(|told| told.starts_with(area)).collect()
        };
        assert_eq!(
            of("subscription."),
            ["subscription.created", "subscription.updated", "subscription.active"]
        );
        assert_eq!(of("order.")[0], "order.created");
        case.forget().await;
        let input = CancelSubscription {
            subscription_id: started.subscription_id,
            reason: None,
            comment: None,
        };
        subscription::cancel(&case.db.pool, &mut case.db.cx_of(ada), input).await.unwrap();
        assert_eq!(
            case.told().await,
            ["subscription.updated", "subscription.canceled", "customer.state_changed"]
        );
        let about: i64 = sqlx::query_scalar(
            "select count(*) from webhook_event where subject_id = $1 and type like 'subscription.%'",
        )
        .bind(started.subscription_id.as_uuid())
        .fetch_one(&case.db.pool)
        .await
        .unwrap();
        assert_eq!(about, 2);
    }

    #[tokio::test]
    async fn each_subscriber_is_told_of_what_it_chose_and_others_of_nothing() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        for chosen in [WebhookEventType::CustomerCreated, WebhookEventType::OrderPaid] {
            endpoint_for(&db, organization_id, &[chosen]).await;
        }
        let both = [WebhookEventType::CustomerCreated, WebhookEventType::MemberCreated];
        endpoint_for(&db, organization_id, &both).await;
        endpoint_for(&db, other, WebhookEventType::ALL).await;
        let off = endpoint_for(&db, organization_id, WebhookEventType::ALL).await;
        sqlx::query("update webhook_endpoint set enabled = false where webhook_endpoint_id = $1")
            .bind(off.as_uuid())
            .execute(&db.pool)
            .await
            .unwrap();
        fixtures::member(&db, organization_id, "ada@example.com").await;
        assert_eq!(
            told_to(&db, organization_id).await,
            [("customer.created".into(), 2), ("member.created".into(), 1)]
        );
        assert_eq!(told_to(&db, other).await, []);
        let events: i64 = sqlx::query_scalar("select count(*) from webhook_event")
            .fetch_one(&db.pool)
            .await
            .unwrap();
        assert_eq!(events, 2, "one for all endpoints");
    }

    async fn told_to(db: &TestDb, organization_id: OrganizationId) -> Vec<(String, i64)> {
        sqlx::query_as(
            "select e.type, count(*) from webhook_delivery d join webhook_event e using (organization_id, webhook_event_id)
             where d.organization_id = $1 group by 1 order by 1",
        )
        .bind(organization_id.as_uuid())
        .fetch_all(&db.pool)
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn loaded_history_and_what_did_not_commit_are_told_to_nobody() {
        let case = Case::start().await;
        let ada = fixtures::member(&case.db, case.organization_id, "ada@example.com").await;
        let offer = Offer::monthly(&case.db, case.organization_id).await;
        case.forget().await;
        let mut cx = case.db.cx();
        cx.quiet = true;
        subscription::start(&case.db.pool, &mut cx, offer.start_for(&ada, None)).await.unwrap();
        assert_eq!(case.told().await, Vec::<String>::new());
        let mut tx = case.db.pool.begin().await.unwrap();
        let event = crate::event::NewEvent {
            organization_id: case.organization_id,
            event_type: domain::event_type::EventType::OrganizationSettingsUpdated,
            subject_kind: "organization",
            subject_id: case.organization_id.into(),
            customer_id: None,
            snapshot: serde_json::json!({}),
        };
        crate::event::record(&mut tx, &mut case.db.cx(), event).await.unwrap();
        tx.rollback().await.unwrap();
        assert_eq!(case.told().await, Vec::<String>::new());
        billing::subscribed(&case.db, &ada).await;
        assert!(!case.told().await.is_empty());
    }
}
