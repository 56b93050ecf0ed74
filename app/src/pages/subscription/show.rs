//! A subscription: its state in a sentence, what can be done, what comes next, the facts.

use backend::payment_method::of_subscription;
use backend::subscription_change::action_url;
use domain::format;
use domain::local_time::LocalDateTime;

use super::load::subscription_of;
use super::view::{OpenChangeView, Standing, SubscriptionView, day, price_interval};
use crate::error::AppError;
use crate::pages::method;
use crate::pages::sheet::{Asked, Reader};
use crate::text::Text;
use crate::ui::sheet::{Block, Body, Message, Sheet};
use crate::ui::tone::Tone;
use crate::urls::paths;

/// `/{organization}/portal/subscriptions/{id}`
pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
    let reader = asked.reader().await?;
    let mut subscription = subscription_of(&reader, asked).await?;
    if let Some(change) =
        subscription.open_change.as_mut().filter(|_| reader.may_write_billing().is_ok())
    {
        change.action_url = action_url(&reader.portal.db, &reader.actor(), subscription.id).await?;
    }
    let method = method_of(&reader, &subscription).await?;
    Ok(describe(&reader, asked, &subscription, method.as_deref()))
}

/// What it is paid with, in words; `None` where nothing is charged here, and for whom that is not shown.
async fn method_of(
    reader: &Reader,
    subscription: &SubscriptionView,
) -> Result<Option<String>, AppError> {
    let is_charged = reader.organization.has_processor && subscription.ended_at.is_none();
    if !is_charged || !reader.person.actor.role.can_read_billing() {
        return Ok(None);
    }
    let t = reader.text;
    let found = of_subscription(&reader.portal.db, &reader.actor(), subscription.id).await?;
    let name = found.map(|found| method::name(t, &found.details));
    Ok(Some(name.unwrap_or_else(|| t.methods_fact_none().to_owned())))
}

fn describe(
    reader: &Reader,
    asked: &Asked,
    subscription: &SubscriptionView,
    method: Option<&str>,
) -> Sheet {
    let (t, slug, role) = (reader.text, asked.organization.as_str(), reader.person.actor.role);
    let mut sheet = Sheet::new(subscription.name(t))
        .lead(subscription.sentence(t))
        .badge(subscription.badge(t))
        .back(paths::overview(slug), t.subscription_back());
    if let Some(title) = confirmation(reader, asked, subscription, method) {
        let message = Message { tone: Tone::Good, title, is_news: true, ..Message::default() };
        sheet = sheet.block(Block { title: None, body: Body::Alert(message) });
    }
    if let Some(change) = &subscription.open_change {
        sheet = sheet.block(Block { title: None, body: Body::Alert(waiting(t, change)) });
    }
    if let Some(next) = subscription.scheduled.as_ref().filter(|_| subscription.ended_at.is_none())
    {
        let price = price_interval(t, next.amount, next.interval);
        let title = t.subscription_scheduled_title(&day(t, &next.at), &next.name(t), &price);
        let text = t.subscription_scheduled_text().to_owned();
        sheet = sheet.block(Block::alert(Tone::Note, title, Some(text)));
    }
    sheet = sheet.block(Block::points(t.subscription_next_title(), subscription.next(t)));
    let mut links = if role.can_write_billing() {
        subscription.steps(t, slug, reader.organization.settings)
    } else {
        Vec::new()
    };
    if method.is_some() && role.can_write_billing() {
        let page = paths::subscription_payment_method(slug, subscription.id);
        links.push((page, t.methods_change().to_owned()));
    }
    if !links.is_empty() {
        sheet = sheet.block(Block::new(t.subscription_actions(), Body::Links(links)));
    }
    sheet = sheet
        .block(Block::new(t.subscription_details(), Body::Facts(facts(t, subscription, method))));
    if role.can_read_billing() {
        let orders = (paths::orders_of(slug, subscription.id), t.subscription_orders().to_owned());
        sheet = sheet.block(Block { title: None, body: Body::Links(vec![orders]) });
    }
    sheet
}

