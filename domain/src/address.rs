//! Billing addresses, by the rules of each country: what is required, how its postal codes look, which states it has.

mod rules;

use serde::{Deserialize, Serialize};

use crate::country::Country;
use crate::field_errors::FieldErrors;

pub const ADDRESS_LINE_MAX_CHARS: usize = 256;
pub const CITY_MAX_CHARS: usize = 128;
pub const STATE_MAX_CHARS: usize = 64;
pub const POSTAL_CODE_MAX_CHARS: usize = 16;

/// A complete postal address: what its country requires is there, and the postal code and the state are in the country's form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Address {
    pub line1: String,
    pub line2: Option<String>,
    pub postal_code: Option<String>,
    /// Missing only where the country is a city.
    pub city: Option<String>,
    /// The code where the country's states are known (`CA`), else as typed.
    pub state: Option<String>,
    pub country: Country,
}

/// An address as it was typed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddressInput {
    pub line1: String,
    pub line2: String,
    pub postal_code: String,
    pub city: String,
    pub state: String,
    pub country: String,
}

impl Address {
    /// Reads an address by the rules of its country.
    ///
    /// # Errors
    /// For each wrong field `required`, `too_long`, `postal_code_invalid`, `state_unknown` or `country_unknown`.
    pub fn parse(input: &AddressInput) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::new();
        let country = errors.take(Country::parse(&input.country));
        let rules = country.map(rules::of).unwrap_or_default();
        let line1 = text(&mut errors, "line1", &input.line1, ADDRESS_LINE_MAX_CHARS, true);
        let line2 = text(&mut errors, "line2", &input.line2, ADDRESS_LINE_MAX_CHARS, false);
        let city = text(&mut errors, "city", &input.city, CITY_MAX_CHARS, !rules.is_city);
        let mut postal_code = text(
            &mut errors,
            "postal_code",
            &input.postal_code,
            POSTAL_CODE_MAX_CHARS,
            rules.is_postal_code_required,
        );
        if let Some(typed) = &postal_code
            && !rules.postal_codes.is_empty()
        {
            let read = rules.postal_codes.split('|').find_map(|form| matched(form, typed));
            if read.is_none() {
                errors.push("postal_code", "postal_code_invalid");
            }
            postal_code = read;
        }
        let mut state =
            text(&mut errors, "state", &input.state, STATE_MAX_CHARS, !rules.states.is_empty());
        if let Some(typed) = &state
            && !rules.states.is_empty()
        {
            state = rules.state(typed).map(str::to_owned);
            if state.is_none() {
                errors.push("state", "state_unknown");
            }
        }
        let (Some(line1), Some(country), true) = (line1, country, errors.is_empty()) else {
            return Err(errors);
        };
        Ok(Self { line1, line2, postal_code, city, state, country })
    }

    /// The lines as they stand on an envelope, without the country: street, then postal code, city and state in the country's order.
    pub fn lines(&self) -> Vec<String> {
        let parts: Vec<_> = if rules::of(self.country).is_postal_code_last {
            vec![self.city.as_deref(), self.state.as_deref(), self.postal_code.as_deref()]
        } else {
            vec![self.postal_code.as_deref(), self.city.as_deref(), self.state.as_deref()]
        };
        let place = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
        [
            Some(self.line1.clone()),
            self.line2.clone(),
            Some(place).filter(|place| !place.is_empty()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl From<Address> for AddressInput {
    fn from(address: Address) -> Self {
        Self {
            line1: address.line1,
            line2: address.line2.unwrap_or_default(),
            postal_code: address.postal_code.unwrap_or_default(),
            city: address.city.unwrap_or_default(),
            state: address.state.unwrap_or_default(),
            country: address.country.code().to_owned(),
        }
    }
}

fn text(
    errors: &mut FieldErrors,
    field: &str,
    typed: &str,
    max_chars: usize,
    is_required: bool,
) -> Option<String> {
    let typed = typed.trim();
    if typed.is_empty() {
        if is_required {
            errors.push(field, "required");
        }
        return None;
    }
    if typed.chars().count() > max_chars {
        errors.push(field, "too_long");
        return None;
    }
    // A line is one line, also on the invoice.
    Some(typed.chars().map(|c| if c.is_control() { ' ' } else { c }).collect())
}

/// Reads a postal code in a form: `9` stands for a digit, `A` for a letter, `X` for either, everything else for itself.
/// Spaces, hyphens and the case are the form's, not the writer's, and the letters of a country that begin a form may be left out.
fn matched(form: &str, typed: &str) -> Option<String> {
    let is_separator = |c: &char| matches!(c, ' ' | '-' | '\u{a0}');
    let bare: String =
        typed.chars().filter(|c| !is_separator(c)).map(|c| c.to_ascii_uppercase()).collect();
    let country_letters = form.split_once('-').map_or("", |(letters, _)| letters);
    let is_left_out = country_letters == "LV" && !bare.starts_with(country_letters);
    let letters = if is_left_out { country_letters } else { "" };
    let mut typed = letters.chars().chain(bare.chars());
    let mut read = String::with_capacity(form.len());
    for place in form.chars() {
        if is_separator(&place) {
            read.push(place);
            continue;
        }
        let next = typed.next()?;
        let fits = match place {
            '9' => next.is_ascii_digit(),
            'A' => next.is_ascii_uppercase(),
            'X' => next.is_ascii_alphanumeric(),
            fixed => next == fixed.to_ascii_uppercase(),
        };
        if !fits {
            return None;
        }
        read.push(next);
    }
    typed.next().is_none().then_some(read)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn input(country: &str, postal_code: &str, city: &str, state: &str) -> AddressInput {
        AddressInput {
            line1: " Torstr. 1 ".into(),
            line2: String::new(),
            postal_code: postal_code.into(),
            city: city.into(),
            state: state.into(),
            country: country.into(),
        }
    }

    fn postal_code(country: &str, typed: &str) -> Result<Option<String>, String> {
        let state = match country {
            "US" => "ny",
            "CA" => "ON",
            "AU" => "NSW",
            "BR" => "SP",
            _ => "",
        };
        Address::parse(&input(country, typed, "Town", state))
            .map(|address| address.postal_code)
            .map_err(|errors| errors.first("postal_code").unwrap_or("?").to_owned())
    }

    #[test]
    fn postal_codes_are_read_in_the_form_of_their_country() {
        for (country, typed, read) in [
            ("DE", "10119", "10119"),
            ("PL", "00001", "00-001"),
            ("SE", "11455", "114 55"),
            ("NL", "1012ab", "1012 AB"),
            ("GB", "sw1a1aa", "SW1A 1AA"),
            ("GB", "M1 1AE", "M1 1AE"),
            ("CA", "k1a-0b1", "K1A 0B1"),
            ("US", "10001", "10001"),
            ("US", "10001 1234", "10001-1234"),
            ("LV", "1010", "LV-1010"),
            ("LV", "LV 1010", "LV-1010"),
            ("PT", "1000001", "1000-001"),
            ("IE", "d02x285", "D02 X285"),
        ] {
            assert_eq!(postal_code(country, typed), Ok(Some(read.to_owned())), "{country} {typed}");
        }
        for (country, typed) in
            [("DE", "1011"), ("DE", "1011a"), ("US", "1234"), ("GB", "12345"), ("AT", "12345")]
        {
            assert_eq!(
                postal_code(country, typed),
                Err("postal_code_invalid".into()),
                "{country} {typed}"
            );
        }
    }

    #[test]
    fn each_country_requires_its_own_fields() {
        assert_eq!(postal_code("DE", ""), Err("required".into()));
        // Hong Kong has no postal codes, and an unknown form is taken as typed.
        assert_eq!(postal_code("HK", ""), Ok(None));
        assert_eq!(postal_code("AF", " 10 01 "), Ok(Some("10 01".into())));
        let singapore = Address::parse(&input("SG", "018956", "", "")).unwrap();
        assert_eq!(singapore.city, None);
        let errors = Address::parse(&AddressInput::default()).unwrap_err();
        let fields: Vec<_> = errors.iter().map(|error| error.field.as_str()).collect();
        assert_eq!(fields, ["country", "line1", "city"]);
    }

    #[test]
    fn states_are_known_where_they_matter() {
        let state = |country: &str, postal_code: &str, typed: &str| {
            Address::parse(&input(country, postal_code, "Town", typed))
                .map(|address| address.state)
                .map_err(|errors| errors.first("state").unwrap().to_owned())
        };
        assert_eq!(state("US", "94105", "california"), Ok(Some("CA".into())));
        assert_eq!(state("US", "94105", "ca"), Ok(Some("CA".into())));
        assert_eq!(state("US", "94105", ""), Err("required".into()));
        assert_eq!(state("AU", "2000", "Bavaria"), Err("state_unknown".into()));
        assert_eq!(state("DE", "80331", "Bavaria"), Ok(Some("Bavaria".into())));
    }

    #[test]
    fn an_envelope_has_the_countrys_order() {
        let german = Address::parse(&input("DE", "10119", "Berlin", "")).unwrap();
        assert_eq!(german.lines(), ["Torstr. 1", "10119 Berlin"]);
        let american = Address::parse(&input("US", "94105", "San Francisco", "CA")).unwrap();
        assert_eq!(american.lines(), ["Torstr. 1", "San Francisco CA 94105"]);
        assert_eq!(Address::parse(&AddressInput::from(american.clone())), Ok(american));
    }

    proptest! {
        #[test]
        fn what_was_read_reads_back_the_same(n in 0_usize..249, line in "\\PC{0,20}", code in "[0-9A-Za-z -]{0,10}", city in "\\PC{0,20}", state in "[A-Za-z ]{0,20}") {
            let country = Country::all().nth(n).unwrap();
            let input = AddressInput { line1: line, ..input(country.code(), &code, &city, &state) };
            if let Ok(address) = Address::parse(&input) {
                prop_assert_eq!(Address::parse(&AddressInput::from(address.clone())), Ok(address));
            }
        }
    }
}
