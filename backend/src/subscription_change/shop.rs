//! What the tests of changes start from: an organization that allows everything and charges by the sandbox.

use domain::change::{ChangeRules, ProrationBehavior};
use domain::id::{QuoteId, SubscriptionId};
use domain::refund_policy::RefundPolicy;
use time::Duration;

use super::{ConfirmError, Confirmed, confirm};
use crate::actor::MemberActor;
use crate::organization::{UpdatePortalSettings, update_portal_settings};
use crate::payment::{self, Processors, Sandbox, SandboxBehavior};
use crate::quote::{self, Quote, QuoteError, QuoteRequest};
use crate::subscription::{self, SubscriptionDetail};
use crate::test_support::billing::{Offer, charged, processors, sandbox};
use crate::test_support::{TestDb, fixtures};

pub(super) struct Shop {
    pub db: TestDb,
    pub owner: MemberActor,
}

impl Shop {
    /// Changes are billed at once, all is allowed, cards pay.
    pub async fn new() -> Self {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
        charged(&db, organization_id).await;
        let shop = Self { db, owner };
        shop.rules(|_| {}).await;
        shop
    }

    /// Everything allowed, but for what `change` does.
    pub async fn rules(&self, change: impl FnOnce(&mut ChangeRules)) {
        let mut input = UpdatePortalSettings::everything(self.owner.organization_id);
        change(&mut input.changes);
        update_portal_settings(&self.db.pool, &mut self.db.cx(), input).await.unwrap();
    }

    pub async fn bill(&self, proration: ProrationBehavior) {
        self.rules(|rules| rules.proration = proration).await;
    }

    pub async fn refunds(&self, refund: RefundPolicy) {
        self.rules(|rules| rules.refund = refund).await;
    }

    pub fn sandbox(&self) -> Sandbox {
        sandbox(&self.db)
    }

    pub fn processors(&self) -> Processors {
        processors(&self.db)
    }

    pub async fn card(&self, behavior: SandboxBehavior) {
        let owner = &self.owner;
        payment::set_behavior(
            &self.db.pool,
            &mut self.db.cx(),
            owner.organization_id,
            owner.customer_id,
            behavior,
        )
        .await
        .unwrap();
    }

    /// Subscribes the owner, and pays.
    pub async fn subscribe(&self, offer: Offer, seats: Option<i32>) -> SubscriptionId {
        let input = offer.start_for(&self.owner, seats);
        let started = subscription::start(&self.db.pool, &mut self.db.cx(), input).await.unwrap();
        self.pay().await;
        started.subscription_id
    }

    /// Pro at €29.00 a month, paid.
    pub async fn pro(&self) -> SubscriptionId {
        self.subscribe(Offer::monthly(&self.db, self.owner.organization_id).await, None).await
    }

    /// What falls due now: renewals, then charges and refunds.
    pub async fn pay(&self) {
        self.db.settled().await;
        subscription::run_due(&self.db.pool, &mut self.db.cx(), 100).await.unwrap();
        payment::run_due(&self.db.pool, &self.processors(), &mut self.db.cx(), 100).await.unwrap();
    }

    pub async fn after(&self, time: Duration) {
        self.db.clock.advance(time);
        self.pay().await;
    }

    pub async fn quote(
        &self,
        subscription_id: SubscriptionId,
        request: QuoteRequest,
    ) -> Result<Quote, QuoteError> {
        let mut cx = self.db.cx_of(self.owner.clone());
        quote::create(&self.db.pool, &mut cx, subscription_id, request).await
    }

    pub async fn confirm(&self, quote_id: QuoteId) -> Result<Confirmed, ConfirmError> {
        let mut cx = self.db.cx_of(self.owner.clone());
        confirm(&self.db.pool, &self.processors(), &mut cx, quote_id).await
    }

    /// Quotes and confirms.
    pub async fn change(
        &self,
        subscription_id: SubscriptionId,
        request: QuoteRequest,
    ) -> (Quote, Confirmed) {
        let quote = self.quote(subscription_id, request).await.unwrap();
        let confirmed = self.confirm(quote.quote_id).await.unwrap();
        (quote, confirmed)
    }

    pub async fn read(&self, subscription_id: SubscriptionId) -> SubscriptionDetail {
        let actor = self.owner.clone().into();
        subscription::get(&self.db.pool, &actor, subscription_id).await.unwrap().unwrap()
    }

    /// Status, reason and total of each order, the oldest first.
    pub async fn orders(&self) -> Vec<(String, String, i64)> {
        sqlx::query_as(
            "select status, billing_reason, total_minor from orders order by created_at, billing_reason",
        )
        .fetch_all(&self.db.pool)
        .await
        .unwrap()
    }

    /// State and refusal of each change, the oldest first.
    pub async fn changes(&self) -> Vec<(String, Option<String>)> {
        sqlx::query_as("select state, refusal from subscription_change order by created_at, subscription_change_id")
            .fetch_all(&self.db.pool)
            .await
            .unwrap()
    }

    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pool).await.unwrap()
    }

    pub async fn events(&self, event_type: &str) -> usize {
        let types = fixtures::event_types(&self.db).await;
        types.iter().filter(|recorded| *recorded == event_type).count()
    }
}

pub(super) fn to(offer: Offer) -> QuoteRequest {
    QuoteRequest::Plan { product_id: offer.product_id, seats: None }
}
