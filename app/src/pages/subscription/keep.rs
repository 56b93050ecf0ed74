//! Taking a cancellation back.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::sheet;

/// Takes back the cancellation of a subscription.
#[server(prefix = "/api", endpoint = "subscription/keep")]
pub async fn keep_subscription(
    organization: String,
    subscription_id: String,
) -> Result<Done, AppError> {
    page::keep(&organization, &subscription_id).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::subscription::{self, KeepError};
    use domain::subscription::KeepRefusal;

    use super::KeepSubscription;
    use crate::error::AppError;
    use crate::pages::sheet::{Asked, Reader};
    use crate::pages::subscription::cancel::nothing_to_do;
    use crate::pages::subscription::load::{parse_id, subscription_of};
    use crate::pages::subscription::view::{Standing, SubscriptionView};
    use crate::ssr::internal;
    use crate::text::Text;
    use crate::ui::form::{Done, action, message};
    use crate::ui::sheet::{Block, Sheet, SheetForm};
    use crate::urls::paths;

    /// `/{organization}/portal/subscriptions/{id}/keep`
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let subscription = subscription_of(&reader, asked).await?;
        let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
        let (title, lead) = match subscription.standing() {
            Standing::Canceling if subscription.can_keep() => {
                return Ok(offer(t, slug, &subscription));
            }
            Standing::Ended | Standing::IncompleteExpired | Standing::Unpaid => {
                (t.cancel_ended_title(), t.subscription_sentence_ended(&name, &date))
            }
            Standing::Canceling => {
                (t.subscription_open_change_title(), message(t, "change_pending"))
            }
            _ => (t.keep_not_scheduled_title(), t.keep_not_scheduled_lead(&name)),
        };
        Ok(nothing_to_do(t, slug, &subscription, title, lead))
    }

    pub(super) async fn keep(organization: &str, id: &str) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let id = parse_id(id)?;
        subscription::keep(&reader.portal.db, &mut reader.cx, id).await.map_err(
            |error| match error {
                KeepError::Unknown => AppError::NotFound,
                KeepError::Refused(refusal) => AppError::conflict(match refusal {
                    KeepRefusal::NotScheduled => "not_scheduled",
                    KeepRefusal::Ended => "ended",
                    KeepRefusal::ChangePending => "change_pending",
                }),
                KeepError::Forbidden(_) => AppError::Forbidden,
                error => internal(&error),
            },
        )?;
        Ok(Done::at(format!("{}?done=kept", paths::subscription(organization, id))))
    }

    fn offer(t: Text, slug: &str, subscription: &SubscriptionView) -> Sheet {
        let (name, date) = (subscription.plan.clone(), subscription.turn_date(t));
        let renews = if subscription.amount.is_zero() {
            t.keep_renews_free(&date)
        } else {
            t.keep_renews(&date, &subscription.price(t))
        };
        let up = paths::subscription(slug, subscription.id);
        let form =
            SheetForm::new(action::<KeepSubscription>(), t.keep_submit(&name), t.keep_pending())
                .hidden("subscription_id", subscription.id.to_string())
                .secondary(up.clone(), t.common_back());
        let points = vec![renews, t.keep_unchanged().to_owned()];
        Sheet::new(t.keep_title(&name))
            .lead(t.keep_lead(&name, &date))
            .back(up, name)
            .block(Block::list(points))
            .form(form)
    }
}
