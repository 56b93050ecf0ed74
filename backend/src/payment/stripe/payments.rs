//! Charging: a payment intent is announced, confirmed, read, given up.

use domain::payment::{DeclineCode, PaymentOutcome};

use super::amount::in_stripe_units;
use super::client::{CallError, Client, Form, Reply, escaped, no_answer};
use super::objects::{List, Named, PaymentIntent};
use crate::payment::processor::{Announced, NewPayment, NoAnswer, PaymentKey, Reading};
use crate::payment::return_path;

const PATH: &str = "/v1/payment_intents";

/// Announces it with the method it is to be charged to.
pub(super) async fn create(client: &Client, payment: &NewPayment) -> Result<Announced, NoAnswer> {
    let attempt = payment.payment_attempt_id.to_string();
    let Some(amount) = in_stripe_units(payment.amount) else {
        tracing::error!(payment_attempt_id = attempt, amount = ?payment.amount, "Stripe cannot charge this amount");
        return Ok(Announced::Declined(DeclineCode::CurrencyNotSupported));
    };
    let (amount, organization) = (amount.to_string(), payment.organization_id.to_string());
    let currency = payment.amount.currency;
    let form = [
        ("amount", amount.as_str()),
        ("currency", currency.as_str()),
        ("customer", &payment.method.processor_customer_id),
        ("payment_method", &payment.method.processor_method_id),
        ("payment_method_types[]", "card"),
        ("metadata[foyer_payment_attempt_id]", &attempt),
        ("metadata[foyer_organization_id]", &organization),
    ];
    match client.post::<Named>(PATH, &form, Some(&format!("{attempt}-create"))).await {
        Ok(created) => Ok(Announced::Payment(created.value.id)),
        // Nothing is charged by announcing, and nothing was announced.
        Err(CallError::Refused(refusal)) => {
            let error = &refusal as &dyn std::error::Error;
            tracing::error!(payment_attempt_id = attempt, error, "Stripe takes no such payment");
            Ok(Announced::Declined(refusal.body.decline()))
        }
        Err(error) => Err(error.into_no_answer()),
    }
}

/// Charges it, or says what came of charging it before.
pub(super) async fn confirm(
    client: &Client,
    portal_origin: &str,
    payment: &NewPayment,
    id: &str,
) -> Result<PaymentOutcome, NoAnswer> {
    let attempt = payment.payment_attempt_id;
    let back = return_path::of_attempt(payment.organization_id, attempt);
    let back = format!("{portal_origin}{back}");
    let form: &Form<'_> = if payment.is_on_session {
        &[("return_url", back.as_str())]
    } else {
        &[("off_session", "true")]
    };
    let path = format!("{PATH}/{}/confirm", escaped(id));
    let key = format!("{attempt}-confirm");
    match client.post::<PaymentIntent>(&path, form, Some(&key)).await {
        Ok(Reply { value: intent, is_replayed: false }) => conclude(client, &intent, None).await,
        Err(CallError::Refused(refusal)) => {
            let code = refusal.body.decline();
            if refusal.status != http::StatusCode::PAYMENT_REQUIRED {
                let error = &refusal as &dyn std::error::Error;
                tracing::warn!(payment_attempt_id = %attempt, error, "Stripe did not charge");
            }
            let intent = read_intent(client, id).await?;
            conclude(client, &intent, Some(code)).await
        }
        // Stripe may say the same for a day: what stands is read.
        Ok(Reply { is_replayed: true, .. }) | Err(CallError::Unclear(_)) => {
            let intent = read_intent(client, id).await?;
            conclude(client, &intent, None).await
        }
        Err(CallError::Lost(no_answer)) => Err(no_answer),
    }
}

/// What became of a payment. One that failed is closed before that is said.
pub(super) async fn read(client: &Client, key: PaymentKey<'_>) -> Result<Reading, NoAnswer> {
    let intent = match key.processor_payment_id {
        Some(id) => {
            client.get::<PaymentIntent>(&path_of(id), &[]).await.map(|read| Some(read.value))
        }
        None => find(client, key).await,
    };
    match intent {
        Ok(Some(intent)) => reading(client, intent).await,
        Ok(None) | Err(CallError::Refused(_)) => Ok(Reading::Silent),
        Err(error) => Err(error.into_no_answer()),
    }
}

