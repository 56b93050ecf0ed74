//! `POST /webhooks/stripe`: Stripe says that something happened. No session and no organization by slug: the signature is what
//! counts, and what the message is about is looked up by the ids that we gave Stripe.

use app::ssr::RequestInfo;
use axum::{
    Extension, Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use backend::{
    context::Context,
    payment::{ReceiveEventError, StripeEvent, receive_stripe_event},
};

use crate::{redacted::Redacted, state::AppState, telemetry::log_error};

pub fn routes() -> Router<AppState> {
    Router::new().route("/webhooks/stripe", post(stripe_webhook))
}

/// 200 for everything that Stripe signed, known or not, so that it is not sent again; 400 for what it did not sign; 500 when it could
/// not be taken and shall come again.
async fn stripe_webhook(
    State(state): State<AppState>,
    Extension(info): Extension<RequestInfo>,
    headers: HeaderMap,
    body: Bytes,
) -> StatusCode {
    let secrets: Vec<&str> = state.stripe_webhook_secrets.iter().map(Redacted::expose).collect();
    if secrets.is_empty() {
        return StatusCode::NOT_FOUND;
    }
    let signature = headers.get("stripe-signature").and_then(|value| value.to_str().ok());
    let event =
        StripeEvent { secrets: &secrets, signature: signature.unwrap_or_default(), body: &body };
    let portal = &state.portal;
    let mut cx = Context::system(portal.clock.now(), portal.chance.rng())
        .with_request_id(info.request_id.clone());
    let (status, result) =
        match receive_stripe_event(&portal.db, &portal.processors, &mut cx, event).await {
            Ok(received) => (StatusCode::OK, received.as_str()),
            Err(ReceiveEventError::Signature(error)) => {
                tracing::warn!(%error, "a message to Stripe's address was refused");
                (StatusCode::BAD_REQUEST, "refused")
            }
            Err(ReceiveEventError::Malformed(error)) => {
                tracing::warn!(%error, "a message of Stripe's cannot be read");
                (StatusCode::BAD_REQUEST, "malformed")
            }
            Err(error) => {
                log_error("a message of Stripe's could not be taken", &error);
                (StatusCode::INTERNAL_SERVER_ERROR, "failed")
            }
        };
    metrics::counter!("stripe_events_total", "result" => result).increment(1);
    status
}
