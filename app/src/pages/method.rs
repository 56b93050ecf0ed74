//! Payment methods in words: the one place for every page.

use backend::payment_method::PaymentMethod;
use domain::payment_method::{CardExpiry, MethodDetails};
use time::{Duration, OffsetDateTime};

use crate::text::Text;
use crate::ui::form::Choice;
use crate::ui::tone::Tone;

/// So long before its end a card is marked.
const SOON: Duration = Duration::days(60);

/// "Visa ending in 4242".
pub(crate) fn name(t: Text, details: &MethodDetails) -> String {
    let kind = kind(t, details);
    let name = match &details.last4 {
        Some(digits) => t.methods_ending(&kind, digits),
        None => kind,
    };
    match details.wallet.as_deref().and_then(wallet) {
        Some(wallet) => t.methods_wallet(&name, wallet),
        None => name,
    }
}

/// Proper names are the same in every language.
fn kind(t: Text, details: &MethodDetails) -> String {
    let known = match (details.kind.as_str(), details.brand.as_deref()) {
        ("card", Some("visa")) => "Visa",
        ("card", Some("mastercard")) => "Mastercard",
        ("card", Some("amex")) => "American Express",
        ("card", Some("diners")) => "Diners Club",
        ("card", Some("discover")) => "Discover",
        ("card", Some("jcb")) => "JCB",
        ("card", Some("unionpay")) => "UnionPay",
        ("card", Some("cartes_bancaires")) => "Cartes Bancaires",
        ("card", _) => t.methods_card(),
        ("sepa_debit", _) => t.methods_sepa(),
        ("paypal", _) => "PayPal",
        ("link", _) => "Link",
        _ => t.methods_other(),
    };
    known.to_owned()
}

fn wallet(name: &str) -> Option<&'static str> {
    match name {
        "apple_pay" => Some("Apple Pay"),
        "google_pay" => Some("Google Pay"),
        "link" => Some("Link"),
        _ => None,
    }
}

/// What a processor is called.
pub(crate) fn processor_name(name: Option<&str>) -> &'static str {
    if name == Some("stripe") { "Stripe" } else { "Sandbox" }
}

/// Where a card stands before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    Good,
    ExpiresSoon,
    Expired,
}

pub(crate) fn validity(expiry: Option<CardExpiry>, now: OffsetDateTime) -> Validity {
    match expiry.and_then(CardExpiry::ends_at) {
        Some(end) if end <= now => Validity::Expired,
        Some(end) if end - now <= SOON => Validity::ExpiresSoon,
        _ => Validity::Good,
    }
}

impl Validity {
    /// The mark of what needs attention.
    pub(crate) fn badge(self, t: Text) -> Option<(Tone, String)> {
        match self {
            Self::Good => None,
            Self::ExpiresSoon => Some((Tone::Wait, t.methods_expires_soon().to_owned())),
            Self::Expired => Some((Tone::Bad, t.methods_expired().to_owned())),
        }
    }
}

/// "Expires 12/2027".
pub(crate) fn expiry(t: Text, expiry: Option<CardExpiry>, now: OffsetDateTime) -> String {
    let Some(card) = expiry else { return t.methods_expiry_unknown().to_owned() };
    let month = format!("{:02}/{}", card.month, card.year);
    if validity(expiry, now) == Validity::Expired {
        t.methods_expired_on(&month)
    } else {
        t.methods_expires_on(&month)
    }
}

/// A method among others to choose from; its value is its id.
pub(crate) fn choice(t: Text, method: &PaymentMethod, now: OffsetDateTime) -> Choice {
    Choice {
        value: method.payment_method_id.to_string(),
        label: name(t, &method.details),
        detail: Some(expiry(t, method.details.expiry, now)),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use domain::locale::Locale;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    pub(crate) fn visa(number: u128) -> PaymentMethod {
        PaymentMethod {
            payment_method_id: Uuid::from_u128(number).into(),
            customer_id: Uuid::from_u128(1).into(),
            processor: "sandbox".to_owned(),
            details: MethodDetails {
                kind: "card".to_owned(),
                brand: Some("visa".to_owned()),
                last4: Some("4242".to_owned()),
                expiry: Some(CardExpiry { year: 2027, month: 12 }),
                wallet: None,
            },
            is_default: false,
            is_backup: false,
            subscriptions: Vec::new(),
            created_at: datetime!(2026-01-01 10:00 UTC),
        }
    }

    #[test]
    fn a_method_is_named_by_its_brand_and_last_digits() {
        let (en, de) = (Text::of(Locale::En), Text::of(Locale::De));
        let card = visa(1).details;
        assert_eq!(name(en, &card), "Visa ending in 4242");
        assert_eq!(name(de, &card), "Visa mit den Endziffern 4242");
        let apple = MethodDetails { wallet: Some("apple_pay".to_owned()), ..card.clone() };
        assert_eq!(name(en, &apple), "Visa ending in 4242 (Apple Pay)");
        let of_tomorrow =
            MethodDetails { kind: "of_tomorrow".to_owned(), last4: None, ..card.clone() };
        assert_eq!(name(en, &of_tomorrow), "Payment method");
        let unknown = MethodDetails { brand: Some("<b>".to_owned()), ..card };
        assert_eq!(name(en, &unknown), "Card ending in 4242");
    }

    #[test]
    fn a_card_is_marked_two_months_before_its_end() {
        let card = Some(CardExpiry { year: 2026, month: 5 });
        let at = |now| validity(card, now);
        assert_eq!(at(datetime!(2026-04-01 00:00 UTC)), Validity::Good);
        assert_eq!(at(datetime!(2026-04-03 00:00 UTC)), Validity::ExpiresSoon);
        assert_eq!(at(datetime!(2026-05-31 23:59 UTC)), Validity::ExpiresSoon);
        assert_eq!(at(datetime!(2026-06-01 00:00 UTC)), Validity::Expired);
        assert_eq!(validity(None, datetime!(2026-06-01 00:00 UTC)), Validity::Good);
        let t = Text::of(Locale::En);
        assert_eq!(expiry(t, card, datetime!(2026-06-01 00:00 UTC)), "Expired 05/2026");
        assert_eq!(expiry(t, card, datetime!(2026-01-01 00:00 UTC)), "Expires 05/2026");
    }
}
