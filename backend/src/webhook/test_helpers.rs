//! What the tests of deliveries start from.

use domain::id::{OrganizationId, WebhookEndpointId};
use domain::webhook::WebhookEventType;
use time::Duration;
use uuid::Uuid;

use super::{Answer, ApiVersion, Busy, ClaimedDelivery, CreateEndpoint, Reach, create_endpoint};
use crate::test_support::{TestDb, fixtures};

/// An organization with an endpoint that is told everything.
pub(super) struct Case {
    pub db: TestDb,
    pub organization_id: OrganizationId,
    pub endpoint_id: WebhookEndpointId,
}

impl Case {
    pub async fn start() -> Self {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let endpoint_id = endpoint_for(&db, organization_id, WebhookEventType::ALL).await;
        Self { db, organization_id, endpoint_id }
    }

    pub async fn first(&self, limit: i64) -> Vec<ClaimedDelivery> {
        super::claim_first(&self.db.pool, self.db.now(), &Busy::default(), limit).await.unwrap()
    }

    pub async fn retries(&self, limit: i64) -> Vec<ClaimedDelivery> {
        super::claim_retries(&self.db.pool, self.db.now(), &Busy::default(), limit).await.unwrap()
    }

    /// A delivery about this object, due now.
    pub async fn put(&self, subject: u128) -> Uuid {
        put(&self.db, self.organization_id, self.endpoint_id, subject).await
    }

    pub async fn answer(&self, delivery: &ClaimedDelivery, http_code: i32) {
        let answer = Answer {
            http_code: Some(http_code),
            response: "told\0 back".into(),
            retry_after: None,
            duration_ms: 12,
        };
        let now = self.db.now();
        super::answered(&self.db.pool, &mut self.db.cx(), delivery, now, &answer).await.unwrap();
    }

    /// State, tries and seconds until the next try of the only delivery.
    pub async fn only(&self) -> (String, i32, Option<i64>) {
        let row: (String, i32, Option<time::OffsetDateTime>) =
            sqlx::query_as("select state, tries, due_at from webhook_delivery")
                .fetch_one(&self.db.pool)
                .await
                .unwrap();
        (row.0, row.1, row.2.map(|due_at| (due_at - self.db.now()).whole_seconds()))
    }

    /// Type and order of all that is to be told.
    pub async fn told(&self) -> Vec<String> {
        sqlx::query_scalar(
            "select e.type from webhook_delivery d join webhook_event e using (organization_id, webhook_event_id) order by d.sequence",
        )
        .fetch_all(&self.db.pool)
        .await
        .unwrap()
    }

    pub async fn forget(&self) {
        sqlx::query("delete from webhook_event").execute(&self.db.pool).await.unwrap();
    }

    /// Time enough for any next try.
    pub fn wait(&self) {
        self.db.clock.advance(Duration::hours(30));
    }
}

pub(crate) async fn endpoint_for(
    db: &TestDb,
    organization_id: OrganizationId,
    events: &[WebhookEventType],
) -> WebhookEndpointId {
    let input = CreateEndpoint {
        organization_id,
        url: "https://hooks.example.com/".into(),
        name: None,
        events: events.to_vec(),
        api_version: ApiVersion::default(),
        uses_standard_webhook_signature: false,
        reach: Reach::PublicOnly,
    };
    create_endpoint(&db.pool, &mut db.cx(), input).await.unwrap()
}

pub(super) async fn put(
    db: &TestDb,
    organization_id: OrganizationId,
    endpoint_id: WebhookEndpointId,
    subject: u128,
) -> Uuid {
    let id: Uuid = db.cx().new_id();
    sqlx::query(
        "with event as (
            insert into webhook_event (organization_id, webhook_event_id, type, subject_id, occurred_at, created_at)
            values ($1, $2, 'order.paid', $4, $5, $5) returning organization_id)
         insert into webhook_delivery (organization_id, webhook_event_id, webhook_endpoint_id, subject_id, due_at, created_at)
         select organization_id, $2, $3, $4, $5, $5 from event",
    )
    .bind(organization_id.as_uuid())
    .bind(id)
    .bind(endpoint_id.as_uuid())
    .bind(Uuid::from_u128(subject))
    .bind(db.now())
    .execute(&db.pool)
    .await
    .unwrap();
    id
}
