//! Countries, by their codes of ISO 3166-1 alpha-2.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::field_errors::FieldError;

/// Every assigned code, in the order of the alphabet.
const CODES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZ\
DEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKW\
KYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERO\
RSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSYEYTZAZMZW";

/// The member states of the European Union.
const EU: &[&str] = &[
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT",
    "LT", "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
];

const COUNT: u8 = 249;

/// A country: the place of its code among all codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Country(u8);

impl Country {
    /// Reads a code in either case; spaces around it are dropped.
    ///
    /// # Errors
    /// `country`: `required`, `country_unknown`.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(FieldError::new("country", "required"));
        }
        Self::all()
            .find(|country| country.code().eq_ignore_ascii_case(text))
            .ok_or_else(|| FieldError::new("country", "country_unknown"))
    }

    /// All of them, in the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..COUNT).map(Self)
    }

    /// The two capital letters.
    pub fn code(self) -> &'static str {
        let at = usize::from(self.0) * 2;
        &CODES[at..at + 2]
    }

    /// Is it a member state of the European Union?
    pub fn is_eu(self) -> bool {
        EU.contains(&self.code())
    }

    /// The letters before its VAT numbers: the code, but `EL` for Greece (Art. 215 of Directive 2006/112/EC).
    pub fn vat_prefix(self) -> &'static str {
        match self.code() {
            "GR" => "EL",
            code => code,
        }
    }
}

impl fmt::Display for Country {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Country {
    type Err = FieldError;

    fn from_str(text: &str) -> Result<Self, FieldError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Country {
    type Error = FieldError;

    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text)
    }
}

impl From<Country> for String {
    fn from(country: Country) -> Self {
        country.code().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_reads_back_once() {
        let all: Vec<_> = Country::all().collect();
        assert_eq!((all.len(), all.len() * 2), (usize::from(COUNT), CODES.len()));
        assert!(all.is_sorted_by(|one, two| one < two));
        for country in all {
            assert_eq!(Country::parse(&country.code().to_lowercase()), Ok(country));
        }
    }

    #[test]
    fn what_is_no_country_is_named() {
        assert_eq!(Country::parse(" ").unwrap_err().code, "required");
        for text in ["EU", "XI", "EL", "UK", "D", "DEU", "ÄÖ", "ZZ"] {
            assert_eq!(Country::parse(text).unwrap_err().code, "country_unknown", "{text}");
        }
    }

    #[test]
    fn the_union_has_27_members_and_greece_its_own_prefix() {
        assert_eq!(Country::all().filter(|country| country.is_eu()).count(), 27);
        let greece = Country::parse("GR").unwrap();
        assert_eq!((greece.vat_prefix(), greece.is_eu()), ("EL", true));
        assert!(!Country::parse("GB").unwrap().is_eu());
        assert_eq!(serde_json::to_string(&greece).unwrap(), "\"GR\"");
    }
}
