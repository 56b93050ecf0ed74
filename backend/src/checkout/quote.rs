//! What a checkout comes to. Nothing is asked of the database: all of it stands in the row.

use domain::country::Country;
use domain::discount::{AppliedDiscount, DiscountAmount, DiscountDuration};
use domain::money::Money;
use domain::next_charge::{ChargeTerms, NextCharge, next_charge, period_amounts};
use domain::order_amounts::OrderAmounts;
use domain::price::PriceAmount;
use domain::subscription::{Subscription, SubscriptionStatus};
use domain::tax::{TaxBehavior, TaxRate};
use domain::tax_rate::tax_rate;
use time::OffsetDateTime;

use super::error::CheckoutError;
use super::row::CheckoutRow;
use crate::error::InconsistencyError;
use crate::order::InsertOrderError;
use crate::price::price_amount;
use crate::tax;

/// What buying now would come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckoutQuote {
    /// The subscription as it would begin.
    pub facts: Subscription,
    /// Charged at once: of a trial, nothing.
    pub due_now: OrderAmounts,
    /// The first charged period: what is due now, or what is due after the trial.
    pub first: OrderAmounts,
    /// The charge after that which is made at once.
    pub next_charge: Option<NextCharge>,
    pub tax_behavior: TaxBehavior,
    /// The price itself asks for nothing.
    pub is_free: bool,
    /// Something is charged, now or later: a card is needed.
    pub needs_card: bool,
}

/// The price of a checkout.
pub(super) fn price(row: &CheckoutRow) -> Result<PriceAmount, InconsistencyError> {
    price_amount(row.price_id, &row.amount_type, row.amount_minor, row.seat_tiers.clone())
}

/// The rate for whoever buys, as far as the country is known.
fn rate(row: &CheckoutRow) -> Result<TaxRate, InconsistencyError> {
    let address = row.seller_address.as_ref().map(|address| address.0.clone());
    let organization_id = row.organization();
    let seller = tax::seller(organization_id, address, row.collects_eu_tax, &row.tax_countries)?;
    let country = row.billing_address.as_ref();
    let country = country.and_then(|address| Country::parse(&address.0.country).ok());
    let buyer = tax::buyer(country, row.tax_id.as_deref(), row.is_tax_exempt);
    Ok(tax_rate(&seller, &buyer))
}

/// Works out what the checkout would come to if it was bought at `now`.
///
/// # Errors
/// `Invalid` at `seats`.
pub(super) fn work_out(
    row: &CheckoutRow,
    now: OffsetDateTime,
) -> Result<CheckoutQuote, CheckoutError> {
    let price = price(row)?;
    let amount_minor = price.amount_minor(row.seats).map_err(|refusal| {
        CheckoutError::Invalid(domain::field_errors::FieldErrors(vec![refusal.into()]))
    })?;
    let amount = Money::new(amount_minor, row.currency()?);
    let facts = Subscription::begun(now, row.every()?, row.trial()?, amount, row.seats);
    let discount = discount(row, facts.billing_anchor_at)?;
    let tax_behavior = TaxBehavior::parse(&row.tax_behavior)
        .ok_or_else(|| InconsistencyError::new("price", "tax_behavior", row.price_id))?;
    let terms = ChargeTerms {
        product_name: &row.product_name,
        pending_update: None,
        discount: discount.as_ref(),
        open_entries: &[],
        rate: rate(row)?,
        tax_behavior,
    };
    let is_trial = facts.status == SubscriptionStatus::Trialing;
    let charged = if is_trial { Money::zero(amount.currency) } else { amount };
    let billed = Subscription { amount: charged, ..facts };
    let due_now = period_amounts(&billed, &terms).map_err(InsertOrderError::from)?;
    let next_charge = next_charge(&facts, &terms).map_err(InsertOrderError::from)?;
    let first = match &next_charge {
        Some(next) if is_trial => next.amounts.clone(),
        _ => due_now.clone(),
    };
    let is_given_away = first.totals.total.is_zero()
        && discount.is_some_and(|discount| discount.duration == DiscountDuration::Forever);
    Ok(CheckoutQuote {
        facts,
        due_now,
        first,
        next_charge,
        tax_behavior,
        is_free: amount_minor == 0,
        needs_card: amount_minor > 0 && !is_given_away,
    })
}

fn discount(
    row: &CheckoutRow,
    applied_at: OffsetDateTime,
) -> Result<Option<AppliedDiscount>, InconsistencyError> {
    let Some(discount_id) = row.discount_id else { return Ok(None) };
    let bad = |column| InconsistencyError::new("discount", column, discount_id);
    let amount = match (row.discount_type.as_deref(), row.discount_basis_points) {
        (Some("percentage"), Some(basis_points)) => DiscountAmount::Percentage { basis_points },
        (Some("fixed"), None) => {
            let currency = row.currency()?;
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
    let name = row.discount_name.clone().ok_or_else(|| bad("name"))?;
    Ok(Some(AppliedDiscount { name, amount, duration, applied_at }))
}