/// Gives it up if that is still possible.
pub(super) async fn cancel(client: &Client, id: &str) -> Result<Reading, NoAnswer> {
    let intent = cancel_intent(client, id).await?;
    reading(client, intent).await
}

/// By our own id, which stands in its metadata. Stripe's search knows a payment about a minute after it was made, at most hours;
/// it is asked only when Stripe's id never arrived, a day later.
async fn find(client: &Client, key: PaymentKey<'_>) -> Result<Option<PaymentIntent>, CallError> {
    let attempt = key.payment_attempt_id.to_string();
    let query = format!("metadata['foyer_payment_attempt_id']:'{attempt}'");
    let found = client
        .get::<List<PaymentIntent>>(&format!("{PATH}/search"), &[("query", &query), ("limit", "2")])
        .await?;
    let is_it = |intent: &PaymentIntent| {
        intent.metadata.get("foyer_payment_attempt_id").is_some_and(|id| *id == attempt)
    };
    Ok(found.value.data.into_iter().find(is_it))
}

fn path_of(id: &str) -> String {
    format!("{PATH}/{}", escaped(id))
}

async fn read_intent(client: &Client, id: &str) -> Result<PaymentIntent, NoAnswer> {
    let read = client.get::<PaymentIntent>(&path_of(id), &[]).await;
    Ok(read.map_err(CallError::into_no_answer)?.value)
}

/// Cancels it, and answers what it is then: Stripe refuses to cancel what went through, and what is canceled already.
async fn cancel_intent(client: &Client, id: &str) -> Result<PaymentIntent, NoAnswer> {
    match client.post::<PaymentIntent>(&format!("{}/cancel", path_of(id)), &[], None).await {
        Ok(canceled) => Ok(canceled.value),
        Err(CallError::Refused(_)) => read_intent(client, id).await,
        Err(error) => Err(error.into_no_answer()),
    }
}

async fn reading(client: &Client, intent: PaymentIntent) -> Result<Reading, NoAnswer> {
    let is_declined = intent.last_payment_error.is_some();
    Ok(match intent.status.as_str() {
        "requires_confirmation" => Reading::Unconfirmed { processor_payment_id: intent.id },
        "requires_payment_method" if !is_declined => {
            Reading::Unconfirmed { processor_payment_id: intent.id }
        }
        "canceled" if !is_declined => Reading::Canceled,
        _ => {
            let outcome = conclude(client, &intent, None).await?;
            Reading::Known { processor_payment_id: intent.id, outcome }
        }
    })
}

/// What an intent that was confirmed, or refused with `code`, comes to.
async fn conclude(
    client: &Client,
    intent: &PaymentIntent,
    code: Option<DeclineCode>,
) -> Result<PaymentOutcome, NoAnswer> {
    let declined = || {
        let said = intent.last_payment_error.as_ref().map(super::objects::ErrorBody::decline);
        said.or(code).unwrap_or(DeclineCode::ProcessingError)
    };
    match intent.status.as_str() {
        "succeeded" => Ok(PaymentOutcome::Succeeded),
        "canceled" => Ok(PaymentOutcome::Declined(declined())),
        "requires_action" => match intent.action_url() {
            Some(url) => Ok(PaymentOutcome::RequiresAction { url: url.to_owned() }),
            // Stripe names no page for it, so nobody can approve it.
            None => close(client, &intent.id, DeclineCode::AuthenticationRequired).await,
        },
        "requires_payment_method" => close(client, &intent.id, declined()).await,
        "requires_confirmation" if code.is_some() => close(client, &intent.id, declined()).await,
        "requires_confirmation" => {
            Err(no_answer("the payment intent stands as if it had not been confirmed"))
        }
        "processing" => Ok(PaymentOutcome::Unknown),
        status => {
            tracing::error!(
                status,
                id = intent.id,
                "a payment intent has a status that is not expected"
            );
            Ok(PaymentOutcome::Unknown)
        }
    }
}

/// Says that a charge was declined, once nobody can confirm it any more. Stripe leaves a declined intent open for another method, and
/// whoever was led to approve it holds its client secret: it could be charged after the order was paid otherwise.
async fn close(client: &Client, id: &str, code: DeclineCode) -> Result<PaymentOutcome, NoAnswer> {
    match cancel_intent(client, id).await?.status.as_str() {
        "canceled" => Ok(PaymentOutcome::Declined(code)),
        "succeeded" => Ok(PaymentOutcome::Succeeded),
        "processing" => Ok(PaymentOutcome::Unknown),
        _ => Err(no_answer("a declined payment intent could not be closed")),
    }
}

