//! Each request has an id, in its span, in its answer and in what it changes.

use axum::{
    extract::{Request, State},
    http::{HeaderName, HeaderValue},
    middleware::Next,
    response::Response,
};
use backend::context::Context;
use tracing::Instrument;
use uuid::Uuid;

use crate::state::AppState;

pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request being answered.
#[derive(Clone, Debug)]
pub struct RequestId(pub String);

/// Makes the id (one sent by the client is ignored: it could be anything) and echoes it.
pub async fn request_id(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let mut cx = Context::system(state.portal.clock.now(), state.portal.chance.rng());
    let id = cx.new_id::<Uuid>().to_string();
    let span = tracing::info_span!("request", request_id = %id);
    request.extensions_mut().insert(RequestId(id.clone()));
    let mut response = next.run(request).instrument(span).await;
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(HEADER, value);
    }
    response
}
