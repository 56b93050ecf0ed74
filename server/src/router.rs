//! Which address leads where.

use axum::{
    Router,
    extract::Request,
    middleware::{from_fn, from_fn_with_state},
    routing::{any, get},
};

use crate::{handlers, middleware, problem::Problem, rest, state::AppState};

/// The whole web side.
pub fn router(state: AppState) -> Router {
    let not_found = handlers::pages::not_found(&state);
    let mut router = Router::new()
        .merge(handlers::pages::routes(&state))
        .merge(handlers::stripe_webhook::routes())
        .merge(handlers::docs::routes())
        .merge(handlers::site::routes(&state.site_root))
        .route("/{organization}/portal/hand-over", get(handlers::hand_over::hand_over))
        .route("/{organization}/portal/events", get(handlers::events::events))
        .route("/{organization}/brand.css", get(handlers::brand::brand_css))
        .merge(handlers::pay::routes())
        .route("/checkout/{client_secret}", get(handlers::checkout::checkout))
        .route("/texts/{file}", get(handlers::texts::texts))
        .route("/api/{*name}", any(handlers::server_functions::server_function))
        .route("/healthz", get(handlers::health::healthz))
        .route("/readyz", get(handlers::health::readyz))
        .route("/metrics", get(handlers::metrics::metrics));
    if state.mailbox.is_some() {
        router = router.merge(handlers::dev_mailbox::routes()).merge(handlers::dev_mails::routes());
    }
    let router = router.merge(rest::routes(&state));
    let router = router
        .fallback(move |request: Request| not_found(request))
        .method_not_allowed_fallback(async || Problem::MethodNotAllowed);
    layered(router, state)
}

/// The last one is the outermost.
fn layered(router: Router<AppState>, state: AppState) -> Router {
    router
        .layer(from_fn_with_state(state.clone(), middleware::portal::portal))
        .layer(from_fn(middleware::body_limit::body_limit))
        .layer(from_fn_with_state(state.clone(), middleware::origin::origin))
        .layer(from_fn(middleware::timeout::timeout))
        .layer(from_fn_with_state(state.clone(), middleware::client::client))
        .layer(from_fn(middleware::well_formed::well_formed))
        .layer(from_fn(middleware::panic::panic))
        .layer(from_fn_with_state(state.clone(), middleware::problem_page::problem_page))
        .layer(from_fn_with_state(state.clone(), middleware::headers::headers))
        .layer(from_fn(middleware::access_log::access_log))
        .layer(from_fn_with_state(state.clone(), middleware::request_id::request_id))
        .with_state(state)
}
