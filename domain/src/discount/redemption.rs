//! Who may redeem a discount, and when.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::id::ProductId;

/// The most redemptions that can be named (the table's integers).
pub const REDEMPTIONS_MAX: i32 = i32::MAX;

/// Whether a text can be a code: 3 to 256 letters and digits of ASCII.
pub fn is_code(text: &str) -> bool {
    (3..=256).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// When, how often and for what a discount can be redeemed. What is not named does not limit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedemptionTerms {
    #[serde(default, with = "crate::micros::option")]
    pub starts_at: Option<OffsetDateTime>,
    /// From this instant on it can no longer be redeemed; what was redeemed runs on.
    #[serde(default, with = "crate::micros::option")]
    pub ends_at: Option<OffsetDateTime>,
    pub max_redemptions: Option<i32>,
    pub max_redemptions_per_customer: Option<i32>,
    /// The only products it is for; every product when empty.
    pub product_ids: Vec<ProductId>,
}

/// Why a discount cannot be redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedemptionRefusal {
    #[error("the discount cannot be redeemed yet")]
    NotYet,
    #[error("the discount can no longer be redeemed")]
    Ended,
    #[error("the discount is not for this product")]
    OtherProduct,
    #[error("the discount was redeemed as often as it can be")]
    UsedUp,
    #[error("this customer redeemed the discount as often as one may")]
    UsedUpByCustomer,
}

impl RedemptionTerms {
    /// Whether it can be redeemed at `now` for this product, after `redeemed` redemptions, `redeemed_by_customer` of them by the
    /// customer who asks (0 while it is not known who that is).
    ///
    /// # Errors
    /// The first reason against it.
    pub fn check(
        &self,
        now: OffsetDateTime,
        product_id: ProductId,
        redeemed: i32,
        redeemed_by_customer: i32,
    ) -> Result<(), RedemptionRefusal> {
        if self.starts_at.is_some_and(|starts_at| now < starts_at) {
            return Err(RedemptionRefusal::NotYet);
        }
        if self.ends_at.is_some_and(|ends_at| ends_at <= now) {
            return Err(RedemptionRefusal::Ended);
        }
        if !self.product_ids.is_empty() && !self.product_ids.contains(&product_id) {
            return Err(RedemptionRefusal::OtherProduct);
        }
        if self.max_redemptions.is_some_and(|max| max <= redeemed) {
            return Err(RedemptionRefusal::UsedUp);
        }
        if self.max_redemptions_per_customer.is_some_and(|max| max <= redeemed_by_customer) {
            return Err(RedemptionRefusal::UsedUpByCustomer);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;
    use uuid::Uuid;

    const NOW: OffsetDateTime = datetime!(2026-05-01 10:00 UTC);

    fn product(number: u128) -> ProductId {
        Uuid::from_u128(number).into()
    }

    #[test]
    fn without_terms_everybody_redeems_it() {
        let terms = RedemptionTerms::default();
        assert_eq!(terms.check(NOW, product(1), i32::MAX, i32::MAX), Ok(()));
    }

    #[test]
    fn it_begins_and_ends_at_its_very_instants() {
        let microsecond = time::Duration::microseconds(1);
        let terms = RedemptionTerms {
            starts_at: Some(NOW),
            ends_at: Some(NOW + time::Duration::DAY),
            ..RedemptionTerms::default()
        };
        let at = |now| terms.check(now, product(1), 0, 0);
        assert_eq!(at(NOW - microsecond), Err(RedemptionRefusal::NotYet));
        assert_eq!(at(NOW), Ok(()));
        assert_eq!(at(NOW + time::Duration::DAY - microsecond), Ok(()));
        assert_eq!(at(NOW + time::Duration::DAY), Err(RedemptionRefusal::Ended));
    }

    #[test]
    fn counts_and_products_limit_it() {
        let terms = RedemptionTerms {
            max_redemptions: Some(10),
            max_redemptions_per_customer: Some(1),
            product_ids: vec![product(1), product(2)],
            ..RedemptionTerms::default()
        };
        assert_eq!(terms.check(NOW, product(2), 9, 0), Ok(()));
        assert_eq!(terms.check(NOW, product(3), 9, 0), Err(RedemptionRefusal::OtherProduct));
        assert_eq!(terms.check(NOW, product(2), 10, 0), Err(RedemptionRefusal::UsedUp));
        assert_eq!(terms.check(NOW, product(2), 9, 1), Err(RedemptionRefusal::UsedUpByCustomer));
    }

    #[test]
    fn codes_are_letters_and_digits() {
        for code in ["abc", "SPRING26", &"x".repeat(256)] {
            assert!(is_code(code), "{code}");
        }
        for text in ["", "ab", "a b", "a-b", "äöü", "abc\0", &"x".repeat(257)] {
            assert!(!is_code(text), "{text}");
        }
    }
}
