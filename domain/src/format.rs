//! Amounts, dates and numbers as text, by locale: the server and the browser print the same.
//!
//! Symbols, separators and patterns follow the CLDR; dates name the day first and the month in full, so that nobody
//! has to guess which number is which.

use time::{Date, Month, Time};

use crate::local_time::LocalDateTime;
use crate::locale::Locale;
use crate::money::{Currency, Money};

const NO_BREAK_SPACE: char = '\u{a0}';

/// The pieces of an amount, for columns aligned at the decimal mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MoneyParts {
    pub is_negative: bool,
    /// With grouping: `1,234`.
    pub integer: String,
    /// Empty when the currency has no decimals.
    pub decimal_mark: &'static str,
    pub fraction: String,
    pub symbol: String,
    pub is_symbol_first: bool,
    /// Whether a no-break space stands between amount and symbol.
    pub is_symbol_spaced: bool,
}

/// `€240.00` in English, `240,00 €` in German.
pub fn money(money: Money, locale: Locale) -> String {
    let parts = money_parts(money, locale);
    let mut text = String::new();
    if parts.is_negative {
        text.push('-');
    }
    if parts.is_symbol_first {
        text.push_str(&parts.symbol);
        if parts.is_symbol_spaced {
            text.push(NO_BREAK_SPACE);
        }
    }
    text.push_str(&parts.integer);
    text.push_str(parts.decimal_mark);
    text.push_str(&parts.fraction);
    if !parts.is_symbol_first {
        if parts.is_symbol_spaced {
            text.push(NO_BREAK_SPACE);
        }
        text.push_str(&parts.symbol);
    }
    text
}

pub fn money_parts(money: Money, locale: Locale) -> MoneyParts {
    let exponent = money.currency.exponent();
    let scale = 10_u64.pow(u32::from(exponent));
    let magnitude = money.minor.unsigned_abs();
    let (decimal_mark, fraction) = if exponent == 0 {
        ("", String::new())
    } else {
        (
            decimal_mark(locale),
            format!("{:0width$}", magnitude % scale, width = usize::from(exponent)),
        )
    };
    let symbol = symbol(money.currency, locale);
    let is_symbol_first = locale == Locale::En;
    let is_code = symbol.chars().all(|c| c.is_ascii_alphabetic());
    MoneyParts {
        is_negative: money.minor < 0,
        integer: grouped(magnitude / scale, locale),
        decimal_mark,
        fraction,
        is_symbol_spaced: !is_symbol_first || is_code,
        symbol,
        is_symbol_first,
    }
}

/// `1 May 2026`, `1. Mai 2026`.
pub fn date(date: Date, locale: Locale) -> String {
    format!("{} {}", date_short(date, locale), date.year())
}

/// `1 May`, `1. Mai`.
pub fn date_short(date: Date, locale: Locale) -> String {
    let month = month_name(date.month(), locale);
    match locale {
        Locale::En => format!("{} {month}", date.day()),
        Locale::De => format!("{}. {month}", date.day()),
    }
}

/// `14:03`, everywhere on the 24-hour clock.
pub fn time(time: Time) -> String {
    format!("{:02}:{:02}", time.hour(), time.minute())
}

/// `1 May 2026, 14:03 (Europe/Berlin)`: a moment that counts names its zone.
pub fn date_time(at: &LocalDateTime, locale: Locale) -> String {
    format!("{}, {} ({})", date(at.date, locale), time(at.time), at.zone)
}

/// `12,345`, `12.345`.
pub fn count(count: i64, locale: Locale) -> String {
    let sign = if count < 0 { "-" } else { "" };
    format!("{sign}{}", grouped(count.unsigned_abs(), locale))
}

/// A rate in parts per million: `25.5%`, `25,5 %`.
pub fn percent(rate_ppm: u32, locale: Locale) -> String {
    let (whole, rest) = (rate_ppm / 10_000, rate_ppm % 10_000);
    let mut text = grouped(whole.into(), locale);
    if rest > 0 {
        let fraction = format!("{rest:04}");
        text.push_str(decimal_mark(locale));
        text.push_str(fraction.trim_end_matches('0'));
    }
    match locale {
        Locale::En => text.push('%'),
        Locale::De => text.extend([NO_BREAK_SPACE, '%']),
    }
    text
}

const fn decimal_mark(locale: Locale) -> &'static str {
    match locale {
        Locale::En => ".",
        Locale::De => ",",
    }
}

fn grouped(number: u64, locale: Locale) -> String {
    let mark = match locale {
        Locale::En => ',',
        Locale::De => '.',
    };
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            text.push(mark);
        }
        text.push(digit);
    }
    text
}

/// The symbol that the CLDR gives in the locale, else the code in capitals.
fn symbol(currency: Currency, locale: Locale) -> String {
    let symbol = match currency.as_str() {
        "aud" if locale == Locale::De => "AU$",
        "aud" => "A$",
        "brl" => "R$",
        "cad" => "CA$",
        "cny" => "CN¥",
        "eur" => "€",
        "gbp" => "£",
        "hkd" => "HK$",
        "ils" => "₪",
        "inr" => "₹",
        "jpy" => "¥",
        "krw" => "₩",
        "mxn" => "MX$",
        "nzd" => "NZ$",
        "php" => "₱",
        "twd" => "NT$",
        "usd" => "$",
        "vnd" => "₫",
        code => return code.to_ascii_uppercase(),
    };
    symbol.to_owned()
}

