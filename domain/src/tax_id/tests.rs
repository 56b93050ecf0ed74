use super::*;
use proptest::prelude::*;

fn country(prefix: &str) -> Country {
    let code = match prefix {
        "EL" => "GR",
        "CHE" => "CH",
        "XI" => "GB",
        prefix => prefix,
    };
    Country::parse(code).unwrap()
}

/// Numbers of the right shape for each kind that a country has, without their prefix.
const VALID: &[(&str, &[&str])] = &[
    ("AT", &["U39099603", "U08246281", "U21547280"]),
    ("BE", &["0166594134", "1732060011", "1797515116"]),
    ("BG", &["209290012", "1320114468"]),
    ("CY", &["55424534C", "72441987P", "15273471U"]),
    ("CZ", &["53089171", "683802298", "7428034075", "890922999"]),
    ("DE", &["149858308", "224559503", "550643302"]),
    ("DK", &["82491678", "92625362", "16472263"]),
    ("EE", &["422201940", "569908481", "935607691"]),
    ("EL", &["382397785", "776732306", "555663153"]),
    ("ES", &["P51811917", "S0153712E", "14558883K", "X7865202F"]),
    ("FI", &["31230191", "49078175", "57355427"]),
    ("FR", &["68973714181", "1F411236797", "X4873675342", "WZ155058076"]),
    ("GB", &["271587003", "977229518865", "GD380", "HA991"]),
    ("HR", &["83488839007", "13705967731", "35394403447"]),
    ("HU", &["62934312", "14302477", "95302193"]),
    ("IE", &["9273179B", "2175397GM", "1O87336G", "6227928FW"]),
    ("IT", &["22162460913", "88856310979"]),
    ("LT", &["890512111", "664930099318"]),
    ("LU", &["68910971", "40306371", "03187816"]),
    ("LV", &["58271798737", "32565658093"]),
    ("MT", &["83262662", "42443106", "50301289"]),
    ("NL", &["378088014B72", "345922414B55", "475739474B61"]),
    ("PL", &["9676292789", "3848490757", "6833290605"]),
    ("PT", &["197169759", "240708830", "658675907"]),
    ("RO", &["51", "299", "5156", "18334"]),
    ("SE", &["209503033001", "103092059701"]),
    ("SI", &["87988003", "85923834", "40286657"]),
    ("SK", &["2488011064", "4482043137", "5041831630"]),
    ("CHE", &["426443938", "662366298", "320627273"]),
    ("NO", &["686447227", "545242443", "676967664"]),
    ("XI", &["271587003"]),
];

/// Rules that notice every single wrong digit: their moduli are prime to the weights, and no two check values share a digit.
const NOTICES_ALL: &[&str] =
    &["AT", "BE", "CHE", "DE", "DK", "EE", "FI", "HR", "HU", "LU", "NO", "PL", "SE"];

#[test]
fn each_country_takes_its_numbers_with_and_without_prefix() {
    for (prefix, bodies) in VALID {
        for body in *bodies {
            let number =
                if *prefix == "NO" { format!("{body}MVA") } else { format!("{prefix}{body}") };
            let id =
                TaxId::parse(country(prefix), &number).unwrap_or_else(|e| panic!("{number}: {e}"));
            assert_eq!((id.number.as_str(), id.is_verified), (number.as_str(), true));
            if *prefix != "XI" {
                let bare = TaxId::parse(country(prefix), &body.to_lowercase());
                assert_eq!(bare.as_ref(), Ok(&id), "{body}");
            }
        }
    }
}

#[test]
fn each_country_of_the_union_has_a_rule_and_refuses_a_wrong_digit() {
    for member in Country::all().filter(|country| country.is_eu()) {
        let (_, bodies) = VALID.iter().find(|(prefix, _)| *prefix == member.vat_prefix()).unwrap();
        let body = bodies[0];
        let digit = body.find(|c: char| c.is_ascii_digit()).unwrap();
        let wrong = (b'0'..=b'9')
            .map(|other| format!("{}{}{}", &body[..digit], char::from(other), &body[digit + 1..]))
            .filter(|other| other != body)
            .filter(|other| TaxId::parse(member, other).is_err())
            .count();
        assert!(wrong >= 8, "{member}: only {wrong} of 9 other digits are refused");
    }
}

#[test]
fn separators_and_spellings_do_not_matter() {
    let number =
        |code: &str, raw: &str| TaxId::parse(Country::parse(code).unwrap(), raw).unwrap().number;
    assert_eq!(number("DE", " de 149.858-308 "), "DE149858308");
    assert_eq!(number("CH", "CHE-426.443.938 MWST"), "CHE426443938");
    assert_eq!(number("CH", "che 426 443 938 tva"), "CHE426443938");
    assert_eq!(number("GR", "GR 382397785"), "EL382397785");
    assert_eq!(number("BE", "166594134"), "BE0166594134");
    assert_eq!(number("NO", "NO 686 447 227 MVA"), "686447227MVA");
    assert_eq!(number("GB", "XI 271 5870 03"), "XI271587003");
}

#[test]
fn what_is_no_number_is_named() {
    let code = |country: &str, raw: &str| {
        TaxId::parse(Country::parse(country).unwrap(), raw).unwrap_err().code
    };
    assert_eq!(code("DE", "  "), "required");
    assert_eq!(code("US", &"1".repeat(33)), "too_long");
    assert_eq!(code("US", "12;34"), "tax_id_invalid");
    assert_eq!(code("DE", "149858309"), "tax_id_invalid");
    assert_eq!(code("DE", "DE"), "tax_id_invalid");
    assert_eq!(code("DE", "ATU39099603"), "tax_id_other_country");
    assert_eq!(code("AT", "DE149858308"), "tax_id_other_country");
    assert_eq!(code("DE", "CHE426443938"), "tax_id_other_country");
}

#[test]
fn other_countries_are_taken_as_typed_and_not_verified() {
    let id = TaxId::parse(Country::parse("US").unwrap(), " 12-3456789 ").unwrap();
    assert_eq!((id.number.as_str(), id.is_verified), ("12-3456789", false));
}

proptest! {
    #[test]
    fn one_wrong_digit_is_noticed(which in 0_usize..1_000, place in 0_usize..12, other in 0_u8..10) {
        let numbers: Vec<_> = VALID.iter().filter(|(prefix, _)| NOTICES_ALL.contains(prefix)).collect();
        let (prefix, bodies) = numbers[which % numbers.len()];
        let body = bodies[which / numbers.len() % bodies.len()];
        let place = place % body.len();
        let mut flipped = body.as_bytes().to_vec();
        prop_assume!(flipped[place].is_ascii_digit() && flipped[place] != b'0' + other);
        // The two last digits of a Swedish number count branches.
        prop_assume!(*prefix != "SE" || place < 10);
        flipped[place] = b'0' + other;
        let flipped = String::from_utf8(flipped).unwrap();
        prop_assert!(TaxId::parse(country(prefix), &flipped).is_err(), "{prefix}{flipped}");
    }

    #[test]
    fn any_text_is_answered(text in "\\PC{0,40}", alnum in "[A-Z]{0,3}[0-9A-Z]{0,14}", n in 0_usize..249) {
        let country = Country::all().nth(n).unwrap();
        for raw in [text, alnum] {
            if let Ok(id) = TaxId::parse(country, &raw) {
                // What was read reads back the same.
                prop_assert_eq!(TaxId::parse(country, &id.number), Ok(id));
            }
        }
    }
}
