//! What the addresses of each country need. Forms of postal codes as the postal union (UPU) lists them.

use crate::country::Country;

/// The rules of one country. The default is a country of which nothing is known: nothing but street and city is required.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Rules {
    /// The forms of its postal codes, parted by `|`; empty: any text. `9` is a digit, `A` a letter, `X` either.
    pub postal_codes: &'static str,
    pub is_postal_code_required: bool,
    /// The country is one city.
    pub is_city: bool,
    /// The postal code stands behind the city on an envelope.
    pub is_postal_code_last: bool,
    /// Its states, when they are required: code and name.
    pub states: &'static [(&'static str, &'static str)],
}

impl Rules {
    /// The code of a state by its code or name, in either case.
    pub fn state(&self, typed: &str) -> Option<&'static str> {
        self.states
            .iter()
            .find(|(code, name)| {
                code.eq_ignore_ascii_case(typed) || name.eq_ignore_ascii_case(typed)
            })
            .map(|(code, _)| *code)
    }
}

/// The rules of a country.
pub(super) fn of(country: Country) -> Rules {
    let code = country.code();
    let postal_codes = POSTAL_CODES
        .iter()
        .find(|(countries, _)| countries.split(' ').any(|one| one == code))
        .map_or("", |(_, forms)| *forms);
    Rules {
        postal_codes,
        is_postal_code_required: !postal_codes.is_empty() && !OPTIONAL_POSTAL_CODE.contains(&code),
        is_city: CITIES.contains(&code),
        is_postal_code_last: POSTAL_CODE_LAST.contains(&code),
        states: STATES.iter().find(|(one, _)| *one == code).map_or(&[], |(_, states)| *states),
    }
}

const POSTAL_CODES: &[(&str, &str)] = &[
    ("AT AU BE BG CH CY DK HU LI LU NO NZ SI TN ZA", "9999"),
    ("DE EE ES FI FR HR IT LT MC ME MX MY PK RS SM TH TR UA VA BA MA EG ID KE KW", "99999"),
    ("US PR VI GU", "99999|99999-9999"),
    ("CZ GR SE SK", "999 99"),
    ("CN CO IN KZ RO RU SG VN EC NG", "999999"),
    ("IL", "9999999|99999"),
    ("IS", "999"),
    ("PL", "99-999"),
    ("PT", "9999-999"),
    ("BR", "99999-999"),
    ("JP", "999-9999"),
    ("KR", "99999"),
    ("TW", "999|99999|999999"),
    ("LV", "LV-9999"),
    ("IE", "A99 XXXX|D6W XXXX"),
    ("NL", "9999 AA"),
    ("CA", "A9A 9A9"),
    ("MT", "AAA 9999"),
    ("GB", "A9 9AA|A99 9AA|AA9 9AA|AA99 9AA|A9A 9AA|AA9A 9AA"),
    ("AD", "AD999"),
];

/// They have postal codes, and many addresses do not show them.
const OPTIONAL_POSTAL_CODE: &[&str] = &["CO", "EC", "IE", "KE", "KW", "MA", "NG", "TW", "VN"];

const CITIES: &[&str] = &["GI", "HK", "MC", "MO", "SG", "VA"];

const POSTAL_CODE_LAST: &[&str] = &[
    "AU", "BR", "CA", "CN", "CO", "GB", "ID", "IE", "IN", "JP", "KR", "MX", "NZ", "PR", "SG", "TH",
    "TW", "US", "VN", "ZA",
];

type States = &'static [(&'static str, &'static str)];

const STATES: &[(&str, States)] =
    &[("US", AMERICAN), ("CA", CANADIAN), ("AU", AUSTRALIAN), ("BR", BRAZILIAN)];
