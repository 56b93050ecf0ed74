//! `GET /{organization}/portal/events`: the stream of what changed, for one open page.

use std::{convert::Infallible, time::Duration};

use app::ssr::{CookieKind, RequestInfo, cookie_name};
use axum::{
    Extension,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use backend::session;
use futures::stream;
use serde_json::json;
use tokio::time::Instant;

use crate::{
    live::{Subscription, Told},
    problem::Problem,
    state::AppState,
};

const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream ends then; a page that is still open asks for a new one, and its session is checked again.
const LIFETIME: Duration = Duration::from_mins(10);

pub async fn events(
    State(state): State<AppState>,
    Extension(info): Extension<RequestInfo>,
) -> Response {
    if info.organization.is_none() {
        return Problem::NotFound.into_response();
    }
    let Some(Some(signed_in)) = info.signed_in.get() else {
        // No body: the page that asked goes to sign-in by itself.
        return (
            StatusCode::UNAUTHORIZED,
            [("content-type", "application/json")],
            "{\"code\":\"unauthenticated\"}",
        )
            .into_response();
    };
    let Some(subscription) = state.live.open(&signed_in.actor, state.portal.clock.now()) else {
        return Problem::TooManyStreams.into_response();
    };
    let ends_at = Instant::now() + LIFETIME;
    let stream = stream::unfold(Opened { subscription, state, info, ends_at }, next_event);
    let mut response = Sse::new(stream)
        .keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here"))
        .into_response();
    // Proxies would hold the stream back to fill their buffers.
    response
        .headers_mut()
        .insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

struct Opened {
    subscription: Subscription,
    state: AppState,
    info: RequestInfo,
    ends_at: Instant,
}

async fn next_event(mut opened: Opened) -> Option<(Result<Event, Infallible>, Opened)> {
    loop {
        let told = tokio::select! {
            told = opened.subscription.receiver.recv() => told?,
            () = tokio::time::sleep_until(opened.ends_at) => return None,
            () = opened.state.shutdown.cancelled() => return None,
        };
        match told {
            Told::CheckSession if opened.session_holds().await => {}
            Told::CheckSession => return None,
            Told::Change { kind, id } => {
                let event = Event::default()
                    .event("change")
                    .data(json!({"kind": kind, "id": id}).to_string());
                return Some((Ok(event), opened));
            }
        }
    }
}

impl Opened {
    /// A database that does not answer ends the stream too: the page asks again.
    async fn session_holds(&self) -> bool {
        let portal = &self.state.portal;
        let Some(organization) = &self.info.organization else {
            return false;
        };
        let name = cookie_name(&portal.urls, CookieKind::Session, organization.id);
        let Some(token) = self.info.cookies.get(&name) else {
            return false;
        };
        let found =
            session::authenticate(&portal.db, organization.id, token, portal.clock.now()).await;
        matches!(found, Ok(Some(_)))
    }
}
