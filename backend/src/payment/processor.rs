//! The port through which money moves.

use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;

use domain::id::{CustomerId, OrganizationId, PaymentAttemptId, PaymentMethodSetupId, RefundId};
use domain::money::Money;
use domain::payment::{DeclineCode, PaymentOutcome};
use domain::payment_method::MethodDetails;
use thiserror::Error;
use time::OffsetDateTime;

/// A saved method, as its processor knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProcessorMethod {
    pub processor_customer_id: String,
    pub processor_method_id: String,
}

/// What a processor is asked to charge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPayment {
    /// The idempotency key; also kept by the processor, so that the payment can be found by it.
    pub payment_attempt_id: PaymentAttemptId,
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub amount: Money,
    pub method: ProcessorMethod,
    /// The customer is there and can approve it. Otherwise a charge that needs approval is declined.
    pub is_on_session: bool,
}

/// Whom a processor shall know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProcessorCustomer {
    pub organization_id: OrganizationId,
    /// The idempotency key.
    pub customer_id: CustomerId,
    pub email: String,
    pub name: Option<String>,
}

/// How a customer enters a new method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupPresentation {
    /// On a page of the processor's own, by redirect.
    Hosted,
    /// In the processor's frame within a page of ours, where the processor has one; else as `Hosted`.
    Embedded,
}

/// A method to be added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSetup {
    /// The idempotency key; also kept by the processor.
    pub payment_method_setup_id: PaymentMethodSetupId,
    pub organization_id: OrganizationId,
    pub processor_customer_id: String,
    pub presentation: SetupPresentation,
}

/// Where a customer enters the new method.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupWay {
    /// There; the processor leads back to `return_path::of_setup` afterwards.
    Hosted { url: String },
    /// In the processor's frame, opened with this secret. It is the customer's, and goes into no log and no address of ours.
    Embedded { client_secret: String },
}

/// A setup that a processor has begun.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartedSetup {
    pub processor_setup_id: String,
    pub way: SetupWay,
}

/// What a processor knows of a setup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupReading {
    /// The customer has not finished.
    Open,
    Succeeded {
        processor_method_id: String,
        details: MethodDetails,
    },
    Failed {
        code: DeclineCode,
    },
    /// Given up, or too old.
    Expired,
}

/// What announcing a payment came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Announced {
    /// The processor's id of it.
    Payment(String),
    /// It takes no such payment, for example because the method is gone there: no money moved, and none will.
    Declined(DeclineCode),
}

/// By what a payment is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PaymentKey<'a> {
    pub payment_attempt_id: PaymentAttemptId,
    /// The processor's own id, if it ever arrived.
    pub processor_payment_id: Option<&'a str>,
}

/// What a processor knows of a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reading {
    /// Created, but never confirmed: no money moves.
    Unconfirmed {
        processor_payment_id: String,
    },
    Canceled,
    Known {
        processor_payment_id: String,
        outcome: PaymentOutcome,
    },
    /// It knows no such payment, or does not say.
    Silent,
}

/// What a processor is asked to give back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewProcessorRefund<'a> {
    /// The idempotency key.
    pub refund_id: RefundId,
    pub organization_id: OrganizationId,
    pub processor_payment_id: &'a str,
    pub amount: Money,
}

/// What giving back came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefundOutcome {
    Succeeded { processor_refund_id: String },
    Failed,
    Unknown,
}

/// The processor could not be asked, or its answer was lost: whatever was asked for may have happened.
#[derive(Debug, Error)]
#[error("the payment processor did not answer")]
pub struct NoAnswer(#[source] pub Box<dyn Error + Send + Sync>);

/// A processor's answer to one call.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, NoAnswer>> + Send + 'a>>;

/// Whoever charges cards. Every call may be repeated: the same key is the same payment, and a payment is confirmed once.
/// `now` is the time of the call; a processor with a clock of its own may ignore it.
pub trait PaymentProcessor: Send + Sync + Debug {
    /// The name in `organization.payment_processor`.
    fn name(&self) -> &'static str;

    /// The origins of the pages it sends customers to, such as `https://pay.example.com`: only there may a form of ours lead.
    fn origins(&self) -> Vec<String> {
        Vec::new()
    }

    /// Announces a payment. No money moves yet.
    fn create<'a>(&'a self, payment: &'a NewPayment, now: OffsetDateTime) -> Answer<'a, Announced>;

    /// Charges it, or says what came of charging it before.
    fn confirm<'a>(
        &'a self,
        payment: &'a NewPayment,
        processor_payment_id: &'a str,
        now: OffsetDateTime,
    ) -> Answer<'a, PaymentOutcome>;

    /// What became of a payment; moves no money. A failed one may be closed for good before that is said.
    fn read<'a>(&'a self, key: PaymentKey<'a>, now: OffsetDateTime) -> Answer<'a, Reading>;

    /// Gives a payment up, if it can still be given up, and answers what it is then.
    fn cancel<'a>(
        &'a self,
        processor_payment_id: &'a str,
        now: OffsetDateTime,
    ) -> Answer<'a, Reading>;

    /// Gives money back.
    fn refund<'a>(
        &'a self,
        refund: NewProcessorRefund<'a>,
        now: OffsetDateTime,
    ) -> Answer<'a, RefundOutcome>;

    /// What became of a refund; `None` when the processor knows none by that key.
    fn read_refund<'a>(
        &'a self,
        refund_id: RefundId,
        processor_payment_id: &'a str,
    ) -> Answer<'a, Option<RefundOutcome>>;

    /// Makes a customer known and answers the processor's id of it.
    fn create_customer<'a>(
        &'a self,
        customer: &'a NewProcessorCustomer,
        now: OffsetDateTime,
    ) -> Answer<'a, String>;

    /// Begins adding a method.
    fn create_setup<'a>(
        &'a self,
        setup: &'a NewSetup,
        now: OffsetDateTime,
    ) -> Answer<'a, StartedSetup>;

    /// What became of adding a method. A failed try may be closed for good before that is said.
    fn read_setup<'a>(
        &'a self,
        processor_setup_id: &'a str,
        now: OffsetDateTime,
    ) -> Answer<'a, SetupReading>;

    /// What is known of a saved method now; `None` when it is no longer there.
    fn read_method<'a>(&'a self, processor_method_id: &'a str)
    -> Answer<'a, Option<MethodDetails>>;

    /// Forgets a method; one that is forgotten already is no error.
    fn detach<'a>(&'a self, processor_method_id: &'a str, now: OffsetDateTime) -> Answer<'a, ()>;
}