#[cfg(test)]
mod tests {
    use domain::id::{CustomerId, OrganizationId, PaymentAttemptId};
    use domain::money::{Currency, Money};
    use serde_json::{Value, json};
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::super::test_server::{TestAnswer, TestServer, answer, lost, ok, replayed};
    use super::*;
    use crate::payment::processor::{PaymentProcessor, ProcessorMethod};

    const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;
    const ATTEMPT: &str = "00000000-0000-0000-0000-00000000000a";
    const CONFIRM: &str = "POST /v1/payment_intents/pi_1/confirm?off_session=true [00000000-0000-0000-0000-00000000000a-confirm]";
    const READ: &str = "GET /v1/payment_intents/pi_1";
    const CANCEL: &str = "POST /v1/payment_intents/pi_1/cancel";

    fn payment(amount: Money, is_on_session: bool) -> NewPayment {
        NewPayment {
            payment_attempt_id: PaymentAttemptId::from(Uuid::from_u128(10)),
            organization_id: OrganizationId::from(Uuid::from_u128(1)),
            customer_id: CustomerId::from(Uuid::from_u128(2)),
            amount,
            method: ProcessorMethod {
                processor_customer_id: "cus_1".into(),
                processor_method_id: "pm_1".into(),
            },
            is_on_session,
        }
    }

    fn euros() -> Money {
        Money::new(2900, Currency::EUR)
    }

    fn intent(status: &str) -> Value {
        json!({"id": "pi_1", "object": "payment_intent", "status": status, "next_action": null, "last_payment_error": null,
            "metadata": {"foyer_payment_attempt_id": ATTEMPT}})
    }

    fn failed(status: &str, code: &str) -> Value {
        let mut intent = intent(status);
        intent["last_payment_error"] = json!({"type": "card_error", "code": "card_declined", "decline_code": code, "message": "No."});
        intent
    }

    fn card_error(code: &str) -> TestAnswer {
        answer(
            402,
            &json!({"error": {"type": "card_error", "code": "card_declined", "decline_code": code,
            "payment_intent": failed("requires_payment_method", code)}}),
        )
    }

    /// Confirms without the customer, and tells the outcome and the calls.
    async fn confirmed(
        answers: Vec<TestAnswer>,
    ) -> (Result<PaymentOutcome, NoAnswer>, Vec<String>) {
        let server = TestServer::start(answers).await;
        let outcome = server.stripe.confirm(&payment(euros(), false), "pi_1", NOW).await;
        (outcome, server.calls())
    }

    #[tokio::test]
    async fn announcing_sends_everything_once_per_attempt() {
        let server = TestServer::start(vec![ok(&intent("requires_confirmation"))]).await;
        let announced = server.stripe.create(&payment(euros(), false), NOW).await.unwrap();
        assert_eq!(announced, Announced::Payment("pi_1".into()));
        assert_eq!(
            server.calls(),
            [
                "POST /v1/payment_intents?amount=2900&currency=eur&customer=cus_1&payment_method=pm_1&payment_method_types[]=card\
              &metadata[foyer_payment_attempt_id]=00000000-0000-0000-0000-00000000000a\
              &metadata[foyer_organization_id]=00000000-0000-0000-0000-000000000001 [00000000-0000-0000-0000-00000000000a-create]"
            ]
        );
    }

