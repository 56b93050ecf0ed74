//! Discounts on the wire.

use std::collections::BTreeMap;

use backend::discount::DiscountDetail;
use domain::{
    discount::{DiscountAmount as Amount, DiscountDuration},
    id::{DiscountId, OrganizationId},
    metadata::Metadata,
    money::{Currency, Money},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::product::ProductBase;
use crate::rest::timestamp::Timestamp;

/// A price reduction, without the products it is for.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DiscountBase {
    /// `once`, `repeating` or `forever`.
    #[schema(example = "repeating")]
    pub duration: &'static str,
    /// For how many months a repeating one lasts; missing for others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_in_months: Option<i32>,
    #[serde(flatten)]
    pub amount: DiscountAmount,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub id: DiscountId,
    /// What you note at it.
    #[schema(value_type = Object)]
    pub metadata: Metadata,
    /// What customers read beside the amount.
    pub name: String,
    /// What customers type, in capitals or not; null: only you give it.
    #[schema(example = "SPRING26")]
    pub code: Option<String>,
    pub starts_at: Option<Timestamp>,
    /// From then on it can no longer be redeemed; what was redeemed runs on.
    pub ends_at: Option<Timestamp>,
    pub max_redemptions: Option<i32>,
    pub max_redemptions_per_customer: Option<i32>,
    /// Purchases with it; renewals do not count.
    pub redemptions_count: i32,
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
}

/// How much comes off, before tax.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum DiscountAmount {
    /// The same amount each time, for each currency in which it can be used.
    Fixed {
        /// In the first of its currencies, in minor units.
        amount: i64,
        /// `usd` if it has it, else the first.
        currency: String,
        /// By currency, in minor units.
        amounts: BTreeMap<String, i64>,
    },
    /// 2,500 is a quarter.
    Percentage { basis_points: i32 },
}

/// A price reduction.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Discount {
    #[serde(flatten)]
    pub base: DiscountBase,
    /// The only ones it is for; for every product when empty.
    pub products: Vec<ProductBase>,
}

impl From<&DiscountDetail> for DiscountBase {
    fn from(discount: &DiscountDetail) -> Self {
        let (duration, duration_in_months) = match discount.duration {
            DiscountDuration::Once => ("once", None),
            DiscountDuration::Repeating { months } => ("repeating", Some(months)),
            DiscountDuration::Forever => ("forever", None),
        };
        Self {
            duration,
            duration_in_months,
            amount: (&discount.amount).into(),
            created_at: discount.created_at.into(),
            modified_at: discount.modified_at.map(Into::into),
            id: discount.discount_id,
            metadata: discount.metadata.clone(),
            name: discount.name.clone(),
            code: discount.code.clone(),
            starts_at: discount.terms.starts_at.map(Into::into),
            ends_at: discount.terms.ends_at.map(Into::into),
            max_redemptions: discount.terms.max_redemptions,
            max_redemptions_per_customer: discount.terms.max_redemptions_per_customer,
            redemptions_count: discount.redemptions_count,
            organization_id: discount.organization_id,
        }
    }
}

impl From<&Amount> for DiscountAmount {
    fn from(amount: &Amount) -> Self {
        match amount {
            Amount::Percentage { basis_points } => Self::Percentage { basis_points: *basis_points },
            Amount::Fixed { amounts } => {
                let in_dollars = amounts.iter().find(|amount| amount.currency == Currency::USD);
                let first = in_dollars.or(amounts.first()).copied();
                let first = first.unwrap_or(Money::zero(Currency::USD));
                let by_currency =
                    |amount: &Money| (amount.currency.as_str().to_owned(), amount.minor);
                Self::Fixed {
                    amount: first.minor,
                    currency: first.currency.as_str().to_owned(),
                    amounts: amounts.iter().map(by_currency).collect(),
                }
            }
        }
    }
}
