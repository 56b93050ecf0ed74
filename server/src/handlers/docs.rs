//! `/docs`: what the API is, for people. `/openapi.json` says the same to programs.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};

use crate::{
    docs::{Site, pages},
    problem::Problem,
    rest::v1,
    state::AppState,
    telemetry::log_error,
};

/// The pages are made here, once.
pub fn routes(state: &AppState) -> Router<AppState> {
    let base_url = state.portal.urls.public_url();
    let site = Site { base_url, style_url: &state.portal.assets.style };
    let document = serde_json::to_value(v1::document()).unwrap_or_default();
    let pages = pages(&document, site).unwrap_or_else(|error| {
        log_error("the documentation's pages could not be made", &error);
        BTreeMap::new()
    });
    let pages = Arc::new(pages);
    let show = get(move |request: Request| {
        let page = pages.get(request.uri().path()).cloned();
        async move { page.map_or_else(|| Problem::NotFound.into_response(), answer) }
    });
    Router::new().route("/docs", show.clone()).route("/docs/{page}", show)
}

fn answer(page: String) -> Response {
    let mut response = Html(page).into_response();
    // The same for everybody, until another program runs.
    let rule = HeaderValue::from_static("public, max-age=300");
    response.headers_mut().insert(header::CACHE_CONTROL, rule);
    response
}
