//! Customers and their saved methods: how one is added, read, forgotten.

use domain::payment_method::MethodDetails;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::client::{CallError, Client, Reply, escaped, no_answer};
use super::objects::{CheckoutSession, Named, NewCheckoutSession, PaymentMethod, SetupIntent};
use crate::payment::processor::{
    NewProcessorCustomer, NewSetup, NoAnswer, SetupPresentation, SetupReading, SetupWay,
    StartedSetup,
};
use crate::payment::return_path;

const INTENTS: &str = "/v1/setup_intents";
const SESSIONS: &str = "/v1/checkout/sessions";
/// How the ids of sessions begin; others are intents'.
const SESSION_PREFIX: &str = "cs_";

pub(super) async fn create_customer(
    client: &Client,
    customer: &NewProcessorCustomer,
) -> Result<String, NoAnswer> {
    let (id, organization) =
        (customer.customer_id.to_string(), customer.organization_id.to_string());
    let mut form = vec![
        ("email", customer.email.as_str()),
        ("metadata[foyer_customer_id]", &id),
        ("metadata[foyer_organization_id]", &organization),
    ];
    form.extend(customer.name.as_deref().map(|name| ("name", name)));
    // A key is refused with other words than at first: a customer who corrects the name within the day must not be stuck.
    let words = format!("{}\0{}", customer.email, customer.name.as_deref().unwrap_or_default());
    let digest = Sha256::digest(words);
    let key = format!("{id}-{:02x}{:02x}{:02x}{:02x}", digest[0], digest[1], digest[2], digest[3]);
    let created = client.post::<Named>("/v1/customers", &form, Some(&key)).await;
    Ok(created.map_err(CallError::into_no_answer)?.value.id)
}

pub(super) async fn create_setup(
    client: &Client,
    portal_origin: &str,
    setup: &NewSetup,
) -> Result<StartedSetup, NoAnswer> {
    match setup.presentation {
        SetupPresentation::Embedded => create_intent(client, setup).await,
        SetupPresentation::Hosted => create_session(client, portal_origin, setup).await,
    }
}

async fn create_intent(client: &Client, setup: &NewSetup) -> Result<StartedSetup, NoAnswer> {
    let (id, organization) =
        (setup.payment_method_setup_id.to_string(), setup.organization_id.to_string());
    let form = [
        ("customer", setup.processor_customer_id.as_str()),
        ("usage", "off_session"),
        ("payment_method_types[]", "card"),
        ("metadata[foyer_setup_id]", &id),
        ("metadata[foyer_organization_id]", &organization),
    ];
    let created = client.post::<SetupIntent>(INTENTS, &form, Some(&id)).await;
    let intent = created.map_err(CallError::into_no_answer)?.value;
    let client_secret =
        intent.client_secret.ok_or_else(|| no_answer("a setup intent came without its secret"))?;
    Ok(StartedSetup { processor_setup_id: intent.id, way: SetupWay::Embedded { client_secret } })
}

async fn create_session(
    client: &Client,
    portal_origin: &str,
    setup: &NewSetup,
) -> Result<StartedSetup, NoAnswer> {
    let (id, organization) =
        (setup.payment_method_setup_id.to_string(), setup.organization_id.to_string());
    let back = return_path::of_setup(setup.organization_id, setup.payment_method_setup_id);
    let back = format!("{portal_origin}{back}");
    let form = [
        ("mode", "setup"),
        ("customer", setup.processor_customer_id.as_str()),
        ("payment_method_types[]", "card"),
        ("success_url", &back),
        ("cancel_url", &back),
        ("metadata[foyer_setup_id]", &id),
        ("metadata[foyer_organization_id]", &organization),
        ("setup_intent_data[metadata][foyer_setup_id]", &id),
        ("setup_intent_data[metadata][foyer_organization_id]", &organization),
    ];
    let created = client.post::<NewCheckoutSession>(SESSIONS, &form, Some(&id)).await;
    let session = created.map_err(CallError::into_no_answer)?.value;
    let url = session.url.filter(|url| url.starts_with("https://") || url.starts_with("http://"));
    let url = url.ok_or_else(|| no_answer("a page for a new method came without its address"))?;
    Ok(StartedSetup { processor_setup_id: session.id, way: SetupWay::Hosted { url } })
}

