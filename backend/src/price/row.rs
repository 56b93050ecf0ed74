//! A price as the table holds it.

use domain::price::PriceAmount;
use uuid::Uuid;

use crate::error::InconsistencyError;

/// Builds what a price charges from its columns.
pub(crate) fn price_amount(
    price_id: Uuid,
    amount_type: &str,
    amount_minor: Option<i64>,
    seat_tiers: Option<serde_json::Value>,
) -> Result<PriceAmount, InconsistencyError> {
    let bad = |column| InconsistencyError::new("price", column, price_id);
    match (amount_type, amount_minor, seat_tiers) {
        ("free", None, None) => Ok(PriceAmount::Free),
        ("fixed", Some(amount_minor), None) => {
            PriceAmount::fixed(amount_minor).map_err(|_| bad("amount_minor"))
        }
        ("seat_based", None, Some(tiers)) => {
            let seat_tiers = serde_json::from_value(tiers).map_err(|_| bad("seat_tiers"))?;
            Ok(PriceAmount::SeatBased { seat_tiers })
        }
        _ => Err(bad("amount_type")),
    }
}
