//! What the tests of payment methods start from.

use domain::id::{
    CustomerId, OrganizationId, PaymentMethodId, PaymentMethodSetupId, SubscriptionId,
};
use sqlx::PgPool;
use time::Duration;

use super::{
    BeginSetup, BeginSetupError, FinishedSetup, SetupBegun, begin_setup, finish_setup, run_due,
};
use crate::actor::MemberActor;
use crate::context::Context;
use crate::invariants;
use crate::payment::{
    self, Processors, Sandbox, SandboxBehavior, SandboxCard, SetupPresentation, check_card,
};
use crate::subscription::StartedSubscription;
use crate::test_support::billing::{charged, processors, sandbox, subscribed};
use crate::test_support::{TestDb, fixtures};

/// A customer with a card and a subscription at €29.00, whose first order is not charged yet.
pub(crate) struct Case {
    pub db: TestDb,
    pub owner: MemberActor,
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub subscription: StartedSubscription,
    pub sandbox: Sandbox,
}

impl Case {
    /// The first card behaves so.
    pub async fn new(behavior: SandboxBehavior) -> Self {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        charged(&db, organization_id).await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let customer_id = owner.customer_id;
        payment::set_behavior(&db.pool, &mut db.cx(), organization_id, customer_id, behavior)
            .await
            .unwrap();
        let subscription = subscribed(&db, &owner).await;
        let sandbox = sandbox(&db);
        Self { db, owner, organization_id, customer_id, subscription, sandbox }
    }

    pub fn processors(&self) -> Processors {
        processors(&self.db)
    }

    /// The sandbox, not answering.
    pub async fn away(&self) -> Processors {
        let books = PgPool::connect_lazy_with((*self.db.pool.connect_options()).clone());
        books.close().await;
        Processors::default().with(Sandbox::new(books))
    }

    pub fn cx(&self) -> Context {
        self.db.cx_of(self.owner.clone())
    }

    /// A setup of the owner's that is to be kept and nothing else.
    pub fn input(&self) -> BeginSetup {
        BeginSetup {
            customer_id: self.customer_id,
            set_default: false,
            is_kept: true,
            subscription_id: None,
            order_id: None,
            presentation: SetupPresentation::Hosted,
            return_path: "/acme/portal/settings/payment-methods".into(),
        }
    }

    pub async fn begin(&self, input: BeginSetup) -> Result<SetupBegun, BeginSetupError> {
        begin_setup(&self.db.pool, &self.processors(), &mut self.cx(), input).await
    }

    /// Begins, and enters a card on the sandbox's page.
    pub async fn entered(&self, input: BeginSetup, number: &str, cvc: &str) -> SetupBegun {
        let begun = self.begin(input).await.unwrap();
        let card = check_card(number, "12/39", cvc, self.db.now()).unwrap();
        self.sandbox
            .enter_card(&in_the_books(begun.payment_method_setup_id), card, self.db.now())
            .await
            .unwrap()
            .unwrap();
        begun
    }

    pub async fn finish(&self, begun: &SetupBegun) -> FinishedSetup {
        finish_setup(
            &self.db.pool,
            &self.processors(),
            &mut self.db.cx(),
            self.organization_id,
            begun.payment_method_setup_id,
        )
        .await
        .unwrap()
    }

    /// One more card, as if it had been entered long ago.
    pub async fn card(&self, last4: &'static str) -> PaymentMethodId {
        // The newest is told by its time.
        self.db.clock.advance(Duration::seconds(1));
        let card = SandboxCard { last4, ..SandboxCard::new(SandboxBehavior::Approve) };
        let (organization_id, customer_id) = (self.organization_id, self.customer_id);
        payment::give_card(&self.db.pool, &mut self.db.cx(), organization_id, customer_id, card)
            .await
            .unwrap()
    }

    pub async fn first_card(&self) -> PaymentMethodId {
        let id: uuid::Uuid = sqlx::query_scalar(
            "select payment_method_id from payment_method order by created_at limit 1",
        )
        .fetch_one(&self.db.pool)
        .await
        .unwrap();
        id.into()
    }

    /// What the workers do now, until nothing is left.
    pub async fn work(&self) -> usize {
        self.db.settled().await;
        let (db, processors) = (&self.db.pool, self.processors());
        let mut done = 0;
        loop {
            let methods = run_due(db, &processors, &mut self.db.cx(), 100).await.unwrap();
            let payments = payment::run_due(db, &processors, &mut self.db.cx(), 100).await.unwrap();
            if methods + payments == 0 {
                return done;
            }
            done += methods + payments;
        }
    }

    pub async fn after(&self, time: Duration) -> usize {
        self.db.clock.advance(time);
        self.work().await
    }

    /// The default's and the backup's last digits, and the own ones of the subscription; `-` for none.
    pub async fn chosen(&self) -> String {
        sqlx::query_scalar(
            "select concat_ws(' ', coalesce(d.last4, '-'), coalesce(b.last4, '-'), coalesce(o.last4, '-'))
             from customer c
             join subscription s using (organization_id, customer_id)
             left join payment_method d on d.payment_method_id = c.default_payment_method_id
             left join payment_method b on b.payment_method_id = c.backup_payment_method_id
             left join payment_method o on o.payment_method_id = s.payment_method_id
             where c.customer_id = $1 limit 1",
        )
        .bind(self.customer_id.as_uuid())
        .fetch_one(&self.db.pool)
        .await
        .unwrap()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pool).await.unwrap()
    }

    pub async fn execute(&self, sql: &'static str) {
        sqlx::query(sql).execute(&self.db.pool).await.unwrap();
    }

    pub async fn texts(&self, sql: &'static str) -> String {
        sqlx::query_scalar::<_, Option<String>>(sql)
            .fetch_one(&self.db.pool)
            .await
            .unwrap()
            .unwrap_or_default()
    }

    pub async fn events(&self, event_type: &str) -> usize {
        fixtures::event_types(&self.db).await.iter().filter(|event| *event == event_type).count()
    }

    pub async fn is_sound(&self) {
        let violations = invariants::check(&self.db.pool, self.organization_id).await.unwrap();
        assert_eq!(violations, vec![]);
    }
}

/// The sandbox's id of a setup.
pub(super) fn in_the_books(id: PaymentMethodSetupId) -> String {
    format!("sandbox_setup_{}", id.as_uuid().simple())
}

/// The ids of what a refusal names.
pub(super) fn names(subscriptions: &[(SubscriptionId, String)]) -> Vec<&str> {
    subscriptions.iter().map(|(_, name)| name.as_str()).collect()
}