const AMERICAN: States = &[
    ("AL", "Alabama"),
    ("AK", "Alaska"),
    ("AZ", "Arizona"),
    ("AR", "Arkansas"),
    ("CA", "California"),
    ("CO", "Colorado"),
    ("CT", "Connecticut"),
    ("DE", "Delaware"),
    ("DC", "District of Columbia"),
    ("FL", "Florida"),
    ("GA", "Georgia"),
    ("HI", "Hawaii"),
    ("ID", "Idaho"),
    ("IL", "Illinois"),
    ("IN", "Indiana"),
    ("IA", "Iowa"),
    ("KS", "Kansas"),
    ("KY", "Kentucky"),
    ("LA", "Louisiana"),
    ("ME", "Maine"),
    ("MD", "Maryland"),
    ("MA", "Massachusetts"),
    ("MI", "Michigan"),
    ("MN", "Minnesota"),
    ("MS", "Mississippi"),
    ("MO", "Missouri"),
    ("MT", "Montana"),
    ("NE", "Nebraska"),
    ("NV", "Nevada"),
    ("NH", "New Hampshire"),
    ("NJ", "New Jersey"),
    ("NM", "New Mexico"),
    ("NY", "New York"),
    ("NC", "North Carolina"),
    ("ND", "North Dakota"),
    ("OH", "Ohio"),
    ("OK", "Oklahoma"),
    ("OR", "Oregon"),
    ("PA", "Pennsylvania"),
    ("RI", "Rhode Island"),
    ("SC", "South Carolina"),
    ("SD", "South Dakota"),
    ("TN", "Tennessee"),
    ("TX", "Texas"),
    ("UT", "Utah"),
    ("VT", "Vermont"),
    ("VA", "Virginia"),
    ("WA", "Washington"),
    ("WV", "West Virginia"),
    ("WI", "Wisconsin"),
    ("WY", "Wyoming"),
    ("AA", "Armed Forces Americas"),
    ("AE", "Armed Forces Europe"),
    ("AP", "Armed Forces Pacific"),
];

const CANADIAN: States = &[
    ("AB", "Alberta"),
    ("BC", "British Columbia"),
    ("MB", "Manitoba"),
    ("NB", "New Brunswick"),
    ("NL", "Newfoundland and Labrador"),
    ("NS", "Nova Scotia"),
    ("NT", "Northwest Territories"),
    ("NU", "Nunavut"),
    ("ON", "Ontario"),
    ("PE", "Prince Edward Island"),
    ("QC", "Quebec"),
    ("SK", "Saskatchewan"),
    ("YT", "Yukon"),
];

const AUSTRALIAN: States = &[
    ("ACT", "Australian Capital Territory"),
    ("NSW", "New South Wales"),
    ("NT", "Northern Territory"),
    ("QLD", "Queensland"),
    ("SA", "South Australia"),
    ("TAS", "Tasmania"),
    ("VIC", "Victoria"),
    ("WA", "Western Australia"),
];

const BRAZILIAN: States = &[
    ("AC", "Acre"),
    ("AL", "Alagoas"),
    ("AP", "Amapá"),
    ("AM", "Amazonas"),
    ("BA", "Bahia"),
    ("CE", "Ceará"),
    ("DF", "Distrito Federal"),
    ("ES", "Espírito Santo"),
    ("GO", "Goiás"),
    ("MA", "Maranhão"),
    ("MT", "Mato Grosso"),
    ("MS", "Mato Grosso do Sul"),
    ("MG", "Minas Gerais"),
    ("PA", "Pará"),
    ("PB", "Paraíba"),
    ("PR", "Paraná"),
    ("PE", "Pernambuco"),
    ("PI", "Piauí"),
    ("RJ", "Rio de Janeiro"),
    ("RN", "Rio Grande do Norte"),
    ("RS", "Rio Grande do Sul"),
    ("RO", "Rondônia"),
    ("RR", "Roraima"),
    ("SC", "Santa Catarina"),
    ("SP", "São Paulo"),
    ("SE", "Sergipe"),
    ("TO", "Tocantins"),
];
