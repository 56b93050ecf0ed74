//! One order: where it stands in one sentence, what it is made of, how to pay it.

use domain::format;
use domain::id::{OrderId, SubscriptionId};
use domain::money::Money as Amount;
use domain::order::{BillingReason, OrderStatus, OrderTotals};
use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};
use time::Date;

use super::refused::refused;
use super::status::{OrderBadge, reason};
use crate::error::AppError;
use crate::frame::use_frame;
use crate::pages::load::page_with;
use crate::text::{Text, use_text};
use crate::ui::alert::Alert;
use crate::ui::charge_lines::{ChargeLine, ChargeLines};
use crate::ui::date_time::DateText;
use crate::ui::facts::{Fact, Facts};
use crate::ui::page_header::PageHeader;
use crate::ui::section::Section;
use crate::ui::tone::Tone;
use crate::urls::paths;

/// A day of the customer's calendar, as it travels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Day(#[serde(with = "domain::local_time::date_text")] pub Date);

/// One item of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderItemView {
    pub label: String,
    pub quantity: i64,
    pub amount: Amount,
}

/// An order with everything its page says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderView {
    pub organization: String,
    pub order_id: OrderId,
    pub subscription_id: Option<SubscriptionId>,
    pub product_name: String,
    pub reason: BillingReason,
    pub status: OrderStatus,
    pub seats: Option<i64>,
    pub items: Vec<OrderItemView>,
    pub totals: OrderTotals,
    pub created_on: Day,
    pub paid_on: Option<Day>,
    /// First and last day that the order covers.
    pub period: Option<(Day, Day)>,
}

/// Loads an order. What is not the customer's is not found.
#[server(prefix = "/api", endpoint = "view/order")]
pub async fn show_order(organization: String, id: String) -> Result<OrderView, AppError> {
    super::load::show(&organization, &id).await
}

/// `/{organization}/portal/orders/{id}`
pub fn page() -> AnyView {
    page_with::<ShowOrder>(&[], order, refused)
}

fn order(view: OrderView) -> AnyView {
    let t = use_text();
    let title = t.order_title(&view.product_name, &format::date(view.created_on.0, t.locale()));
    let back = (paths::orders(&view.organization), t.order_back().to_owned());
    let status = view.status;
    view! {
        <Title text=title.clone()/>
        <PageHeader title=title lead=sentence(t, &view) back=back badge=move || view! { <OrderBadge status=status/> }/>
        {(status == OrderStatus::Pending && view.totals.total.minor > 0).then(|| how_to_pay(t))}
        {items(t, &view)}
        {invoice_link(t, &view)}
        {facts(t, view)}
    }
    .into_any()
}

/// The order in one sentence.
fn sentence(t: Text, view: &OrderView) -> String {
    let amount = format::money(view.totals.total, t.locale());
    let created = format::date(view.created_on.0, t.locale());
    let paid = view.paid_on.map_or_else(|| created.clone(), |day| format::date(day.0, t.locale()));
    match view.status {
        OrderStatus::Paid | OrderStatus::Pending if view.totals.total.minor == 0 => {
            t.order_sentence_free(&created)
        }
        OrderStatus::Draft => t.order_sentence_draft(&created, &amount),
        OrderStatus::Pending => t.order_sentence_open(&amount, &created),
        OrderStatus::Paid => t.order_sentence_paid(&amount, &paid),
        OrderStatus::Refunded => t.order_sentence_refunded(&amount, &paid),
        OrderStatus::PartiallyRefunded => t.order_sentence_partially_refunded(&amount, &paid),
        OrderStatus::Void => t.order_sentence_void(&created, &amount),
    }
}

fn how_to_pay(t: Text) -> AnyView {
    let frame = use_frame();
    let Some(organization) = frame.organization.as_ref() else { return ().into_any() };
    let text = match organization.support_email.clone() {
        Some(email) => {
            // The address is a link; the sentence around it comes from the language.
            let sentence = t.order_how_to_pay_contact(&organization.name, "\u{1}");
            let (before, after) = sentence.split_once('\u{1}').unwrap_or((&sentence, ""));
            let (before, after) = (before.to_owned(), after.to_owned());
            view! { <p>{before}<a href=format!("mailto:{email}")>{email.clone()}</a>{after}</p> }
                .into_any()
        }
        None => view! { <p>{t.order_how_to_pay_no_email(&organization.name)}</p> }.into_any(),
    };
    view! { <Alert tone=Tone::Note title=t.order_how_to_pay()>{text}</Alert> }.into_any()
}

