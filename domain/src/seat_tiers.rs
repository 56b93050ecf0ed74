//! Prices per seat, in tiers.

use serde::{Deserialize, Serialize};

use crate::field_errors::{FieldError, FieldErrors};
use crate::text_enum::text_enum;

text_enum! {
    /// How tiers apply to a number of seats.
    SeatTierType {
        /// All seats at the rate of the tier that the number falls into.
        Volume = "volume",
        /// Each seat at the rate of the tier that it stands in.
        Graduated = "graduated",
    }
}

pub const SEAT_TIERS_MAX: usize = 50;
pub const SEATS_MAX: i32 = 100_000;
/// No price per seat is higher, so no sum leaves 64 bits.
pub const PRICE_PER_SEAT_MAX_MINOR: i64 = 99_999_999;

/// From `min_seats` to `max_seats`, both included; an open end only in the last tier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct SeatTier {
    pub min_seats: i32,
    pub max_seats: Option<i32>,
    pub price_per_seat_minor: i64,
}

/// Tiers without gap or overlap.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "Raw", into = "Raw")]
pub struct SeatTiers {
    tier_type: SeatTierType,
    tiers: Vec<SeatTier>,
}

#[derive(Serialize, Deserialize)]
struct Raw {
    tier_type: SeatTierType,
    tiers: Vec<SeatTier>,
}

/// A number of seats that the tiers do not sell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SeatsRefusal {
    #[error("at least {minimum} seats are sold")]
    BelowMinimum { minimum: i32 },
    #[error("at most {maximum} seats are sold")]
    AboveMaximum { maximum: i32 },
}

impl SeatTiers {
    /// # Errors
    /// On `seat_tiers`: `required`, `seat_tiers_too_many`, `seat_tiers_gap` (tiers must follow one another), `seat_tiers_range`
    /// (an end before its start, or beyond 100,000 seats), `seat_tiers_open_end` (only the last may be open),
    /// `seat_tiers_price_range` (0 to 999,999.99 in currencies with hundredths).
    pub fn parse(tier_type: SeatTierType, tiers: Vec<SeatTier>) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        if tiers.is_empty() {
            errors.push("seat_tiers", "required");
        }
        if tiers.len() > SEAT_TIERS_MAX {
            errors.push("seat_tiers", "seat_tiers_too_many");
        }
        if tiers.iter().any(|tier| !is_range(tier)) {
            errors.push("seat_tiers", "seat_tiers_range");
        }
        if tiers.iter().rev().skip(1).any(|tier| tier.max_seats.is_none()) {
            errors.push("seat_tiers", "seat_tiers_open_end");
        } else if tiers.windows(2).any(|pair| {
            pair[0].max_seats.and_then(|max| max.checked_add(1)) != Some(pair[1].min_seats)
        }) {
            errors.push("seat_tiers", "seat_tiers_gap");
        }
        if tiers
            .iter()
            .any(|tier| !(0..=PRICE_PER_SEAT_MAX_MINOR).contains(&tier.price_per_seat_minor))
        {
            errors.push("seat_tiers", "seat_tiers_price_range");
        }
        errors.result(Self { tier_type, tiers })
    }

    pub const fn tier_type(&self) -> SeatTierType {
        self.tier_type
    }

    pub fn tiers(&self) -> &[SeatTier] {
        &self.tiers
    }

    pub fn minimum_seats(&self) -> i32 {
        self.tiers.first().map_or(1, |tier| tier.min_seats)
    }

    pub fn maximum_seats(&self) -> Option<i32> {
        self.tiers.last().and_then(|tier| tier.max_seats)
    }

    /// What `seats` seats cost for one period, in minor units.
    ///
    /// # Errors
    /// When the tiers do not sell that number.
    pub fn amount_minor(&self, seats: i32) -> Result<i64, SeatsRefusal> {
        let minimum = self.minimum_seats();
        if seats < minimum {
            return Err(SeatsRefusal::BelowMinimum { minimum });
        }
        let maximum = self.maximum_seats().unwrap_or(SEATS_MAX).min(SEATS_MAX);
        if seats > maximum {
            return Err(SeatsRefusal::AboveMaximum { maximum });
        }
        Ok(match self.tier_type {
            SeatTierType::Volume => {
                let tier = self.tiers.iter().rev().find(|tier| tier.min_seats <= seats);
                tier.map_or(0, |tier| tier.price_per_seat_minor * i64::from(seats))
            }
            SeatTierType::Graduated => self
                .tiers
                .iter()
                .map(|tier| tier.price_per_seat_minor * i64::from(self.seats_in(tier, seats)))
                .sum(),
        })
    }

    /// How many of `seats` stand in `tier`; those below the first tier's start count to the first.
    fn seats_in(&self, tier: &SeatTier, seats: i32) -> i32 {
        let below = if tier.min_seats == self.minimum_seats() { 0 } else { tier.min_seats - 1 };
        (tier.max_seats.unwrap_or(SEATS_MAX).min(seats) - below).max(0)
    }
}

fn is_range(tier: &SeatTier) -> bool {
    (1..=SEATS_MAX).contains(&tier.min_seats)
        && tier.max_seats.is_none_or(|max| tier.min_seats <= max && max <= SEATS_MAX)
}

