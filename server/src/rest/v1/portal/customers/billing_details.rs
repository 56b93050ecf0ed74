//! What stands on a customer's invoices: Foyer's own operations, as the portal's page has them.

mod get;
mod replace;

use backend::customer::BillingDetails as Details;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{rest::schema::address::Address, state::AppState};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get::get, replace::replace))
}

/// What stands on the customer's invoices from the next order on.
#[derive(Debug, Serialize, ToSchema)]
pub struct BillingDetails {
    pub name: Option<String>,
    pub company: Option<String>,
    pub address: Option<Address>,
    /// In its country's form.
    #[schema(example = "DE123456789")]
    pub tax_id: Option<String>,
    /// The organization says so.
    pub is_tax_exempt: bool,
}

impl From<Details> for BillingDetails {
    fn from(details: Details) -> Self {
        Self {
            name: details.name,
            company: details.company,
            address: details.address.map(Into::into),
            tax_id: details.tax_id,
            is_tax_exempt: details.is_tax_exempt,
        }
    }
}
