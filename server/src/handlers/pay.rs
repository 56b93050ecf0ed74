//! `/pay/…`: where a processor leads a browser back to. Without a session: what was begun is finished in the organization's
//! name, and the browser is led on. What came of it stands in the address as a short code (`done=`), never as a text.

use app::{ssr::RequestInfo, urls::paths};
use axum::{
    Extension, Router,
    extract::{Path, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use backend::{
    payment::{self, PaymentError, Returned},
    payment_method::{self, FinishSetupError, FinishedSetup, SetupState},
    rate_limit::{self, CheckError, Limits},
};
use domain::{
    id::{OrganizationId, PaymentAttemptId, PaymentMethodSetupId},
    payment::PaymentOutcome,
};
use time::Duration;

use crate::{problem::Problem, state::AppState, telemetry::log_error};

/// A browser comes back once, or a few times when its reader reloads.
const LIMITS: Limits = Limits { per_minute: 30, per_hour: 200, wait: Duration::minutes(10) };

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/pay/return/{organization_id}/{attempt_id}", get(after_approval))
        .route("/pay/setups/{organization_id}/{setup_id}", get(after_entering))
}

/// After approving a charge, or not.
async fn after_approval(
    State(state): State<AppState>,
    Extension(info): Extension<RequestInfo>,
    Path((organization_id, attempt_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let organization_id: OrganizationId = parsed(&organization_id)?;
    let attempt_id: PaymentAttemptId = parsed(&attempt_id)?;
    let db = &state.portal.db;
    let returned = payment::returned(db, organization_id, attempt_id)
        .await
        .map_err(|error| failed(&error))?
        .ok_or(Problem::NotFound)?;
    let outcome = if may_ask(&state, &info, organization_id).await? {
        let mut cx = state.portal.system_context(organization_id, &info);
        let processors = &state.portal.processors;
        match payment::run_attempt(db, processors, &mut cx, organization_id, attempt_id).await {
            Ok(outcome) => outcome,
            Err(PaymentError::Unknown) => return Err(Problem::NotFound),
            // The worker goes on with it.
            Err(error) => {
                log_error("a charge could not be settled on its customer's return", &error);
                PaymentOutcome::Unknown
            }
        }
    } else {
        PaymentOutcome::Unknown
    };
    Ok(see_other(&with_query(&way_on(&returned), "done", code(&outcome))))
}

/// After entering a method, or not: `done=added` or `failed` for the method, `paid`, `declined` or `waiting` for the order that was to be
/// paid with it. `setup=` lets the page say why it failed.
async fn after_entering(
    State(state): State<AppState>,
    Extension(info): Extension<RequestInfo>,
    Path((organization_id, setup_id)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let organization_id: OrganizationId = parsed(&organization_id)?;
    let setup_id: PaymentMethodSetupId = parsed(&setup_id)?;
    let (db, processors) = (&state.portal.db, &state.portal.processors);
    let return_path = payment_method::return_path(db, organization_id, setup_id)
        .await
        .map_err(|error| failed(&error))?
        .ok_or(Problem::NotFound)?;
    if !may_ask(&state, &info, organization_id).await? {
        return Ok(see_other(&with_query(&return_path, "done", "waiting")));
    }
    let mut cx = state.portal.system_context(organization_id, &info);
    let finished = match payment_method::finish_setup(
        db,
        processors,
        &mut cx,
        organization_id,
        setup_id,
    )
    .await
    {
        Ok(finished) => finished,
        Err(FinishSetupError::Unknown) => return Err(Problem::NotFound),
        // The worker goes on with it.
        Err(error) => {
            log_error("a setup could not be finished on its customer's return", &error);
            return Ok(see_other(&with_query(&return_path, "done", "waiting")));
        }
    };
    if let Some(PaymentOutcome::RequiresAction { url }) = &finished.payment
        && state.portal.leads_to(url)
    {
        return Ok(leave_to(url));
    }
    Ok(see_other(&way_on_after_setup(&finished, setup_id)))
}

fn way_on_after_setup(finished: &FinishedSetup, setup_id: PaymentMethodSetupId) -> String {
    let path = finished.return_path.as_str();
    match (finished.state, &finished.payment) {
        (SetupState::Succeeded { .. }, Some(outcome)) => with_query(path, "done", code(outcome)),
        (SetupState::Succeeded { .. }, None) => {
            with_query(&of_setup(path, setup_id), "done", "added")
        }
        (SetupState::Failed { .. }, _) if path.starts_with('/') => {
            with_query(&with_query(path, "done", "failed"), "setup", &setup_id.to_string())
        }
        (SetupState::Failed { .. }, _) => with_query(&of_setup(path, setup_id), "done", "failed"),
        // Come back without having entered anything: there is nothing to say.
        (SetupState::Open | SetupState::Expired, _) => path.to_owned(),
    }
}

/// A portal that somebody else built is told which setup it was: it confirms it.
fn of_setup(path: &str, setup_id: PaymentMethodSetupId) -> String {
    if path.starts_with('/') {
        return path.to_owned();
    }
    with_query(path, "setup_intent_id", &setup_id.to_string())
}

fn way_on(returned: &Returned) -> String {
    let slug = returned.slug.as_str();
    match (&returned.return_path, returned.changed_subscription_id) {
        (Some(path), _) => path.clone(),
        (None, Some(subscription_id)) => paths::subscription(slug, subscription_id),
        (None, None) => paths::order(slug, returned.order_id),
    }
}

const fn code(outcome: &PaymentOutcome) -> &'static str {
    match outcome {
        PaymentOutcome::Succeeded => "paid",
        PaymentOutcome::Declined(_) => "declined",
        PaymentOutcome::RequiresAction { .. } | PaymentOutcome::Unknown => "waiting",
    }
}

/// Whether the processor is asked for this client now. Whoever comes too often is led on all the same, and the worker asks.
async fn may_ask(
    state: &AppState,
    info: &RequestInfo,
    organization_id: OrganizationId,
) -> Result<bool, Problem> {
    let (db, now) = (&state.portal.db, state.portal.clock.now());
    match rate_limit::check(db, organization_id, "pay_return", &info.client, now, LIMITS).await {
        Ok(()) => Ok(true),
        Err(CheckError::Limited(_)) => Ok(false),
        Err(error) => Err(failed(&error)),
    }
}

/// What is no id belongs to nobody.
fn parsed<T: std::str::FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::NotFound)
}

/// The path with one more parameter, in place of an earlier one of that name.
fn with_query(path: &str, name: &str, value: &str) -> String {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let kept = query
        .split('&')
        .filter(|pair| !pair.is_empty() && pair.split('=').next() != Some(name))
        .fold(String::new(), |kept, pair| kept + pair + "&");
    format!("{path}?{kept}{name}={value}")
}

fn see_other(to: &str) -> Response {
    // A return path stands in our own tables, and is a path by their rule; `//host` is one that leaves.
    if to.starts_with("//") || to.contains('\\') {
        return Problem::Internal.into_response();
    }
    let headers = [(header::LOCATION, to.to_owned()), (header::CACHE_CONTROL, "no-store".into())];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// To the bank, which asks for an approval.
fn leave_to(url: &str) -> Response {
    let headers = [(header::LOCATION, url.to_owned()), (header::CACHE_CONTROL, "no-store".into())];
    (StatusCode::SEE_OTHER, headers).into_response()
}

fn failed(error: &dyn std::error::Error) -> Problem {
    log_error("a browser that came back from its processor could not be led on", error);
    Problem::Unavailable
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_added_once() {
        assert_eq!(with_query("/a", "done", "paid"), "/a?done=paid");
        assert_eq!(with_query("/a?x=1", "done", "paid"), "/a?x=1&done=paid");
        assert_eq!(with_query("/a?done=waiting&x=1", "done", "paid"), "/a?x=1&done=paid");
    }

    #[test]
    fn the_way_on_stays_within_the_site() {
        assert_eq!(see_other("/acme/portal?done=paid").status(), 303);
        for foreign in ["//evil.example", "/\\evil.example"] {
            assert_eq!(see_other(foreign).status(), 500, "{foreign}");
        }
    }
}
