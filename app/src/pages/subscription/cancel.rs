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
    super::load::cancel(&organization, &subscription_id, reason, comment).await
}

#[cfg(feature = "ssr")]
mod page {
    use domain::subscription::{CANCELLATION_COMMENT_MAX_CHARS, CancellationReason};

    use super::CancelSubscription;
    use crate::error::AppError;
    use crate::pages::sheet::Asked;
    use crate::pages::subscription::load::subscription_of;
    use crate::pages::subscription::view::{Standing, SubscriptionView};
    use crate::text::Text;
    use crate::ui::form::{Choice, Field, action};
    use crate::ui::sheet::{Block, Sheet, SheetForm};
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
            Standing::Incomplete | Standing::Paused => {
                (t.cancel_not_billable_title(), t.cancel_not_billable_lead(&name))
            }
            Standing::Active | Standing::Trialing | Standing::PastDue => {
                return Ok(offer(t, slug, &subscription));
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

    fn offer(t: Text, slug: &str, subscription: &SubscriptionView) -> Sheet {
        let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
        let lead = if subscription.standing() == Standing::Trialing {
            t.cancel_trial_lead(&name, &date)
        } else {
            t.cancel_lead(&name, &date)
        };
        let up = paths::subscription(slug, subscription.id);
        let consequences = vec![
            t.cancel_consequence_access(&name, &date),
            t.cancel_consequence_charge().to_owned(),
            t.cancel_consequence_open_orders().to_owned(),
            t.cancel_consequence_undo(&date),
            t.cancel_consequence_mail().to_owned(),
        ];
        let form = SheetForm::new(
            action::<CancelSubscription>(),
            t.cancel_submit(&name, &date),
            t.cancel_pending(),
        )
        .danger()
        .hidden("subscription_id", subscription.id.to_string())
        .field(Field::radio("reason", t.cancel_reason_legend(), reasons(t)))
        .field(comment(t))
        .secondary(up.clone(), t.cancel_keep_instead());
        Sheet::new(t.cancel_title(&name))
            .lead(lead)
            .back(up, name)
            .block(Block::points(t.cancel_consequences_title(), consequences))
            .form(form)
    }

    pub(crate) fn reasons(t: Text) -> Vec<Choice> {
        let choice = |reason: &CancellationReason| Choice {
            value: reason.as_str().to_owned(),
            label: t.cancel_reason(reason.as_str()).unwrap_or_default().to_owned(),
            detail: None,
        };
        CancellationReason::ALL.iter().map(choice).collect()
    }

    pub(crate) fn comment(t: Text) -> Field {
        let maxlength = u16::try_from(CANCELLATION_COMMENT_MAX_CHARS).unwrap_or(u16::MAX);
        Field::area("comment", t.cancel_comment_label(), maxlength).hint(t.cancel_comment_hint())
    }
}
