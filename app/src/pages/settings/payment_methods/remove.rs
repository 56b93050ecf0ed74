//! Removing a method.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::sheet;

/// Removes a method of the signed-in customer.
#[server(prefix = "/api", endpoint = "payment-method/remove")]
pub async fn remove_payment_method(
    organization: String,
    payment_method_id: String,
) -> Result<Done, AppError> {
    page::remove(&organization, &payment_method_id).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::payment_method::{self, PaymentMethod, RemoveError};

    use super::RemovePaymentMethod;
    use crate::error::AppError;
    use crate::pages::method;
    use crate::pages::settings::payment_methods::list::{all, named};
    use crate::pages::sheet::{Asked, Reader};
    use crate::ssr::internal;
    use crate::text::Text;
    use crate::ui::form::{Done, action};
    use crate::ui::sheet::{Block, Sheet, SheetForm};
    use crate::urls::paths;

    /// `/{organization}/portal/settings/payment-methods/{id}/remove`
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, methods) = (reader.text, all(&reader).await?);
        let Ok(chosen) = named(&methods, &asked.id) else {
            // Also what the page that has just removed it reads when it hears of that.
            return Ok(Sheet::new(t.failure_not_found_title())
                .lead(t.failure_not_found_text())
                .status(404)
                .link(paths::payment_methods(&asked.organization), t.methods_title()));
        };
        Ok(describe(t, &asked.organization, chosen, methods.len() > 1))
    }

    /// `has_other`: the customer keeps another one, which takes over.
    fn describe(t: Text, slug: &str, chosen: &PaymentMethod, has_other: bool) -> Sheet {
        let name = method::name(t, &chosen.details);
        let up = paths::payment_methods(slug);
        let sheet = Sheet::new(t.methods_remove_title(&name)).back(up.clone(), t.methods_title());
        if !has_other && !chosen.subscriptions.is_empty() {
            let needed: Vec<&str> =
                chosen.subscriptions.iter().map(|(_, name)| name.as_str()).collect();
            let sheet = sheet
                .lead(t.methods_in_use_lead(&name, &needed.join(", ")))
                .status(409)
                .link(paths::payment_method_add(slug), t.methods_add());
            let to = |sheet: Sheet, (id, name): &(_, String)| {
                sheet.link(paths::subscription(slug, *id), t.methods_to_subscription(name))
            };
            return chosen.subscriptions.iter().take(3).fold(sheet, to);
        }
        let mut points: Vec<String> =
            chosen.subscriptions.iter().map(|(_, name)| t.methods_remove_moves(name)).collect();
        points.push(t.methods_remove_history().to_owned());
        let form = SheetForm::new(
            action::<RemovePaymentMethod>(),
            t.methods_remove_submit(&name),
            t.methods_removing(),
        )
        .hidden("payment_method_id", chosen.payment_method_id.to_string())
        .danger()
        .secondary(up, t.common_back());
        let processor = method::processor_name(Some(&chosen.processor));
        sheet.lead(t.methods_remove_lead(&name, processor)).block(Block::list(points)).form(form)
    }

    pub(super) async fn remove(
        organization: &str,
        payment_method_id: &str,
    ) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let id = payment_method_id.parse().map_err(|_| AppError::NotFound)?;
        payment_method::remove(&reader.portal.db, &mut reader.cx, id).await.map_err(|error| {
            match error {
                RemoveError::Unknown => AppError::NotFound,
                RemoveError::Forbidden(_) => AppError::Forbidden,
                RemoveError::InUse { .. } => AppError::conflict("method_in_use"),
                error => internal(&error),
            }
        })?;
        Ok(Done::at(format!("{}?done=removed", paths::payment_methods(organization))))
    }

    #[cfg(test)]
    mod tests {
        use domain::locale::Locale;

        use super::*;
        use crate::pages::method::tests::visa;

        fn used() -> PaymentMethod {
            let team = (uuid::Uuid::from_u128(3).into(), "Team".to_owned());
            PaymentMethod { subscriptions: vec![team], is_default: true, ..visa(2) }
        }

        #[test]
        fn the_last_method_of_a_subscription_leads_to_another_one() {
            let sheet = describe(Text::of(Locale::En), "acme", &used(), false);
            assert_eq!(sheet.status, Some(409));
            assert!(sheet.form.is_none() && sheet.lead.contains("Team"), "{}", sheet.lead);
            assert_eq!(sheet.links[0].0, "/acme/portal/settings/payment-methods/add");
        }

        #[test]
        fn the_button_says_what_it_removes() {
            let t = Text::of(Locale::En);
            for (method, has_other) in [(used(), true), (visa(2), false)] {
                let form = describe(t, "acme", &method, has_other).form.unwrap();
                assert_eq!(form.submit, "Remove Visa ending in 4242");
                assert_eq!(form.kind, crate::ui::button::ButtonKind::Danger);
            }
        }
    }
}
