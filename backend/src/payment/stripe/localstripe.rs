//! The processor against a program that behaves like Stripe, behind a proxy that keeps idempotency keys
//! (`end2end/lib/localstripe.mjs`). `make test-stripe` starts both and says where by `FOYER_LOCALSTRIPE_URL`.

use domain::id::{CustomerId, OrganizationId, PaymentAttemptId, PaymentMethodSetupId, RefundId};
use domain::money::{Currency, Money};
use domain::payment::{DeclineCode, PaymentOutcome};
use rand::Rng;
use serde_json::Value;
use time::OffsetDateTime;
use uuid::Uuid;

use super::client::Form;
use super::{Stripe, StripeAccess};
use crate::chance::Chance;
use crate::payment::processor::{
    Announced, NewPayment, NewProcessorCustomer, NewProcessorRefund, NewSetup, PaymentKey,
    PaymentProcessor, ProcessorMethod, Reading, RefundOutcome, SetupPresentation, SetupReading,
    SetupWay,
};

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
const GOOD: &str = "4242424242424242";
/// Can be saved, and is declined when it is charged.
const DECLINED: &str = "4000000000000341";
const ASKS: &str = "4000002500003155";

struct Case {
    stripe: Stripe,
    method: ProcessorMethod,
}

fn random() -> Uuid {
    let mut bytes = [0; 16];
    Chance::os().rng().fill_bytes(&mut bytes);
    Uuid::from_bytes(bytes)
}

impl Case {
    /// A customer with a saved card.
    async fn new(number: &str) -> Self {
        let api_url = std::env::var("FOYER_LOCALSTRIPE_URL").expect("make test-stripe sets it");
        let stripe = Stripe::new(StripeAccess {
            secret_key: "sk_test_12345".into(),
            api_url,
            portal_origin: "http://127.0.0.1:3000".into(),
        });
        let customer = NewProcessorCustomer {
            organization_id: random().into(),
            customer_id: CustomerId::from(random()),
            email: "ada@example.com".into(),
            name: Some("Ada".into()),
        };
        let processor_customer_id = stripe.create_customer(&customer, NOW).await.unwrap();
        let card: &Form<'_> = &[
            ("type", "card"),
            ("card[number]", number),
            ("card[exp_month]", "12"),
            ("card[exp_year]", "2034"),
            ("card[cvc]", "123"),
        ];
        let method: Value =
            stripe.client.post("/v1/payment_methods", card, None).await.unwrap().value;
        let processor_method_id = method["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/payment_methods/{processor_method_id}/attach");
        let form: &Form<'_> = &[("customer", &processor_customer_id)];
        stripe.client.post::<Value>(&path, form, None).await.unwrap();
        Self { stripe, method: ProcessorMethod { processor_customer_id, processor_method_id } }
    }

    fn payment(&self, is_on_session: bool) -> NewPayment {
        NewPayment {
            payment_attempt_id: PaymentAttemptId::from(random()),
            organization_id: OrganizationId::from(random()),
            customer_id: CustomerId::from(random()),
            amount: Money::new(2900, Currency::EUR),
            method: self.method.clone(),
            is_on_session,
        }
    }

    async fn create(&self, payment: &NewPayment) -> String {
        match self.stripe.create(payment, NOW).await.unwrap() {
            Announced::Payment(id) => id,
            Announced::Declined(code) => panic!("declined: {code:?}"),
        }
    }

    async fn confirm(&self, payment: &NewPayment, id: &str) -> PaymentOutcome {
        self.stripe.confirm(payment, id, NOW).await.unwrap()
    }

    async fn read(&self, payment: &NewPayment, id: &str) -> Reading {
        let key = PaymentKey {
            payment_attempt_id: payment.payment_attempt_id,
            processor_payment_id: Some(id),
        };
        self.stripe.read(key, NOW).await.unwrap()
    }

    /// The charges of this customer.
    async fn charges(&self) -> Vec<Value> {
        let query = [("customer", self.method.processor_customer_id.as_str())];
        let page: Value = self.stripe.client.get("/v1/charges", &query).await.unwrap().value;
        page["data"].as_array().unwrap().clone()
    }
}

#[tokio::test]
#[ignore = "needs localstripe: make test-stripe"]
async fn a_charge_that_is_asked_for_twice_is_made_once() {
    let case = Case::new(GOOD).await;
    let payment = case.payment(false);
    let id = case.create(&payment).await;
    assert_eq!(case.create(&payment).await, id);
    assert_eq!(
        case.read(&payment, &id).await,
        Reading::Unconfirmed { processor_payment_id: id.clone() }
    );
    for _ in 0..3 {
        assert_eq!(case.confirm(&payment, &id).await, PaymentOutcome::Succeeded);
    }
    assert_eq!(case.charges().await.len(), 1);
    // It cannot be given up any more.
    let reading = case.stripe.cancel(&id, NOW).await.unwrap();
    assert!(matches!(reading, Reading::Known { outcome: PaymentOutcome::Succeeded, .. }));
}

#[tokio::test]
#[ignore = "needs localstripe: make test-stripe"]
async fn a_declined_charge_stays_declined_and_cannot_be_paid_later() {
    let case = Case::new(DECLINED).await;
    let payment = case.payment(false);
    let id = case.create(&payment).await;
    let declined = PaymentOutcome::Declined(DeclineCode::GenericDecline);
    assert_eq!(case.confirm(&payment, &id).await, declined);
    assert_eq!(case.confirm(&payment, &id).await, declined);
    let intent: Value =
        case.stripe.client.get(&format!("/v1/payment_intents/{id}"), &[]).await.unwrap().value;
    assert_eq!(intent["status"], "canceled");
}

