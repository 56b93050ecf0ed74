//! Amounts: whole minor units of a currency. The only rounding function of the house is here.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::field_errors::FieldError;

/// ISO 4217 currencies in use whose minor unit is no hundredth: code and number of decimals.
const EXPONENTS: &[(&str, u8)] = &[
    ("bhd", 3),
    ("bif", 0),
    ("clp", 0),
    ("djf", 0),
    ("gnf", 0),
    ("iqd", 3),
    ("isk", 0),
    ("jod", 3),
    ("jpy", 0),
    ("kmf", 0),
    ("krw", 0),
    ("kwd", 3),
    ("lyd", 3),
    ("omr", 3),
    ("pyg", 0),
    ("rwf", 0),
    ("tnd", 3),
    ("ugx", 0),
    ("uyi", 0),
    ("vnd", 0),
    ("vuv", 0),
    ("xaf", 0),
    ("xof", 0),
    ("xpf", 0),
];

/// ISO 4217 currencies in use with hundredths.
const HUNDREDTHS: &[&str] = &[
    "aed", "afn", "all", "amd", "ang", "aoa", "ars", "aud", "awg", "azn", "bam", "bbd", "bdt",
    "bgn", "bmd", "bnd", "bob", "brl", "bsd", "btn", "bwp", "byn", "bzd", "cad", "cdf", "chf",
    "cny", "cop", "crc", "cup", "cve", "czk", "dkk", "dop", "dzd", "egp", "ern", "etb", "eur",
    "fjd", "fkp", "gbp", "gel", "ghs", "gip", "gmd", "gtq", "gyd", "hkd", "hnl", "htg", "huf",
    "idr", "ils", "inr", "irr", "jmd", "kes", "kgs", "khr", "kpw", "kyd", "kzt", "lak", "lbp",
    "lkr", "lrd", "lsl", "mad", "mdl", "mga", "mkd", "mmk", "mnt", "mop", "mru", "mur", "mvr",
    "mwk", "mxn", "myr", "mzn", "nad", "ngn", "nio", "nok", "npr", "nzd", "pab", "pen", "pgk",
    "php", "pkr", "pln", "qar", "ron", "rsd", "rub", "sar", "sbd", "scr", "sdg", "sek", "sgd",
    "shp", "sle", "sos", "srd", "ssp", "stn", "svc", "syp", "szl", "thb", "tjs", "tmt", "top",
    "try", "ttd", "twd", "tzs", "uah", "usd", "uyu", "uzs", "ves", "wst", "xcd", "yer", "zar",
    "zmw",
];

/// A currency of ISO 4217, by its lower-case code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

impl Currency {
    pub const EUR: Self = Self(*b"eur");
    pub const USD: Self = Self(*b"usd");
    pub const GBP: Self = Self(*b"gbp");
    pub const JPY: Self = Self(*b"jpy");

    /// Reads a code; capitals are accepted.
    ///
    /// # Errors
    /// On the field `currency`: `currency_unknown`.
    pub fn parse(raw: &str) -> Result<Self, FieldError> {
        let code = raw.trim().to_ascii_lowercase();
        let is_known =
            HUNDREDTHS.binary_search(&code.as_str()).is_ok() || exponent_of(&code).is_some();
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(bytes) if is_known => Ok(Self(bytes)),
            _ => Err(FieldError::new("currency", "currency_unknown")),
        }
    }

    /// The lower-case code, as on the wire and in tables.
    pub fn as_str(&self) -> &str {
        // Only `parse` and the constants make one, from ASCII.
        std::str::from_utf8(&self.0).unwrap_or("xxx")
    }

    /// How many decimals the currency has: 2 for euros, 0 for yen, 3 for Kuwaiti dinars.
    pub fn exponent(self) -> u8 {
        exponent_of(self.as_str()).unwrap_or(2)
    }
}

fn exponent_of(code: &str) -> Option<u8> {
    EXPONENTS.iter().find(|(known, _)| *known == code).map(|(_, exponent)| *exponent)
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for Currency {
    type Error = FieldError;

    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text)
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.as_str().to_owned()
    }
}

/// Two amounts that cannot be put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("amounts in {0} and {1} cannot be added")]
    CurrencyMismatch(Currency, Currency),
    #[error("the amount is too large")]
    Overflow,
}

/// An amount in whole minor units (cents) of its currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}

impl Money {
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    pub const fn is_zero(self) -> bool {
        self.minor == 0
    }

    /// # Errors
    /// `CurrencyMismatch`, `Overflow`.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.minor
            .checked_add(other.minor)
            .map(|minor| Self::new(minor, self.currency))
            .ok_or(MoneyError::Overflow)
    }

    /// # Errors
    /// `CurrencyMismatch`, `Overflow`.
    pub fn checked_sub(self, other: Self) -> Result<Self, MoneyError> {
        self.same_currency(other)?;
        self.minor
            .checked_sub(other.minor)
            .map(|minor| Self::new(minor, self.currency))
            .ok_or(MoneyError::Overflow)
    }

    fn same_currency(self, other: Self) -> Result<(), MoneyError> {
        if self.currency == other.currency {
            Ok(())
        } else {
            Err(MoneyError::CurrencyMismatch(self.currency, other.currency))
        }
    }
}

