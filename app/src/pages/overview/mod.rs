//! The overview: how things stand, what needs the reader, what will be charged next.

#[cfg(feature = "ssr")]
mod load;

use domain::format;
use domain::local_time::LocalDateTime;
use domain::money::Money;
use domain::next_charge::{self, ChargeLineKind};
use domain::order::OrderTotals;
use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use super::load::page_of;
use super::orders::table::{OrderRow, OrderTable};
use super::subscription::view::{Standing, SubscriptionView};
use crate::error::AppError;
use crate::frame::{use_frame, use_slug};
use crate::text::{Text, use_text};
use crate::ui::alert::Alert;
use crate::ui::button::ButtonLink;
use crate::ui::charge_lines::{ChargeLine, ChargeLines};
use crate::ui::empty_state::EmptyState;
use crate::ui::page_header::PageHeader;
use crate::ui::section::Section;
use crate::ui::tone::Tone;
use crate::urls::paths;

/// What the page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OverviewView {
    /// Running ones first.
    pub subscriptions: Vec<SubscriptionView>,
    pub can_read_billing: bool,
    pub can_write_billing: bool,
    pub open_order_count: i64,
    /// One sum per currency.
    pub open_order_sums: Vec<Money>,
    pub next_charge: Option<NextChargeView>,
    pub recent_orders: Vec<OrderRow>,
}

/// The next charge, itemised.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct NextChargeView {
    pub at: LocalDateTime,
    pub lines: Vec<next_charge::ChargeLine>,
    pub totals: OrderTotals,
}

/// Loads the overview of the signed-in customer.
#[server(prefix = "/api", endpoint = "view/overview")]
pub async fn load_overview(organization: String) -> Result<OverviewView, AppError> {
    load::load(&organization).await
}

/// `/{organization}/portal`
pub fn page() -> AnyView {
    page_of::<LoadOverview>(show)
}

fn show(view: OverviewView) -> AnyView {
    let (t, slug) = (use_text(), use_slug());
    let running =
        view.subscriptions.iter().filter(|subscription| subscription.ended_at.is_none()).count();
    let lead = match running {
        0 => t.overview_lead_none().to_owned(),
        count => t.overview_lead_running(i64::try_from(count).unwrap_or(i64::MAX)),
    };
    let attention = attention(t, &slug, &view);
    let charge = view.can_read_billing.then(|| charge(t, view.next_charge.clone()));
    let (past, present): (Vec<_>, Vec<_>) =
        view.subscriptions.iter().partition(|subscription| subscription.ended_at.is_some());
    let past = (!past.is_empty()).then(|| {
        let rows: Vec<AnyView> = past.iter().map(|subscription| row(t, &slug, subscription, false)).collect();
        view! { <Section title=t.overview_past_subscriptions()><div class="card-list">{rows}</div></Section> }
    });
    let present = subscriptions(t, &slug, &present, view.can_write_billing);
    let orders = orders(t, &slug, &view);
    view! {
        <Title text=t.overview_title()/>
        <PageHeader title=t.overview_title() lead=lead/>
        {attention}
        <Section title=t.overview_subscriptions()>{present}</Section>
        {charge}
        {orders}
        {past}
    }
    .into_any()
}

/// What wants the reader to do something, each with its next step.
fn attention(t: Text, slug: &str, view: &OverviewView) -> Option<AnyView> {
    let mut alerts: Vec<AnyView> = Vec::new();
    if view.open_order_count > 0 {
        let sums: Vec<String> =
            view.open_order_sums.iter().map(|sum| format::money(*sum, t.locale())).collect();
        let href = paths::orders_open(slug);
        let step = move || {
            let href = href.clone();
            view! { <ButtonLink href=href is_small=true>{t.overview_attention_open_orders_link()}</ButtonLink> }
        };
        let title = t.overview_attention_open_orders(view.open_order_count, &sums.join(" + "));
        alerts.push(view! { <Alert tone=Tone::Wait title=title action=step/> }.into_any());
    }
    for subscription in &view.subscriptions {
        let tone = match subscription.standing() {
            Standing::Canceling => Tone::Note,
            Standing::PastDue | Standing::Unpaid => Tone::Bad,
            _ => continue,
        };
        let keep = subscription.can_keep() && view.can_write_billing;
        let href = if keep {
            paths::subscription_keep(slug, subscription.id)
        } else {
            paths::subscription(slug, subscription.id)
        };
        let label = if keep { t.subscription_keep() } else { t.overview_action_details() };
        let step = move || {
            let href = href.clone();
            view! { <ButtonLink href=href is_small=true>{label}</ButtonLink> }
        };
        alerts.push(
            view! { <Alert tone=tone title=subscription.sentence(t) action=step/> }.into_any(),
        );
    }
    (!alerts.is_empty()).then(|| view! { <Section title=t.overview_attention_title()><div class="stack stack-tight">{alerts}</div></Section> }.into_any())
}

