//! Addresses on the wire.

use domain::address::Address as DomainAddress;
use serde::Serialize;
use utoipa::ToSchema;

/// A postal address.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Address {
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    /// Of the United States and Canada as `US-CA`; else as it was typed.
    pub state: Option<String>,
    /// ISO 3166-1, two letters.
    #[schema(min_length = 2, max_length = 2, example = "DE")]
    pub country: String,
}

impl From<DomainAddress> for Address {
    fn from(address: DomainAddress) -> Self {
        let country = address.country.to_string();
        let state = address.state.map(|state| match country.as_str() {
            "US" | "CA" => format!("{country}-{state}"),
            _ => state,
        });
        Self {
            line1: Some(address.line1),
            line2: address.line2,
            postal_code: address.postal_code,
            city: address.city,
            state,
            country,
        }
    }
}
