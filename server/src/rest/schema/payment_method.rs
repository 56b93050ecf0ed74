//! Payment methods on the wire.

use backend::payment_method::PaymentMethod;
use domain::id::{CustomerId, PaymentMethodId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rest::timestamp::Timestamp;

/// A saved way to pay.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerPaymentMethod {
    #[schema(value_type = Uuid)]
    pub id: PaymentMethodId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    /// Clients know one name only; who really charges is the organization's matter.
    pub processor: &'static str,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// `card`, or the processor's name of another kind.
    #[serde(rename = "type")]
    #[schema(example = "card")]
    pub kind: String,
    /// Of cards.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub method_metadata: Option<CardMetadata>,
}

/// What may be seen of a card.
#[derive(Debug, Serialize, ToSchema)]
pub struct CardMetadata {
    #[schema(example = "visa")]
    pub brand: String,
    #[schema(example = "4242")]
    pub last4: String,
    pub exp_month: i16,
    pub exp_year: i16,
    pub wallet: Option<String>,
}

impl From<PaymentMethod> for CustomerPaymentMethod {
    fn from(method: PaymentMethod) -> Self {
        let details = method.details;
        let card = match (details.brand, details.last4, details.expiry) {
            (brand, Some(last4), Some(expiry)) if details.kind == "card" => Some(CardMetadata {
                brand: brand.unwrap_or_else(|| "unknown".into()),
                last4,
                exp_month: expiry.month,
                exp_year: expiry.year,
                wallet: details.wallet,
            }),
            _ => None,
        };
        // A card without its details would not be one to the clients.
        let kind = if details.kind == "card" && card.is_none() {
            "card_unknown".to_owned()
        } else {
            details.kind
        };
        Self {
            id: method.payment_method_id,
            created_at: method.created_at.into(),
            modified_at: None,
            processor: "stripe",
            customer_id: method.customer_id,
            kind,
            method_metadata: card,
        }
    }
}
