//! Stripe: cards are entered in its frame or on its pages, charges are made over its API.
//!
//! What is sent is written down as it is documented; what is read back is believed only as far as it says something certain.
//! Stripe keeps what it answered under an idempotency key and says the same again for a day, whatever happened meanwhile: an
//! answer that is marked as said before is therefore never the last word, the object itself is read.

mod amount;
mod client;
mod decline;
#[cfg(test)]
mod localstripe;
mod methods;
mod objects;
mod payments;
mod receive_event;
mod refunds;
mod signature;
#[cfg(test)]
mod test_server;

pub use receive_event::{ReceiveEventError, ReceivedEvent, StripeEvent, receive_stripe_event};
pub use signature::SignatureError;
#[cfg(any(test, feature = "test-support"))]
pub use signature::signature_header;

use domain::id::RefundId;
use domain::payment::PaymentOutcome;
use domain::payment_method::MethodDetails;
use time::OffsetDateTime;

use self::client::Client;
use super::processor::{
    Announced, Answer, NewPayment, NewProcessorCustomer, NewProcessorRefund, NewSetup, PaymentKey,
    PaymentProcessor, Reading, RefundOutcome, SetupReading, StartedSetup,
};

/// Where Stripe's pages are: entering a card, approving a charge.
const PAGES: [&str; 3] =
    ["https://checkout.stripe.com", "https://hooks.stripe.com", "https://pm-redirects.stripe.com"];

/// What is needed to reach Stripe.
#[derive(Clone)]
pub struct StripeAccess {
    /// `sk_…`. Whoever has it can move money.
    pub secret_key: String,
    /// Scheme, host and port of the API, without a slash at the end.
    pub api_url: String,
    /// Where the portal is, without a slash at the end: Stripe leads browsers back there.
    pub portal_origin: String,
}

impl std::fmt::Debug for StripeAccess {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("StripeAccess")
            .field("api_url", &self.api_url)
            .field("portal_origin", &self.portal_origin)
            .finish_non_exhaustive()
    }
}

/// The processor `stripe`.
#[derive(Debug, Clone)]
pub struct Stripe {
    client: Client,
    portal_origin: String,
}

impl Stripe {
    /// The name in `organization.payment_processor`.
    pub const NAME: &str = "stripe";

    /// Makes no connection yet.
    pub fn new(access: StripeAccess) -> Self {
        let portal_origin = access.portal_origin.clone();
        Self { client: Client::new(access), portal_origin }
    }
}

impl PaymentProcessor for Stripe {
    fn name(&self) -> &'static str {
        Self::NAME
    }

    fn origins(&self) -> Vec<String> {
        let mut origins: Vec<String> = PAGES.map(str::to_owned).into();
        // What stands in for Stripe has its pages beside its API.
        if !self.client.is_at_stripe() {
            origins.push(self.client.api_url().to_owned());
        }
        origins
    }

    fn create<'a>(
        &'a self,
        payment: &'a NewPayment,
        _now: OffsetDateTime,
    ) -> Answer<'a, Announced> {
        Box::pin(payments::create(&self.client, payment))
    }

    fn confirm<'a>(
        &'a self,
        payment: &'a NewPayment,
        processor_payment_id: &'a str,
        _now: OffsetDateTime,
    ) -> Answer<'a, PaymentOutcome> {
        Box::pin(payments::confirm(
            &self.client,
            &self.portal_origin,
            payment,
            processor_payment_id,
        ))
    }

    fn read<'a>(&'a self, key: PaymentKey<'a>, _now: OffsetDateTime) -> Answer<'a, Reading> {
        Box::pin(payments::read(&self.client, key))
    }

    fn cancel<'a>(
        &'a self,
        processor_payment_id: &'a str,
        _now: OffsetDateTime,
    ) -> Answer<'a, Reading> {
        Box::pin(payments::cancel(&self.client, processor_payment_id))
    }

    fn refund<'a>(
        &'a self,
        refund: NewProcessorRefund<'a>,
        _now: OffsetDateTime,
    ) -> Answer<'a, RefundOutcome> {
        Box::pin(refunds::refund(&self.client, refund))
    }

    fn read_refund<'a>(
        &'a self,
        refund_id: RefundId,
        processor_payment_id: &'a str,
    ) -> Answer<'a, Option<RefundOutcome>> {
        Box::pin(refunds::read(&self.client, refund_id, processor_payment_id))
    }

    fn create_customer<'a>(
        &'a self,
        customer: &'a NewProcessorCustomer,
        _now: OffsetDateTime,
    ) -> Answer<'a, String> {
        Box::pin(methods::create_customer(&self.client, customer))
    }

    fn create_setup<'a>(
        &'a self,
        setup: &'a NewSetup,
        _now: OffsetDateTime,
    ) -> Answer<'a, StartedSetup> {
        Box::pin(methods::create_setup(&self.client, &self.portal_origin, setup))
    }

    fn read_setup<'a>(
        &'a self,
        processor_setup_id: &'a str,
        _now: OffsetDateTime,
    ) -> Answer<'a, SetupReading> {
        Box::pin(methods::read_setup(&self.client, processor_setup_id))
    }

    fn read_method<'a>(
        &'a self,
        processor_method_id: &'a str,
    ) -> Answer<'a, Option<MethodDetails>> {
        Box::pin(methods::read_method(&self.client, processor_method_id))
    }

    fn detach<'a>(&'a self, processor_method_id: &'a str, _now: OffsetDateTime) -> Answer<'a, ()> {
        Box::pin(methods::detach(&self.client, processor_method_id))
    }
}
