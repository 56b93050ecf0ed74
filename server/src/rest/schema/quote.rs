//! Quotes on the wire.

use backend::quote::{Quote as BackendQuote, QuoteRequest};
use domain::{
    change::{ChangeKind, ChangeTiming},
    id::{QuoteId, SubscriptionId},
    interval::Interval,
    quote::QuotedCharge,
};
use serde::Serialize;
use utoipa::ToSchema;

use super::charge_preview::SubscriptionChargePreview;
use crate::rest::timestamp::Timestamp;

/// What a change to a subscription does, to the cent. Confirming it charges exactly that.
#[derive(Debug, Serialize, ToSchema)]
pub struct Quote {
    #[schema(value_type = Uuid)]
    pub id: QuoteId,
    pub created_at: Timestamp,
    /// From then on it cannot be confirmed.
    pub expires_at: Timestamp,
    #[schema(value_type = Uuid)]
    pub subscription_id: SubscriptionId,
    #[schema(value_type = String, example = "plan")]
    pub kind: ChangeKind,
    /// `now` or `next_period`.
    #[schema(value_type = String, example = "now")]
    pub timing: ChangeTiming,
    pub takes_effect_at: Timestamp,
    /// After the change.
    pub product_name: String,
    /// After the change.
    pub seats: Option<i32>,
    /// For one period after the change, in minor units, before discount and tax.
    pub amount: i64,
    #[schema(example = "eur")]
    pub currency: String,
    #[schema(value_type = String, example = "month")]
    pub recurring_interval: Interval,
    pub recurring_interval_count: u16,
    /// What confirming charges at once.
    pub due_now: SubscriptionChargePreview,
    /// What goes back when it ends at once, tax included, in minor units.
    pub refund_amount: i64,
    /// The next charge after the change; null when there is none.
    pub next_charge: Option<ChargeToCome>,
}

/// A charge to come.
#[derive(Debug, Serialize, ToSchema)]
pub struct ChargeToCome {
    pub at: Timestamp,
    pub charge: SubscriptionChargePreview,
}

impl From<BackendQuote> for Quote {
    fn from(quote: BackendQuote) -> Self {
        let result = quote.result;
        Self {
            id: quote.quote_id,
            created_at: quote.created_at.into(),
            expires_at: quote.expires_at.into(),
            subscription_id: quote.subscription_id,
            kind: QuoteRequest::kind(&quote.request),
            timing: result.timing,
            takes_effect_at: result.takes_effect_at.into(),
            product_name: result.product_name,
            seats: result.seats,
            amount: result.new_amount.minor,
            currency: result.new_amount.currency.as_str().to_owned(),
            recurring_interval: result.new_interval.interval(),
            recurring_interval_count: result.new_interval.count(),
            due_now: (&result.due_now).into(),
            refund_amount: result.refund.map_or(0, |refund| refund.amount.minor),
            next_charge: result.next_charge.map(Into::into),
        }
    }
}

impl From<QuotedCharge> for ChargeToCome {
    fn from(charge: QuotedCharge) -> Self {
        Self { at: charge.at.into(), charge: (&charge.amounts).into() }
    }
}
