//! `/dev/mails`: every mail there is, in every language, as it would look. Not there in production.

use std::fmt::Write as _;

use axum::{
    Router,
    extract::{Path, State},
    response::{Html, Response},
    routing::get,
};
use domain::locale::Locale;

use super::dev_mailbox::{mail_document, mail_page};
use crate::{
    mail::{MAILS, Rendered, Renderer, samples::sample},
    page::page,
    problem::Problem,
    state::AppState,
    telemetry::log_error,
};

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/dev/mails", get(list))
        .route("/dev/mails/{template}/{locale}", get(show))
        .route("/dev/mails/{template}/{locale}/html", get(html))
}

async fn list(State(state): State<AppState>) -> Result<Html<String>, Problem> {
    let mut rows = String::new();
    for template in MAILS {
        let _ = write!(rows, "<tr><td>{template}</td><td>");
        for locale in Locale::ALL {
            let _ = write!(
                rows,
                "<a href=\"/dev/mails/{template}/{}\">{}</a> ",
                locale.tag(),
                locale.own_name()
            );
        }
        rows.push_str("</td></tr>\n");
    }
    let content = format!(
        "<p><a href=\"/dev/mailbox\">Mailbox</a></p>\n<h1>Mails</h1>\n<p>Every mail that Foyer writes, with made-up values.</p>\n\
         <table><thead><tr><th scope=\"col\">Template</th><th scope=\"col\">Languages</th></tr></thead><tbody>\n{rows}</tbody></table>"
    );
    Ok(Html(page(Locale::En, "Mails", &state.portal.assets.style, &content)))
}

async fn show(
    State(state): State<AppState>,
    Path((template, locale)): Path<(String, String)>,
) -> Result<Response, Problem> {
    let mail = render(&state, &template, &locale)?;
    let back = "<p><a href=\"/dev/mails\">Mails</a></p>";
    let frame = format!("/dev/mails/{template}/{locale}/html");
    Ok(mail_page(&state, back, &mail.subject, &mail.text, &frame))
}

async fn html(
    State(state): State<AppState>,
    Path((template, locale)): Path<(String, String)>,
) -> Result<Response, Problem> {
    Ok(mail_document(&render(&state, &template, &locale)?.html))
}

fn render(state: &AppState, template: &str, locale: &str) -> Result<Rendered, Problem> {
    let locale = Locale::ALL.into_iter().find(|known| known.tag() == locale);
    let (Some(locale), true) = (locale, MAILS.contains(&template)) else {
        return Err(Problem::NotFound);
    };
    let unusable = |error| {
        log_error("a mail could not be rendered", &error);
        Problem::Internal
    };
    let renderer = Renderer::new(state.portal.urls.clone()).map_err(unusable)?;
    renderer.render(&sample(template, locale)).map_err(unusable)
}
