//! Where the demo's customers are billed. Streets are real, numbers and people are not.

use domain::address::AddressInput;
use domain::locale::Locale;

/// A city with what an address there looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub zone: &'static str,
    country: &'static str,
    city: &'static str,
    state: &'static str,
    postal_code: &'static str,
    street: &'static str,
}

const fn place(
    zone: &'static str,
    country: &'static str,
    city: &'static str,
    state: &'static str,
    postal_code: &'static str,
    street: &'static str,
) -> Place {
    Place { zone, country, city, state, postal_code, street }
}

pub(super) const BERLIN: Place = place("Europe/Berlin", "DE", "Berlin", "", "10119", "Torstraße");
pub(super) const VIENNA: Place = place("Europe/Vienna", "AT", "Wien", "", "1070", "Neubaugasse");
pub(super) const ZURICH: Place =
    place("Europe/Zurich", "CH", "Zürich", "", "8001", "Bahnhofstrasse");
pub(super) const LONDON: Place =
    place("Europe/London", "GB", "London", "", "EC1A 1BB", "Aldersgate Street");
pub(super) const NEW_YORK: Place =
    place("America/New_York", "US", "New York", "NY", "10001", "West 28th Street");
pub(super) const LOS_ANGELES: Place =
    place("America/Los_Angeles", "US", "Los Angeles", "CA", "90012", "Spring Street");
pub(super) const TOKYO: Place = place("Asia/Tokyo", "JP", "Tokyo", "Tokyo", "100-0001", "Chiyoda");
pub(super) const SYDNEY: Place =
    place("Australia/Sydney", "AU", "Sydney", "NSW", "2000", "Pitt Street");
pub(super) const PARIS: Place = place("Europe/Paris", "FR", "Paris", "", "75010", "Rue de Lancry");
pub(super) const MADRID: Place =
    place("Europe/Madrid", "ES", "Madrid", "", "28004", "Calle de Hortaleza");
pub(super) const WARSAW: Place = place("Europe/Warsaw", "PL", "Warszawa", "", "00-375", "Smolna");
pub(super) const STOCKHOLM: Place =
    place("Europe/Stockholm", "SE", "Stockholm", "", "116 46", "Folkungagatan");
pub(super) const AMSTERDAM: Place =
    place("Europe/Amsterdam", "NL", "Amsterdam", "", "1015 CJ", "Prinsengracht");
pub(super) const ROME: Place = place("Europe/Rome", "IT", "Roma", "RM", "00184", "Via Cavour");

/// Where the crowd lives.
pub(super) const PLACES: [Place; 8] =
    [BERLIN, NEW_YORK, VIENNA, LONDON, TOKYO, ZURICH, LOS_ANGELES, SYDNEY];

impl Place {
    pub(super) fn address(&self, number: usize) -> AddressInput {
        AddressInput {
            line1: format!("{} {number}", self.street),
            line2: String::new(),
            postal_code: self.postal_code.to_owned(),
            city: self.city.to_owned(),
            state: self.state.to_owned(),
            country: self.country.to_owned(),
        }
    }

    pub(super) fn locale(&self) -> Locale {
        if matches!(self.country, "DE" | "AT" | "CH") { Locale::De } else { Locale::En }
    }

    /// Whether prices there are in euros.
    pub(super) fn is_euro(&self) -> bool {
        matches!(self.country, "DE" | "AT" | "CH" | "FR" | "ES" | "PL" | "SE" | "NL" | "IT")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::address::Address;

    #[test]
    fn every_address_is_complete_by_its_countrys_rules() {
        let others = [PARIS, MADRID, WARSAW, STOCKHOLM, AMSTERDAM, ROME];
        for place in PLACES.iter().chain(&others) {
            Address::parse(&place.address(7)).unwrap();
        }
    }
}
