//! VAT and other tax numbers: read as people type them, checked by their check digits where the country's rule is known.

mod check_digits;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::country::Country;
use crate::field_errors::FieldError;

/// As in the tables.
pub const TAX_ID_MAX_CHARS: usize = 32;

/// Every prefix of a VAT number in the EU, and `XI` for Northern Ireland (Art. 215 of Directive 2006/112/EC).
const EU_PREFIXES: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "EL", "ES", "FI", "FR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "XI",
];

/// A tax number of one country.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TaxId {
    pub country: Country,
    /// With the prefix of its country and without separators when its check digits are known; else as it was typed.
    pub number: String,
    /// Its check digits were found right. Whether it is registered, only the register knows.
    pub is_verified: bool,
}

impl TaxId {
    /// Reads the tax number of somebody established in `country`.
    ///
    /// Numbers of the EU, Great Britain, Northern Ireland, Switzerland and Norway are verified by their check digits, with or
    /// without prefix and separators. Those of other countries are taken as typed.
    ///
    /// # Errors
    /// `tax_id`: `required`, `too_long`, `tax_id_invalid`, and `tax_id_other_country` for a good number of another country.
    pub fn parse(country: Country, raw: &str) -> Result<Self, FieldError> {
        let error = |code: &str| FieldError::new("tax_id", code);
        let typed = raw.trim();
        if typed.is_empty() {
            return Err(error("required"));
        }
        if typed.chars().count() > TAX_ID_MAX_CHARS {
            return Err(error("too_long"));
        }
        let bare: String = typed
            .chars()
            .filter(|c| !matches!(c, ' ' | '.' | '-' | '/' | '\u{a0}'))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        if bare.is_empty() || !bare.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(error("tax_id_invalid"));
        }
        match reading(country, &bare) {
            Reading::Good(number) => Ok(Self { country, number, is_verified: true }),
            Reading::NoRule => Ok(Self { country, number: typed.to_owned(), is_verified: false }),
            Reading::Bad if is_of_another(country, &bare) => Err(error("tax_id_other_country")),
            Reading::Bad => Err(error("tax_id_invalid")),
        }
    }
}

impl fmt::Display for TaxId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.number)
    }
}

enum Reading {
    /// By the country's rule; in its usual form.
    Good(String),
    Bad,
    NoRule,
}

fn reading(country: Country, bare: &str) -> Reading {
    let good = match country.code() {
        // Liechtenstein has Swiss numbers, and others of its own.
        "LI" if !bare.starts_with("CHE") => return Reading::NoRule,
        "CH" | "LI" => {
            let body = bare.strip_prefix("CHE").unwrap_or(bare);
            let suffix = ["MWST", "TVA", "IVA"].iter().find_map(|suffix| body.strip_suffix(suffix));
            with_prefix("CHE", suffix.unwrap_or(body))
        }
        "NO" => {
            let body = bare.strip_prefix("NO").unwrap_or(bare);
            let body = body.strip_suffix("MVA").unwrap_or(body);
            check_digits::is_valid("NO", body).filter(|good| *good).map(|_| format!("{body}MVA"))
        }
        "GB" => ["GB", "XI"]
            .iter()
            .find_map(|prefix| with_prefix(prefix, bare.strip_prefix(prefix)?))
            .or_else(|| with_prefix("GB", bare)),
        code if country.is_eu() => {
            let prefix = country.vat_prefix();
            let stripped = bare.strip_prefix(prefix).or_else(|| bare.strip_prefix(code));
            stripped.and_then(|body| padded(prefix, body)).or_else(|| padded(prefix, bare))
        }
        _ => return Reading::NoRule,
    };
    good.map_or(Reading::Bad, Reading::Good)
}

/// Belgian numbers had nine digits until 2007, Greek ones eight: a zero goes before them.
fn padded(prefix: &str, body: &str) -> Option<String> {
    let short = match prefix {
        "BE" => 9,
        "EL" => 8,
        _ => 0,
    };
    if body.len() == short {
        with_prefix(prefix, &format!("0{body}"))
    } else {
        with_prefix(prefix, body)
    }
}

fn with_prefix(prefix: &str, body: &str) -> Option<String> {
    check_digits::is_valid(prefix, body)?.then(|| format!("{prefix}{body}"))
}

fn is_of_another(country: Country, bare: &str) -> bool {
    EU_PREFIXES.iter().chain(&["GB", "CHE"]).any(|prefix| {
        *prefix != country.vat_prefix()
            && bare.strip_prefix(prefix).is_some_and(|body| with_prefix(prefix, body).is_some())
    })
}

#[cfg(test)]
mod tests;
