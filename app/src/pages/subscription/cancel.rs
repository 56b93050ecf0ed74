//! Cancelling at the end of the period: what will happen and when, an optional reason, one button that says what it does.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::{nothing_to_do, sheet};

/// Cancels a subscription at the end of its period.
#[server(prefix = "/api", endpoint = "subscription/cancel")]
pub async fn cancel_subscription(
    organization: String,
    subscription_id: String,
    #[server(default)] reason: Option<String>,
    #[server(default)] comment: Option<String>,
) -> Result<Done, AppError> {
    page::cancel(&organization, &subscription_id, reason, comment).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::subscription::{self, CancelError};
    use domain::subscription::{CANCELLATION_COMMENT_MAX_CHARS, CancelRefusal, CancellationReason};

    use super::CancelSubscription;
    use crate::error::AppError;
    use crate::pages::sheet::{Asked, Reader};
    use crate::pages::subscription::load::{parse_id, subscription_of};
    use crate::pages::subscription::view::{Standing, SubscriptionView};
    use crate::ssr::internal;
    use crate::text::Text;
    use crate::ui::form::{Choice, Done, Field, action, message};
    use crate::ui::sheet::{Block, Body, Sheet, SheetForm};
    use crate::urls::paths;

    /// `/{organization}/portal/subscriptions/{id}/cancel`
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let subscription = subscription_of(&reader, asked).await?;
        let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
        let (title, lead) = match subscription.standing() {
            Standing::Canceling => (t.cancel_already_title(), t.cancel_already_lead(&name, &date)),
            Standing::Ended | Standing::IncompleteExpired | Standing::Unpaid => {
                (t.cancel_ended_title(), t.cancel_ended_lead(&name, &date))
            }
            Standing::Incomplete => {
                (t.cancel_not_billable_title(), t.cancel_not_billable_lead(&name))
            }
            _ if subscription.open_change.is_some() => {
                (t.subscription_open_change_title(), message(t, "change_pending"))
            }
            Standing::Active
            | Standing::Trialing
            | Standing::PastDue
            | Standing::Pausing
            | Standing::Paused => {
                return Ok(offer(&reader, slug, &subscription));
            }
        };
        Ok(nothing_to_do(t, slug, &subscription, title, lead))
    }

    /// There is nothing to do: said with its status, and the way on.
    pub(crate) fn nothing_to_do(
        t: Text,
        slug: &str,
        subscription: &SubscriptionView,
        title: &str,
        lead: impl Into<String>,
    ) -> Sheet {
        let sheet = Sheet::new(title)
            .lead(lead)
            .status(409)
            .back(paths::subscription(slug, subscription.id), subscription.name(t));
        if subscription.can_keep() {
            sheet.link(paths::subscription_keep(slug, subscription.id), t.subscription_keep())
        } else {
            sheet
        }
    }

    fn offer(reader: &Reader, slug: &str, subscription: &SubscriptionView) -> Sheet {
        let t = reader.text;
        let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
        let up = paths::subscription(slug, subscription.id);
        let (lead, submit) = match subscription.standing() {
            Standing::Paused => (t.cancel_paused_lead(&name), t.cancel_submit_now(&name)),
            Standing::Trialing => {
                (t.cancel_trial_lead(&name, &date), t.cancel_submit(&name, &date))
            }
            _ => (t.cancel_lead(&name, &date), t.cancel_submit(&name, &date)),
        };
        let form = SheetForm::new(action::<CancelSubscription>(), submit, t.cancel_pending())
            .danger()
            .hidden("subscription_id", subscription.id.to_string())
            .field(Field::radio("reason", t.cancel_reason_legend(), reasons(t)))
            .field(comment(t))
            .secondary(up.clone(), t.cancel_keep_instead());
        let sheet = Sheet::new(t.cancel_title(&name))
            .lead(lead)
            .back(up, name)
            .block(Block::points(t.cancel_consequences_title(), consequences(t, subscription)));
        let can_end_now = reader.organization.settings.cancel_now
            && matches!(subscription.standing(), Standing::Active | Standing::Pausing);
        let sheet = if can_end_now {
            let now = paths::subscription_cancel_now(slug, subscription.id);
            let links = vec![(now, t.cancel_now_link().to_owned())];
            sheet.block(Block { title: None, body: Body::Links(links) })
        } else {
            sheet
        };
        sheet.form(form)
    }

    fn consequences(t: Text, subscription: &SubscriptionView) -> Vec<String> {
        let (name, date) = (subscription.plan.as_str(), subscription.turn_date(t));
        if subscription.standing() == Standing::Paused {
            return vec![
                t.cancel_paused_consequence().to_owned(),
                t.cancel_consequence_open_orders().to_owned(),
                t.cancel_consequence_mail().to_owned(),
            ];
        }
        let mut points = vec![
            t.cancel_consequence_access(name, &date),
            t.cancel_consequence_charge().to_owned(),
        ];
        if subscription.is_pausing || subscription.scheduled.is_some() {
            points.push(t.cancel_consequence_scheduled().to_owned());
        }
        points.extend([
            t.cancel_consequence_open_orders().to_owned(),
            t.cancel_consequence_undo(&date),
            t.cancel_consequence_mail().to_owned(),
        ]);
        points
    }

    pub(super) async fn cancel(
        organization: &str,
        id: &str,
        reason: Option<String>,
        comment: Option<String>,
    ) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let subscription_id = parse_id(id)?;
        let reason = match reason.as_deref().filter(|reason| !reason.is_empty()) {
            None => None,
            Some(text) => Some(
                CancellationReason::parse(text)
                    .ok_or_else(|| AppError::field("reason", "reason_unknown"))?,
            ),
        };
        let input = subscription::CancelSubscription { subscription_id, reason, comment };
        subscription::cancel(&reader.portal.db, &mut reader.cx, input).await.map_err(|error| {
            match error {
                CancelError::Unknown => AppError::NotFound,
                CancelError::Refused(refusal) => AppError::conflict(match refusal {
                    CancelRefusal::AlreadyCanceled => "already_canceled",
                    CancelRefusal::Ended => "ended",
                    CancelRefusal::NotBillable => "not_billable",
                    CancelRefusal::ChangePending => "change_pending",
                }),
                CancelError::Invalid(errors) => AppError::Invalid(errors),
                CancelError::Forbidden(_) => AppError::Forbidden,
                error => internal(&error),
            }
        })?;
        Ok(Done::at(format!(
            "{}?done=canceled",
            paths::subscription(organization, subscription_id)
        )))
    }

    fn reasons(t: Text) -> Vec<Choice> {
        let choice = |reason: &CancellationReason| Choice {
            value: reason.as_str().to_owned(),
            label: t.cancel_reason(reason.as_str()).unwrap_or_default().to_owned(),
            detail: None,
        };
        CancellationReason::ALL.iter().map(choice).collect()
    }

    fn comment(t: Text) -> Field {
        let maxlength = u16::try_from(CANCELLATION_COMMENT_MAX_CHARS).unwrap_or(u16::MAX);
        Field::area("comment", t.cancel_comment_label(), maxlength).hint(t.cancel_comment_hint())
    }
}
