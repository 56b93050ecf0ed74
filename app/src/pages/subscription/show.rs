//! A subscription: its state in a sentence, what can be done, what comes next, the facts.

use domain::id::SubscriptionId;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

use super::view::SubscriptionView;
use crate::error::AppError;
use crate::frame::{use_frame, use_slug};
use crate::pages::load::page_of;
use crate::text::{Text, use_text};
use crate::ui::alert::Alert;
use crate::ui::button::{ButtonKind, ButtonLink};
use crate::ui::card::CardActions;
use crate::ui::date_time::DateText;
use crate::ui::facts::{Fact, Facts};
use crate::ui::page_header::PageHeader;
use crate::ui::section::Section;
use crate::ui::tone::Tone;
use crate::urls::paths;

/// What the page shows.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ShowSubscription {
    pub subscription: SubscriptionView,
    /// The role may cancel and keep.
    pub can_write: bool,
    /// The role may see orders.
    pub can_read_orders: bool,
}

/// Loads a subscription of the signed-in customer.
#[server(prefix = "/api", endpoint = "view/subscription")]
pub async fn load_subscription(
    organization: String,
    id: String,
) -> Result<ShowSubscription, AppError> {
    super::load::load(&organization, &id).await
}

/// `/{organization}/portal/subscriptions/{id}`
pub fn page() -> AnyView {
    page_of::<LoadSubscription>(show)
}

fn show(view: ShowSubscription) -> AnyView {
    let (t, slug) = (use_text(), use_slug());
    let ShowSubscription { subscription, can_write, can_read_orders } = view;
    let id = subscription.id;
    let title = subscription.name(t);
    let (badge, next, facts) =
        (subscription.clone(), subscription.next(t), facts(t, &subscription));
    let orders = can_read_orders.then(
        || view! { <p><a href=paths::orders_of(&slug, id)>{t.subscription_orders()}</a></p> },
    );
    let back = (paths::overview(&slug), t.subscription_back().to_owned());
    view! {
        <Title text=title.clone()/>
        <PageHeader title=title lead=subscription.sentence(t) back=back badge=move || badge.badge(t)/>
        {confirmation(t, &subscription)}
        {can_write.then(|| actions(t, &slug, &subscription))}
        <Section title=t.subscription_next_title()>
            <p>{next}</p>
        </Section>
        <Section title=t.subscription_details()>{facts}</Section>
        {orders}
    }
    .into_any()
}

/// Right after cancelling or keeping: said only while it is true, whatever the address claims.
fn confirmation(t: Text, subscription: &SubscriptionView) -> Option<AnyView> {
    let done = use_query_map().with_untracked(|query| query.get("done"))?;
    let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
    let email = use_frame().person.as_ref().map(|person| person.email.clone()).unwrap_or_default();
    let title = match done.as_str() {
        "canceled" if subscription.can_keep() => t.cancel_confirmed(&name, &date, &email),
        "kept" if subscription.can_cancel() => t.keep_done(&name, &date),
        _ => return None,
    };
    Some(view! { <Alert tone=Tone::Good title=title announce=true/> }.into_any())
}

fn actions(t: Text, slug: &str, subscription: &SubscriptionView) -> Option<AnyView> {
    let id: SubscriptionId = subscription.id;
    let link = if subscription.can_keep() {
        view! { <ButtonLink kind=ButtonKind::Primary href=paths::subscription_keep(slug, id)>{t.subscription_keep()}</ButtonLink> }.into_any()
    } else if subscription.can_cancel() {
        view! { <ButtonLink href=paths::subscription_cancel(slug, id)>{t.subscription_cancel()}</ButtonLink> }.into_any()
    } else {
        return None;
    };
    Some(view! { <CardActions>{link}</CardActions> }.into_any())
}

fn facts(t: Text, subscription: &SubscriptionView) -> AnyView {
    let date = |name: &'static str, at: &Option<domain::local_time::LocalDateTime>| {
        at.as_ref().map(|at| {
            let date = at.date;
            view! { <Fact name=name><DateText date=date/></Fact> }
        })
    };
    let (start, end) = (subscription.period_start.date, subscription.period_end.date);
    let seats = subscription.seats.map(|seats| view! { <Fact name=t.subscription_seats()>{domain::format::count(seats.into(), t.locale())}</Fact> });
    let period = subscription.ended_at.is_none().then(|| {
        let range = t.order_period_range(
            &domain::format::date(start, t.locale()),
            &domain::format::date(end, t.locale()),
        );
        view! { <Fact name=t.subscription_period()>{range}</Fact> }
    });
    let price = subscription.price_interval(t);
    let started = date(t.subscription_started_on(), &subscription.started_at);
    let canceled = date(t.subscription_canceled_on(), &subscription.canceled_at);
    let ends = subscription
        .ended_at
        .is_none()
        .then(|| date(t.subscription_ends_on(), &subscription.ends_at));
    let ended = date(t.subscription_ended_on(), &subscription.ended_at);
    view! {
        <Facts>
            <Fact name=t.subscription_amount()>{price}</Fact>
            {seats}
            {started}
            {period}
            {canceled}
            {ends}
            {ended}
        </Facts>
    }
    .into_any()
}
