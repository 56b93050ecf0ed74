//! `Idempotency-Key`: the same write, sent twice with the same key, is done once and answered alike.

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::{
    context::Context,
    idempotency::{self, Claim, ClaimKey, Claimed},
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::{
    caller::Caller,
    error::{ApiError, Issue},
};
use crate::{middleware::body_limit::API_BODY_MAX, state::AppState, telemetry::log_error};

pub const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Says of an answer that it was given before.
pub const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

const KEY_LENGTH_MAX: usize = 255;
/// Longer answers are not kept: their request is carried on where it stopped.
const ANSWER_MAX: usize = 1024 * 1024;

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Answer {
    status: u16,
    content_type: Option<String>,
    body: Vec<u8>,
}

/// Claims the key before the operation runs, and keeps its answer.
pub async fn idempotency(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_write = !request.method().is_safe();
    let Some(key) = request.headers().get(IDEMPOTENCY_KEY).filter(|_| is_write).cloned() else {
        return next.run(request).await;
    };
    let Some(key) = key.to_str().ok().filter(|key| (1..=KEY_LENGTH_MAX).contains(&key.len()))
    else {
        return malformed().into_response();
    };
    let (mut parts, body) = request.into_parts();
    // What is too long or breaks off is refused by whoever reads the body.
    let Ok(body) = to_bytes(body, API_BODY_MAX).await else {
        return ApiError::unreadable_body().into_response();
    };
    let portal = &state.portal;
    let mut cx = Context::system(portal.clock.now(), portal.chance.rng());
    let request_hash = request_hash(&parts, &body);
    let (organization_id, caller) = who(&parts, &request_hash);
    let claim_key = ClaimKey { organization_id, caller: &caller, key, request_hash };
    match idempotency::claim(&portal.db, &portal.secret, &mut cx, claim_key).await {
        Ok(Claimed::Run(claim)) => {
            parts.extensions.insert((*claim).clone());
            let response = next.run(Request::from_parts(parts, Body::from(body))).await;
            keep(&state, &mut cx, &claim, response).await
        }
        Ok(Claimed::Answered(answer)) => replay(&answer),
        Ok(Claimed::Running) => {
            let msg = "Another request with this Idempotency-Key is being worked on.";
            ApiError::typed(StatusCode::CONFLICT, "IdempotencyKeyInUse", msg).into_response()
        }
        Ok(Claimed::OtherRequest) => {
            let msg = "This Idempotency-Key was sent with another request before: use a new one.";
            ApiError::typed(StatusCode::CONFLICT, "IdempotencyKeyReused", msg).into_response()
        }
        Err(error) => {
            ApiError::internal("an idempotency key could not be claimed", &error).into_response()
        }
    }
}

fn malformed() -> ApiError {
    ApiError::Malformed(vec![Issue {
        kind: "value_error",
        loc: vec!["header".into(), "Idempotency-Key".into()],
        msg: "A key has 1 to 255 visible ASCII characters.".into(),
        input: serde_json::Value::Null,
    }])
}

/// Keys belong to the organization or to the member. Callers without a token are not told apart, so theirs belong to the request
/// itself: two of them may choose the same key.
fn who(parts: &Parts, request_hash: &[u8; 32]) -> (Option<Uuid>, String) {
    match parts.extensions.get::<Caller>() {
        Some(Caller::Organization(token)) => {
            (token.actor.organization_id().map(Into::into), "organization".into())
        }
        Some(Caller::Portal(session)) => {
            (Some(session.actor.organization_id.into()), session.actor.member_id.to_string())
        }
        None | Some(Caller::Anonymous) => (None, format!("{request_hash:02x?}")),
    }
}

fn request_hash(parts: &Parts, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    let target = parts.uri.path_and_query().map_or("/", |target| target.as_str());
    for part in [parts.method.as_str().as_bytes(), target.as_bytes(), body] {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Keeps the answer, unless another try may come to something else.
async fn keep(state: &AppState, cx: &mut Context, claim: &Claim, response: Response) -> Response {
    let db = &state.portal.db;
    let (parts, body) = response.into_parts();
    let is_final = !parts.status.is_server_error() && parts.status != StatusCode::TOO_MANY_REQUESTS;
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return ApiError::not_found().into_response();
    };
    cx.now = state.portal.clock.now();
    let kept = if is_final && body.len() <= ANSWER_MAX {
        let answer = Answer {
            status: parts.status.as_u16(),
            content_type: text(parts.headers.get(header::CONTENT_TYPE)),
            body: body.to_vec(),
        };
        let answer = serde_json::to_vec(&answer).unwrap_or_default();
        idempotency::keep_answer(db, cx, claim, &answer).await
    } else {
        idempotency::let_go(db, cx, claim).await
    };
    if let Err(error) = kept {
        // The claim runs out by itself, and the next request goes on from what is committed.
        log_error("the answer to a write could not be kept", &error);
    }
    Response::from_parts(parts, Body::from(body))
}

fn text(value: Option<&HeaderValue>) -> Option<String> {
    value.and_then(|value| value.to_str().ok()).map(ToOwned::to_owned)
}

fn replay(answer: &[u8]) -> Response {
    let Ok(answer) = serde_json::from_slice::<Answer>(answer) else {
        return ApiError::typed(
            StatusCode::INTERNAL_SERVER_ERROR,
            "InternalServerError",
            "Internal Server Error",
        )
        .into_response();
    };
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, Bytes::from(answer.body)).into_response();
    let headers = response.headers_mut();
    headers.remove(header::CONTENT_TYPE);
    if let Some(Ok(value)) = answer.content_type.map(HeaderValue::try_from) {
        headers.insert(header::CONTENT_TYPE, value);
    }
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    response
}
