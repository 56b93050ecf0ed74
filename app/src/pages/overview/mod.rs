//! The overview: how things stand, what needs the reader, what will be charged next.

#[cfg(feature = "ssr")]
mod load;

use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use super::load::page_of;
use super::orders::table::{OrderRow, OrderTable};
use crate::error::AppError;
use crate::frame::{use_frame, use_slug};
use crate::text::{Text, use_text};
use crate::ui::badge::Badge;
use crate::ui::empty_state::EmptyState;
use crate::ui::page_header::PageHeader;
use crate::ui::section::Section;
use crate::ui::sheet::{Body, Charge, Link, Message, alert, body as block};
use crate::ui::tone::Tone;
use crate::urls::paths;

/// What the page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct OverviewView {
    /// Those that run, and those that ended.
    pub present: Vec<SubscriptionRow>,
    pub past: Vec<SubscriptionRow>,
    /// What wants the reader to do something, each with its next step.
    pub attention: Vec<Message>,
    pub can_read_billing: bool,
    pub next_charge: Option<Charge>,
    pub recent_orders: Vec<OrderRow>,
}

/// A subscription in the list, in the reader's words.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SubscriptionRow {
    pub name: String,
    pub href: String,
    pub badge: (Tone, String),
    pub sentence: String,
    /// The steps that are likely now.
    pub actions: Vec<Link>,
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
    let lead = match view.present.len() {
        0 => t.overview_lead_none().to_owned(),
        count => t.overview_lead_running(i64::try_from(count).unwrap_or(i64::MAX)),
    };
    let attention = (!view.attention.is_empty()).then(|| {
        let alerts: Vec<AnyView> = view.attention.iter().cloned().map(alert).collect();
        view! { <Section title=t.overview_attention_title()><div class="stack stack-tight">{alerts}</div></Section> }
    });
    let charge = view.can_read_billing.then(|| charge(t, view.next_charge.clone()));
    let past = (!view.past.is_empty()).then(|| {
        let rows = rows(t, &view.past);
        view! { <Section title=t.overview_past_subscriptions()>{rows}</Section> }
    });
    let present = subscriptions(t, &view.present);
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

fn subscriptions(t: Text, present: &[SubscriptionRow]) -> AnyView {
    if present.is_empty() {
        let name = use_frame()
            .organization
            .as_ref()
            .map(|organization| organization.name.clone())
            .unwrap_or_default();
        return view! { <EmptyState title=t.overview_empty_subscriptions() hint=t.overview_empty_subscriptions_hint(&name)/> }.into_any();
    }
    rows(t, present)
}

fn rows(t: Text, subscriptions: &[SubscriptionRow]) -> AnyView {
    let rows: Vec<AnyView> =
        subscriptions.iter().cloned().map(|subscription| row(t, subscription)).collect();
    view! { <div class="card-list">{rows}</div> }.into_any()
}

fn row(t: Text, subscription: SubscriptionRow) -> AnyView {
    let SubscriptionRow { name, href, badge, sentence, actions } = subscription;
    let details = (href.clone(), t.overview_action_details().to_owned());
    // "Cancel" alone would read alike in every row.
    let links: Vec<AnyView> = std::iter::once(details)
        .chain(actions)
        .map(|(href, label)| {
            let long = format!("{label}: {name}");
            view! { <a class="button button-small" href=href aria-label=long>{label}</a> }
                .into_any()
        })
        .collect();
    view! {
        <article class="subscription-row">
            <div class="subscription-row-title">
                <h3><a href=href>{name}</a></h3>
                <Badge tone=badge.0 label=badge.1/>
            </div>
            <p class="subscription-row-sentence">{sentence}</p>
            <div class="subscription-row-actions">{links}</div>
        </article>
    }
    .into_any()
}

fn charge(t: Text, next: Option<Charge>) -> AnyView {
    let content = match next {
        Some(next) => block(Body::Charge(next)),
        None => {
            view! { <EmptyState title=t.charge_empty() hint=t.charge_empty_hint()/> }.into_any()
        }
    };
    view! { <Section title=t.charge_title()>{content}</Section> }.into_any()
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
