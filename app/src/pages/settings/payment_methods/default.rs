//! Making a method the default.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::{refusal, sheet};

/// Makes a method the default of the signed-in customer.
#[server(prefix = "/api", endpoint = "payment-method/default")]
pub async fn set_default_method(
    organization: String,
    payment_method_id: String,
) -> Result<Done, AppError> {
    page::set(&organization, &payment_method_id).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::payment_method::{ChooseMethodError, set_default};

    use super::SetDefaultMethod;
    use crate::error::AppError;
    use crate::pages::method;
    use crate::pages::settings::payment_methods::list::{all, named};
    use crate::pages::sheet::{Asked, Reader};
    use crate::ssr::internal;
    use crate::ui::form::{Done, action};
    use crate::ui::sheet::{Block, Sheet, SheetForm};
    use crate::urls::paths;

    /// `/{organization}/portal/settings/payment-methods/{id}/default`
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let methods = all(&reader).await?;
        let chosen = named(&methods, &asked.id)?;
        let name = method::name(t, &chosen.details);
        let up = paths::payment_methods(slug);
        let sheet = Sheet::new(t.methods_default_title(&name)).back(up.clone(), t.methods_title());
        if chosen.is_default {
            return Ok(sheet
                .lead(t.methods_default_already(&name))
                .status(409)
                .link(up, t.common_back()));
        }
        let mut points = vec![t.methods_default_overdue().to_owned()];
        if let Some(former) = methods.iter().find(|method| method.is_default) {
            points.push(t.methods_default_former(&method::name(t, &former.details)));
        }
        let form = SheetForm::new(
            action::<SetDefaultMethod>(),
            t.methods_default_submit(&name),
            t.methods_saving(),
        )
        .hidden("payment_method_id", chosen.payment_method_id.to_string())
        .secondary(up, t.common_back());
        Ok(sheet.lead(t.methods_default_lead(&name)).block(Block::list(points)).form(form))
    }

    pub(super) async fn set(organization: &str, payment_method_id: &str) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let id = payment_method_id.parse().map_err(|_| AppError::NotFound)?;
        set_default(&reader.portal.db, &mut reader.cx, id).await.map_err(refusal)?;
        Ok(Done::at(format!("{}?done=default", paths::payment_methods(organization))))
    }

    /// Why a method cannot be used so.
    pub(crate) fn refusal(error: ChooseMethodError) -> AppError {
        match error {
            ChooseMethodError::Unknown => AppError::NotFound,
            ChooseMethodError::Forbidden(_) => AppError::Forbidden,
            ChooseMethodError::IsDefault => AppError::conflict("method_is_default"),
            error => internal(&error),
        }
    }
}
