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
        Ok(Reply { is_replayed: true, .. }) => {
            let intent = read_intent(client, id).await?;
            conclude(client, &intent, None).await
        }
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
        Err(CallError::Unclear(_)) => {
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
        Ok(None) => Ok(Reading::Silent),
        Err(CallError::Refused(_)) => Ok(Reading::Silent),
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
