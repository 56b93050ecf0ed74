//! The discount that a subscription has.

use domain::discount::{AppliedDiscount, DiscountAmount, DiscountDuration};
use domain::id::DiscountId;
use domain::money::{Currency, Money};

use crate::error::InconsistencyError;
use crate::subscription::row::SubscriptionRow;

/// The discount in a subscription's row, if it has one. A fixed one holds its amount in the subscription's currency only; without one
/// in it, it takes nothing off.
pub(crate) fn applied(
    row: &SubscriptionRow,
) -> Result<Option<(DiscountId, AppliedDiscount)>, InconsistencyError> {
    let Some(discount_id) = row.discount_id else { return Ok(None) };
    let bad = |column| InconsistencyError::new("discount", column, discount_id);
    let amount = match (row.discount_type.as_deref(), row.discount_basis_points) {
        (Some("percentage"), Some(basis_points)) => DiscountAmount::Percentage { basis_points },
        (Some("fixed"), None) => {
            let currency = Currency::parse(&row.currency).map_err(|_| {
                InconsistencyError::new("subscription", "currency", row.subscription_id)
            })?;
            let amounts = row.discount_amount_minor.map(|minor| Money::new(minor, currency));
            DiscountAmount::Fixed { amounts: amounts.into_iter().collect() }
        }
        _ => return Err(bad("type")),
    };
    let duration = match (row.discount_duration.as_deref(), row.discount_duration_in_months) {
        (Some("once"), None) => DiscountDuration::Once,
        (Some("forever"), None) => DiscountDuration::Forever,
        (Some("repeating"), Some(months)) => DiscountDuration::Repeating { months },
        _ => return Err(bad("duration")),
    };
    let applied = AppliedDiscount {
        name: row.discount_name.clone().ok_or_else(|| bad("name"))?,
        amount,
        duration,
        applied_at: row.discount_applied_at.ok_or_else(|| {
            InconsistencyError::new("subscription", "discount_applied_at", row.subscription_id)
        })?,
    };
    Ok(Some((discount_id.into(), applied)))
}
