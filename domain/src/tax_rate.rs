//! Which rate applies between a seller and a buyer of electronically supplied services.
//!
//! Fixed standard rates per country; territories with rates of their own (the Canary Islands, Büsingen, the Azores …) and
//! reduced rates are not told apart.

use crate::country::Country;
use crate::tax::{TaxRate, TaxReason};

/// The standard rates in parts per million, as in force in 2026. In the EU: the Commission's table of VAT rates, Art. 96 and 97
/// of Directive 2006/112/EC. Canada: the federal GST only.
const STANDARD_RATES_PPM: &[(&str, u32)] = &[
    ("AT", 200_000),
    ("AU", 100_000),
    ("BE", 210_000),
    ("BG", 200_000),
    ("CA", 50_000),
    ("CH", 81_000),
    ("CY", 190_000),
    ("CZ", 210_000),
    ("DE", 190_000),
    ("DK", 250_000),
    ("EE", 240_000),
    ("ES", 210_000),
    ("FI", 255_000),
    ("FR", 200_000),
    ("GB", 200_000),
    ("GR", 240_000),
    ("HR", 250_000),
    ("HU", 270_000),
    ("IE", 230_000),
    ("IS", 240_000),
    ("IT", 220_000),
    ("JP", 100_000),
    ("KR", 100_000),
    ("LI", 81_000),
    ("LT", 210_000),
    ("LU", 170_000),
    ("LV", 210_000),
    ("MT", 180_000),
    ("NL", 210_000),
    ("NO", 250_000),
    ("NZ", 150_000),
    ("PL", 230_000),
    ("PT", 230_000),
    ("RO", 210_000),
    ("SE", 250_000),
    ("SG", 90_000),
    ("SI", 220_000),
    ("SK", 230_000),
    ("ZA", 150_000),
];

/// What a seller's tax depends on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seller {
    /// Where it is established; `None` while it has not said so.
    pub country: Option<Country>,
    /// Registered for VAT in the EU: in its own member state and, through the one-stop shop, for all others.
    pub collects_eu_tax: bool,
    /// Countries outside the EU in which it is registered.
    pub tax_countries: Vec<Country>,
}

/// What a buyer's tax depends on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buyer {
    /// Of the billing address; `None` while there is none.
    pub country: Option<Country>,
    /// The country of a tax id and whether its check digits were verified.
    pub tax_id: Option<(Country, bool)>,
    /// The organization has marked it as exempt.
    pub is_tax_exempt: bool,
}

/// The rate for an order between them, and why.
///
/// A seller collects tax only where it is registered (who shows VAT without being registered owes it all the same: Art. 203 of
/// Directive 2006/112/EC), so at home, too. Services to people are taxed where these live (Art. 58); to a business of
/// another member state, proven by its VAT number, where that is established and by it (Art. 44 and 196): reverse charge.
pub fn tax_rate(seller: &Seller, buyer: &Buyer) -> TaxRate {
    if buyer.is_tax_exempt {
        return TaxRate::none(TaxReason::CustomerExempt);
    }
    if !seller.collects_eu_tax && seller.tax_countries.is_empty() {
        return TaxRate::none(TaxReason::NotCollected);
    }
    let Some(country) = buyer.country else {
        return TaxRate::none(TaxReason::AddressMissing);
    };
    if !seller.is_registered_in(country) {
        return TaxRate::none(TaxReason::NotCollected);
    }
    let is_foreign_business =
        country.is_eu() && seller.country != Some(country) && buyer.tax_id == Some((country, true));
    if is_foreign_business {
        return TaxRate::none(TaxReason::ReverseCharge);
    }
    standard_rate(country).unwrap_or(TaxRate::none(TaxReason::NotCollected))
}

/// A country's standard rate; `None` when the table has none for it.
pub fn standard_rate(country: Country) -> Option<TaxRate> {
    let (_, rate_ppm) = STANDARD_RATES_PPM.iter().find(|(code, _)| *code == country.code())?;
    Some(TaxRate { rate_ppm: *rate_ppm, reason: TaxReason::Standard })
}

