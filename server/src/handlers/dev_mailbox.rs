//! `/dev/mailbox`: the mails of a demo or a developer's machine, for everyone to read. Not there in production.

use std::fmt::Write as _;

use axum::{
    Json, Router,
    extract::{Path, State},
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use domain::locale::Locale;
use uuid::Uuid;

use crate::{
    mail::dev_mailbox::{DevMailbox, StoredMail},
    page::{escape, page},
    problem::Problem,
    state::AppState,
    telemetry::log_error,
};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/dev/mailbox", get(list))
        .route("/dev/mailbox.json", get(list_json))
        .route("/dev/mailbox/{id}", get(show))
        .route("/dev/mailbox/{id}/html", get(html))
}

async fn list(State(state): State<AppState>) -> Result<Html<String>, Problem> {
    let mails = mailbox(&state)?.list().await.map_err(|error| unreadable(&error))?;
    let mut rows = String::new();
    for mail in &mails {
        let _ = writeln!(
            rows,
            "<tr><td><a href=\"/dev/mailbox/{}\">{}</a></td><td>{}</td></tr>",
            mail.id,
            escape(&mail.subject),
            escape(&mail.to)
        );
    }
    let content = if rows.is_empty() {
        "<h1>Mailbox</h1>\n<p>No mail yet. Ask for a sign-in code, and it shows here within a second or two.</p>\n<p><a href=\"/dev/mails\">Every mail there is</a></p>".to_owned()
    } else {
        format!(
            "<h1>Mailbox</h1>\n<p>Mails that would have been sent, the newest first. <a href=\"/dev/mails\">Every mail there is</a></p>\n\
             <table><thead><tr><th scope=\"col\">Subject</th><th scope=\"col\">To</th></tr></thead><tbody>\n{rows}</tbody></table>"
        )
    };
    Ok(Html(page(Locale::En, "Mailbox", &state.portal.assets.style, &content)))
}

async fn list_json(State(state): State<AppState>) -> Result<Json<Vec<StoredMail>>, Problem> {
    mailbox(&state)?.list().await.map(Json).map_err(|error| unreadable(&error))
}

async fn show(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, Problem> {
    let mail = find(&state, &id).await?;
    let head = format!(
        "<p><a href=\"/dev/mailbox\">Mailbox</a></p>\n<p>From {} to {}</p>",
        escape(&mail.from_name),
        escape(&mail.to)
    );
    let frame = format!("/dev/mailbox/{}/html", mail.id);
    Ok(mail_page(&state, &head, &mail.subject, &mail.text, &frame))
}

async fn html(State(state): State<AppState>, Path(id): Path<String>) -> Result<Response, Problem> {
    Ok(mail_document(&find(&state, &id).await?.html))
}

/// A page that shows one mail: as HTML in a frame, and as text. `head` is HTML.
pub(super) fn mail_page(
    state: &AppState,
    head: &str,
    subject: &str,
    text: &str,
    frame: &str,
) -> Response {
    let content = format!(
        "{head}\n<h1>{}</h1>\n\
         <iframe class=\"mail\" title=\"The mail\" src=\"{frame}\" width=\"600\" height=\"640\"></iframe>\n\
         <h2>As text</h2>\n<pre>{}</pre>",
        escape(subject),
        escape(text)
    );
    let policy = "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'";
    with_policy(page(Locale::En, subject, &state.portal.assets.style, &content), policy)
}

/// The mail itself: its styles are its own, its links open outside the frame.
pub(super) fn mail_document(html: &str) -> Response {
    let body = html.replacen("<head>", "<head>\n<base target=\"_top\">", 1);
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; frame-ancestors 'self'; \
                  sandbox allow-top-navigation-by-user-activation allow-popups";
    with_policy(body, policy)
}

fn with_policy(body: String, policy: &'static str) -> Response {
    let mut response = Html(body).into_response();
    response
        .headers_mut()
        .insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
    response
}

fn mailbox(state: &AppState) -> Result<&DevMailbox, Problem> {
    state.mailbox.as_ref().ok_or(Problem::NotFound)
}

async fn find(state: &AppState, id: &str) -> Result<StoredMail, Problem> {
    let id = Uuid::parse_str(id).map_err(|_| Problem::NotFound)?;
    mailbox(state)?.find(id).await.map_err(|error| unreadable(&error))?.ok_or(Problem::NotFound)
}

fn unreadable(error: &std::io::Error) -> Problem {
    log_error("the mailbox folder could not be read", error);
    Problem::Internal
}
