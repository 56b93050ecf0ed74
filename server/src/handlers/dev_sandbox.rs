//! `/dev/sandbox/{id}`: the page on which the sandbox asks a customer to approve a charge, as a bank would. Not there in production.

use app::urls::paths;
use axum::{
    Form, Router,
    extract::{Path, State},
    response::{Html, IntoResponse, Redirect, Response},
    routing::get,
};
use backend::{
    context::Context,
    payment::{self, Sandbox, SandboxAction},
};
use domain::{format, id::PaymentAttemptId, locale::Locale};
use serde::Deserialize;

use crate::{
    page::{escape, page},
    problem::Problem,
    state::AppState,
    telemetry::log_error,
};

pub fn routes() -> Router<AppState> {
    Router::new().route("/dev/sandbox/{id}", get(show).post(finish))
}

#[derive(Debug, Deserialize)]
struct Answer {
    approves: bool,
}

async fn show(
    State(state): State<AppState>,
    Path(id): Path<String>,
) -> Result<Html<String>, Problem> {
    let (_, action) = find(&state, &id).await?;
    let content = format!(
        "<h1>Approve a payment</h1>\n<p>{} asks for {}. This is the sandbox: no money moves.</p>\n\
         <form method=\"post\"><p><button class=\"button button-primary\" name=\"approves\" value=\"true\">Approve</button>\n\
         <button class=\"button\" name=\"approves\" value=\"false\">Refuse</button></p></form>",
        escape(&action.organization_name),
        escape(&format::money(action.amount, Locale::En)),
    );
    Ok(Html(page(Locale::En, "Approve a payment", &state.portal.assets.style, &content)))
}

/// Takes the answer, lets the charge be settled at once, and leads back to where the customer came from.
async fn finish(
    State(state): State<AppState>,
    Path(id): Path<String>,
    Form(answer): Form<Answer>,
) -> Result<Response, Problem> {
    let (id, action) = find(&state, &id).await?;
    let portal = &state.portal;
    Sandbox::new(portal.db.clone())
        .finish_action(id, answer.approves)
        .await
        .map_err(|error| failed(&error))?;
    let organization_id = action.organization_id;
    let mut cx = Context::system_for(organization_id, portal.clock.now(), portal.chance.rng());
    let processor = portal.processor.as_ref();
    payment::run_attempt(&portal.db, processor, &mut cx, organization_id, id)
        .await
        .map_err(|error| failed(&error))?;
    let back = match action.subscription_id {
        Some(subscription_id) => paths::subscription(&action.slug, subscription_id),
        None => paths::overview(&action.slug),
    };
    Ok(Redirect::to(&back).into_response())
}

async fn find(state: &AppState, id: &str) -> Result<(PaymentAttemptId, SandboxAction), Problem> {
    let id: PaymentAttemptId = id.parse().map_err(|_| Problem::NotFound)?;
    let action = payment::sandbox_action(&state.portal.db, id).await;
    let action = action.map_err(|error| failed(&error))?.ok_or(Problem::NotFound)?;
    Ok((id, action))
}

fn failed(error: &dyn std::error::Error) -> Problem {
    log_error("the sandbox's page failed", error);
    Problem::Internal
}
