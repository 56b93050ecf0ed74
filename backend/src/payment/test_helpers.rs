//! What the tests of payments start from.

use domain::id::{OrderId, OrganizationId, PaymentAttemptId, SubscriptionId};
use domain::payment::{PaymentOutcome, PaymentTrigger};
use time::Duration;
use uuid::Uuid;

use super::{
    NewAttempt, Processors, Sandbox, SandboxBehavior, prepare, run_attempt, run_due, set_behavior,
};
use crate::actor::MemberActor;
use crate::order;
use crate::test_support::billing::{Offer, charged, sandbox};
use crate::test_support::{TestDb, fixtures};

/// A running subscription at €29.00 whose first order waits to be charged.
pub(super) struct Case {
    pub db: TestDb,
    pub owner: MemberActor,
    pub organization_id: OrganizationId,
    pub subscription_id: SubscriptionId,
    pub order_id: OrderId,
    pub attempt_id: PaymentAttemptId,
    pub sandbox: Sandbox,
}

impl Case {
    pub async fn new(behavior: SandboxBehavior) -> Self {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        charged(&db, organization_id).await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        set_behavior(&db.pool, &mut db.cx(), organization_id, owner.customer_id, behavior)
            .await
            .unwrap();
        let started = Offer::monthly(&db, organization_id).await.subscribe(&db, &owner).await;
        let sandbox = sandbox(&db);
        let mut case = Self {
            owner,
            organization_id,
            subscription_id: started.subscription_id,
            order_id: started.order_id,
            attempt_id: Uuid::nil().into(),
            sandbox,
            db,
        };
        case.attempt_id = case.attempt().await;
        case
    }

    /// The open charge of the first order, made if there is none.
    async fn attempt(&self) -> PaymentAttemptId {
        // As far as these tests go, the customer is always there.
        let open: Option<Uuid> = sqlx::query_scalar(
            "update payment_attempt set is_on_session = true where order_id = $1 and settled_at is null returning payment_attempt_id",
        )
        .bind(self.order_id.as_uuid())
        .fetch_optional(&self.db.pool)
        .await
        .unwrap();
        if let Some(open) = open {
            return open.into();
        }
        let mut tx = self.db.pool.begin().await.unwrap();
        let order =
            order::lock(&mut tx, self.organization_id, self.order_id).await.unwrap().unwrap();
        let attempt = NewAttempt {
            organization_id: self.organization_id,
            order_id: self.order_id,
            customer_id: self.owner.customer_id,
            amount: order.total,
            trigger: PaymentTrigger::SubscriptionCycle,
            is_on_session: true,
            payment_method_id: None,
            return_path: None,
            due_at: self.db.now(),
        };
        let made = prepare(&mut tx, &mut self.db.cx(), attempt).await.unwrap().unwrap();
        tx.commit().await.unwrap();
        made
    }

    pub async fn card(&self, behavior: SandboxBehavior) {
        let (organization_id, customer_id) = (self.organization_id, self.owner.customer_id);
        set_behavior(&self.db.pool, &mut self.db.cx(), organization_id, customer_id, behavior)
            .await
            .unwrap();
    }

    pub fn processors(&self) -> Processors {
        Processors::default().with(self.sandbox.clone())
    }

    pub async fn run_attempt(&self) -> PaymentOutcome {
        run_attempt(
            &self.db.pool,
            &self.processors(),
            &mut self.db.cx(),
            self.organization_id,
            self.attempt_id,
        )
        .await
        .unwrap()
    }

    /// What the worker does now, until nothing is left.
    pub async fn work(&self) -> usize {
        run_due(&self.db.pool, &self.processors(), &mut self.db.cx(), 100).await.unwrap()
    }

    pub async fn after(&self, time: Duration) -> usize {
        self.db.clock.advance(time);
        self.work().await
    }

    pub async fn text(&self, sql: &'static str) -> String {
        sqlx::query_scalar::<_, Option<String>>(sql)
            .fetch_one(&self.db.pool)
            .await
            .unwrap()
            .unwrap_or_default()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pool).await.unwrap()
    }

    /// Where everything stands: the attempts, the order, the subscription.
    pub async fn standing(&self) -> (String, String, String) {
        (
            self.text("select string_agg(state, ' ' order by created_at) from payment_attempt")
                .await,
            self.text("select status from orders order by created_at limit 1").await,
            self.text("select status from subscription").await,
        )
    }

    pub async fn events(&self, event_type: &str) -> usize {
        fixtures::event_types(&self.db).await.iter().filter(|event| *event == event_type).count()
    }
}

pub(super) fn stands(attempts: &str, order: &str, subscription: &str) -> (String, String, String) {
    (attempts.into(), order.into(), subscription.into())
}
