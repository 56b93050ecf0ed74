//! From the page's questions and commands to the backend's.

use crate::ssr::local;
use backend::subscription::{self, CancelError, KeepError, SubscriptionSummary};
use domain::id::SubscriptionId;
use domain::subscription::{CancelRefusal, CancellationReason, KeepRefusal};
use time::OffsetDateTime;

use super::view::SubscriptionView;
use crate::error::AppError;
use crate::pages::sheet::{Asked, Reader};
use crate::ssr::{internal, portal, request_info, signed_in};
use crate::ui::form::Done;
use crate::urls::paths;

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
    }
}

/// An id from an address; what is no id names nothing.
fn parse_id(text: &str) -> Result<SubscriptionId, AppError> {
    text.parse().map_err(|_| AppError::NotFound)
}

/// The subscription that the address of a page names.
pub(super) async fn subscription_of(
    reader: &Reader,
    asked: &Asked,
) -> Result<SubscriptionView, AppError> {
    let found =
        subscription::get(&reader.portal.db, &reader.actor(), asked.subscription_id()?).await?;
    found.map(|found| view_of(found.summary, &reader.person.time_zone)).ok_or(AppError::NotFound)
}

pub(super) async fn cancel(
    organization: &str,
    id: &str,
    reason: Option<String>,
    comment: Option<String>,
) -> Result<Done, AppError> {
    let (portal, (_, person)) = (portal()?, signed_in(organization).await?);
    let subscription_id = parse_id(id)?;
    let reason = match reason.as_deref().filter(|reason| !reason.is_empty()) {
        None => None,
        Some(text) => Some(
            CancellationReason::parse(text)
                .ok_or_else(|| AppError::field("reason", "reason_unknown"))?,
        ),
    };
    let mut cx = portal.context(person.actor, &request_info()?);
    let input = subscription::CancelSubscription { subscription_id, reason, comment };
    subscription::cancel(&portal.db, &mut cx, input).await.map_err(|error| match error {
        CancelError::Unknown => AppError::NotFound,
        CancelError::Refused(CancelRefusal::AlreadyCanceled) => {
            AppError::conflict("already_canceled")
        }
        CancelError::Refused(CancelRefusal::Ended) => AppError::conflict("ended"),
        CancelError::Refused(CancelRefusal::NotBillable) => AppError::conflict("not_billable"),
        CancelError::Refused(CancelRefusal::ChangePending) => AppError::conflict("change_pending"),
        CancelError::Invalid(errors) => AppError::Invalid(errors),
        CancelError::Forbidden(_) => AppError::Forbidden,
        CancelError::Inconsistency(_) | CancelError::Database(_) => internal(&error),
    })?;
    Ok(Done::at(format!("{}?done=canceled", paths::subscription(organization, subscription_id))))
}

pub(super) async fn keep(organization: &str, id: &str) -> Result<Done, AppError> {
    let (portal, (_, person)) = (portal()?, signed_in(organization).await?);
    let subscription_id = parse_id(id)?;
    let mut cx = portal.context(person.actor, &request_info()?);
    subscription::keep(&portal.db, &mut cx, subscription_id).await.map_err(
        |error| match error {
            KeepError::Unknown => AppError::NotFound,
            KeepError::Refused(KeepRefusal::NotScheduled) => AppError::conflict("not_scheduled"),
            KeepError::Refused(KeepRefusal::Ended) => AppError::conflict("ended"),
            KeepError::Refused(KeepRefusal::ChangePending) => AppError::conflict("change_pending"),
            KeepError::Forbidden(_) => AppError::Forbidden,
            KeepError::Inconsistency(_) | KeepError::Database(_) => internal(&error),
        },
    )?;
    Ok(Done::at(format!("{}?done=kept", paths::subscription(organization, subscription_id))))
}