/// What becomes of what is not a whole minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// 2.5 becomes 3, −2.5 becomes −3: taxes, percentages.
    HalfAway,
    /// 2.5 becomes 2, 3.5 becomes 4: parts of a period.
    HalfEven,
    /// 2.9 becomes 2, −2.9 becomes −2: a change in the number of seats.
    TowardZero,
    /// 2.1 becomes 3, −2.9 becomes −2: an upper bound.
    Up,
}

/// `numerator / denominator` as a whole number. The one rounding function. A zero denominator gives 0 (nothing to share out);
/// results beyond `i64` are held at its ends.
pub fn divide(numerator: i128, denominator: i128, rounding: Rounding) -> i64 {
    if denominator == 0 {
        return 0;
    }
    let is_negative = (numerator < 0) != (denominator < 0);
    let (n, d) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    let (quotient, remainder) = (n / d, n % d);
    let is_away = match rounding {
        Rounding::HalfAway => remainder >= d - remainder,
        Rounding::HalfEven => {
            remainder > d - remainder || (remainder == d - remainder && quotient % 2 == 1)
        }
        Rounding::TowardZero => false,
        Rounding::Up => remainder > 0 && !is_negative,
    };
    let magnitude = i64::try_from(quotient + u128::from(is_away)).unwrap_or(i64::MAX);
    if is_negative { -magnitude } else { magnitude }
}

/// [`divide`], halves away from zero.
pub fn round_half_away(numerator: i128, denominator: i128) -> i64 {
    divide(numerator, denominator, Rounding::HalfAway)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn currencies_are_sorted_and_known() {
        assert!(HUNDREDTHS.is_sorted());
        for code in HUNDREDTHS {
            assert_eq!(Currency::parse(code).unwrap().exponent(), 2, "{code}");
        }
        for (code, exponent) in EXPONENTS {
            assert_eq!(Currency::parse(&code.to_uppercase()).unwrap().exponent(), *exponent);
        }
        for code in ["", "eu", "euro", "xxx", "€", "1eu"] {
            assert_eq!(Currency::parse(code).unwrap_err().code, "currency_unknown");
        }
        assert_eq!(
            serde_json::to_string(&Money::new(12, Currency::EUR)).unwrap(),
            r#"{"minor":12,"currency":"eur"}"#
        );
    }

    #[test]
    fn amounts_add_only_in_one_currency() {
        let one = Money::new(1, Currency::EUR);
        assert_eq!(one.checked_add(one), Ok(Money::new(2, Currency::EUR)));
        assert_eq!(one.checked_sub(one), Ok(Money::zero(Currency::EUR)));
        assert_eq!(
            one.checked_add(Money::new(1, Currency::USD)),
            Err(MoneyError::CurrencyMismatch(Currency::EUR, Currency::USD))
        );
        assert_eq!(one.checked_add(Money::new(i64::MAX, Currency::EUR)), Err(MoneyError::Overflow));
        assert_eq!(
            Money::new(-2, Currency::EUR).checked_sub(Money::new(i64::MAX, Currency::EUR)),
            Err(MoneyError::Overflow)
        );
    }

    #[test]
    fn halves_go_away_from_zero() {
        for (n, d, expected) in [
            (5, 2, 3),
            (-5, 2, -3),
            (5, -2, -3),
            (-5, -2, 3),
            (4, 3, 1),
            (5, 3, 2),
            (-4, 3, -1),
            (0, 7, 0),
            (7, 0, 0),
            (1, 2, 1),
            (49, 100, 0),
        ] {
            assert_eq!(round_half_away(n, d), expected, "{n}/{d}");
        }
        assert_eq!(round_half_away(i128::MAX, 1), i64::MAX);
    }

    #[test]
    fn the_other_roundings() {
        use Rounding::{HalfEven, TowardZero, Up};
        for (n, d, even, toward_zero, up) in [
            (5, 2, 2, 2, 3),
            (7, 2, 4, 3, 4),
            (-5, 2, -2, -2, -2),
            (-7, 2, -4, -3, -3),
            (5, 3, 2, 1, 2),
            (4, 3, 1, 1, 2),
            (-5, 3, -2, -1, -1),
            (6, 3, 2, 2, 2),
            (0, 3, 0, 0, 0),
        ] {
            assert_eq!(divide(n, d, HalfEven), even, "{n}/{d}");
            assert_eq!(divide(n, d, TowardZero), toward_zero, "{n}/{d}");
            assert_eq!(divide(n, d, Up), up, "{n}/{d}");
        }
    }

    proptest! {
        #[test]
        fn rounding_is_at_most_half_a_unit_off_and_symmetric(n in -1_000_000_000_000_i128..1_000_000_000_000, d in 1_i128..1_000_000) {
            let rounded = i128::from(round_half_away(n, d));
            prop_assert!((2 * (rounded * d - n)).abs() <= d);
            prop_assert_eq!(i128::from(round_half_away(-n, d)), -rounded);
        }
    }
}