/// What became of adding a method. In the frame a customer may try again after a card was refused, so a setup that failed is closed
/// before that is said: no method can be added by it afterwards.
pub(super) async fn read_setup(client: &Client, id: &str) -> Result<SetupReading, NoAnswer> {
    if id.starts_with(SESSION_PREFIX) {
        return read_session(client, id).await;
    }
    let path = format!("{INTENTS}/{}", escaped(id));
    let query = [("expand[]", "payment_method")];
    match client.get::<SetupIntent>(&path, &query).await {
        Ok(Reply { value: intent, .. }) => match intent.last_setup_error.as_ref() {
            Some(error) if intent.status == "requires_payment_method" => {
                close_intent(client, &path, error.decline()).await
            }
            _ => of_intent(client, &intent).await,
        },
        Err(CallError::Refused(refusal)) if refusal.is_unknown() => Ok(SetupReading::Expired),
        Err(error) => Err(error.into_no_answer()),
    }
}

async fn close_intent(
    client: &Client,
    path: &str,
    code: domain::payment::DeclineCode,
) -> Result<SetupReading, NoAnswer> {
    match client.post::<SetupIntent>(&format!("{path}/cancel"), &[], None).await {
        Ok(_) => Ok(SetupReading::Failed { code }),
        // It moved on meanwhile.
        Err(CallError::Refused(_)) => {
            let query = [("expand[]", "payment_method")];
            let read = client.get::<SetupIntent>(path, &query).await;
            of_intent(client, &read.map_err(CallError::into_no_answer)?.value).await
        }
        Err(error) => Err(error.into_no_answer()),
    }
}

/// A page of Stripe's, on which cards are tried as often as the customer likes.
async fn read_session(client: &Client, id: &str) -> Result<SetupReading, NoAnswer> {
    let path = format!("{SESSIONS}/{}", escaped(id));
    let query = [("expand[]", "setup_intent"), ("expand[]", "setup_intent.payment_method")];
    let session = match client.get::<CheckoutSession>(&path, &query).await {
        Ok(read) => read.value,
        Err(CallError::Refused(refusal)) if refusal.is_unknown() => {
            return Ok(SetupReading::Expired);
        }
        Err(error) => return Err(error.into_no_answer()),
    };
    match (session.status.as_deref(), session.setup_intent) {
        (Some("expired"), _) => Ok(SetupReading::Expired),
        (Some("complete"), Some(intent)) => of_intent(client, &intent).await,
        (status, _) => {
            tracing::debug!(status, id = session.id, "a page for a new method is not finished");
            Ok(SetupReading::Open)
        }
    }
}

async fn of_intent(client: &Client, intent: &SetupIntent) -> Result<SetupReading, NoAnswer> {
    match intent.status.as_str() {
        "succeeded" => {
            let method = method_of(client, &intent.payment_method).await?;
            let details = method.details();
            Ok(SetupReading::Succeeded { processor_method_id: method.id, details })
        }
        "canceled" => Ok(match intent.last_setup_error.as_ref() {
            Some(error) => SetupReading::Failed { code: error.decline() },
            None => SetupReading::Expired,
        }),
        status => {
            tracing::debug!(status, id = intent.id, "a setup is not finished");
            Ok(SetupReading::Open)
        }
    }
}

/// The method within the answer, or read by its id.
async fn method_of(client: &Client, method: &Value) -> Result<PaymentMethod, NoAnswer> {
    if let Value::String(id) = method {
        return read(client, id).await.map_err(CallError::into_no_answer);
    }
    serde_json::from_value(method.clone()).map_err(no_answer)
}

async fn read(client: &Client, id: &str) -> Result<PaymentMethod, CallError> {
    let path = format!("/v1/payment_methods/{}", escaped(id));
    Ok(client.get::<PaymentMethod>(&path, &[]).await?.value)
}

/// `None` when Stripe does not know it any more, or no customer has it.
pub(super) async fn read_method(
    client: &Client,
    id: &str,
) -> Result<Option<MethodDetails>, NoAnswer> {
    match read(client, id).await {
        Ok(method) => Ok(method.customer.is_some().then(|| method.details())),
        Err(CallError::Refused(refusal)) if refusal.is_unknown() => Ok(None),
        Err(error) => Err(error.into_no_answer()),
    }
}

/// Stripe refuses to detach what is detached already.
pub(super) async fn detach(client: &Client, id: &str) -> Result<(), NoAnswer> {
    let path = format!("/v1/payment_methods/{}/detach", escaped(id));
    match client.post::<Named>(&path, &[], None).await {
        Ok(_) => Ok(()),
        Err(CallError::Refused(refusal)) => match read_method(client, id).await? {
            None => Ok(()),
            Some(_) => Err(no_answer(refusal)),
        },
        Err(error) => Err(error.into_no_answer()),
    }
}

