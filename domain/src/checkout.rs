//! Checkouts: somebody on the way to a subscription.

use time::Duration;

use crate::text_enum::text_enum;

/// Nobody can buy by a checkout that is older.
pub const CHECKOUT_EXPIRES_AFTER: Duration = Duration::hours(24);
/// Products offered by one checkout at most.
pub const CHECKOUT_PRODUCTS_MAX: usize = 50;
/// Seats bought by one checkout at most.
pub const CHECKOUT_SEATS_MAX: i32 = 10_000;

text_enum! {
    /// Where a checkout stands.
    CheckoutState {
        /// Being filled in.
        Open = "open",
        /// Its order is frozen and waits for the card or the charge.
        Confirmed = "confirmed",
        Succeeded = "succeeded",
        Failed = "failed",
        Expired = "expired",
    }
}

impl CheckoutState {
    /// Nothing comes after it.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Expired)
    }
}

text_enum! {
    /// How a checkout's customer was found.
    CustomerMatch {
        /// The organization said who buys.
        Named = "named",
        /// Made by the checkout.
        Created = "created",
        /// Only by the address that was typed, which proves nothing.
        ByEmail = "by_email",
    }
}

impl CustomerMatch {
    /// Whoever bought may act for the customer afterwards.
    pub const fn is_proven(self) -> bool {
        matches!(self, Self::Named | Self::Created)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_was_typed_proves_nothing() {
        let proven = |it: &&CustomerMatch| it.is_proven();
        assert_eq!(CustomerMatch::ALL.iter().filter(proven).count(), 2);
        assert!(!CustomerMatch::ByEmail.is_proven());
    }

    #[test]
    fn open_and_confirmed_go_on() {
        let open = |it: &&CheckoutState| !it.is_settled();
        let open: Vec<_> = CheckoutState::ALL.iter().filter(open).collect();
        assert_eq!(open, [&CheckoutState::Open, &CheckoutState::Confirmed]);
    }
}
