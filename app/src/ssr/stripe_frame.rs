//! What a page needs to show the processor's frame in which a card is entered.

/// How Stripe's frame is opened. Nothing of it is secret: browsers get all of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StripeFrame {
    /// Begins with `pk_`.
    pub publishable_key: String,
    /// Where the script comes from that draws the frame, such as `https://js.stripe.com/v3/`.
    pub js_url: String,
    pub element: StripeElement,
}

/// Which of Stripe's fields stands in the frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum StripeElement {
    /// All that Stripe offers the customer, `confirmSetup`.
    #[default]
    Payment,
    /// The card alone, `confirmCardSetup`: what stands in for Stripe in tests knows no other.
    Card,
}

impl StripeElement {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Card => "card",
        }
    }
}

impl StripeFrame {
    /// Scheme, host and port of the script, for the page's policy.
    pub fn origin(&self) -> &str {
        let after_scheme = self.js_url.find("://").map_or(0, |at| at + 3);
        let host_length = self.js_url[after_scheme..].find('/');
        host_length.map_or(&self.js_url, |length| &self.js_url[..after_scheme + length])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_origin_ends_before_the_path() {
        let frame = |js_url: &str| StripeFrame {
            publishable_key: "pk_test_x".into(),
            js_url: js_url.into(),
            element: StripeElement::Payment,
        };
        assert_eq!(frame("https://js.stripe.com/v3/").origin(), "https://js.stripe.com");
        assert_eq!(
            frame("http://127.0.0.1:8420/js.stripe.com/v3/").origin(),
            "http://127.0.0.1:8420"
        );
        assert_eq!(frame("https://js.stripe.com").origin(), "https://js.stripe.com");
    }
}