#[tokio::test]
#[ignore = "needs localstripe: make test-stripe"]
async fn the_bank_asks_a_customer_who_is_there() {
    for (answer, outcome) in [
        ("yes", PaymentOutcome::Succeeded),
        ("no", PaymentOutcome::Declined(DeclineCode::AuthenticationRequired)),
    ] {
        let case = Case::new(ASKS).await;
        let payment = case.payment(true);
        let id = case.create(&payment).await;
        let waiting = case.confirm(&payment, &id).await;
        let PaymentOutcome::RequiresAction { url } = &waiting else { panic!("{waiting:?}") };
        assert_eq!(case.stripe.origins().last().map(|at| url.starts_with(at)), Some(true), "{url}");
        assert_eq!(case.charges().await.len(), 0);
        let path = format!("{}&answer={answer}", &url[case.stripe.client.api_url().len()..]);
        // It leads back to the portal, which is not there.
        case.stripe.client.get::<Value>(&path, &[]).await.unwrap_err();
        let known = Reading::Known { processor_payment_id: id.clone(), outcome: outcome.clone() };
        assert_eq!(case.read(&payment, &id).await, known);
        assert_eq!(case.confirm(&payment, &id).await, outcome, "said before, and read again");
    }
}

#[tokio::test]
#[ignore = "needs localstripe: make test-stripe"]
async fn the_bank_asks_and_nobody_is_there() {
    let case = Case::new(ASKS).await;
    let payment = case.payment(false);
    let id = case.create(&payment).await;
    let declined = PaymentOutcome::Declined(DeclineCode::AuthenticationRequired);
    assert_eq!(case.confirm(&payment, &id).await, declined);
    assert_eq!(case.charges().await.len(), 0);
}

#[tokio::test]
#[ignore = "needs localstripe: make test-stripe"]
async fn a_charge_is_given_up_before_it_is_made() {
    let case = Case::new(GOOD).await;
    let payment = case.payment(false);
    let id = case.create(&payment).await;
    assert_eq!(case.stripe.cancel(&id, NOW).await.unwrap(), Reading::Canceled);
    assert_eq!(case.stripe.cancel(&id, NOW).await.unwrap(), Reading::Canceled);
    assert!(matches!(case.confirm(&payment, &id).await, PaymentOutcome::Declined(_)));
    assert_eq!(case.charges().await.len(), 0);
}

#[tokio::test]
#[ignore = "needs localstripe: make test-stripe"]
async fn money_goes_back_once() {
    let case = Case::new(GOOD).await;
    let payment = case.payment(false);
    let id = case.create(&payment).await;
    case.confirm(&payment, &id).await;
    let refund = NewProcessorRefund {
        refund_id: RefundId::from(random()),
        organization_id: payment.organization_id,
        processor_payment_id: &id,
        amount: Money::new(500, Currency::EUR),
    };
    let unknown = case.stripe.read_refund(refund.refund_id, &id).await.unwrap();
    assert_eq!(unknown, None);
    let first = case.stripe.refund(refund, NOW).await.unwrap();
    assert!(matches!(first, RefundOutcome::Succeeded { .. }));
    assert_eq!(case.stripe.refund(refund, NOW).await.unwrap(), first);
    assert_eq!(case.stripe.read_refund(refund.refund_id, &id).await.unwrap(), Some(first));
    assert_eq!(case.charges().await[0]["amount_refunded"], 500);
}

#[tokio::test]
#[ignore = "needs localstripe: make test-stripe"]
async fn a_card_is_added_in_the_frame_and_forgotten() {
    let case = Case::new(GOOD).await;
    let setup = NewSetup {
        payment_method_setup_id: PaymentMethodSetupId::from(random()),
        organization_id: OrganizationId::from(random()),
        processor_customer_id: case.method.processor_customer_id.clone(),
        presentation: SetupPresentation::Embedded,
    };
    let started = case.stripe.create_setup(&setup, NOW).await.unwrap();
    assert_eq!(case.stripe.create_setup(&setup, NOW).await.unwrap(), started);
    let id = started.processor_setup_id;
    assert_eq!(case.stripe.read_setup(&id, NOW).await.unwrap(), SetupReading::Open);
    let SetupWay::Embedded { client_secret } = started.way else { panic!("no secret") };
    // As Stripe's script does it.
    let form: &Form<'_> =
        &[("client_secret", &client_secret), ("payment_method", &case.method.processor_method_id)];
    let path = format!("/v1/setup_intents/{id}/confirm");
    case.stripe.client.post::<Value>(&path, form, None).await.unwrap();
    let reading = case.stripe.read_setup(&id, NOW).await.unwrap();
    let SetupReading::Succeeded { processor_method_id, details } = reading else {
        panic!("{reading:?}")
    };
    assert_eq!(processor_method_id, case.method.processor_method_id);
    assert_eq!(details.last4.as_deref(), Some("4242"));
    assert_eq!(details.expiry.map(|expiry| (expiry.year, expiry.month)), Some((2034, 12)));

    let read = case.stripe.read_method(&processor_method_id).await.unwrap();
    assert_eq!(read, Some(details));
    case.stripe.detach(&processor_method_id, NOW).await.unwrap();
    case.stripe.detach(&processor_method_id, NOW).await.unwrap();
    assert_eq!(case.stripe.read_method(&processor_method_id).await.unwrap(), None);
}
