//! A checkout that is not bought yet: what it comes to, and the form.

use std::sync::Arc;

use backend::checkout::CheckoutRecord;
use backend::organization::OrganizationView;
use domain::format;
use domain::money::Money;

use super::{Opened, alert, fields};
use crate::pages::checkout::buy::BuyByCheckout;
use crate::pages::subscription::view::{named, price_interval};
use crate::pages::{charge, decline, method};
use crate::ssr::local;
use crate::text::Text;
use crate::ui::form::{Choice, action};
use crate::ui::sheet::{Block, Body, Message, Sheet, SheetForm};
use crate::ui::tone::Tone;
use crate::urls::paths;

pub(super) fn sheet(
    t: Text,
    organization: &Arc<OrganizationView>,
    opened: &Opened,
    products: Vec<Choice>,
    done: &str,
) -> Sheet {
    let record = &opened.record;
    let plan = named(t, &record.product_name, record.seats);
    let mut sheet =
        Sheet::new(t.checkout_title(&plan, &organization.name)).lead(lead(t, organization, record));
    if let Some(back) = &record.return_url {
        sheet = sheet.back(back.clone(), t.checkout_back(&organization.name));
    }
    if record.is_charged {
        return waiting(t, organization, opened, sheet);
    }
    if let Some(notice) = notice(t, record, done) {
        sheet = sheet.block(notice);
    }
    if record.quote.needs_card && !record.has_processor {
        return sheet.block(alert(
            Tone::Bad,
            t.checkout_not_ready_title(),
            Some(t.checkout_not_ready_text(&organization.name)),
        ));
    }
    for block in amounts(t, organization, record) {
        sheet = sheet.block(block);
    }
    sheet.form(form(t, organization, opened, products))
}

/// What is bought and when it is paid, in one sentence.
fn lead(t: Text, organization: &OrganizationView, record: &CheckoutRecord) -> String {
    let quote = &record.quote;
    let price = price_interval(t, quote.facts.amount, quote.facts.interval);
    match quote.facts.trial_end {
        Some(end) if quote.needs_card => t.checkout_lead_trial(&day(t, organization, end), &price),
        _ if quote.needs_card => t.checkout_lead(&price),
        _ => t.checkout_lead_free().to_owned(),
    }
}

/// The charge of today, and the next one.
fn amounts(t: Text, organization: &OrganizationView, record: &CheckoutRecord) -> Vec<Block> {
    let (quote, zone) = (&record.quote, organization.time_zone.as_str());
    let mut blocks = Vec::new();
    if !quote.needs_card {
        return blocks;
    }
    let due = charge::charge_of(t, zone, &quote.due_now, t.quote_due_now_total());
    blocks.push(Block::new(t.quote_due_now_title(), Body::Charge(due)));
    // Without an address the tax of it is not known either.
    let next = quote.next_charge.as_ref().filter(|_| record.billing_address.is_some());
    if let Some(next) = next {
        let at = day(t, organization, next.at);
        let total = format::money(next.amounts.totals.total, t.locale());
        blocks.push(Block::text(t.checkout_next_charge(&at, &total)));
    }
    blocks
}

/// What has just happened, if anything did.
fn notice(t: Text, record: &CheckoutRecord, done: &str) -> Option<Block> {
    let message = |tone, title: String, text: Option<String>| Block {
        title: None,
        body: Body::Alert(Message { tone, title, text, is_news: true, ..Message::default() }),
    };
    if record.is_discount_used_up {
        let text = t.checkout_discount_used_up_text().to_owned();
        return Some(message(Tone::Bad, t.checkout_discount_used_up().to_owned(), Some(text)));
    }
    if let Some(code) = record.decline_code {
        let title = t.pay_declined_because(decline::reason(t, code));
        return Some(message(Tone::Bad, title, Some(t.checkout_declined_advice().to_owned())));
    }
    match done {
        "failed" => Some(message(
            Tone::Bad,
            t.checkout_card_failed().to_owned(),
            Some(t.checkout_declined_advice().to_owned()),
        )),
        "changed" => Some(message(Tone::Note, t.checkout_changed().to_owned(), None)),
        "added" | "waiting" => Some(message(
            Tone::Note,
            t.checkout_outdated().to_owned(),
            Some(t.checkout_outdated_text().to_owned()),
        )),
        _ => None,
    }
}

fn form(
    t: Text,
    organization: &OrganizationView,
    opened: &Opened,
    products: Vec<Choice>,
) -> SheetForm {
    let record = &opened.record;
    let due = record.quote.due_now.totals.total;
    let is_known = record.billing_address.is_some();
    let submit = if !record.quote.needs_card {
        t.checkout_submit_free(&record.product_name)
    } else if !is_known {
        t.checkout_submit_continue().to_owned()
    } else if due.is_zero() {
        t.checkout_submit_trial(&amount(t, due))
    } else {
        let processor = method::processor_name(organization.payment_processor.as_deref());
        t.checkout_submit(&amount(t, due), processor)
    };
    // What the button says is what is bought: anything else is shown once more first.
    let shown =
        if is_known || !record.quote.needs_card { due.minor.to_string() } else { String::new() };
    let form = SheetForm::new(action::<BuyByCheckout>(), submit, t.checkout_pending())
        .hidden("token", opened.secret.clone())
        .hidden("shown_minor", shown);
    fields::fill(t, form, record, products)
}

fn amount(t: Text, amount: Money) -> String {
    format::money(amount, t.locale())
}

/// A charge is under way, or waits for its approval.
fn waiting(t: Text, organization: &OrganizationView, opened: &Opened, sheet: Sheet) -> Sheet {
    let here = paths::checkout(&organization.slug, &opened.secret);
    match &opened.record.action_url {
        Some(url) => {
            let message = Message {
                tone: Tone::Wait,
                title: t.pay_link_action().to_owned(),
                text: Some(t.pay_action_text().to_owned()),
                link: Some((url.clone(), t.pay_action_link().to_owned())),
                ..Message::default()
            };
            sheet
                .block(Block { title: None, body: Body::Alert(message) })
                .link(here, t.pay_link_running_refresh())
        }
        None => sheet
            .block(alert(
                Tone::Wait,
                t.pay_done_waiting(),
                Some(t.pay_link_running_text().to_owned()),
            ))
            .link(here, t.pay_link_running_refresh()),
    }
}

/// A day as whoever reads the organization's page counts it.
pub(super) fn day(t: Text, organization: &OrganizationView, at: time::OffsetDateTime) -> String {
    format::date(local(at, &organization.time_zone).date, t.locale())
}
