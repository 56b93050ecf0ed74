//! The portal's pages: a GET renders, a POST runs the page's form (for browsers without script) and renders again when
//! it is refused.

use std::{future::Future, pin::Pin, sync::Arc};

use app::{
    App,
    ssr::{self, Portal, post::PostOutcome},
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    http::{HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use leptos_axum::generate_route_list;

use crate::{middleware::body_limit::BODY_MAX, problem::Problem, state::AppState};

type Render = Arc<dyn Fn(Request) -> Pin<Box<dyn Future<Output = Response> + Send>> + Send + Sync>;

/// One route per page of the app.
pub fn routes(state: &AppState) -> Router<AppState> {
    let render = render(state);
    let mut router = Router::new();
    for listing in generate_route_list(App) {
        let (for_get, for_post) = (render.clone(), render.clone());
        let methods = get(move |request: Request| for_get(request)).post(
            move |State(state): State<AppState>, request: Request| post(state, for_post, request),
        );
        router = router.route(listing.path(), methods);
    }
    router
}

/// Renders the app's own "no such page" for everything that has no route.
pub fn not_found(
    state: &AppState,
) -> impl Fn(Request) -> Pin<Box<dyn Future<Output = Response> + Send>> + Clone + Send + Sync + 'static
{
    let render = render(state);
    move |mut request: Request| {
        let render = render.clone();
        Box::pin(async move {
            if ![Method::GET, Method::HEAD].contains(request.method()) {
                return Problem::NotFound.into_response();
            }
            *request.method_mut() = Method::GET;
            let mut response = render(request).await;
            *response.status_mut() = StatusCode::NOT_FOUND;
            response
        })
    }
}

fn render(state: &AppState) -> Render {
    let portal = state.portal.clone();
    Arc::new(move |request| Box::pin(ssr::render(portal.clone(), request)))
}

async fn post(state: AppState, render: Render, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(bytes) = to_bytes(body, BODY_MAX).await else {
        return Problem::BodyTooLarge.into_response();
    };
    match ssr::post::handle(state.portal.clone(), parts.clone(), bytes.to_vec()).await {
        PostOutcome::Redirect { to, headers } => {
            let mut response = see_other(&state.portal, &to);
            response.headers_mut().extend(headers);
            response
        }
        PostOutcome::Rerender { state: form, status, headers } => {
            parts.method = Method::GET;
            parts.headers.remove(header::CONTENT_TYPE);
            parts.extensions.insert(*form);
            let mut response = render(Request::from_parts(parts, Body::empty())).await;
            // A page that leads on, since there is nothing to show, does so after a refused form too.
            *response.status_mut() = if response.status().is_redirection() {
                StatusCode::SEE_OTHER
            } else {
                StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
            };
            response.headers_mut().extend(headers);
            response
        }
    }
}

/// A 303 within this site or to a processor's page; any other target would be a mistake of ours that a stranger could use.
fn see_other(portal: &Portal, to: &str) -> Response {
    match HeaderValue::from_str(to) {
        Ok(location) if portal.leads_to(to) => {
            (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
        }
        _ => Problem::Internal.into_response(),
    }
}
