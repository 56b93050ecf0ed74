//! The pages: entering a card, approving a card, approving a charge.

use std::fmt::Write as _;

use axum::{
    Form,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use backend::payment::{
    CardMistake, REFUSING_CVC, SandboxBehavior, SandboxStep, TEST_CARDS, TestCard, check_card,
};
use domain::{format, locale::Locale};
use serde::Deserialize;

use super::{SandboxSite, texts::text};
use crate::{page::escape, telemetry::log_error};

/// The visitor's language.
#[derive(Clone, Copy)]
struct Visitor(Locale);

impl Visitor {
    fn of(headers: &HeaderMap) -> Self {
        let header = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self(header.map_or(Locale::En, |header| Locale::negotiate(header, Locale::En)))
    }

    fn say(self, key: &str) -> &'static str {
        text(self.0, key)
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CardForm {
    number: String,
    expiry: String,
    cvc: String,
    name: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct AnswerForm {
    approves: bool,
}

pub(super) async fn setup(
    State(site): State<SandboxSite>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let visitor = Visitor::of(&headers);
    match site.sandbox.find_setup(&id).await {
        Err(error) => failed(visitor, &error),
        Ok(None) => not_found(visitor),
        Ok(Some(setup)) => match setup.step {
            SandboxStep::EnterCard => {
                card_page(visitor, &setup.return_url, &CardForm::default(), &[])
            }
            SandboxStep::Approve => see_other(&format!("/setups/{}/challenge", segment(&id))),
            SandboxStep::Done => done(visitor, &setup.return_url),
        },
    }
}

pub(super) async fn enter_card(
    State(site): State<SandboxSite>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(form): Form<CardForm>,
) -> Response {
    let visitor = Visitor::of(&headers);
    let setup = match site.sandbox.find_setup(&id).await {
        Err(error) => return failed(visitor, &error),
        Ok(None) => return not_found(visitor),
        Ok(Some(setup)) => setup,
    };
    let now = site.clock.now();
    let card = match check_card(&form.number, &form.expiry, &form.cvc, now) {
        Ok(card) => card,
        Err(mistakes) => return card_page(visitor, &setup.return_url, &form, &mistakes),
    };
    match site.sandbox.enter_card(&id, card, now).await {
        Err(error) => failed(visitor, &error),
        Ok(Some(setup)) if setup.step == SandboxStep::Approve => {
            see_other(&format!("/setups/{}/challenge", segment(&id)))
        }
        Ok(_) => see_other(&setup.return_url),
    }
}

pub(super) async fn challenge(
    State(site): State<SandboxSite>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let visitor = Visitor::of(&headers);
    match site.sandbox.find_setup(&id).await {
        Err(error) => failed(visitor, &error),
        Ok(None) => not_found(visitor),
        Ok(Some(setup)) => match setup.step {
            SandboxStep::EnterCard => see_other(&format!("/setups/{}", segment(&id))),
            SandboxStep::Approve => {
                let lead = visitor.say("challenge_lead");
                question(visitor, "challenge_title", lead, &setup.return_url)
            }
            SandboxStep::Done => done(visitor, &setup.return_url),
        },
    }
}

pub(super) async fn answer_challenge(
    State(site): State<SandboxSite>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(answer): Form<AnswerForm>,
) -> Response {
    let visitor = Visitor::of(&headers);
    let setup = match site.sandbox.find_setup(&id).await {
        Err(error) => return failed(visitor, &error),
        Ok(None) => return not_found(visitor),
        Ok(Some(setup)) => setup,
    };
    match site.sandbox.answer_setup(&id, answer.approves).await {
        Err(error) => failed(visitor, &error),
        Ok(()) => see_other(&setup.return_url),
    }
}

pub(super) async fn payment(
    State(site): State<SandboxSite>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let visitor = Visitor::of(&headers);
    match site.sandbox.find_payment(&id).await {
        Err(error) => failed(visitor, &error),
        Ok(None) => not_found(visitor),
        Ok(Some(payment)) => match payment.step {
            SandboxStep::Approve => {
                let amount = format::money(payment.amount, visitor.0);
                let lead = visitor.say("payment_lead").replace("{amount}", &amount);
                question(visitor, "payment_title", &lead, &payment.return_url)
            }
            SandboxStep::EnterCard | SandboxStep::Done => done(visitor, &payment.return_url),
        },
    }
}

pub(super) async fn answer_payment(
    State(site): State<SandboxSite>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Form(answer): Form<AnswerForm>,
) -> Response {
    let visitor = Visitor::of(&headers);
    let payment = match site.sandbox.find_payment(&id).await {
        Err(error) => return failed(visitor, &error),
        Ok(None) => return not_found(visitor),
        Ok(Some(payment)) => payment,
    };
    match site.sandbox.answer_payment(&id, answer.approves).await {
        Err(error) => failed(visitor, &error),
        Ok(()) => see_other(&payment.return_url),
    }
}

pub(super) async fn unknown(headers: HeaderMap) -> Response {
    not_found(Visitor::of(&headers))
}

/// The form, with what was typed before and what was wrong with it. Number and security code are never sent back.
fn card_page(
    visitor: Visitor,
    return_url: &str,
    form: &CardForm,
    mistakes: &[CardMistake],
) -> Response {
    let wrong = |found: &[CardMistake]| {
        mistakes.iter().find(|mistake| found.contains(mistake)).map(|mistake| match mistake {
            CardMistake::Number => "mistake_number",
            CardMistake::NotATestCard => "mistake_not_a_test_card",
            CardMistake::Expiry => "mistake_expiry",
            CardMistake::Expired => "mistake_expired",
            CardMistake::Cvc => "mistake_cvc",
        })
    };
    let number = wrong(&[CardMistake::Number, CardMistake::NotATestCard]);
    let expiry = wrong(&[CardMistake::Expiry, CardMistake::Expired]);
    let fields = [
        field(visitor, "number", "inputmode=\"numeric\" autocomplete=\"off\"", "", number),
        field(visitor, "expiry", "autocomplete=\"off\"", &form.expiry, expiry),
        field(
            visitor,
            "cvc",
            "inputmode=\"numeric\" autocomplete=\"off\"",
            "",
            wrong(&[CardMistake::Cvc]),
        ),
        field(visitor, "name", "autocomplete=\"off\"", &form.name, None),
    ]
    .concat();
    let (status, title) = if mistakes.is_empty() {
        (StatusCode::OK, "add_title")
    } else {
        (StatusCode::UNPROCESSABLE_ENTITY, "wrong_title")
    };
    let content = format!(
        "<h1>{}</h1>\n<p>{}</p>\n<form method=\"post\" novalidate>\n{fields}<div class=\"actions\"><button>{}</button>\n\
         <a href=\"{}\">{}</a></div>\n</form>\n{}",
        visitor.say(title),
        visitor.say("add_lead"),
        visitor.say("save"),
        escape(return_url),
        visitor.say("back"),
        cards(visitor),
    );
    document(visitor, status, title, &content)
}

/// One labelled field; `attributes` is markup.
fn field(
    visitor: Visitor,
    name: &str,
    attributes: &str,
    value: &str,
    mistake: Option<&str>,
) -> String {
    let (invalid, message) = mistake.map_or_else(Default::default, |key| {
        (
            format!(" aria-invalid=\"true\" aria-describedby=\"{name}-mistake\""),
            format!("<span class=\"mistake\" id=\"{name}-mistake\">{}</span>", visitor.say(key)),
        )
    });
    format!(
        "<div class=\"field\"><label for=\"{name}\">{}</label><input id=\"{name}\" name=\"{name}\" maxlength=\"100\" value=\"{}\" {attributes}{invalid}>{message}</div>\n",
        visitor.say(name),
        escape(value),
    )
}

fn cards(visitor: Visitor) -> String {
    let mut rows = String::new();
    for card in TEST_CARDS {
        let _ = writeln!(
            rows,
            "<tr><td>{}</td><td>{}</td><td>{}</td></tr>",
            grouped(card.number),
            card.brand,
            does(visitor, card)
        );
    }
    format!(
        "<h2>{}</h2>\n<p>{}</p>\n<div class=\"cards\"><table><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th>\
         <th scope=\"col\">{}</th></tr></thead>\n<tbody>\n{rows}</tbody></table></div>",
        visitor.say("cards_title"),
        visitor.say("cards_lead").replace("{cvc}", REFUSING_CVC),
        visitor.say("column_number"),
        visitor.say("column_brand"),
        visitor.say("column_does"),
    )
}

fn does(visitor: Visitor, card: &TestCard) -> &'static str {
    if card.asks_when_entered && card.charged == SandboxBehavior::Approve {
        return visitor.say("does_approve_asking");
    }
    visitor.say(&format!("does_{}", card.charged.as_str()))
}

/// As it stands on a card: groups of four.
fn grouped(number: &str) -> String {
    let digits: Vec<char> = number.chars().collect();
    digits.chunks(4).map(|group| group.iter().collect()).collect::<Vec<String>>().join(" ")
}

/// What the bank asks its customer.
fn question(visitor: Visitor, title: &'static str, lead: &str, return_url: &str) -> Response {
    let content = format!(
        "<h1>{}</h1>\n<p>{}</p>\n<form method=\"post\"><div class=\"actions\"><button name=\"approves\" value=\"true\">{}</button>\n\
         <button class=\"second\" name=\"approves\" value=\"false\">{}</button>\n<a href=\"{}\">{}</a></div></form>",
        visitor.say(title),
        escape(lead),
        visitor.say("approve"),
        visitor.say("refuse"),
        escape(return_url),
        visitor.say("back"),
    );
    document(visitor, StatusCode::OK, title, &content)
}

fn done(visitor: Visitor, return_url: &str) -> Response {
    let content = format!(
        "<h1>{}</h1>\n<p>{}</p>\n<p><a href=\"{}\">{}</a></p>",
        visitor.say("done_title"),
        visitor.say("done_lead"),
        escape(return_url),
        visitor.say("go_back"),
    );
    document(visitor, StatusCode::OK, "done_title", &content)
}

fn not_found(visitor: Visitor) -> Response {
    refusal(visitor, StatusCode::NOT_FOUND, "unknown_title", "unknown_lead")
}

fn failed(visitor: Visitor, error: &dyn std::error::Error) -> Response {
    log_error("the sandbox's books could not be read", error);
    refusal(visitor, StatusCode::SERVICE_UNAVAILABLE, "failed_title", "failed_lead")
}

fn refusal(visitor: Visitor, status: StatusCode, title: &'static str, lead: &str) -> Response {
    let content = format!("<h1>{}</h1>\n<p>{}</p>", visitor.say(title), visitor.say(lead));
    document(visitor, status, title, &content)
}

fn document(visitor: Visitor, status: StatusCode, title: &'static str, content: &str) -> Response {
    let html = format!(
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{} · {}</title>\n\
         <link rel=\"icon\" href=\"data:,\">\n<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n<main>\n\
         <p class=\"notice\">{}</p>\n{content}\n</main>\n</body>\n</html>\n",
        visitor.0.tag(),
        visitor.say(title),
        visitor.say("sandbox"),
        visitor.say("notice"),
    );
    (status, Html(html)).into_response()
}

/// Ids are of letters, digits and underscores; anything else found nothing before.
fn segment(id: &str) -> String {
    id.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').collect()
}

fn see_other(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to.to_owned())]).into_response()
}
