//! Taking back a change that waits for the end of the period.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::sheet;

/// Takes back a scheduled change.
#[server(prefix = "/api", endpoint = "subscription/undo-update")]
pub async fn undo_update(organization: String, subscription_id: String) -> Result<Done, AppError> {
    page::undo(&organization, &subscription_id).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::subscription::{self, UnscheduleUpdateError, UnscheduleUpdateRefusal};

    use super::UndoUpdate;
    use crate::error::AppError;
    use crate::pages::sheet::{Asked, Reader};
    use crate::pages::subscription::load::{parse_id, subscription_of};
    use crate::pages::subscription::view::day;
    use crate::ssr::internal;
    use crate::ui::form::{Done, action, message};
    use crate::ui::sheet::{Block, Sheet, SheetForm};
    use crate::urls::paths;

    /// `/{organization}/portal/subscriptions/{id}/update/undo`
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let subscription = subscription_of(&reader, asked).await?;
        let name = subscription.name(t);
        let up = paths::subscription(slug, subscription.id);
        let Some(next) = subscription.scheduled.as_ref().filter(|_| subscription.can_undo_update())
        else {
            let lead = if subscription.open_change.is_some() {
                message(t, "change_pending")
            } else {
                t.update_none_lead(&name)
            };
            return Ok(Sheet::new(t.update_none_title())
                .lead(lead)
                .status(409)
                .back(up.clone(), name)
                .link(up, t.common_back()));
        };
        let date = day(t, &next.at);
        let renews = if subscription.amount.is_zero() {
            t.keep_renews_free(&date)
        } else {
            t.keep_renews(&date, &subscription.price(t))
        };
        let form =
            SheetForm::new(action::<UndoUpdate>(), t.update_submit(&name), t.update_pending())
                .hidden("subscription_id", subscription.id.to_string())
                .secondary(up.clone(), t.common_back());
        Ok(Sheet::new(t.update_title())
            .lead(t.update_lead(&date, &next.name(t), &name))
            .back(up, name)
            .block(Block::list(vec![renews, t.update_unchanged().to_owned()]))
            .form(form))
    }

    pub(super) async fn undo(organization: &str, subscription_id: &str) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let id = parse_id(subscription_id)?;
        subscription::unschedule_update(&reader.portal.db, &mut reader.cx, id).await.map_err(
            |error| match error {
                UnscheduleUpdateError::Unknown => AppError::NotFound,
                UnscheduleUpdateError::Forbidden(_) => AppError::Forbidden,
                UnscheduleUpdateError::Refused(refusal) => AppError::conflict(match refusal {
                    UnscheduleUpdateRefusal::NotScheduled => "update_not_scheduled",
                    UnscheduleUpdateRefusal::TooLate => "update_too_late",
                    UnscheduleUpdateRefusal::Ended => "subscription_ended",
                    UnscheduleUpdateRefusal::ChangePending => "change_pending",
                }),
                error => internal(&error),
            },
        )?;
        Ok(Done::at(format!("{}?done=update_undone", paths::subscription(organization, id))))
    }
}
