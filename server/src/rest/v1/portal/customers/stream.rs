//! `GET /v1/customer-portal/customers/stream`: what changes for the customer, as it happens.

use std::{collections::BTreeMap, convert::Infallible, time::Duration};

use axum::{
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use backend::{
    actor::MemberActor,
    api_session::{self, ApiSession},
    context::Context,
};
use futures::stream;
use serde::Serialize;
use serde_json::json;
use tokio::time::Instant;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    live::{Subscription, Told},
    rest::{
        caller::Caller,
        error::ApiError,
        schema::error::{NotPermitted, Unauthorized, ValidationError},
    },
    state::AppState,
};

const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream ends then; who still listens asks for a new one.
const LIFETIME: Duration = Duration::from_mins(10);

/// One message: what changed, never the data.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerStreamMessage {
    id: Uuid,
    /// The kind of thing that changed, and `.changed`.
    #[schema(example = "subscription.changed")]
    key: String,
    /// Its id, as `<kind>_id`.
    #[schema(value_type = Object)]
    payload: BTreeMap<String, Uuid>,
}

/// Listen to what changes for the customer: server-sent events, for at most ten minutes; the last says `{"type":"reconnect"}`.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/customers/stream",
    operation_id = "customer_portal:customers:stream",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    responses(
        (status = 200, body = CustomerStreamMessage, content_type = "text/event-stream"),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
        (status = 429, description = "`TooManyStreams`: close one first.", body = NotPermitted),
    )
)]
pub async fn stream(State(state): State<AppState>, caller: Caller) -> Result<Response, ApiError> {
    let ApiSession { actor, expires_at, .. } = caller.portal()?;
    let now = state.portal.clock.now();
    let Some(subscription) = state.live.open(&actor, now) else {
        let detail = "This session listens often enough already. Close a stream first.";
        return Err(ApiError::typed(StatusCode::TOO_MANY_REQUESTS, "TooManyStreams", detail));
    };
    let lasts = Duration::try_from(expires_at - now).unwrap_or_default().min(LIFETIME);
    let opened = Opened { subscription, state, actor, ends_at: Instant::now() + lasts };
    let messages = stream::unfold(Some(opened), next_message);
    let mut response = Sse::new(messages)
        .keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here"))
        .into_response();
    // Proxies would hold the stream back to fill their buffers.
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-store"));
    Ok(response)
}

struct Opened {
    subscription: Subscription,
    state: AppState,
    actor: MemberActor,
    ends_at: Instant,
}

async fn next_message(
    opened: Option<Opened>,
) -> Option<(Result<Event, Infallible>, Option<Opened>)> {
    let mut opened = opened?;
    let told = tokio::select! {
        told = opened.subscription.receiver.recv() => told,
        () = tokio::time::sleep_until(opened.ends_at) => None,
        () = opened.state.shutdown.cancelled() => None,
    };
    let Some(Told::Change { kind, id }) = told else { return Some((Ok(reconnect()), None)) };
    if matches!(kind.as_str(), "member" | "customer") && !opened.session_holds().await {
        return Some((Ok(reconnect()), None));
    }
    let message = opened.message(&kind, id);
    Some((Ok(Event::default().data(message)), Some(opened)))
}

fn reconnect() -> Event {
    Event::default().data(json!({ "type": "reconnect" }).to_string())
}

impl Opened {
    fn message(&self, kind: &str, id: Uuid) -> String {
        let portal = &self.state.portal;
        let mut cx = Context::system(portal.clock.now(), portal.chance.rng());
        let message = CustomerStreamMessage {
            id: cx.new_id(),
            key: format!("{kind}.changed"),
            payload: BTreeMap::from([(format!("{kind}_id"), id)]),
        };
        json!(message).to_string()
    }

    /// A database that does not answer ends the stream too: who listens asks again.
    async fn session_holds(&self) -> bool {
        let portal = &self.state.portal;
        matches!(api_session::holds(&portal.db, &self.actor, portal.clock.now()).await, Ok(true))
    }
}