fn items(t: Text, view: &OrderView) -> AnyView {
    let lines: Vec<ChargeLine> = view
        .items
        .iter()
        .map(|item| ChargeLine {
            label: item.label.clone(),
            detail: view
                .seats
                .filter(|seats| *seats == item.quantity)
                .map(|seats| t.charge_seats(seats)),
            amount: item.amount,
        })
        .collect();
    let OrderTotals { subtotal, discount, tax, total, .. } = view.totals;
    let mut parts = Vec::new();
    if discount.minor != 0 || tax.minor != 0 {
        parts.push((t.charge_subtotal().to_owned(), subtotal));
    }
    if discount.minor != 0 {
        parts.push((
            t.charge_discount().to_owned(),
            Amount::new(-discount.minor, discount.currency),
        ));
    }
    if tax.minor != 0 {
        parts.push((t.charge_tax().to_owned(), tax));
    }
    let total = (t.charge_total().to_owned(), total);
    view! {
        <Section title=t.order_items()>
            <ChargeLines lines=lines parts=parts total=total/>
        </Section>
    }
    .into_any()
}

/// An order that cost something has an invoice, unless it was given up.
fn invoice_link(t: Text, view: &OrderView) -> Option<AnyView> {
    let has_one = view.totals.total.minor != 0 && view.status != OrderStatus::Void;
    let href = paths::invoice(&view.organization, view.order_id);
    has_one.then(|| {
        view! { <p><a class="button" href=href rel="external">{t.order_invoice()}</a></p> }
            .into_any()
    })
}

fn facts(t: Text, view: OrderView) -> AnyView {
    let period = view.period.map(|(first, last)| {
        let range = t.order_period_range(
            &format::date(first.0, t.locale()),
            &format::date(last.0, t.locale()),
        );
        view! { <Fact name=t.order_period()>{range}</Fact> }
    });
    let paid = view
        .paid_on
        .map(|day| view! { <Fact name=t.order_paid_on()><DateText date=day.0/></Fact> });
    let subscription = view.subscription_id.map(|id| {
        let href = paths::subscription(&view.organization, id);
        view! { <Fact name=t.order_subscription()><a href=href>{t.order_to_subscription()}</a></Fact> }
    });
    view! {
        <Section title=t.subscription_details()>
            <Facts>
                <Fact name=t.order_date()><DateText date=view.created_on.0/></Fact>
                {paid}
                {period}
                <Fact name=t.order_reason()>{reason(t, view.reason)}</Fact>
                {subscription}
                <Fact name=t.order_id()>{view.order_id.to_string()}</Fact>
            </Facts>
        </Section>
    }
    .into_any()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use domain::locale::Locale;
    use domain::money::Currency;
    use time::macros::date;

    use super::*;

    fn order_of(status: OrderStatus, total_minor: i64) -> OrderView {
        let euro = |minor| Amount::new(minor, Currency::EUR);
        OrderView {
            organization: "acme".to_owned(),
            order_id: OrderId::from_uuid(uuid::Uuid::from_u128(1)),
            subscription_id: None,
            product_name: "Pro".to_owned(),
            reason: BillingReason::Purchase,
            status,
            seats: None,
            items: Vec::new(),
            totals: OrderTotals {
                subtotal: euro(total_minor),
                discount: euro(0),
                tax: euro(0),
                tax_behavior: domain::tax::TaxBehavior::Exclusive,
                total: euro(total_minor),
            },
            created_on: Day(date!(2026 - 05 - 01)),
            paid_on: status.is_paid().then_some(Day(date!(2026 - 05 - 03))),
            period: None,
        }
    }

    #[test]
    fn the_sentence_says_amount_and_date_in_both_languages() {
        let say = |locale, status| sentence(Text::of(locale), &order_of(status, 24_000));
        assert_eq!(
            say(Locale::En, OrderStatus::Pending),
            "€240.00 has been open since 1 May 2026."
        );
        assert_eq!(say(Locale::En, OrderStatus::Paid), "€240.00, paid on 3 May 2026.");
        assert_eq!(say(Locale::De, OrderStatus::Paid), "240,00\u{a0}€, bezahlt am 3. Mai 2026.");
        for status in OrderStatus::ALL {
            assert!(say(Locale::En, *status).contains("240.00"), "{status}");
            assert!(say(Locale::De, *status).contains("240,00"), "{status}");
        }
    }

    #[test]
    fn nothing_is_due_for_an_order_of_nothing() {
        let free = sentence(Text::of(Locale::En), &order_of(OrderStatus::Paid, 0));
        assert_eq!(free, "This order of 1 May 2026 cost nothing.");
    }
}
