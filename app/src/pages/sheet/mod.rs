//! The pages that the server makes as data, see [`crate::ui::sheet`]: one question loads them all, one component shows them.
#![expect(clippy::too_many_arguments, reason = "one for each part of an address")]

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
    #[server(default)] order: Option<String>,
    #[server(default)] subscription: Option<String>,
    #[server(default)] setup: Option<String>,
    #[server(default)] page: Option<String>,
) -> Result<Sheet, AppError> {
    let asked =
        Asked { organization, id, product, seats, done, to, order, subscription, setup, page };
    load::load(&sheet, asked).await
}

/// What these pages read of their addresses' queries.
const QUERY: &[&str] =
    &["product", "seats", "done", "to", "order", "subscription", "setup", "page"];

/// The page of this name.
pub fn page(name: &'static str) -> AnyView {
    named_page::<LoadSheet>(name, QUERY, show)
}