#[cfg(test)]
mod tests {
    use domain::id::{CustomerId, OrganizationId, PaymentMethodSetupId};
    use domain::payment::DeclineCode;
    use serde_json::json;
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::super::test_server::{TestAnswer, TestServer, answer, ok};
    use super::*;
    use crate::payment::processor::PaymentProcessor;

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

    fn setup(presentation: SetupPresentation) -> NewSetup {
        NewSetup {
            payment_method_setup_id: PaymentMethodSetupId::from(Uuid::from_u128(12)),
            organization_id: OrganizationId::from(Uuid::from_u128(1)),
            processor_customer_id: "cus_1".into(),
            presentation,
        }
    }

    fn card() -> Value {
        json!({"id": "pm_1", "object": "payment_method", "type": "card", "customer": "cus_1",
            "card": {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2030, "wallet": null}})
    }

    fn intent(status: &str, method: &Value) -> Value {
        json!({"id": "seti_1", "object": "setup_intent", "status": status, "client_secret": "seti_1_secret_x",
            "last_setup_error": null, "payment_method": method})
    }

    #[tokio::test]
    async fn a_customer_is_made_once_per_words() {
        let made = json!({"id": "cus_1", "object": "customer"});
        let server = TestServer::start(vec![ok(&made), ok(&made)]).await;
        let mut customer = NewProcessorCustomer {
            organization_id: OrganizationId::from(Uuid::from_u128(1)),
            customer_id: CustomerId::from(Uuid::from_u128(2)),
            email: "ada@example.com".into(),
            name: None,
        };
        assert_eq!(server.stripe.create_customer(&customer, NOW).await.unwrap(), "cus_1");
        customer.name = Some("Ada & Co".into());
        server.stripe.create_customer(&customer, NOW).await.unwrap();
        let calls = server.calls();
        let form = "POST /v1/customers?email=ada@example.com&metadata[foyer_customer_id]=00000000-0000-0000-0000-000000000002\
            &metadata[foyer_organization_id]=00000000-0000-0000-0000-000000000001";
        assert!(
            calls[0].starts_with(&format!("{form} [00000000-0000-0000-0000-000000000002-")),
            "{calls:?}"
        );
        assert!(calls[1].starts_with(&format!("{form}&name=Ada & Co [")), "{calls:?}");
        assert_ne!(calls[0].split(" [").last(), calls[1].split(" [").last());
    }

    #[tokio::test]
    async fn in_the_frame() {
        let server =
            TestServer::start(vec![ok(&intent("requires_payment_method", &Value::Null))]).await;
        let started = server.stripe.create_setup(&setup(SetupPresentation::Embedded), NOW).await;
        let way = SetupWay::Embedded { client_secret: "seti_1_secret_x".into() };
        assert_eq!(started.unwrap(), StartedSetup { processor_setup_id: "seti_1".into(), way });
        assert_eq!(
            server.calls(),
            ["POST /v1/setup_intents?customer=cus_1&usage=off_session&payment_method_types[]=card\
              &metadata[foyer_setup_id]=00000000-0000-0000-0000-00000000000c\
              &metadata[foyer_organization_id]=00000000-0000-0000-0000-000000000001 [00000000-0000-0000-0000-00000000000c]"]
        );
    }

    #[tokio::test]
    async fn on_stripes_page() {
        let session = json!({"id": "cs_test_1", "object": "checkout.session", "status": "open", "setup_intent": "seti_1",
            "url": "https://checkout.stripe.com/c/pay/cs_test_1"});
        let server = TestServer::start(vec![ok(&session)]).await;
        let started = server.stripe.create_setup(&setup(SetupPresentation::Hosted), NOW).await;
        let way = SetupWay::Hosted { url: "https://checkout.stripe.com/c/pay/cs_test_1".into() };
        assert_eq!(started.unwrap(), StartedSetup { processor_setup_id: "cs_test_1".into(), way });
        let back = "https://billing.example.com/pay/setups/00000000-0000-0000-0000-000000000001/00000000-0000-0000-0000-00000000000c";
        assert_eq!(
            server.calls(),
            [format!(
                "POST /v1/checkout/sessions?mode=setup&customer=cus_1&payment_method_types[]=card&success_url={back}&cancel_url={back}\
                 &metadata[foyer_setup_id]=00000000-0000-0000-0000-00000000000c\
                 &metadata[foyer_organization_id]=00000000-0000-0000-0000-000000000001\
                 &setup_intent_data[metadata][foyer_setup_id]=00000000-0000-0000-0000-00000000000c\
                 &setup_intent_data[metadata][foyer_organization_id]=00000000-0000-0000-0000-000000000001 [00000000-0000-0000-0000-00000000000c]"
            )]
        );
    }