    #[tokio::test]
    async fn a_method_that_is_gone_is_a_decline_and_a_wrong_key_is_no_answer() {
        let gone = json!({"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "payment_method"}});
        let server = TestServer::start(vec![answer(400, &gone), answer(401, &json!({}))]).await;
        let announced = server.stripe.create(&payment(euros(), false), NOW).await.unwrap();
        assert_eq!(announced, Announced::Declined(DeclineCode::PaymentMethodDetached));
        server.stripe.create(&payment(euros(), false), NOW).await.unwrap_err();
    }

    #[tokio::test]
    async fn an_amount_that_stripe_cannot_count_is_not_sent() {
        let server = TestServer::start(vec![]).await;
        let dinars = Money::new(5_124, Currency::parse("kwd").unwrap());
        let announced = server.stripe.create(&payment(dinars, false), NOW).await.unwrap();
        assert_eq!(announced, Announced::Declined(DeclineCode::CurrencyNotSupported));
    }

    #[tokio::test]
    async fn a_charge_goes_through() {
        let (outcome, calls) = confirmed(vec![ok(&intent("succeeded"))]).await;
        assert_eq!(outcome.unwrap(), PaymentOutcome::Succeeded);
        assert_eq!(calls, [CONFIRM]);
    }

    #[tokio::test]
    async fn a_decline_is_said_once_the_intent_is_closed() {
        let answers = vec![
            card_error("insufficient_funds"),
            ok(&failed("requires_payment_method", "insufficient_funds")),
            ok(&intent("canceled")),
        ];
        let (outcome, calls) = confirmed(answers).await;
        assert_eq!(outcome.unwrap(), PaymentOutcome::Declined(DeclineCode::InsufficientFunds));
        assert_eq!(calls, [CONFIRM, READ, CANCEL]);
    }

    #[tokio::test]
    async fn a_decline_whose_intent_cannot_be_closed_is_not_said() {
        let declined = failed("requires_payment_method", "insufficient_funds");
        let answers =
            vec![card_error("insufficient_funds"), ok(&declined), answer(500, &json!({}))];
        assert!(confirmed(answers).await.0.is_err());
        // Somebody paid it with another card in between.
        let refused = json!({"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}});
        let answers = vec![
            card_error("insufficient_funds"),
            ok(&declined),
            answer(400, &refused),
            ok(&intent("succeeded")),
        ];
        let (outcome, calls) = confirmed(answers).await;
        assert_eq!(outcome.unwrap(), PaymentOutcome::Succeeded);
        assert_eq!(calls, [CONFIRM, READ, CANCEL, READ]);
    }

    #[tokio::test]
    async fn what_was_said_before_is_not_believed() {
        let (outcome, calls) =
            confirmed(vec![replayed(&intent("processing")), ok(&intent("succeeded"))]).await;
        assert_eq!(outcome.unwrap(), PaymentOutcome::Succeeded);
        assert_eq!(calls, [CONFIRM, READ]);
        // Declined before and closed, and the process died: the reason is still there.
        let (outcome, _) =
            confirmed(vec![card_error("expired_card"), ok(&intent("canceled"))]).await;
        assert_eq!(outcome.unwrap(), PaymentOutcome::Declined(DeclineCode::ExpiredCard));
    }

    #[tokio::test]
    async fn an_answer_that_says_nothing_is_looked_up() {
        for status in [409, 429, 500, 503] {
            let (outcome, calls) =
                confirmed(vec![answer(status, &json!({})), ok(&intent("succeeded"))]).await;
            assert_eq!(outcome.unwrap(), PaymentOutcome::Succeeded, "{status}");
            assert_eq!(calls, [CONFIRM, READ]);
            let unconfirmed = ok(&intent("requires_confirmation"));
            let (outcome, _) = confirmed(vec![answer(status, &json!({})), unconfirmed]).await;
            assert!(outcome.is_err(), "{status}: nobody knows yet");
        }
        let (outcome, calls) = confirmed(vec![lost()]).await;
        assert!(outcome.is_err());
        assert_eq!(calls, [CONFIRM]);
    }

    #[tokio::test]
    async fn an_answer_that_is_no_json_is_no_answer() {
        let (outcome, _) = confirmed(vec![answer(200, &json!("<html>"))]).await;
        assert!(outcome.is_err());
    }

    #[tokio::test]
    async fn a_customer_who_is_there_is_led_to_the_bank_and_back() {
        let mut waiting = intent("requires_action");
        waiting["next_action"] = json!({"type": "redirect_to_url",
            "redirect_to_url": {"url": "https://hooks.stripe.com/3d_secure_2/hosted?x", "return_url": "…"}});
        let server = TestServer::start(vec![ok(&waiting)]).await;
        let outcome = server.stripe.confirm(&payment(euros(), true), "pi_1", NOW).await.unwrap();
        let url = "https://hooks.stripe.com/3d_secure_2/hosted?x".to_owned();
        assert_eq!(outcome, PaymentOutcome::RequiresAction { url });
        assert_eq!(
            server.calls(),
            [
                "POST /v1/payment_intents/pi_1/confirm?return_url=https://billing.example.com/pay/return/\
              00000000-0000-0000-0000-000000000001/00000000-0000-0000-0000-00000000000a [00000000-0000-0000-0000-00000000000a-confirm]"
            ]
        );
    }

    #[tokio::test]
    async fn an_approval_without_a_page_is_a_decline() {
        let mut waiting = intent("requires_action");
        waiting["next_action"] = json!({"type": "use_stripe_sdk", "use_stripe_sdk": {}});
        let (outcome, calls) = confirmed(vec![ok(&waiting), ok(&intent("canceled"))]).await;
        assert_eq!(outcome.unwrap(), PaymentOutcome::Declined(DeclineCode::AuthenticationRequired));
        assert_eq!(calls, [CONFIRM, CANCEL]);
    }

    async fn read(id: Option<&str>, answers: Vec<TestAnswer>) -> (Reading, Vec<String>) {
        let server = TestServer::start(answers).await;
        let payment_attempt_id = PaymentAttemptId::from(Uuid::from_u128(10));
        let key = PaymentKey { payment_attempt_id, processor_payment_id: id };
        (server.stripe.read(key, NOW).await.unwrap(), server.calls())
    }

    #[tokio::test]
    async fn reading_by_id() {
        let known = |outcome| Reading::Known { processor_payment_id: "pi_1".into(), outcome };
        let (reading, calls) = read(Some("pi_1"), vec![ok(&intent("succeeded"))]).await;
        assert_eq!((reading, calls), (known(PaymentOutcome::Succeeded), vec![READ.to_owned()]));
        let (reading, _) = read(Some("pi_1"), vec![ok(&intent("requires_confirmation"))]).await;
        assert_eq!(reading, Reading::Unconfirmed { processor_payment_id: "pi_1".into() });
        assert_eq!(read(Some("pi_1"), vec![ok(&intent("canceled"))]).await.0, Reading::Canceled);
        let (reading, _) = read(Some("pi_1"), vec![ok(&intent("processing"))]).await;
        assert_eq!(reading, known(PaymentOutcome::Unknown));
        // The customer did not approve it: nobody can pay it later with another card.
        let declined = failed("requires_payment_method", "authentication_required");
        let (reading, calls) =
            read(Some("pi_1"), vec![ok(&declined), ok(&intent("canceled"))]).await;
        assert_eq!(reading, known(PaymentOutcome::Declined(DeclineCode::AuthenticationRequired)));
        assert_eq!(calls, [READ, CANCEL]);
        let missing = answer(404, &json!({"error": {"code": "resource_missing"}}));
        assert_eq!(read(Some("pi_1"), vec![missing]).await.0, Reading::Silent);
    }

    #[tokio::test]
    async fn reading_by_our_own_id() {
        let mut other = intent("succeeded");
        other["metadata"] = json!({});
        let page = json!({"object": "search_result", "data": [other, intent("succeeded")], "has_more": false});
        let (reading, calls) = read(None, vec![ok(&page)]).await;
        assert!(matches!(reading, Reading::Known { outcome: PaymentOutcome::Succeeded, .. }));
        assert_eq!(
            calls,
            [
                "GET /v1/payment_intents/search?query=metadata['foyer_payment_attempt_id']:'00000000-0000-0000-0000-00000000000a'&limit=2"
            ]
        );
        let nothing = ok(&json!({"data": []}));
        assert_eq!(read(None, vec![nothing]).await.0, Reading::Silent);
    }

    #[tokio::test]
    async fn giving_up_what_went_through_says_so() {
        let refused = json!({"error": {"type": "invalid_request_error", "code": "payment_intent_unexpected_state"}});
        let server = TestServer::start(vec![answer(400, &refused), ok(&intent("succeeded"))]).await;
        let reading = server.stripe.cancel("pi_1", NOW).await.unwrap();
        assert!(matches!(reading, Reading::Known { outcome: PaymentOutcome::Succeeded, .. }));
        assert_eq!(server.calls(), [CANCEL, READ]);
        let server = TestServer::start(vec![ok(&intent("canceled"))]).await;
        assert_eq!(server.stripe.cancel("pi_1", NOW).await.unwrap(), Reading::Canceled);
    }

    #[tokio::test]
    async fn an_id_cannot_lead_elsewhere() {
        let server = TestServer::start(vec![ok(&intent("canceled"))]).await;
        server.stripe.cancel("pi_1/../../refunds?x", NOW).await.unwrap();
        assert_eq!(
            server.calls(),
            ["POST /v1/payment_intents/pi_1%2F..%2F..%2Frefunds%3Fx/cancel"]
        );
    }
}
