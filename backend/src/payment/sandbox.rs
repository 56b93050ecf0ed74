//! The processor that charges nobody: for the demo and for tests. It keeps its own books (schema `sandbox`) in its own
//! transactions, as a processor elsewhere would.

mod behavior;
mod books;
mod cards;
mod pages;
mod point;

pub use behavior::{SandboxBehavior, SandboxCard, give_card, set_behavior};
pub use cards::{CardMistake, EnteredCard, REFUSING_CVC, TEST_CARDS, TestCard, check_card};
pub use pages::{SandboxPayment, SandboxSetup, SandboxStep};
pub use point::SandboxPoint;

use std::time::Duration;

use domain::id::{PaymentAttemptId, RefundId};
use domain::payment::PaymentOutcome;
use sqlx::PgPool;
use time::OffsetDateTime;

use domain::payment_method::MethodDetails;

use super::processor::{
    Announced, Answer, NewPayment, NewProcessorCustomer, NewProcessorRefund, NewSetup, NoAnswer,
    PaymentKey, PaymentProcessor, Reading, RefundOutcome, SetupReading, StartedSetup,
};

/// The sandbox, on a pool of its own or a shared one.
#[derive(Debug, Clone)]
pub struct Sandbox {
    books: PgPool,
    latency: Duration,
    /// Where the sandbox's own pages are, without a slash at the end.
    pages: String,
    /// Where the portal is, without a slash at the end.
    portal: String,
    /// Where the process that asks dies.
    dies_at: Option<SandboxPoint>,
}

impl Sandbox {
    /// The name in `organization.payment_processor`.
    pub const NAME: &str = "sandbox";

    pub fn new(books: PgPool) -> Self {
        Self {
            books,
            latency: Duration::ZERO,
            pages: String::new(),
            portal: String::new(),
            dies_at: None,
        }
    }

    /// The same with pages of its own at one origin, which lead back to the portal at another.
    #[must_use]
    pub fn with_pages(self, pages: impl Into<String>, portal: impl Into<String>) -> Self {
        Self { pages: pages.into(), portal: portal.into(), ..self }
    }

    /// The same with every call taking so long before and again after it takes effect, as over a network.
    #[must_use]
    pub fn with_latency(mut self, latency: Duration) -> Self {
        self.latency = latency;
        self
    }

    /// The same in a process that ends, as in a power cut, when it first comes to this point. For tests of what is left then.
    #[must_use]
    pub fn dying_at(self, point: Option<SandboxPoint>) -> Self {
        Self { dies_at: point, ..self }
    }

    /// What the customer does on the page a `RequiresAction` led to: approves the charge, or not. False when there is nothing to do.
    pub async fn finish_action(
        &self,
        payment_attempt_id: PaymentAttemptId,
        approves: bool,
    ) -> Result<bool, NoAnswer> {
        books::finish_action(&self.books, payment_attempt_id, approves).await.map_err(lost)
    }

    /// The way of a question to the sandbox, or of an answer back.
    async fn travel(&self, point: SandboxPoint) {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        if self.dies_at == Some(point) {
            // As in a power cut: nothing is cleaned up.
            std::process::abort();
        }
    }
}

impl PaymentProcessor for Sandbox {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn origins(&self) -> Vec<String> {
        if self.pages.is_empty() { Vec::new() } else { vec![self.pages.clone()] }
    }

    fn create<'a>(&'a self, payment: &'a NewPayment, now: OffsetDateTime) -> Answer<'a, Announced> {
        Box::pin(async move {
            self.travel(SandboxPoint::CreateBefore).await;
            let created = books::create(&self.books, &self.portal, payment, now).await;
            let created = created.map(Announced::Payment).map_err(lost);
            self.travel(SandboxPoint::CreateAfter).await;
            created
        })
    }

