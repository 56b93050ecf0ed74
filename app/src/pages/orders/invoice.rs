//! The invoice of an order: made to be printed, without script. What is missing is asked for first.

use backend::invoice::{self, Invoice, OrderInvoice};
use domain::format;
use domain::id::OrderId;
use domain::invoice::{InvoiceLine, InvoiceParty, InvoiceSnapshot, needs_words};
use domain::money::Money;
use domain::order_amounts::OrderLineKind;
use domain::tax::{TaxBehavior, TaxReason};
use http::header::{HeaderName, HeaderValue};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;
use time::{Duration, OffsetDateTime};

use crate::error::AppError;
use crate::pages::settings::billing::country_name;
use crate::pages::sheet::Reader;
use crate::pages::sign_in::awaited;
use crate::ssr::local;
use crate::text::Text;
use crate::ui::button::{ButtonKind, ButtonLink};
use crate::ui::page_header::PageHeader;
use crate::urls::{encode, paths};

/// A page that waits for its invoice asks again after so many seconds.
const AGAIN_AFTER_S: u16 = 2;

/// `/{organization}/portal/orders/{id}/invoice`
pub fn page() -> AnyView {
    awaited(content)
}

async fn content(slug: String) -> Result<AnyView, AppError> {
    let id = use_params_map().with_untracked(|params| params.get("id")).unwrap_or_default();
    let order_id: OrderId = id.parse().map_err(|_| AppError::NotFound)?;
    let reader = Reader::of(&slug).await?;
    let t = reader.text;
    let found = invoice::get(&reader.portal.db, &reader.actor(), order_id).await?;
    let here = paths::invoice(&slug, order_id);
    let back = (paths::order(&slug, order_id), t.invoice_back().to_owned());
    Ok(match found.ok_or(AppError::NotFound)? {
        OrderInvoice::Issued(invoice) => document(t, *invoice, order_id, back),
        OrderInvoice::Due => {
            ask_again();
            notice(t, t.invoice_due_lead(), back, Some((here, t.invoice_due_again())))
        }
        OrderInvoice::NeedsBuyer => {
            let ask = format!("{}?to={}", paths::billing(&slug), encode(&here));
            notice(t, t.invoice_needs_buyer_lead(), back, Some((ask, t.invoice_needs_buyer_link())))
        }
        OrderInvoice::NeedsSeller => {
            let seller = crate::ssr::organization(&slug).await?.name.clone();
            notice(t, &t.invoice_needs_seller_lead(&seller), back, None)
        }
        OrderInvoice::NotNeeded => notice(t, t.invoice_not_needed_lead(), back, None),
    })
}

fn ask_again() {
    if let Some(response) = use_context::<ResponseOptions>() {
        response
            .insert_header(HeaderName::from_static("refresh"), HeaderValue::from(AGAIN_AFTER_S));
    }
}

/// There is no invoice yet, or never: why, and what to do.
fn notice(t: Text, lead: &str, back: (String, String), next: Option<(String, &str)>) -> AnyView {
    let next = next.map(|(href, label)| {
        let label = label.to_owned();
        view! {
            <div class="row">
                <ButtonLink kind=ButtonKind::Primary href=href>{label}</ButtonLink>
            </div>
        }
    });
    view! {
        <Title text=t.invoice_title()/>
        <PageHeader title=t.invoice_title() lead=lead.to_owned() back=back/>
        {next}
    }
    .into_any()
}

fn document(t: Text, invoice: Invoice, order_id: OrderId, back: (String, String)) -> AnyView {
    let snapshot = invoice.snapshot;
    let day = |at: OffsetDateTime| format::date(local(at, &snapshot.time_zone).date, t.locale());
    let facts: Vec<AnyView> = [
        (t.invoice_number(), invoice.number.clone()),
        (t.invoice_date(), day(invoice.issued_at)),
        (t.invoice_order_date(), day(snapshot.ordered_at)),
        (t.invoice_order_number(), order_id.to_string()),
    ]
    .into_iter()
    .map(|(name, value)| {
        view! { <div class="fact"><dt>{name}</dt><dd>{value}</dd></div> }.into_any()
    })
    .collect();
    let title = t.invoice_title_number(&invoice.number);
    view! {
        <Title text=title/>
        <PageHeader title=t.invoice_title() back=back/>
        <p class="quiet no-print">{t.invoice_print_hint()}</p>
        <article class="invoice">
            <div class="invoice-parties">
                {party(t, t.invoice_seller(), &snapshot.seller)}
                {party(t, t.invoice_buyer(), &snapshot.buyer)}
            </div>
            <dl class="facts">{facts}</dl>
            {lines(t, &snapshot)}
            {sums(t, &snapshot)}
            {words(t, &snapshot)}
        </article>
    }
    .into_any()
}

fn party(t: Text, heading: &str, party: &InvoiceParty) -> AnyView {
    let mut rest = vec![];
    if party.company.is_some() {
        rest.push(party.name.clone());
    }
    rest.extend(party.address.lines());
    rest.push(country_name(t, party.address.country));
    rest.extend(party.tax_id.as_ref().map(|tax_id| t.invoice_tax_id(tax_id)));
    rest.extend(party.email.clone());
    let rest: Vec<AnyView> =
        rest.into_iter().map(|line| view! { <span>{line}</span> }.into_any()).collect();
    view! {
        <section class="invoice-party">
            <h2>{heading.to_owned()}</h2>
            <p>
                <strong>{party.company.clone().unwrap_or_else(|| party.name.clone())}</strong>
                {rest}
            </p>
        </section>
    }
    .into_any()
}