impl Seller {
    fn is_registered_in(&self, country: Country) -> bool {
        (country.is_eu() && self.collects_eu_tax) || self.tax_countries.contains(&country)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn country(code: &str) -> Country {
        Country::parse(code).unwrap()
    }

    fn seller(code: &str, collects_eu_tax: bool, tax_countries: &[&str]) -> Seller {
        Seller {
            country: Some(country(code)),
            collects_eu_tax,
            tax_countries: tax_countries.iter().map(|code| country(code)).collect(),
        }
    }

    fn person(code: &str) -> Buyer {
        Buyer { country: Some(country(code)), tax_id: None, is_tax_exempt: false }
    }

    fn business(code: &str) -> Buyer {
        Buyer { tax_id: Some((country(code), true)), ..person(code) }
    }

    fn standard(rate_ppm: u32) -> TaxRate {
        TaxRate { rate_ppm, reason: TaxReason::Standard }
    }

    #[test]
    fn every_member_state_has_a_rate_of_at_least_15_percent() {
        // Art. 97 of the directive.
        for country in Country::all().filter(|country| country.is_eu()) {
            let rate = standard_rate(country).unwrap();
            assert!((150_000..=270_000).contains(&rate.rate_ppm), "{country}");
        }
        for (code, _) in STANDARD_RATES_PPM {
            country(code);
        }
        assert!(STANDARD_RATES_PPM.is_sorted_by(|one, two| one.0 < two.0));
    }

    #[test]
    fn at_home_everybody_pays_the_rate_of_the_country() {
        let german = seller("DE", true, &[]);
        assert_eq!(tax_rate(&german, &person("DE")), standard(190_000));
        assert_eq!(tax_rate(&german, &business("DE")), standard(190_000));
    }

    #[test]
    fn abroad_in_the_union_people_pay_their_rate_and_businesses_owe_it_themselves() {
        let german = seller("DE", true, &[]);
        assert_eq!(tax_rate(&german, &person("FI")), standard(255_000));
        assert_eq!(tax_rate(&german, &business("FI")), TaxRate::none(TaxReason::ReverseCharge));
        let unverified = Buyer { tax_id: Some((country("FI"), false)), ..person("FI") };
        assert_eq!(tax_rate(&german, &unverified), standard(255_000));
        let elsewhere = Buyer { tax_id: Some((country("AT"), true)), ..person("FI") };
        assert_eq!(tax_rate(&german, &elsewhere), standard(255_000));
        let american = seller("US", true, &[]);
        assert_eq!(tax_rate(&american, &business("DE")), TaxRate::none(TaxReason::ReverseCharge));
    }

    #[test]
    fn tax_is_collected_only_where_the_seller_is_registered() {
        let none = TaxRate::none(TaxReason::NotCollected);
        let german = seller("DE", true, &["GB"]);
        assert_eq!(tax_rate(&german, &person("GB")), standard(200_000));
        assert_eq!(tax_rate(&german, &business("GB")), standard(200_000));
        assert_eq!(tax_rate(&german, &person("CH")), none);
        let small = seller("DE", false, &[]);
        assert_eq!(tax_rate(&small, &person("DE")), none);
        let british = seller("GB", false, &["GB"]);
        assert_eq!(tax_rate(&british, &person("GB")), standard(200_000));
        assert_eq!(tax_rate(&british, &person("DE")), none);
        // No rate is known for it.
        assert_eq!(tax_rate(&seller("US", false, &["US"]), &person("US")), none);
    }

    #[test]
    fn exemption_comes_first_and_a_missing_address_is_said() {
        let german = seller("DE", true, &[]);
        let nowhere = Buyer { country: None, ..person("DE") };
        assert_eq!(tax_rate(&german, &nowhere), TaxRate::none(TaxReason::AddressMissing));
        let exempt = Buyer { is_tax_exempt: true, ..nowhere };
        assert_eq!(tax_rate(&german, &exempt), TaxRate::none(TaxReason::CustomerExempt));
        let unregistered = seller("DE", false, &[]);
        assert_eq!(tax_rate(&unregistered, &nowhere), TaxRate::none(TaxReason::NotCollected));
    }
}
