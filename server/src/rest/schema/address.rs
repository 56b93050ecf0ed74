//! Addresses on the wire.

use domain::address::{Address as DomainAddress, AddressInput as TypedAddress};
use serde::{Deserialize, Serialize};
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

/// A postal address, as it is typed.
#[derive(Debug, Deserialize, ToSchema)]
pub struct AddressInput {
    pub line1: Option<String>,
    pub line2: Option<String>,
    pub postal_code: Option<String>,
    pub city: Option<String>,
    /// Of the United States and Canada with or without the country before it.
    pub state: Option<String>,
    #[schema(min_length = 2, max_length = 2, example = "DE")]
    pub country: String,
}

impl From<AddressInput> for TypedAddress {
    fn from(address: AddressInput) -> Self {
        let country = address.country.to_uppercase();
        let state = address.state.unwrap_or_default();
        let state = match state.split_once('-') {
            Some((before, code)) if before.eq_ignore_ascii_case(&country) => code.to_owned(),
            _ => state,
        };
        Self {
            line1: address.line1.unwrap_or_default(),
            line2: address.line2.unwrap_or_default(),
            postal_code: address.postal_code.unwrap_or_default(),
            city: address.city.unwrap_or_default(),
            state,
            country,
        }
    }
}
