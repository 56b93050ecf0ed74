//! A subscription: its state in a sentence, what can be done, what comes next, the facts.

use domain::format;
use domain::local_time::LocalDateTime;

use super::load::subscription_of;
use super::view::SubscriptionView;
use crate::error::AppError;
use crate::pages::sheet::{Asked, Reader};
use crate::text::Text;
use crate::ui::sheet::{Block, Body, Message, Sheet};
use crate::ui::tone::Tone;
use crate::urls::paths;

/// `/{organization}/portal/subscriptions/{id}`
pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
    let reader = asked.reader().await?;
    let subscription = subscription_of(&reader, asked).await?;
    Ok(describe(&reader, asked, &subscription))
}

fn describe(reader: &Reader, asked: &Asked, subscription: &SubscriptionView) -> Sheet {
    let (t, slug, role) = (reader.text, asked.organization.as_str(), reader.person.actor.role);
    let mut sheet = Sheet::new(subscription.name(t))
        .lead(subscription.sentence(t))
        .badge(subscription.badge(t))
        .back(paths::overview(slug), t.subscription_back());
    if let Some(title) = confirmation(reader, asked, subscription) {
        let message = Message { tone: Tone::Good, title, is_news: true, ..Message::default() };
        sheet = sheet.block(Block { title: None, body: Body::Alert(message) });
    }
    if role.can_write_billing() {
        let links = subscription.actions(t, slug);
        sheet = sheet.block(Block { title: None, body: Body::Links(links) });
    }
    sheet = sheet
        .block(Block::new(t.subscription_next_title(), Body::Text(subscription.next(t))))
        .block(Block::new(t.subscription_details(), Body::Facts(facts(t, subscription))));
    if role.can_read_billing() {
        let orders = (paths::orders_of(slug, subscription.id), t.subscription_orders().to_owned());
        sheet = sheet.block(Block { title: None, body: Body::Links(vec![orders]) });
    }
    sheet
}

/// Right after cancelling or keeping: said only while it is true, whatever the address claims.
fn confirmation(reader: &Reader, asked: &Asked, subscription: &SubscriptionView) -> Option<String> {
    let t = reader.text;
    let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
    match asked.done.as_deref()? {
        "canceled" if subscription.can_keep() => {
            Some(t.cancel_confirmed(&name, &date, reader.person.member_email.as_str()))
        }
        "kept" if subscription.can_cancel() => Some(t.keep_done(&name, &date)),
        _ => None,
    }
}

fn facts(t: Text, subscription: &SubscriptionView) -> Vec<(String, String)> {
    let mut facts = vec![(t.subscription_amount().to_owned(), subscription.price_interval(t))];
    if let Some(seats) = subscription.seats {
        let count = format::count(seats.into(), t.locale());
        facts.push((t.subscription_seats().to_owned(), count));
    }
    let mut date = |name: &str, at: Option<&LocalDateTime>| {
        if let Some(at) = at {
            facts.push((name.to_owned(), format::date(at.date, t.locale())));
        }
    };
    let is_running = subscription.ended_at.is_none();
    date(t.subscription_started_on(), subscription.started_at.as_ref());
    date(t.subscription_canceled_on(), subscription.canceled_at.as_ref());
    date(t.subscription_ends_on(), subscription.ends_at.as_ref().filter(|_| is_running));
    date(t.subscription_ended_on(), subscription.ended_at.as_ref());
    if is_running {
        let day = |at: &LocalDateTime| format::date(at.date, t.locale());
        let range =
            t.order_period_range(&day(&subscription.period_start), &day(&subscription.period_end));
        facts.push((t.subscription_period().to_owned(), range));
    }
    facts
}
