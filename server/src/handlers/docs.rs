//! `/docs`: what the API is, for people. `/openapi.json` says the same to programs.

use std::{collections::BTreeMap, error::Error, sync::Arc};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use tokio::{sync::OnceCell, task::spawn_blocking};

use crate::{
    docs::{Site, pages},
    problem::Problem,
    rest::v1,
    state::AppState,
    telemetry::log_error,
};

/// The pages by their path.
type Pages = BTreeMap<String, String>;

/// The pages are made when the first of them is asked for: a process that nobody asks keeps the memory.
pub fn routes() -> Router<AppState> {
    let made = Arc::new(OnceCell::new());
    let show = get(move |State(state): State<AppState>, request: Request| async move {
        match made.get_or_try_init(|| make(state)).await {
            Ok(pages) => page(pages, request.uri().path()),
            Err(error) => {
                log_error("the documentation's pages could not be made", error.as_ref());
                Problem::Internal.into_response()
            }
        }
    });
    Router::new().route("/docs", show.clone()).route("/docs/{page}", show)
}

/// On a thread of its own: it takes long enough for other requests to notice.
async fn make(state: AppState) -> Result<Pages, Box<dyn Error + Send + Sync>> {
    let made = spawn_blocking(move || {
        let base_url = state.portal.urls.public_url();
        let site = Site { base_url, style_url: &state.portal.assets.style };
        pages(&serde_json::to_value(v1::document())?, site).map_err(Box::from)
    });
    made.await?
}

fn page(pages: &Pages, path: &str) -> Response {
    let Some(page) = pages.get(path) else { return Problem::NotFound.into_response() };
    let mut response = Html(page.clone()).into_response();
    // The same for everybody, until another program runs.
    let rule = HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, rule);
    response
}