const fn month_name(month: Month, locale: Locale) -> &'static str {
    match (month, locale) {
        (Month::January, Locale::En) => "January",
        (Month::January, Locale::De) => "Januar",
        (Month::February, Locale::En) => "February",
        (Month::February, Locale::De) => "Februar",
        (Month::March, Locale::En) => "March",
        (Month::March, Locale::De) => "März",
        (Month::April, _) => "April",
        (Month::May, Locale::En) => "May",
        (Month::May, Locale::De) => "Mai",
        (Month::June, Locale::En) => "June",
        (Month::June, Locale::De) => "Juni",
        (Month::July, Locale::En) => "July",
        (Month::July, Locale::De) => "Juli",
        (Month::August, _) => "August",
        (Month::September, _) => "September",
        (Month::October, Locale::En) => "October",
        (Month::October, Locale::De) => "Oktober",
        (Month::November, _) => "November",
        (Month::December, Locale::En) => "December",
        (Month::December, Locale::De) => "Dezember",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use time::macros::{date, time};

    fn amount(minor: i64, code: &str) -> Money {
        Money::new(minor, Currency::parse(code).unwrap())
    }

    #[test]
    fn rates_have_as_many_decimals_as_they_need() {
        assert_eq!(percent(190_000, Locale::En), "19%");
        assert_eq!(percent(255_000, Locale::De), "25,5\u{a0}%");
        assert_eq!(percent(81_000, Locale::En), "8.1%");
        assert_eq!(percent(0, Locale::De), "0\u{a0}%");
        assert_eq!(percent(500, Locale::En), "0.05%");
    }

    #[test]
    fn amounts_in_english() {
        for (minor, code, expected) in [
            (24_000, "eur", "€240.00"),
            (0, "eur", "€0.00"),
            (5, "usd", "$0.05"),
            (-123_456_789, "usd", "-$1,234,567.89"),
            (1_234, "jpy", "¥1,234"),
            (1_234_567, "kwd", "KWD\u{a0}1,234.567"),
            (24_000, "chf", "CHF\u{a0}240.00"),
            (i64::MIN, "eur", "-€92,233,720,368,547,758.08"),
        ] {
            assert_eq!(money(amount(minor, code), Locale::En), expected);
        }
    }

    #[test]
    fn amounts_in_german() {
        for (minor, code, expected) in [
            (24_000, "eur", "240,00\u{a0}€"),
            (123_456_789, "eur", "1.234.567,89\u{a0}€"),
            (-5, "usd", "-0,05\u{a0}$"),
            (1_234, "jpy", "1.234\u{a0}¥"),
            (24_000, "chf", "240,00\u{a0}CHF"),
        ] {
            assert_eq!(money(amount(minor, code), Locale::De), expected);
        }
    }

    #[test]
    fn parts_are_ready_for_a_column() {
        let parts = money_parts(amount(-123_450, "eur"), Locale::De);
        assert!(parts.is_negative && !parts.is_symbol_first && parts.is_symbol_spaced);
        assert_eq!(
            (
                parts.integer.as_str(),
                parts.decimal_mark,
                parts.fraction.as_str(),
                parts.symbol.as_str()
            ),
            ("1.234", ",", "50", "€")
        );
        let yen = money_parts(amount(7, "jpy"), Locale::En);
        assert_eq!((yen.integer.as_str(), yen.decimal_mark, yen.fraction.as_str()), ("7", "", ""));
    }

    #[test]
    fn dates_and_counts() {
        let day = date!(2026 - 03 - 01);
        assert_eq!(date(day, Locale::En), "1 March 2026");
        assert_eq!(date(day, Locale::De), "1. März 2026");
        assert_eq!(date_short(day, Locale::De), "1. März");
        let at = LocalDateTime { date: day, time: time!(4:05), zone: "Europe/Berlin".into() };
        assert_eq!(date_time(&at, Locale::En), "1 March 2026, 04:05 (Europe/Berlin)");
        assert_eq!(date_time(&at, Locale::De), "1. März 2026, 04:05 (Europe/Berlin)");
        assert_eq!(
            (count(999, Locale::En), count(-1_000, Locale::En), count(1_234_567, Locale::De)),
            ("999".into(), "-1,000".into(), "1.234.567".into())
        );
    }

    proptest! {
        /// Nothing of an amount is lost in print.
        #[test]
        fn amounts_read_back(minor: i64, code in prop::sample::select(vec!["eur", "usd", "jpy", "kwd", "chf"]), is_german: bool) {
            let locale = if is_german { Locale::De } else { Locale::En };
            let text = money(amount(minor, code), locale);
            let digits: String = text.chars().filter(char::is_ascii_digit).collect();
            let magnitude: u64 = digits.parse().unwrap();
            prop_assert_eq!(magnitude, minor.unsigned_abs());
            prop_assert_eq!(text.starts_with('-'), minor < 0);
            let mark = if is_german { ',' } else { '.' };
            let decimals = text.split_once(mark).map_or(0, |(_, rest)| rest.chars().take_while(char::is_ascii_digit).count());
            prop_assert_eq!(decimals, usize::from(Currency::parse(code).unwrap().exponent()));
        }
    }
}