fn lines(t: Text, snapshot: &InvoiceSnapshot) -> AnyView {
    let money = |minor| format::money(Money::new(minor, snapshot.currency), t.locale());
    let rows: Vec<AnyView> = snapshot
        .lines
        .iter()
        .map(|line| {
            let details: Vec<AnyView> = details(t, line, snapshot)
                .into_iter()
                .map(|detail| view! { <span class="invoice-detail">{detail}</span> }.into_any())
                .collect();
            view! {
                <tr>
                    <th scope="row">{label(t, line)}{details}</th>
                    <td class="invoice-figure">{format::count(line.quantity.into(), t.locale())}</td>
                    <td class="invoice-figure">{format::percent(line.tax_rate.rate_ppm, t.locale())}</td>
                    <td class="invoice-figure">{money(line.amount_minor)}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    view! {
        <table class="invoice-lines">
            <caption class="visually-hidden">{t.invoice_lines()}</caption>
            <thead>
                <tr>
                    <th scope="col">{t.invoice_column_item()}</th>
                    <th scope="col" class="invoice-figure">{t.invoice_column_quantity()}</th>
                    <th scope="col" class="invoice-figure">{t.invoice_column_tax()}</th>
                    <th scope="col" class="invoice-figure">{t.invoice_column_amount()}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}

fn label(t: Text, line: &InvoiceLine) -> String {
    match line.kind {
        OrderLineKind::Plan | OrderLineKind::Seats => line.label.clone(),
        OrderLineKind::ProrationCredit => t.invoice_kind_proration_credit(&line.label),
        OrderLineKind::ProrationDebit => t.invoice_kind_proration_debit(&line.label),
        OrderLineKind::CarriedCredit if line.amount_minor < 0 => {
            t.invoice_kind_carried_in().to_owned()
        }
        OrderLineKind::CarriedCredit => t.invoice_kind_carried_out().to_owned(),
    }
}

/// The time a line is for, the change in seats, the discount in it.
fn details(t: Text, line: &InvoiceLine, snapshot: &InvoiceSnapshot) -> Vec<String> {
    let day = |at: OffsetDateTime| format::date(local(at, &snapshot.time_zone).date, t.locale());
    let mut details = vec![];
    // A period ends where the next begins; its last day is the one before.
    details.extend(line.period.map(|period| {
        t.invoice_period(&day(period.start), &day(period.end - Duration::microseconds(1)))
    }));
    details.extend(line.seats_before.zip(line.seats_after).map(|(before, after)| {
        t.invoice_seats(
            &format::count(before.into(), t.locale()),
            &format::count(after.into(), t.locale()),
        )
    }));
    if line.discount_minor != 0 {
        let discount = Money::new(-line.discount_minor, snapshot.currency);
        details.push(t.invoice_line_discount(&format::money(discount, t.locale())));
    }
    details
}

fn sums(t: Text, snapshot: &InvoiceSnapshot) -> AnyView {
    let (totals, locale) = (snapshot.totals, t.locale());
    let money = |minor| format::money(Money::new(minor, snapshot.currency), locale);
    let mut sums = vec![];
    if totals.discount.minor != 0 {
        sums.push((t.invoice_subtotal().to_owned(), money(totals.subtotal.minor)));
        sums.push((t.invoice_discount().to_owned(), money(-totals.discount.minor)));
    }
    for tax in &snapshot.taxes {
        let rate = format::percent(tax.tax_rate.rate_ppm, locale);
        sums.push((t.invoice_net(&rate), money(tax.net_minor)));
        sums.push((t.invoice_tax_of(&rate), money(tax.tax_minor)));
    }
    let sums: Vec<AnyView> = sums
        .into_iter()
        .map(|(name, amount)| view! { <div><dt>{name}</dt><dd>{amount}</dd></div> }.into_any())
        .collect();
    view! {
        <dl class="invoice-sums">
            {sums}
            <div class="invoice-total"><dt>{t.invoice_total()}</dt><dd>{money(totals.total.minor)}</dd></div>
        </dl>
    }
    .into_any()
}

/// What the law wants said in words: why there is no tax, and that it is in the prices.
fn words(t: Text, snapshot: &InvoiceSnapshot) -> AnyView {
    let reasons = TaxReason::ALL.iter().filter(|reason| {
        needs_words(**reason) && snapshot.taxes.iter().any(|tax| tax.tax_rate.reason == **reason)
    });
    let mut words: Vec<&str> =
        reasons.filter_map(|reason| t.invoice_reason(reason.as_str())).collect();
    if snapshot.totals.tax_behavior == TaxBehavior::Inclusive && snapshot.totals.tax.minor != 0 {
        words.push(t.invoice_tax_in_prices());
    }
    words
        .into_iter()
        .map(|text| view! { <p>{text.to_owned()}</p> }.into_any())
        .collect_view()
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::locale::Locale;

    #[test]
    fn every_reason_without_tax_has_words() {
        for locale in Locale::ALL {
            for reason in TaxReason::ALL.iter().filter(|reason| needs_words(**reason)) {
                assert!(Text::of(locale).invoice_reason(reason.as_str()).is_some(), "{reason}");
            }
        }
    }
}
