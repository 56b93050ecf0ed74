//! From the backend's overview to the page's.

use crate::ssr::local;
use backend::order::OrderSummary;
use backend::overview::{self, OpenOrders};
use domain::format;

use super::{OverviewView, SubscriptionRow};
use crate::error::AppError;
use crate::pages::charge::{charge_of, due};
use crate::pages::orders::table::OrderRow;
use crate::pages::sheet::Reader;
use crate::pages::subscription::load::view_of;
use crate::pages::subscription::view::{Standing, SubscriptionView};
use crate::text::Text;
use crate::ui::sheet::Message;
use crate::ui::tone::Tone;
use crate::urls::paths;

pub(super) async fn load(organization: &str) -> Result<OverviewView, AppError> {
    let reader = Reader::of(organization).await?;
    let zone = &reader.person.time_zone;
    let found = overview::load(&reader.portal.db, &reader.person.actor).await?;
    let subscriptions: Vec<SubscriptionView> =
        found.subscriptions.into_iter().map(|subscription| view_of(subscription, zone)).collect();
    let (t, can_write) = (reader.text, found.can_write_billing);
    let rows = |is_past: bool| {
        subscriptions
            .iter()
            .filter(|subscription| subscription.ended_at.is_some() == is_past)
            .map(|subscription| row(t, organization, subscription, can_write))
            .collect()
    };
    let mut attention: Vec<Message> =
        open_orders(t, organization, &found.open_orders).into_iter().collect();
    attention.extend(
        subscriptions
            .iter()
            .filter_map(|subscription| needs(t, organization, subscription, can_write)),
    );
    Ok(OverviewView {
        present: rows(false),
        past: rows(true),
        attention,
        can_read_billing: found.can_read_billing,
        next_charge: found.next_charge.map(|next| {
            let day = format::date(local(next.at, zone).date, t.locale());
            due(t.charge_due(&day), charge_of(t, zone, &next.amounts, t.charge_total()))
        }),
        recent_orders: found
            .recent_orders
            .into_iter()
            .map(|order| order_row(order, zone))
            .collect(),
    })
}

fn row(t: Text, slug: &str, subscription: &SubscriptionView, can_write: bool) -> SubscriptionRow {
    let actions = if can_write { subscription.short_steps(t, slug) } else { Vec::new() };
    SubscriptionRow {
        name: subscription.name(t),
        href: paths::subscription(slug, subscription.id),
        badge: subscription.badge(t),
        sentence: subscription.sentence(t),
        actions,
    }
}

fn open_orders(t: Text, slug: &str, open: &OpenOrders) -> Option<Message> {
    let sums: Vec<String> = open.sums.iter().map(|sum| format::money(*sum, t.locale())).collect();
    let link = (paths::orders_open(slug), t.overview_attention_open_orders_link().to_owned());
    (open.count > 0).then(|| Message {
        tone: Tone::Wait,
        title: t.overview_attention_open_orders(open.count, &sums.join(" + ")),
        link: Some(link),
        ..Message::default()
    })
}

/// What wants the reader to do something about a subscription.
fn needs(t: Text, slug: &str, subscription: &SubscriptionView, can_write: bool) -> Option<Message> {
    let tone = match subscription.standing() {
        Standing::Canceling => Tone::Note,
        Standing::PastDue | Standing::Unpaid => Tone::Bad,
        _ => return None,
    };
    let link = if subscription.can_keep() && can_write {
        (paths::subscription_keep(slug, subscription.id), t.subscription_keep())
    } else {
        (paths::subscription(slug, subscription.id), t.overview_action_details())
    };
    Some(Message {
        tone,
        title: subscription.sentence(t),
        link: Some((link.0, link.1.to_owned())),
        ..Message::default()
    })
}

fn order_row(order: OrderSummary, zone: &str) -> OrderRow {
    OrderRow {
        order_id: order.order_id,
        product_name: order.product_name,
        reason: order.billing_reason,
        status: order.status,
        total: order.total,
        date: local(order.created_at, zone).date,
    }
}
