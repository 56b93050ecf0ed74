//! Amounts as Stripe counts them: mostly minor units of ISO 4217, with exceptions.
//! Source: Stripe's documentation of currencies ("zero-decimal", "three-decimal" and "special cases").

use domain::money::Money;

/// The amount in the units that Stripe expects, `None` when it cannot be said there.
pub(super) fn in_stripe_units(amount: Money) -> Option<i64> {
    match amount.currency.as_str() {
        // Without decimals, but written with two for the sake of old programs.
        "isk" | "ugx" => amount.minor.checked_mul(100),
        // With decimals by ISO, without by Stripe.
        "mga" => (amount.minor % 100 == 0).then_some(amount.minor / 100),
        // Three decimals, the last of which must be zero.
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => (amount.minor % 10 == 0).then_some(amount.minor),
        _ => Some(amount.minor),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::Currency;

    #[test]
    fn the_exceptions() {
        let cases = [
            ("eur", 1999, Some(1999)),
            ("jpy", 500, Some(500)),
            ("isk", 5, Some(500)),
            ("ugx", 5, Some(500)),
            ("mga", 12_300, Some(123)),
            ("mga", 12_350, None),
            ("kwd", 5_120, Some(5_120)),
            ("kwd", 5_124, None),
        ];
        for (currency, minor, expected) in cases {
            let amount = Money::new(minor, Currency::parse(currency).unwrap());
            assert_eq!(in_stripe_units(amount), expected, "{minor} {currency}");
        }
    }
}
