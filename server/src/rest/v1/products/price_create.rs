//! A new price in a body.

use backend::price::NewPrice;
use domain::{
    field_errors::FieldErrors,
    id::PriceId,
    money::Currency,
    price::PriceAmount,
    seat_tiers::{SeatTier, SeatTierType, SeatTiers},
    tax::TaxBehavior,
};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;
use utoipa::ToSchema;

/// A price of a product in one currency.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(tag = "amount_type", rename_all = "snake_case")]
pub enum ProductPriceCreate {
    /// The same for each period.
    Fixed {
        #[serde(flatten)]
        base: PriceBase,
        /// In minor units; 0 is free.
        #[schema(minimum = 0, maximum = 99_999_999_999_i64, example = 2900)]
        price_amount: i64,
    },
    /// Nothing is charged. It is told as `fixed` with 0.
    Free {
        #[serde(flatten)]
        base: PriceBase,
    },
    /// By the number of seats.
    SeatBased {
        #[serde(flatten)]
        base: PriceBase,
        seat_tiers: SeatTiersCreate,
    },
    /// Refused: customers cannot choose the amount yet.
    Custom {},
    /// Refused: usage cannot be charged yet.
    MeteredUnit {},
}

/// What every price has.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PriceBase {
    #[serde(default = "dollars")]
    #[schema(value_type = String, default = "usd", min_length = 3, max_length = 3)]
    price_currency: Currency,
    /// `exclusive`: tax comes on top; `inclusive`: it is in the amount; as the organization's when missing.
    #[schema(value_type = Option<String>)]
    tax_behavior: Option<TaxBehavior>,
}

/// Prices per seat, in tiers that follow one another.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SeatTiersCreate {
    #[serde(default = "volume")]
    #[schema(value_type = String, default = "volume", example = "graduated")]
    seat_tier_type: SeatTierType,
    #[schema(min_items = 1, max_items = 50)]
    tiers: Vec<SeatTierCreate>,
}

#[derive(Debug, Deserialize, ToSchema)]
pub struct SeatTierCreate {
    #[schema(minimum = 1, maximum = 100_000)]
    min_seats: i32,
    /// Included; missing in the last tier: without end.
    #[schema(maximum = 100_000)]
    max_seats: Option<i32>,
    /// In minor units.
    #[schema(minimum = 0, maximum = 99_999_999)]
    price_per_seat: i64,
}

const fn dollars() -> Currency {
    Currency::USD
}

const fn volume() -> SeatTierType {
    SeatTierType::Volume
}

impl ProductPriceCreate {
    /// The price as the commands take it. Mistakes are noted at `prices.<place>`.
    pub(super) fn checked(self, place: usize, errors: &mut FieldErrors) -> Option<NewPrice> {
        let at = |field: &str| format!("prices.{place}.{field}");
        let (base, amount) = match self {
            Self::Free { base } | Self::Fixed { base, price_amount: 0 } => {
                (base, PriceAmount::Free)
            }
            Self::Fixed { base, price_amount } => {
                let amount = PriceAmount::fixed(price_amount).map_err(|e| e.at(at("price_amount")));
                (base, errors.take(amount)?)
            }
            Self::SeatBased { base, seat_tiers } => {
                (base, seat_tiers.checked(&at("seat_tiers"), errors)?)
            }
            Self::Custom {} => {
                errors.push(at("amount_type"), "custom_prices_are_not_there_yet");
                return None;
            }
            Self::MeteredUnit {} => {
                errors.push(at("amount_type"), "metered_prices_are_not_there_yet");
                return None;
            }
        };
        Some(NewPrice { amount, currency: base.price_currency, tax_behavior: base.tax_behavior })
    }
}

impl SeatTiersCreate {
    fn checked(self, at: &str, errors: &mut FieldErrors) -> Option<PriceAmount> {
        let tiers = self.tiers.into_iter().map(|tier| SeatTier {
            min_seats: tier.min_seats,
            max_seats: tier.max_seats,
            price_per_seat_minor: tier.price_per_seat,
        });
        match SeatTiers::parse(self.seat_tier_type, tiers.collect()) {
            Ok(seat_tiers) => Some(PriceAmount::SeatBased { seat_tiers }),
            Err(wrong) => {
                errors.0.extend(wrong.0.into_iter().map(|error| error.at(at)));
                None
            }
        }
    }
}

/// A price from now on: one that the product has, by its id, or a new one.
#[derive(Debug, ToSchema)]
#[schema(as = ProductPriceUpdate)]
pub enum OfferedPrice {
    #[schema(title = "ExistingProductPrice")]
    Existing {
        #[schema(value_type = Uuid)]
        id: PriceId,
    },
    New(ProductPriceCreate),
}

impl<'de> Deserialize<'de> for OfferedPrice {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Existing {
            id: PriceId,
        }
        let value = Value::deserialize(from)?;
        if value.get("id").is_some() {
            let Existing { id } = serde_json::from_value(value).map_err(D::Error::custom)?;
            Ok(Self::Existing { id })
        } else {
            serde_json::from_value(value).map(Self::New).map_err(D::Error::custom)
        }
    }
}
