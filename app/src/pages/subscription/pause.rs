//! Pausing at the end of the period, with an optional day on which it goes on; and taking that back before it begins.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::{keep_running_sheet, sheet};

/// Pauses a subscription at the end of its period. `resumes_on` is a day in the customer's time zone, or empty.
#[server(prefix = "/api", endpoint = "subscription/pause")]
pub async fn pause_subscription(
    organization: String,
    subscription_id: String,
    #[server(default)] resumes_on: String,
) -> Result<Done, AppError> {
    page::pause(&organization, &subscription_id, resumes_on.trim()).await
}

/// Takes back a pause that has not begun.
#[server(prefix = "/api", endpoint = "subscription/keep-running")]
pub async fn keep_running(organization: String, subscription_id: String) -> Result<Done, AppError> {
    page::keep_running(&organization, &subscription_id).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::local_time::first_moment;
    use backend::subscription::{self, PauseError, PauseSubscription, UnschedulePauseError};
    use domain::local_time::{date_string, parse_date};
    use domain::subscription::{PauseRefusal, UnschedulePauseRefusal};
    use time::Duration;

    use super::{KeepRunning, PauseSubscription as PauseForm};
    use crate::error::AppError;
    use crate::pages::sheet::{Asked, Reader};
    use crate::pages::subscription::load::{parse_id, subscription_of};
    use crate::pages::subscription::view::{Standing, SubscriptionView, day};
    use crate::ssr::internal;
    use crate::text::Text;
    use crate::ui::form::{Done, Field, action, message};
    use crate::ui::sheet::{Block, Sheet, SheetForm};
    use crate::urls::paths;

    /// `/{organization}/portal/subscriptions/{id}/pause`
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let subscription = subscription_of(&reader, asked).await?;
        let code = match subscription.standing() {
            _ if !reader.organization.settings.pause => "pause_off",
            _ if subscription.open_change.is_some() => "change_pending",
            Standing::Active => return Ok(offer(&reader, slug, &subscription)),
            Standing::Trialing => "pause_trialing",
            Standing::Canceling => "pause_canceling",
            Standing::Pausing => "pause_already_scheduled",
            Standing::Paused => "pause_already_paused",
            Standing::PastDue => "pause_past_due",
            Standing::Ended | Standing::IncompleteExpired | Standing::Unpaid => {
                "subscription_ended"
            }
            Standing::Incomplete => "subscription_not_running",
        };
        let status = if code == "pause_off" { 403 } else { 409 };
        Ok(nothing(t, slug, &subscription, t.pause_title(&subscription.plan), code).status(status))
    }

    /// There is nothing to do: why, and the steps that there are.
    fn nothing(
        t: Text,
        slug: &str,
        subscription: &SubscriptionView,
        title: impl Into<String>,
        code: &str,
    ) -> Sheet {
        let up = paths::subscription(slug, subscription.id);
        let next = subscription.short_steps(t, slug).into_iter().next();
        let next = if subscription.can_keep_running() {
            let keep = paths::subscription_keep_running(slug, subscription.id);
            (keep, t.subscription_keep_running().to_owned())
        } else {
            next.filter(|_| !subscription.can_cancel() || subscription.can_resume())
                .unwrap_or((up.clone(), t.common_back().to_owned()))
        };
        Sheet::new(title)
            .lead(message(t, code))
            .status(409)
            .back(up, subscription.name(t))
            .link(next.0, next.1)
    }

    fn offer(reader: &Reader, slug: &str, subscription: &SubscriptionView) -> Sheet {
        let (t, name) = (reader.text, subscription.plan.as_str());
        let date = subscription.turn_date(t);
        let end = subscription.period_end.date;
        let (first, last) = (end + Duration::days(1), end + Duration::days(5 * 365));
        let mut points = vec![
            t.pause_consequence_access(name, &date),
            t.pause_consequence_charge().to_owned(),
            t.pause_consequence_return(&subscription.price(t)),
            t.pause_consequence_undo(&date),
        ];
        if subscription.scheduled.is_some() {
            points.push(t.pause_consequence_scheduled().to_owned());
        }
        let up = paths::subscription(slug, subscription.id);
        let field =
            Field::date("resumes_on", t.pause_label(), date_string(first), date_string(last))
                .hint(t.pause_hint(&date, &subscription.period_end.zone));
        let form =
            SheetForm::new(action::<PauseForm>(), t.pause_submit(name, &date), t.pause_pending())
                .hidden("subscription_id", subscription.id.to_string())
                .field(field)
                .secondary(up.clone(), t.pause_instead());
        Sheet::new(t.pause_title(name))
            .lead(t.pause_lead(name, &date))
            .back(up, subscription.name(t))
            .block(Block::points(t.pause_consequences_title(), points))
            .form(form)
    }

    pub(super) async fn pause(
        organization: &str,
        subscription_id: &str,
        resumes_on: &str,
    ) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let subscription_id = parse_id(subscription_id)?;
        let resumes_at = match resumes_on {
            "" => None,
            text => {
                let date = parse_date(text)
                    .ok_or_else(|| AppError::field("resumes_on", "date_invalid"))?;
                Some(first_moment(date, &reader.person.time_zone))
            }
        };
        let input = PauseSubscription { subscription_id, resumes_at };
        subscription::pause(&reader.portal.db, &mut reader.cx, input).await.map_err(refusal)?;
        Ok(Done::at(format!("{}?done=pausing", paths::subscription(organization, subscription_id))))
    }

    fn refusal(error: PauseError) -> AppError {
        let code = match error {
            PauseError::Unknown => return AppError::NotFound,
            PauseError::Forbidden(_) => return AppError::Forbidden,
            PauseError::NotOffered => "pause_off",
            PauseError::Refused(refusal) => match refusal {
                PauseRefusal::Ended => "subscription_ended",
                PauseRefusal::Canceling => "pause_canceling",
                PauseRefusal::AlreadyPaused => "pause_already_paused",
                PauseRefusal::AlreadyScheduled => "pause_already_scheduled",
                PauseRefusal::Trialing => "pause_trialing",
                PauseRefusal::PastDue => "pause_past_due",
                PauseRefusal::NotRunning => "subscription_not_running",
                PauseRefusal::ResumesTooEarly => {
                    return AppError::field("resumes_on", "resumes_too_early");
                }
                PauseRefusal::ResumesTooLate => {
                    return AppError::field("resumes_on", "resumes_too_late");
                }
                PauseRefusal::ChangePending => "change_pending",
            },
            error => return internal(&error),
        };
        AppError::conflict(code)
    }

    /// `/{organization}/portal/subscriptions/{id}/pause/keep-running`
    pub(crate) async fn keep_running_sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let subscription = subscription_of(&reader, asked).await?;
        if !subscription.can_keep_running() {
            let code = match subscription.standing() {
                _ if subscription.open_change.is_some() => "change_pending",
                Standing::Paused => "pause_begun",
                Standing::Ended => "subscription_ended",
                _ => "pause_not_scheduled",
            };
            return Ok(nothing(t, slug, &subscription, t.pause_keep_title(), code));
        }
        let (name, date) = (subscription.plan.as_str(), day(t, &subscription.period_end));
        let up = paths::subscription(slug, subscription.id);
        let renews = if subscription.amount.is_zero() {
            t.keep_renews_free(&date)
        } else {
            t.keep_renews(&date, &subscription.price(t))
        };
        let form =
            SheetForm::new(action::<KeepRunning>(), t.pause_keep_submit(name), t.pause_pending())
                .hidden("subscription_id", subscription.id.to_string())
                .secondary(up.clone(), t.common_back());
        Ok(Sheet::new(t.pause_keep_title())
            .lead(t.pause_keep_lead(name, &date))
            .back(up, subscription.name(t))
            .block(Block::list(vec![renews, t.keep_unchanged().to_owned()]))
            .form(form))
    }

    pub(super) async fn keep_running(
        organization: &str,
        subscription_id: &str,
    ) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let id = parse_id(subscription_id)?;
        subscription::unschedule_pause(&reader.portal.db, &mut reader.cx, id).await.map_err(
            |error| match error {
                UnschedulePauseError::Unknown => AppError::NotFound,
                UnschedulePauseError::Forbidden(_) => AppError::Forbidden,
                UnschedulePauseError::Refused(refusal) => AppError::conflict(match refusal {
                    UnschedulePauseRefusal::NotScheduled => "pause_not_scheduled",
                    UnschedulePauseRefusal::AlreadyPaused => "pause_begun",
                    UnschedulePauseRefusal::Ended => "subscription_ended",
                    UnschedulePauseRefusal::ChangePending => "change_pending",
                }),
                error => internal(&error),
            },
        )?;
        Ok(Done::at(format!("{}?done=keeps_running", paths::subscription(organization, id))))
    }
}
