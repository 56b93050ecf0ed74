//! The processor that charges nobody: for the demo and for tests. It keeps its own books (schema `sandbox`) in its own
//! transactions, as a processor elsewhere would.

mod behavior;
mod books;

pub use behavior::{SandboxBehavior, set_behavior};

use std::time::Duration;

use domain::id::{PaymentAttemptId, RefundId};
use domain::payment::PaymentOutcome;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::processor::{
    Answer, NewPayment, NewProcessorRefund, NoAnswer, PaymentKey, PaymentProcessor, Reading,
    RefundOutcome,
};

/// The sandbox, on a pool of its own or a shared one.
#[derive(Debug, Clone)]
pub struct Sandbox {
    books: PgPool,
    latency: Duration,
}

impl Sandbox {
    /// The name in `organization.payment_processor`.
    pub const NAME: &str = "sandbox";

    pub fn new(books: PgPool) -> Self {
        Self { books, latency: Duration::ZERO }
    }

    /// The same with every call taking so long before and again after it takes effect, as over a network.
    #[must_use]
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// What the customer does on the page a `RequiresAction` led to: approves the charge, or not. False when there is nothing to do.
    pub async fn finish_action(
        &self,
        payment_attempt_id: PaymentAttemptId,
        approves: bool,
    ) -> Result<bool, NoAnswer> {
        books::finish_action(&self.books, payment_attempt_id, approves).await.map_err(lost)
    }

    async fn travel(&self) {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
    }
}

impl PaymentProcessor for Sandbox {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn create<'a>(&'a self, payment: &'a NewPayment, now: OffsetDateTime) -> Answer<'a, String> {
        Box::pin(async move {
            self.travel().await;
            let created = books::create(&self.books, payment, now).await.map_err(lost);
            self.travel().await;
            created
        })
    }

    fn confirm<'a>(
        &'a self,
        processor_payment_id: &'a str,
        now: OffsetDateTime,
    ) -> Answer<'a, PaymentOutcome> {
        Box::pin(async move {
            self.travel().await;
            let confirmed = books::confirm(&self.books, processor_payment_id, now).await;
            self.travel().await;
            confirmed.map_err(lost)?.ok_or_else(|| NoAnswer("the sandbox lost its answer".into()))
        })
    }

    fn read<'a>(&'a self, key: PaymentKey<'a>, now: OffsetDateTime) -> Answer<'a, Reading> {
        Box::pin(async move {
            books::read(&self.books, key.payment_attempt_id, now).await.map_err(lost)
        })
    }

    fn cancel<'a>(
        &'a self,
        processor_payment_id: &'a str,
        now: OffsetDateTime,
    ) -> Answer<'a, Reading> {
        Box::pin(async move {
            books::cancel(&self.books, processor_payment_id, now).await.map_err(lost)
        })
    }

    fn refund<'a>(
        &'a self,
        refund: NewProcessorRefund<'a>,
        now: OffsetDateTime,
    ) -> Answer<'a, RefundOutcome> {
        Box::pin(async move {
            self.travel().await;
            let refunded = books::refund(&self.books, refund, now).await.map_err(lost);
            self.travel().await;
            refunded
        })
    }

    fn read_refund(&self, refund_id: RefundId) -> Answer<'_, Option<RefundOutcome>> {
        Box::pin(async move { books::read_refund(&self.books, refund_id).await.map_err(lost) })
    }
}

fn lost(error: sqlx::Error) -> NoAnswer {
    NoAnswer(Box::new(error))
}