    async fn read(id: &str, answers: Vec<TestAnswer>) -> (SetupReading, Vec<String>) {
        let server = TestServer::start(answers).await;
        let reading = server.stripe.read_setup(id, NOW).await.unwrap();
        (reading, server.calls())
    }

    const INTENT: &str = "GET /v1/setup_intents/seti_1?expand[]=payment_method";

    #[tokio::test]
    async fn a_setup_in_the_frame_is_read_with_its_card() {
        let (reading, calls) = read("seti_1", vec![ok(&intent("succeeded", &card()))]).await;
        let SetupReading::Succeeded { processor_method_id, details } = reading else {
            panic!("{reading:?}")
        };
        assert_eq!(
            (processor_method_id.as_str(), details.last4.as_deref()),
            ("pm_1", Some("4242"))
        );
        assert_eq!(calls, [INTENT]);
        for status in ["requires_payment_method", "requires_action", "processing"] {
            let (reading, _) = read("seti_1", vec![ok(&intent(status, &Value::Null))]).await;
            assert_eq!(reading, SetupReading::Open, "{status}");
        }
        let (reading, _) = read("seti_1", vec![ok(&intent("canceled", &Value::Null))]).await;
        assert_eq!(reading, SetupReading::Expired);
        let (reading, _) = read("seti_1", vec![answer(404, &json!({}))]).await;
        assert_eq!(reading, SetupReading::Expired);
    }

    #[tokio::test]
    async fn a_setup_that_failed_is_closed_before_that_is_said() {
        let mut failed = intent("requires_payment_method", &Value::Null);
        failed["last_setup_error"] = json!({"code": "setup_intent_authentication_failure"});
        let canceled = intent("canceled", &Value::Null);
        let (reading, calls) = read("seti_1", vec![ok(&failed), ok(&canceled)]).await;
        assert_eq!(reading, SetupReading::Failed { code: DeclineCode::AuthenticationRequired });
        assert_eq!(calls, [INTENT, "POST /v1/setup_intents/seti_1/cancel"]);
        // The customer tried again in the frame, and it went through.
        let answers = vec![ok(&failed), answer(400, &json!({})), ok(&intent("succeeded", &card()))];
        assert!(matches!(read("seti_1", answers).await.0, SetupReading::Succeeded { .. }));
    }

    #[tokio::test]
    async fn a_page_is_read_with_its_card() {
        let session = |status: &str, intent: Value| json!({"id": "cs_1", "status": status, "setup_intent": intent});
        let complete = session("complete", intent("succeeded", &card()));
        let (reading, calls) = read("cs_1", vec![ok(&complete)]).await;
        assert!(matches!(reading, SetupReading::Succeeded { .. }));
        assert_eq!(
            calls,
            [
                "GET /v1/checkout/sessions/cs_1?expand[]=setup_intent&expand[]=setup_intent.payment_method"
            ]
        );
        let open = session("open", intent("requires_payment_method", &Value::Null));
        assert_eq!(read("cs_1", vec![ok(&open)]).await.0, SetupReading::Open);
        let expired = session("expired", Value::Null);
        assert_eq!(read("cs_1", vec![ok(&expired)]).await.0, SetupReading::Expired);
    }

    #[tokio::test]
    async fn a_method_that_nobody_has_is_none() {
        let mut detached = card();
        detached["customer"] = Value::Null;
        let answers = vec![ok(&card()), ok(&detached), answer(404, &json!({}))];
        let server = TestServer::start(answers).await;
        assert!(server.stripe.read_method("pm_1").await.unwrap().is_some());
        assert_eq!(server.stripe.read_method("pm_1").await.unwrap(), None);
        assert_eq!(server.stripe.read_method("pm_1").await.unwrap(), None);
    }

    #[tokio::test]
    async fn forgetting_twice_is_no_error_and_forgetting_in_vain_is() {
        let mut detached = card();
        detached["customer"] = Value::Null;
        let refused = json!({"error": {"type": "invalid_request_error"}});
        let answers = vec![
            ok(&detached),
            answer(400, &refused),
            ok(&detached),
            answer(400, &refused),
            ok(&card()),
        ];
        let server = TestServer::start(answers).await;
        server.stripe.detach("pm_1", NOW).await.unwrap();
        server.stripe.detach("pm_1", NOW).await.unwrap();
        server.stripe.detach("pm_1", NOW).await.unwrap_err();
        assert_eq!(server.calls()[0], "POST /v1/payment_methods/pm_1/detach");
    }
}