    fn confirm<'a>(
        &'a self,
        _payment: &'a NewPayment,
        processor_payment_id: &'a str,
        now: OffsetDateTime,
    ) -> Answer<'a, PaymentOutcome> {
        Box::pin(async move {
            self.travel(SandboxPoint::ConfirmBefore).await;
            let confirmed =
                books::confirm(&self.books, &self.pages, processor_payment_id, now).await;
            self.travel(SandboxPoint::ConfirmAfter).await;
            confirmed.map_err(lost)?.ok_or_else(|| NoAnswer("the sandbox lost its answer".into()))
        })
    }

    fn read<'a>(&'a self, key: PaymentKey<'a>, now: OffsetDateTime) -> Answer<'a, Reading> {
        Box::pin(async move {
            self.travel(SandboxPoint::ReadBefore).await;
            let read = books::read(&self.books, &self.pages, key.payment_attempt_id, now).await;
            self.travel(SandboxPoint::ReadAfter).await;
            read.map_err(lost)
        })
    }

    fn cancel<'a>(
        &'a self,
        processor_payment_id: &'a str,
        now: OffsetDateTime,
    ) -> Answer<'a, Reading> {
        Box::pin(async move {
            self.travel(SandboxPoint::CancelBefore).await;
            let canceled = books::cancel(&self.books, &self.pages, processor_payment_id, now).await;
            self.travel(SandboxPoint::CancelAfter).await;
            canceled.map_err(lost)
        })
    }

    fn refund<'a>(
        &'a self,
        refund: NewProcessorRefund<'a>,
        now: OffsetDateTime,
    ) -> Answer<'a, RefundOutcome> {
        Box::pin(async move {
            self.travel(SandboxPoint::RefundBefore).await;
            let refunded = books::refund(&self.books, refund, now).await.map_err(lost);
            self.travel(SandboxPoint::RefundAfter).await;
            refunded
        })
    }

    fn read_refund<'a>(
        &'a self,
        refund_id: RefundId,
        _processor_payment_id: &'a str,
    ) -> Answer<'a, Option<RefundOutcome>> {
        Box::pin(async move {
            self.travel(SandboxPoint::ReadRefundBefore).await;
            let read = books::read_refund(&self.books, refund_id).await;
            self.travel(SandboxPoint::ReadRefundAfter).await;
            read.map_err(lost)
        })
    }

    fn create_customer<'a>(
        &'a self,
        customer: &'a NewProcessorCustomer,
        _now: OffsetDateTime,
    ) -> Answer<'a, String> {
        Box::pin(async move { Ok(books::customer(customer.customer_id)) })
    }

    fn create_setup<'a>(
        &'a self,
        setup: &'a NewSetup,
        now: OffsetDateTime,
    ) -> Answer<'a, StartedSetup> {
        Box::pin(async move {
            self.travel(SandboxPoint::SetupBefore).await;
            let started =
                books::create_setup(&self.books, &self.pages, &self.portal, setup, now).await;
            self.travel(SandboxPoint::SetupAfter).await;
            started.map_err(lost)
        })
    }

    fn read_setup<'a>(
        &'a self,
        processor_setup_id: &'a str,
        _now: OffsetDateTime,
    ) -> Answer<'a, SetupReading> {
        Box::pin(async move {
            self.travel(SandboxPoint::ReadSetupBefore).await;
            let read = books::read_setup(&self.books, processor_setup_id).await;
            self.travel(SandboxPoint::ReadSetupAfter).await;
            read.map_err(lost)
        })
    }

    fn read_method<'a>(
        &'a self,
        processor_method_id: &'a str,
    ) -> Answer<'a, Option<MethodDetails>> {
        Box::pin(
            async move { books::read_method(&self.books, processor_method_id).await.map_err(lost) },
        )
    }

    fn detach<'a>(&'a self, processor_method_id: &'a str, now: OffsetDateTime) -> Answer<'a, ()> {
        Box::pin(async move {
            self.travel(SandboxPoint::DetachBefore).await;
            let detached = books::detach(&self.books, processor_method_id, now).await;
            self.travel(SandboxPoint::DetachAfter).await;
            detached.map_err(lost)
        })
    }
}

fn lost(error: sqlx::Error) -> NoAnswer {
    NoAnswer(Box::new(error))
}
