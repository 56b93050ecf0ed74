//! `GET /{organization}/portal/hand-over?code=…&to=…`: the company's own application signs its customer in. The code works
//! once and leaves the address at once.

use app::{
    ssr::{CookieKind, RequestInfo, set_header},
    urls::{paths, safe_return},
};
use axum::{
    Extension,
    extract::{Query, State, rejection::QueryRejection},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use backend::{context::Context, hand_over};
use serde::Deserialize;

use crate::{problem::Problem, state::AppState, telemetry::log_error};

#[derive(Debug, Default, Deserialize)]
pub struct Parameters {
    #[serde(default)]
    code: String,
    #[serde(default)]
    to: String,
}

pub async fn hand_over(
    State(state): State<AppState>,
    Extension(info): Extension<RequestInfo>,
    parameters: Result<Query<Parameters>, QueryRejection>,
) -> Response {
    let Some(organization) = &info.organization else {
        return Problem::NotFound.into_response();
    };
    let parameters =
        parameters.map_or_else(|_| Parameters::default(), |Query(parameters)| parameters);
    let portal = &state.portal;
    let mut cx = Context::system_for(organization.id, portal.clock.now(), portal.chance.rng())
        .with_request_id(&info.request_id);
    let redeemed =
        hand_over::redeem(&portal.db, &mut cx, organization.id, &parameters.code, &info.user_agent)
            .await;
    let slug = organization.slug.as_str();
    let wanted = safe_return(slug, &parameters.to);
    match redeemed {
        Ok(Some(session)) => {
            let to = wanted.or(session.return_to.as_deref().and_then(|to| safe_return(slug, to)));
            let cookie = set_header(
                &portal.urls,
                CookieKind::Session,
                organization.id,
                session.token.expose(),
            );
            see_other(&to.unwrap_or_else(|| paths::overview(slug)), cookie)
        }
        // Used, expired or invented: the same way on for each.
        Ok(None) => see_other(&used(slug, wanted.as_deref()), None),
        Err(error) => {
            log_error("a hand-over could not be redeemed", &error);
            Problem::Internal.into_response()
        }
    }
}

/// Sign-in, which says that the link was used.
fn used(slug: &str, wanted: Option<&str>) -> String {
    match wanted {
        Some(to) => format!("{}&used=1", paths::sign_in_to(slug, to)),
        None => format!("{}?used=1", paths::sign_in(slug)),
    }
}

fn see_other(to: &str, cookie: Option<HeaderValue>) -> Response {
    let mut response = (StatusCode::SEE_OTHER, [(header::LOCATION, to.to_owned())]).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}
