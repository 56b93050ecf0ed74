//! What tax a line bears, and how it is computed.

use serde::{Deserialize, Serialize};

use crate::money::round_half_away;
use crate::text_enum::text_enum;

text_enum! {
    /// Whether tax comes on top of a price or is in it.
    TaxBehavior {
        Exclusive = "exclusive",
        Inclusive = "inclusive",
    }
}

text_enum! {
    /// Why a line bears the tax it bears; an invoice says it.
    TaxReason {
        /// The rate of the buyer's country.
        Standard = "standard",
        /// A business in another member state owes the tax itself (Art. 196 VAT Directive).
        ReverseCharge = "reverse_charge",
        CustomerExempt = "customer_exempt",
        /// The seller is not registered where the buyer is.
        NotCollected = "not_collected",
        /// The buyer's country is not known yet.
        AddressMissing = "address_missing",
    }
}

const PPM: i128 = 1_000_000;

/// A rate in parts per million (19 % is 190,000) and why it applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxRate {
    pub rate_ppm: u32,
    pub reason: TaxReason,
}

impl TaxRate {
    /// No tax, for a reason.
    pub const fn none(reason: TaxReason) -> Self {
        Self { rate_ppm: 0, reason }
    }

    /// The tax on (exclusive) or in (inclusive) an amount in minor units, rounded half away from zero; of a credit, negative.
    pub fn tax_minor(self, taxable_minor: i64, behavior: TaxBehavior) -> i64 {
        let rate = i128::from(self.rate_ppm);
        let base = match behavior {
            TaxBehavior::Exclusive => PPM,
            TaxBehavior::Inclusive => PPM + rate,
        };
        round_half_away(i128::from(taxable_minor) * rate, base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GERMAN: TaxRate = TaxRate { rate_ppm: 190_000, reason: TaxReason::Standard };

    #[test]
    fn tax_comes_on_top_or_is_in_it() {
        assert_eq!(GERMAN.tax_minor(1000, TaxBehavior::Exclusive), 190);
        assert_eq!(GERMAN.tax_minor(1190, TaxBehavior::Inclusive), 190);
        assert_eq!(GERMAN.tax_minor(-1450, TaxBehavior::Exclusive), -276);
        let none = TaxRate::none(TaxReason::ReverseCharge);
        assert_eq!(none.tax_minor(1000, TaxBehavior::Inclusive), 0);
    }

    proptest! {
        /// What is in a gross amount is what comes on top of its net, within one unit.
        #[test]
        fn both_ways_agree(gross in -10_000_000_i64..10_000_000, rate_ppm in 0_u32..=300_000) {
            let rate = TaxRate { rate_ppm, reason: TaxReason::Standard };
            let included = rate.tax_minor(gross, TaxBehavior::Inclusive);
            let added = rate.tax_minor(gross - included, TaxBehavior::Exclusive);
            prop_assert!((included - added).abs() <= 1);
        }
    }
}