impl TryFrom<Raw> for SeatTiers {
    type Error = FieldErrors;

    fn try_from(raw: Raw) -> Result<Self, FieldErrors> {
        Self::parse(raw.tier_type, raw.tiers)
    }
}

impl From<SeatTiers> for Raw {
    fn from(tiers: SeatTiers) -> Self {
        Self { tier_type: tiers.tier_type, tiers: tiers.tiers }
    }
}

impl From<SeatsRefusal> for FieldError {
    fn from(refusal: SeatsRefusal) -> Self {
        match refusal {
            SeatsRefusal::BelowMinimum { .. } => Self::new("seats", "seats_below_minimum"),
            SeatsRefusal::AboveMaximum { .. } => Self::new("seats", "seats_above_maximum"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tier(min_seats: i32, max_seats: Option<i32>, price_per_seat_minor: i64) -> SeatTier {
        SeatTier { min_seats, max_seats, price_per_seat_minor }
    }

    fn three(tier_type: SeatTierType) -> SeatTiers {
        SeatTiers::parse(
            tier_type,
            vec![tier(1, Some(4), 1000), tier(5, Some(9), 900), tier(10, None, 800)],
        )
        .unwrap()
    }

    #[test]
    fn volume_takes_one_rate_for_all() {
        let tiers = three(SeatTierType::Volume);
        for (seats, amount) in
            [(1, 1000), (4, 4000), (5, 4500), (9, 8100), (10, 8000), (100, 80_000)]
        {
            assert_eq!(tiers.amount_minor(seats), Ok(amount), "{seats}");
        }
    }

    #[test]
    fn graduated_takes_each_seat_at_its_own_rate() {
        let tiers = three(SeatTierType::Graduated);
        for (seats, amount) in
            [(1, 1000), (4, 4000), (5, 4900), (9, 8500), (10, 9300), (12, 10_900)]
        {
            assert_eq!(tiers.amount_minor(seats), Ok(amount), "{seats}");
        }
    }

    #[test]
    fn seats_outside_the_tiers_are_refused() {
        let tiers = SeatTiers::parse(SeatTierType::Graduated, vec![tier(3, Some(5), 100)]).unwrap();
        assert_eq!(tiers.amount_minor(2), Err(SeatsRefusal::BelowMinimum { minimum: 3 }));
        assert_eq!(tiers.amount_minor(-1), Err(SeatsRefusal::BelowMinimum { minimum: 3 }));
        assert_eq!(tiers.amount_minor(6), Err(SeatsRefusal::AboveMaximum { maximum: 5 }));
        assert_eq!(tiers.amount_minor(3), Ok(300));
        assert_eq!(
            three(SeatTierType::Volume).amount_minor(SEATS_MAX + 1),
            Err(SeatsRefusal::AboveMaximum { maximum: SEATS_MAX })
        );
    }

    #[test]
    fn broken_tiers_are_named() {
        let code = |tiers: Vec<SeatTier>| {
            SeatTiers::parse(SeatTierType::Volume, tiers)
                .unwrap_err()
                .first("seat_tiers")
                .unwrap()
                .to_owned()
        };
        assert_eq!(code(vec![]), "required");
        assert_eq!(code(vec![tier(0, None, 1)]), "seat_tiers_range");
        assert_eq!(code(vec![tier(5, Some(4), 1)]), "seat_tiers_range");
        assert_eq!(code(vec![tier(1, Some(i32::MAX), 1)]), "seat_tiers_range");
        assert_eq!(code(vec![tier(1, None, 1), tier(2, None, 1)]), "seat_tiers_open_end");
        assert_eq!(code(vec![tier(1, Some(3), 1), tier(5, None, 1)]), "seat_tiers_gap");
        assert_eq!(code(vec![tier(1, Some(3), 1), tier(3, None, 1)]), "seat_tiers_gap");
        assert_eq!(code(vec![tier(1, None, -1)]), "seat_tiers_price_range");
        assert!(serde_json::from_str::<SeatTiers>(r#"{"tier_type":"volume","tiers":[]}"#).is_err());
    }

    proptest! {
        /// The oracle lays out the seats one by one.
        #[test]
        fn amounts_agree_with_counting_seat_by_seat(widths in prop::collection::vec((1_i32..20, 0_i64..10_000), 1..6), seats in 1_i32..100, graduated: bool) {
            let mut start = 1;
            let mut tiers = vec![];
            for (n, (width, price)) in widths.iter().enumerate() {
                let is_last = n + 1 == widths.len();
                tiers.push(tier(start, (!is_last).then_some(start + width - 1), *price));
                start += width;
            }
            let rate = |seat: i32| tiers.iter().find(|t| t.min_seats <= seat && t.max_seats.is_none_or(|max| seat <= max)).unwrap().price_per_seat_minor;
            let expected: i64 = (1..=seats).map(|seat| if graduated { rate(seat) } else { rate(seats) }).sum();
            let tier_type = if graduated { SeatTierType::Graduated } else { SeatTierType::Volume };
            prop_assert_eq!(SeatTiers::parse(tier_type, tiers.clone()).unwrap().amount_minor(seats), Ok(expected));
        }
    }
}
