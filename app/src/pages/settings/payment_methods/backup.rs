//! Making a method the backup, and taking that back.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

#[cfg(feature = "ssr")]
pub(crate) use page::sheet;

/// Makes a method the backup of the signed-in customer; without one, the customer has none any more.
#[server(prefix = "/api", endpoint = "payment-method/backup")]
pub async fn set_backup_method(
    organization: String,
    #[server(default)] payment_method_id: Option<String>,
) -> Result<Done, AppError> {
    page::set(&organization, payment_method_id.as_deref()).await
}

#[cfg(feature = "ssr")]
mod page {
    use backend::payment_method::set_backup;

    use super::SetBackupMethod;
    use crate::error::AppError;
    use crate::pages::method;
    use crate::pages::settings::payment_methods::default::refusal;
    use crate::pages::settings::payment_methods::list::{all, named};
    use crate::pages::sheet::{Asked, Reader};
    use crate::ui::form::{Done, action};
    use crate::ui::sheet::{Block, Sheet, SheetForm};
    use crate::urls::paths;

    /// `/{organization}/portal/settings/payment-methods/{id}/backup`
    pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
        let reader = asked.reader().await?;
        reader.may_write_billing()?;
        let (t, slug) = (reader.text, asked.organization.as_str());
        let methods = all(&reader).await?;
        let chosen = named(&methods, &asked.id)?;
        let name = method::name(t, &chosen.details);
        let up = paths::payment_methods(slug);
        let form = |submit: String| {
            SheetForm::new(action::<SetBackupMethod>(), submit, t.methods_saving())
                .secondary(up.clone(), t.common_back())
        };
        let sheet = if chosen.is_backup {
            Sheet::new(t.methods_drop_title(&name))
                .lead(t.methods_drop_lead(&name))
                .form(form(t.methods_drop_submit(&name)))
        } else if chosen.is_default {
            Sheet::new(t.methods_backup_title(&name))
                .lead(t.methods_backup_is_default(&name))
                .status(409)
                .link(up.clone(), t.common_back())
        } else {
            let id = chosen.payment_method_id.to_string();
            let sheet = Sheet::new(t.methods_backup_title(&name))
                .lead(t.methods_backup_lead(&name))
                .form(form(t.methods_backup_submit(&name)).hidden("payment_method_id", id));
            match methods.iter().find(|method| method.is_backup) {
                Some(former) => {
                    let former = method::name(t, &former.details);
                    sheet.block(Block::list(vec![t.methods_backup_instead(&former)]))
                }
                None => sheet,
            }
        };
        Ok(sheet.back(up, t.methods_title()))
    }

    pub(super) async fn set(
        organization: &str,
        payment_method_id: Option<&str>,
    ) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let id = payment_method_id.map(str::parse).transpose().map_err(|_| AppError::NotFound)?;
        set_backup(&reader.portal.db, &mut reader.cx, id).await.map_err(refusal)?;
        let done = if id.is_some() { "backup" } else { "no_backup" };
        Ok(Done::at(format!("{}?done={done}", paths::payment_methods(organization))))
    }
}
