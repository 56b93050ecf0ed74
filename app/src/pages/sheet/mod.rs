//! The pages that the server makes as data, see [`crate::ui::sheet`]: one question loads them all, one component shows them.

#[cfg(feature = "ssr")]
mod load;

use leptos::prelude::*;

use super::load::named_page;
use crate::error::AppError;
use crate::ui::sheet::{Sheet, show};

#[cfg(feature = "ssr")]
pub(crate) use load::{Asked, Reader};

/// Loads a page made of data. `sheet` is its name in `routes.rs`; `id` and what follows come from its address.
#[server(prefix = "/api", endpoint = "view/sheet")]
pub async fn load_sheet(
    organization: String,
    sheet: String,
    #[server(default)] id: String,
    #[server(default)] product: Option<String>,
    #[server(default)] seats: Option<String>,
    #[server(default)] done: Option<String>,
    #[server(default)] to: Option<String>,
) -> Result<Sheet, AppError> {
    load::load(&sheet, Asked { organization, id, product, seats, done, to }).await
}

/// The page of this name.
pub fn page(name: &'static str) -> AnyView {
    named_page::<LoadSheet>(name, &["product", "seats", "done", "to"], show)
}
