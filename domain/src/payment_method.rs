//! A saved way to pay: what people may see of it.

use serde::{Deserialize, Serialize};

/// What a processor tells of a saved card or account. Never its number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodDetails {
    /// `card`, or a processor's name of another kind, such as `sepa_debit`.
    pub kind: String,
    /// In lower case, such as `visa`.
    pub brand: Option<String>,
    /// The last four digits.
    pub last4: Option<String>,
    pub expiry: Option<CardExpiry>,
    /// Such as `apple_pay`.
    pub wallet: Option<String>,
}

/// The month through whose end a card is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CardExpiry {
    pub year: i16,
    /// 1 to 12.
    pub month: i16,
}
