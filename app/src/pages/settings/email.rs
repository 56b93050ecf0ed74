//! Another e-mail address: the new one is proved by a link that is mailed to it.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::sheet;

/// Mails a link to the address that the signed-in customer wants.
#[server(prefix = "/api", endpoint = "email/change")]
pub async fn change_email(
    organization: String,
    #[server(default)] email: String,
) -> Result<Done, AppError> {
    page::change(&organization, &email).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::email_update::{self, EXPIRES_AFTER, RequestEmailUpdate, RequestEmailUpdateError};
    use domain::customer_type::CustomerType;
    use domain::email::EmailAddress;
    use domain::format;

    use super::ChangeEmail;
    use crate::error::AppError;
    use crate::pages::sheet::{Asked, Reader};
    use crate::ssr::{internal, local, request_info};
    use crate::ui::form::{Control, Done, Field, Input, action};
    use crate::ui::sheet::{Block, Body, Message, Sheet, SheetForm};
    use crate::ui::tone::Tone;
    use crate::urls::paths;

    /// `/{organization}/portal/settings/billing/email`
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let up = paths::billing(slug);
        let sheet = Sheet::new(t.email_title()).back(up.clone(), t.billing_title());
        let (organization, person) = (&reader.organization, &reader.person);
        let back = |sheet: Sheet| sheet.status(409).link(up.clone(), t.common_back());
        if person.customer_type == CustomerType::Team {
            return Ok(back(sheet.lead(t.email_team(&organization.name))));
        }
        if !organization.settings.allow_email_change {
            return Ok(back(sheet.lead(t.email_off(&organization.name))));
        }
        let mut sheet = sheet.lead(t.email_lead(&person.member_email));
        if asked.done.as_deref() == Some("changed") {
            sheet = sheet.block(news(t.email_changed(&person.member_email), None));
        }
        let now = reader.portal.clock.now();
        let waiting = email_update::waiting(&reader.portal.db, &person.actor, now)
            .await
            .map_err(|error| internal(&error))?;
        if let Some((email, expires_at)) = waiting {
            let until = local(expires_at, &person.time_zone);
            let text = t.email_sent_text(&format::time(until.time), &until.zone);
            sheet = sheet.block(news(t.email_sent(&email), Some(text)));
        }
        let field = Field::text("email", t.email_label()).with(Control::Input(Input {
            kind: "email".to_owned(),
            autocomplete: Some("email".to_owned()),
            ..Input::default()
        }));
        let form = SheetForm::new(action::<ChangeEmail>(), t.email_submit(), t.email_pending())
            .field(field)
            .secondary(up, t.common_back());
        let minutes = EXPIRES_AFTER.whole_minutes().to_string();
        let steps = vec![
            t.email_step_link(&minutes),
            t.email_step_until(&person.member_email),
            t.email_step_then(&person.member_email),
        ];
        Ok(sheet.form(form).block(Block::points(t.email_steps_title(), steps)))
    }

    fn news(title: String, text: Option<String>) -> Block {
        let message =
            Message { tone: Tone::Good, title, text, is_news: true, ..Message::default() };
        Block { title: None, body: Body::Alert(message) }
    }

    pub(super) async fn change(organization: &str, email: &str) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let email = EmailAddress::parse(email)?;
        let input = RequestEmailUpdate { email, client: request_info()?.client };
        email_update::request(&reader.portal.db, &mut reader.cx, input).await.map_err(|error| {
            match error {
                RequestEmailUpdateError::Off => AppError::conflict("email_off"),
                RequestEmailUpdateError::Team => AppError::conflict("email_team"),
                RequestEmailUpdateError::Invalid(errors) => AppError::Invalid(errors),
                RequestEmailUpdateError::Forbidden(_) => AppError::Forbidden,
                RequestEmailUpdateError::Limited(limited) => {
                    AppError::RateLimited { retry_after_s: limited.retry_after_s }
                }
                RequestEmailUpdateError::Database(_) => internal(&error),
            }
        })?;
        // Asked for once more, the address of the page is another one: so that it is read anew.
        let at = domain::micros::of(reader.cx.now);
        Ok(Done::at(format!("{}?done=sent-{at}", paths::email(organization))))
    }
}
