//! The parts of Stripe's objects that are read. Everything else in an answer is passed over, so that new fields disturb nobody.

use std::collections::HashMap;

use domain::payment::DeclineCode;
use domain::payment_method::{CardExpiry, MethodDetails};
use serde::Deserialize;
use serde_json::Value;

use super::decline;

pub(super) type Metadata = HashMap<String, String>;

/// An object of which only its id is wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub id: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct List<T> {
    pub data: Vec<T>,
    #[serde(default)]
    pub has_more: bool,
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorEnvelope {
    #[serde(default)]
    pub error: ErrorBody,
}

/// Why something was refused or declined.
#[derive(Debug, Default, Deserialize)]
pub(super) struct ErrorBody {
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub code: Option<String>,
    /// What the card's bank says.
    pub decline_code: Option<String>,
    /// Which field was wrong.
    pub param: Option<String>,
}

impl ErrorBody {
    pub fn summary(&self) -> String {
        [&self.kind, &self.code, &self.decline_code, &self.param]
            .map(|part| part.as_deref().unwrap_or("-"))
            .join(" ")
    }

    /// The bank's reason, if there is one, else Stripe's.
    pub fn decline(&self) -> DeclineCode {
        decline::of(self.decline_code.as_deref(), self.code.as_deref(), self.param.as_deref())
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentIntent {
    pub id: String,
    pub status: String,
    pub next_action: Option<NextAction>,
    pub last_payment_error: Option<ErrorBody>,
    #[serde(default)]
    pub metadata: Metadata,
}

#[derive(Debug, Deserialize)]
pub(super) struct NextAction {
    pub redirect_to_url: Option<RedirectToUrl>,
}

#[derive(Debug, Deserialize)]
pub(super) struct RedirectToUrl {
    pub url: Option<String>,
}

impl PaymentIntent {
    /// Where the customer approves it.
    pub fn action_url(&self) -> Option<&str> {
        let url = self.next_action.as_ref()?.redirect_to_url.as_ref()?.url.as_deref()?;
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        is_web.then_some(url)
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Refund {
    pub id: String,
    pub status: Option<String>,
    #[serde(default)]
    pub metadata: Option<Metadata>,
}

#[derive(Debug, Deserialize)]
pub(super) struct SetupIntent {
    pub id: String,
    pub status: String,
    pub client_secret: Option<String>,
    pub last_setup_error: Option<ErrorBody>,
    /// The whole of it where it was asked for by `expand`, else its id.
    #[serde(default)]
    pub payment_method: Value,
}

#[derive(Debug, Deserialize)]
pub(super) struct CheckoutSession {
    pub id: String,
    /// `open`, `complete` or `expired`.
    pub status: Option<String>,
    pub setup_intent: Option<SetupIntent>,
}

/// A page was begun; its setup intent is not expanded here.
#[derive(Debug, Deserialize)]
pub(super) struct NewCheckoutSession {
    pub id: String,
    pub url: Option<String>,
}

#[derive(Debug, Deserialize)]
pub(super) struct PaymentMethod {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: String,
    /// `None` once it is detached.
    pub customer: Option<String>,
    #[serde(flatten)]
    rest: HashMap<String, Value>,
}

impl PaymentMethod {
    /// What people may see of it. What a rule of ours does not fit is left out.
    pub fn details(&self) -> MethodDetails {
        let part = self.rest.get(&self.kind);
        let text = |name| part.and_then(|part| part.get(name)).and_then(Value::as_str);
        let number = |name| {
            let number = part.and_then(|part| part.get(name))?;
            let number = number.as_i64().or_else(|| number.as_str()?.parse().ok())?;
            i16::try_from(number).ok()
        };
        let expiry = number("exp_year").zip(number("exp_month"));
        let expiry =
            expiry.filter(|(year, month)| (2000..2200).contains(year) && (1..=12).contains(month));
        let wallet = part.and_then(|part| part.get("wallet")?.get("type")?.as_str());
        MethodDetails {
            kind: if is_name(&self.kind) { self.kind.clone() } else { "other".to_owned() },
            brand: text("brand").map(str::to_ascii_lowercase).filter(|brand| is_name(brand)),
            last4: text("last4")
                .filter(|last4| last4.len() == 4 && last4.bytes().all(|byte| byte.is_ascii_digit()))
                .map(str::to_owned),
            expiry: expiry.map(|(year, month)| CardExpiry { year, month }),
            wallet: wallet.filter(|wallet| is_name(wallet)).map(str::to_owned),
        }
    }
}

fn is_name(text: &str) -> bool {
    text.len() <= 40
        && text.starts_with(|first: char| first.is_ascii_lowercase())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn details(method: Value) -> MethodDetails {
        serde_json::from_value::<PaymentMethod>(method).unwrap().details()
    }

    #[test]
    fn a_card_in_a_wallet() {
        let card = json!({"id": "pm_1", "object": "payment_method", "type": "card", "customer": "cus_1",
            "card": {"brand": "Visa", "last4": "4242", "exp_month": 12, "exp_year": 2030, "wallet": {"type": "apple_pay"}}});
        assert_eq!(
            details(card),
            MethodDetails {
                kind: "card".into(),
                brand: Some("visa".into()),
                last4: Some("4242".into()),
                expiry: Some(CardExpiry { year: 2030, month: 12 }),
                wallet: Some("apple_pay".into()),
            }
        );
    }

    #[test]
    fn another_kind_and_what_breaks_our_rules() {
        let debit = json!({"id": "pm_1", "type": "sepa_debit", "customer": null, "sepa_debit": {"last4": "3000"}});
        let debit = details(debit);
        assert_eq!((debit.kind.as_str(), debit.last4.as_deref()), ("sepa_debit", Some("3000")));
        assert_eq!((debit.brand, debit.expiry), (None, None));
        let odd = details(
            json!({"id": "pm_1", "type": "Odd Kind", "Odd Kind": {"last4": "42", "brand": "<b>"}}),
        );
        assert_eq!((odd.kind.as_str(), odd.last4, odd.brand), ("other", None, None));
        let odd = details(
            json!({"id": "pm_1", "type": "card", "card": {"exp_month": 13, "exp_year": 2030}}),
        );
        assert_eq!(odd.expiry, None);
    }
}
