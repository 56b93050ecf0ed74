//! What a price charges for one period.

use serde::{Deserialize, Serialize};

use crate::field_errors::FieldError;
use crate::seat_tiers::{SeatTiers, SeatsRefusal};

/// No fixed amount is higher (the table says the same).
pub const AMOUNT_MAX_MINOR: i64 = 99_999_999_999;

/// One way to charge.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "amount_type", rename_all = "snake_case")]
pub enum PriceAmount {
    Free,
    Fixed { amount_minor: i64 },
    SeatBased { seat_tiers: SeatTiers },
}

/// A number of seats that does not go with the price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeatCountRefusal {
    #[error("this price is per seat: a number of seats is needed")]
    Required,
    #[error("this price is not per seat")]
    NotSeatBased,
    #[error(transparent)]
    Range(#[from] SeatsRefusal),
}

impl PriceAmount {
    /// # Errors
    /// On `amount_minor`: `amount_range` when not between 0 and 999,999,999.99 in currencies with hundredths.
    pub fn fixed(amount_minor: i64) -> Result<Self, FieldError> {
        if (0..=AMOUNT_MAX_MINOR).contains(&amount_minor) {
            Ok(Self::Fixed { amount_minor })
        } else {
            Err(FieldError::new("amount_minor", "amount_range"))
        }
    }

    pub const fn amount_type(&self) -> &'static str {
        match self {
            Self::Free => "free",
            Self::Fixed { .. } => "fixed",
            Self::SeatBased { .. } => "seat_based",
        }
    }

    pub const fn is_seat_based(&self) -> bool {
        matches!(self, Self::SeatBased { .. })
    }

    /// What one period costs, in minor units.
    ///
    /// # Errors
    /// Seats are given exactly when the price is per seat, and as many as its tiers sell.
    pub fn amount_minor(&self, seats: Option<i32>) -> Result<i64, SeatCountRefusal> {
        match (self, seats) {
            (Self::Free, None) => Ok(0),
            (Self::Fixed { amount_minor }, None) => Ok(*amount_minor),
            (Self::SeatBased { seat_tiers }, Some(seats)) => Ok(seat_tiers.amount_minor(seats)?),
            (Self::SeatBased { .. }, None) => Err(SeatCountRefusal::Required),
            (Self::Free | Self::Fixed { .. }, Some(_)) => Err(SeatCountRefusal::NotSeatBased),
        }
    }
}

impl From<SeatCountRefusal> for FieldError {
    fn from(refusal: SeatCountRefusal) -> Self {
        match refusal {
            SeatCountRefusal::Required => Self::new("seats", "required"),
            SeatCountRefusal::NotSeatBased => Self::new("seats", "seats_not_sold"),
            SeatCountRefusal::Range(range) => range.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seat_tiers::{SeatTier, SeatTierType};

    #[test]
    fn seats_go_with_seat_prices_only() {
        let tiers = SeatTiers::parse(
            SeatTierType::Volume,
            vec![SeatTier { min_seats: 2, max_seats: None, price_per_seat_minor: 500 }],
        )
        .unwrap();
        let seat_based = PriceAmount::SeatBased { seat_tiers: tiers };
        assert_eq!(seat_based.amount_minor(Some(3)), Ok(1500));
        assert_eq!(seat_based.amount_minor(None), Err(SeatCountRefusal::Required));
        assert_eq!(
            seat_based.amount_minor(Some(1)),
            Err(SeatCountRefusal::Range(SeatsRefusal::BelowMinimum { minimum: 2 }))
        );
        assert_eq!(PriceAmount::Free.amount_minor(None), Ok(0));
        assert_eq!(PriceAmount::fixed(900).unwrap().amount_minor(None), Ok(900));
        assert_eq!(
            PriceAmount::fixed(900).unwrap().amount_minor(Some(1)),
            Err(SeatCountRefusal::NotSeatBased)
        );
    }

    #[test]
    fn amounts_have_a_range() {
        assert!(PriceAmount::fixed(0).is_ok() && PriceAmount::fixed(AMOUNT_MAX_MINOR).is_ok());
        for amount in [-1, AMOUNT_MAX_MINOR + 1, i64::MIN] {
            assert_eq!(PriceAmount::fixed(amount).unwrap_err().code, "amount_range");
        }
    }
}
