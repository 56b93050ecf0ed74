//! From the backend's subscriptions to the page's, and from the forms' texts to the backend's commands.

use backend::subscription::{self, SubscriptionSummary};
use domain::id::SubscriptionId;
use time::OffsetDateTime;

use super::view::{OpenChangeView, PastDueView, ScheduledView, SubscriptionView};
use crate::error::AppError;
use crate::pages::sheet::{Asked, Reader};
use crate::ssr::local;

/// The facts of a subscription in a time zone.
pub(crate) fn view_of(summary: SubscriptionSummary, zone: &str) -> SubscriptionView {
    let facts = summary.facts;
    let at = |instant: Option<OffsetDateTime>| instant.map(|instant| local(instant, zone));
    SubscriptionView {
        id: summary.subscription_id,
        plan: summary.product_name,
        seats: facts.seats,
        status: facts.status,
        amount: facts.amount,
        interval: facts.interval,
        started_at: at(summary.started_at),
        period_start: local(facts.current_period.start, zone),
        period_end: local(facts.current_period.end, zone),
        canceled_at: at(facts.canceled_at),
        ends_at: at(facts.ends_at),
        ended_at: at(facts.ended_at),
        is_pausing: facts.pause_at_period_end,
        paused_at: at(facts.paused_at),
        resumes_at: at(facts.resumes_at),
        scheduled: summary.pending_update.map(|update| ScheduledView {
            plan: update.product_name,
            seats: update.seats,
            amount: update.amount,
            interval: update.interval,
            at: local(update.applies_at, zone),
        }),
        next_charge: summary
            .next_charge
            .map(|charge| (local(charge.at, zone), charge.amounts.totals.total)),
        past_due: summary.past_due.map(|due| PastDueView {
            amount: due.amount_open,
            next_attempt_at: at(due.next_attempt_at),
            deadline: local(due.deadline, zone),
        }),
        discount: summary
            .discount
            .map(|discount| (discount.applied.name, discount.covers_next_period)),
        open_change: summary
            .open_change
            .map(|change| OpenChangeView { since: local(change.since, zone), action_url: None }),
    }
}

/// An id from an address; what is no id names nothing.
pub(crate) fn parse_id(text: &str) -> Result<SubscriptionId, AppError> {
    text.parse().map_err(|_| AppError::NotFound)
}

/// The subscription that the address of a page names.
pub(super) async fn subscription_of(
    reader: &Reader,
    asked: &Asked,
) -> Result<SubscriptionView, AppError> {
    subscription_by_id(reader, asked.subscription_id()?).await
}

/// One subscription of the reader's customer.
pub(crate) async fn subscription_by_id(
    reader: &Reader,
    id: SubscriptionId,
) -> Result<SubscriptionView, AppError> {
    let found = subscription::get(&reader.portal.db, &reader.actor(), id).await?;
    found.map(|found| view_of(found.summary, &reader.person.time_zone)).ok_or(AppError::NotFound)
}
