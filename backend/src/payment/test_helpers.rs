//! What the tests of payments start from.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::id::{
    OrderId, OrganizationId, PaymentAttemptId, PaymentMethodId, RefundId, SubscriptionId,
};
use domain::payment::{PaymentOutcome, PaymentTrigger};
use domain::payment_method::MethodDetails;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    Announced, Answer, NewAttempt, NewPayment, NewProcessorCustomer, NewProcessorRefund, NewSetup,
    NoAnswer, PayError, PayOrder, PaymentKey, PaymentProcessor, Processors, Reading, RefundOutcome,
    Sandbox, SandboxBehavior, SandboxCard, SetupReading, StartedSetup, give_card, pay, prepare,
    run_attempt, run_due, set_behavior,
};
use crate::actor::{Actor, MemberActor};
use crate::test_support::billing::{Offer, charged, sandbox};
use crate::test_support::{TestDb, fixtures};
use crate::{order, payment_method};

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

    /// The same, but nobody is there who could approve anything.
    pub async fn absent(behavior: SandboxBehavior) -> Self {
        let case = Self::new(behavior).await;
        sqlx::query("update payment_attempt set is_on_session = false")
            .execute(&case.db.pool)
            .await
            .unwrap();
        case
    }

    /// One more saved card, which is neither the default nor the backup.
    pub async fn another_card(&self, behavior: SandboxBehavior) -> PaymentMethodId {
        let (organization_id, customer_id) = (self.organization_id, self.owner.customer_id);
        let card = SandboxCard::new(behavior);
        give_card(&self.db.pool, &mut self.db.cx(), organization_id, customer_id, card)
            .await
            .unwrap()
    }

    pub async fn backup_card(&self, behavior: SandboxBehavior) -> PaymentMethodId {
        let method = self.another_card(behavior).await;
        let mut cx = self.db.cx_of(self.owner.clone());
        payment_method::set_backup(&self.db.pool, &mut cx, Some(method)).await.unwrap();
        method
    }

    /// What comes of the customer's pressing "pay".
    pub async fn pay(
        &self,
        payment_method_id: Option<PaymentMethodId>,
    ) -> Result<PaymentOutcome, PayError> {
        self.pay_as(self.owner.clone().into(), payment_method_id).await
    }

    pub async fn pay_as(
        &self,
        actor: Actor,
        payment_method_id: Option<PaymentMethodId>,
    ) -> Result<PaymentOutcome, PayError> {
        let input = PayOrder { order_id: self.order_id, payment_method_id, return_path: None };
        pay(&self.db.pool, &self.processors(), &mut self.db.cx_of(actor), input).await
    }

    /// The sandbox with one call that comes to nothing, or whose answer is lost.
    pub fn faulty(&self, fault: Fault) -> Processors {
        Processors::default().with(Faulty {
            sandbox: self.sandbox.clone(),
            calls: AtomicUsize::new(0),
            fault,
        })
    }

    pub fn payer(&self) -> Actor {
        let (organization_id, customer_id) = (self.organization_id, self.owner.customer_id);
        Actor::Payer { organization_id, customer_id, order_id: self.order_id }
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

/// Which call of a processor fails, counted from 0, and on which way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fault {
    call: usize,
    is_done: bool,
}

impl Fault {
    /// The call never arrives.
    pub const fn before(call: usize) -> Self {
        Self { call, is_done: false }
    }

    /// It does what it should, and the answer is lost.
    pub const fn after(call: usize) -> Self {
        Self { call, is_done: true }
    }
}

#[derive(Debug)]
struct Faulty {
    sandbox: Sandbox,
    calls: AtomicUsize,
    fault: Fault,
}

impl Faulty {
    fn strike<'a, T: Send + 'a>(&'a self, call: Answer<'a, T>) -> Answer<'a, T> {
        Box::pin(async move {
            let is_hit = self.calls.fetch_add(1, Ordering::SeqCst) == self.fault.call;
            if is_hit && !self.fault.is_done {
                return Err(NoAnswer("the call never arrived".into()));
            }
            let answer = call.await;
            if is_hit { Err(NoAnswer("the answer was lost".into())) } else { answer }
        })
    }
}

impl PaymentProcessor for Faulty {
    fn name(&self) -> &'static str {
        self.sandbox.name()
    }

    fn create<'a>(&'a self, payment: &'a NewPayment, now: OffsetDateTime) -> Answer<'a, Announced> {
        self.strike(self.sandbox.create(payment, now))
    }

    fn confirm<'a>(
        &'a self,
        payment: &'a NewPayment,
        processor_payment_id: &'a str,
        now: OffsetDateTime,
    ) -> Answer<'a, PaymentOutcome> {
        self.strike(self.sandbox.confirm(payment, processor_payment_id, now))
    }

    fn read<'a>(&'a self, key: PaymentKey<'a>, now: OffsetDateTime) -> Answer<'a, Reading> {
        self.strike(self.sandbox.read(key, now))
    }

    fn cancel<'a>(
        &'a self,
        processor_payment_id: &'a str,
        now: OffsetDateTime,
    ) -> Answer<'a, Reading> {
        self.strike(self.sandbox.cancel(processor_payment_id, now))
    }

    fn refund<'a>(
        &'a self,
        refund: NewProcessorRefund<'a>,
        now: OffsetDateTime,
    ) -> Answer<'a, RefundOutcome> {
        self.strike(self.sandbox.refund(refund, now))
    }

    fn read_refund<'a>(
        &'a self,
        refund_id: RefundId,
        processor_payment_id: &'a str,
    ) -> Answer<'a, Option<RefundOutcome>> {
        self.strike(self.sandbox.read_refund(refund_id, processor_payment_id))
    }

    fn create_customer<'a>(
        &'a self,
        customer: &'a NewProcessorCustomer,
        now: OffsetDateTime,
    ) -> Answer<'a, String> {
        self.strike(self.sandbox.create_customer(customer, now))
    }

    fn create_setup<'a>(
        &'a self,
        setup: &'a NewSetup,
        now: OffsetDateTime,
    ) -> Answer<'a, StartedSetup> {
        self.strike(self.sandbox.create_setup(setup, now))
    }

    fn read_setup<'a>(
        &'a self,
        processor_setup_id: &'a str,
        now: OffsetDateTime,
    ) -> Answer<'a, SetupReading> {
        self.strike(self.sandbox.read_setup(processor_setup_id, now))
    }

    fn read_method<'a>(
        &'a self,
        processor_method_id: &'a str,
    ) -> Answer<'a, Option<MethodDetails>> {
        self.strike(self.sandbox.read_method(processor_method_id))
    }

    fn detach<'a>(&'a self, processor_method_id: &'a str, now: OffsetDateTime) -> Answer<'a, ()> {
        self.strike(self.sandbox.detach(processor_method_id, now))
    }
}