/// A change on its way to its payment: what it waits for, and the way there.
fn waiting(t: Text, change: &OpenChangeView) -> Message {
    let text = match &change.action_url {
        Some(_) => t.subscription_open_change_action().to_owned(),
        None => t.subscription_open_change_text(&day(t, &change.since)),
    };
    Message {
        tone: Tone::Wait,
        title: t.subscription_open_change_title().to_owned(),
        text: Some(text),
        link: change
            .action_url
            .clone()
            .map(|url| (url, t.subscription_open_change_link().to_owned())),
        ..Message::default()
    }
}

/// Right after a step: said only while it is true, whatever the address claims.
fn confirmation(
    reader: &Reader,
    asked: &Asked,
    subscription: &SubscriptionView,
    method: Option<&str>,
) -> Option<String> {
    let t = reader.text;
    let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
    match asked.done.as_deref()? {
        "canceled" if subscription.can_keep() => {
            Some(t.cancel_confirmed(&name, &date, reader.person.member_email.as_str()))
        }
        "method" => method.map(|method| t.methods_choose_done(&subscription.name(t), method)),
        "kept" if subscription.can_cancel() => Some(t.keep_done(&name, &date)),
        "pausing" if subscription.can_keep_running() => Some(t.pause_done(&name, &date)),
        "keeps_running" if subscription.can_pause() => Some(t.pause_keep_done(&name, &date)),
        "update_undone" if subscription.scheduled.is_none() => {
            Some(t.update_done(&subscription.name(t)))
        }
        "changed" if subscription.change_refusal().is_none() => {
            Some(t.subscription_changed(&subscription.name(t)))
        }
        "resumed" if subscription.can_cancel() => Some(t.subscription_resumed(&name, &date)),
        "begun" if subscription.can_cancel() => Some(t.subscription_begun(&name, &date)),
        "ended" if subscription.ended_at.is_some() => Some(t.cancel_now_done(&name)),
        _ => None,
    }
}

fn facts(t: Text, subscription: &SubscriptionView, method: Option<&str>) -> Vec<(String, String)> {
    let mut facts = vec![(t.subscription_amount().to_owned(), subscription.price_interval(t))];
    if let Some(seats) = subscription.seats {
        let count = format::count(seats.into(), t.locale());
        facts.push((t.subscription_seats().to_owned(), count));
    }
    if let Some((name, covers_next)) = &subscription.discount {
        let said = if *covers_next { name.clone() } else { t.subscription_discount_over(name) };
        facts.push((t.subscription_discount().to_owned(), said));
    }
    facts.extend(method.map(|method| (t.methods_fact().to_owned(), method.to_owned())));
    let mut date = |name: &str, at: Option<&LocalDateTime>| {
        if let Some(at) = at {
            facts.push((name.to_owned(), day(t, at)));
        }
    };
    let is_running = subscription.ended_at.is_none();
    let standing = subscription.standing();
    let end = Some(&subscription.period_end);
    date(t.subscription_started_on(), subscription.started_at.as_ref());
    date(t.subscription_trial_until(), end.filter(|_| standing == Standing::Trialing));
    date(t.subscription_canceled_on(), subscription.canceled_at.as_ref());
    date(t.subscription_ends_on(), subscription.ends_at.as_ref().filter(|_| is_running));
    date(t.subscription_ended_on(), subscription.ended_at.as_ref());
    date(t.subscription_pauses_on(), end.filter(|_| standing == Standing::Pausing));
    date(t.subscription_paused_on(), subscription.paused_at.as_ref());
    date(t.subscription_resumes_on(), subscription.resumes_at.as_ref().filter(|_| is_running));
    if is_running && standing != Standing::Paused {
        let range = t.order_period_range(
            &day(t, &subscription.period_start),
            &day(t, &subscription.period_end),
        );
        facts.push((t.subscription_period().to_owned(), range));
    }
    facts
}