fn subscriptions(t: Text, slug: &str, present: &[&SubscriptionView], can_write: bool) -> AnyView {
    if present.is_empty() {
        let name = use_frame()
            .organization
            .as_ref()
            .map(|organization| organization.name.clone())
            .unwrap_or_default();
        return view! { <EmptyState title=t.overview_empty_subscriptions() hint=t.overview_empty_subscriptions_hint(&name)/> }.into_any();
    }
    let rows: Vec<AnyView> =
        present.iter().map(|subscription| row(t, slug, subscription, can_write)).collect();
    view! { <div class="card-list">{rows}</div> }.into_any()
}

fn row(t: Text, slug: &str, subscription: &SubscriptionView, can_write: bool) -> AnyView {
    let id = subscription.id;
    let name = subscription.name(t);
    let step = if !can_write {
        None
    } else if subscription.can_keep() {
        Some((paths::subscription_keep(slug, id), t.overview_action_keep()))
    } else if subscription.can_cancel() {
        Some((paths::subscription_cancel(slug, id), t.overview_action_cancel()))
    } else {
        None
    };
    // "Cancel" alone would read alike in every row.
    let step = step.map(|(href, label)| {
        let label_long = format!("{label}: {name}");
        view! { <a class="button button-small" href=href aria-label=label_long>{label}</a> }
    });
    let details = format!("{}: {name}", t.overview_action_details());
    let heading = (paths::subscription(slug, id), name);
    view! {
        <article class="subscription-row">
            <div class="subscription-row-title">
                <h3><a href=heading.0.clone()>{heading.1}</a></h3>
                {subscription.badge(t)}
            </div>
            <p class="subscription-row-sentence">{subscription.sentence(t)}</p>
            <div class="subscription-row-actions">
                <a class="button button-small" href=heading.0 aria-label=details>{t.overview_action_details()}</a>
                {step}
            </div>
        </article>
    }
    .into_any()
}

fn charge(t: Text, next: Option<NextChargeView>) -> AnyView {
    let Some(next) = next else {
        return view! { <Section title=t.charge_title()><EmptyState title=t.charge_empty() hint=t.charge_empty_hint()/></Section> }.into_any();
    };
    let lines: Vec<ChargeLine> = next
        .lines
        .into_iter()
        .map(|line| ChargeLine {
            label: line.product_name,
            detail: (line.kind == ChargeLineKind::Seats)
                .then(|| t.charge_seats(line.quantity.into())),
            amount: line.amount,
        })
        .collect();
    let totals = next.totals;
    let mut parts = Vec::new();
    if !totals.discount.is_zero() || !totals.tax.is_zero() {
        parts.push((t.charge_subtotal().to_owned(), totals.subtotal));
    }
    if !totals.discount.is_zero() {
        parts.push((
            t.charge_discount().to_owned(),
            Money::new(-totals.discount.minor, totals.discount.currency),
        ));
    }
    if !totals.tax.is_zero() {
        parts.push((t.charge_tax().to_owned(), totals.tax));
    }
    let due = t.charge_due(&format::date(next.at.date, t.locale()));
    let total = (t.charge_total().to_owned(), totals.total);
    view! {
        <Section title=t.charge_title()>
            <p class="quiet">{due}</p>
            <ChargeLines lines=lines parts=parts total=total/>
        </Section>
    }
    .into_any()
}

fn orders(t: Text, slug: &str, view: &OverviewView) -> AnyView {
    if !view.can_read_billing {
        return view! { <Section title=t.overview_recent_orders()><p class="quiet">{t.overview_orders_hidden()}</p></Section> }.into_any();
    }
    if view.recent_orders.is_empty() {
        let hint = t.overview_empty_orders_hint();
        return view! { <Section title=t.overview_recent_orders()><EmptyState title=t.overview_empty_orders() hint=hint/></Section> }.into_any();
    }
    let (rows, organization) = (view.recent_orders.clone(), slug.to_owned());
    let more = (paths::orders(slug), t.overview_all_orders().to_owned());
    view! {
        <Section title=t.overview_recent_orders() more=more>
            <OrderTable rows=rows organization=organization/>
        </Section>
    }
    .into_any()
}
