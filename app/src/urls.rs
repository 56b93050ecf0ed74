//! Every address of the portal: paths for both sides, absolute addresses for mails and redirects.

/// Paths within the public URL. `organization` is the slug.
pub mod paths {
    use domain::id::{OrderId, PaymentMethodId, SubscriptionId};

    /// `/{organization}/portal`, where a customer begins.
    #[must_use]
    pub fn overview(organization: &str) -> String {
        format!("/{organization}/portal")
    }

    #[must_use]
    pub fn sign_in(organization: &str) -> String {
        format!("/{organization}/portal/sign-in")
    }

    /// Sign-in that leads back to `to`, a path of the portal.
    #[must_use]
    pub fn sign_in_to(organization: &str, to: &str) -> String {
        format!("/{organization}/portal/sign-in?to={}", super::encode(to))
    }

    #[must_use]
    pub fn sign_in_code(organization: &str) -> String {
        format!("/{organization}/portal/sign-in/code")
    }

    #[must_use]
    pub fn sign_in_link(organization: &str) -> String {
        format!("/{organization}/portal/sign-in/link")
    }

    #[must_use]
    pub fn sign_in_choose(organization: &str) -> String {
        format!("/{organization}/portal/sign-in/choose")
    }

    #[must_use]
    pub fn hand_over(organization: &str) -> String {
        format!("/{organization}/portal/hand-over")
    }

    /// Where a new e-mail address is proved.
    #[must_use]
    pub fn verify_email(organization: &str) -> String {
        format!("/{organization}/portal/verify-email")
    }

    #[must_use]
    pub fn subscription(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}")
    }

    #[must_use]
    pub fn subscription_cancel(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}/cancel")
    }

    #[must_use]
    pub fn subscription_keep(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}/keep")
    }

    #[must_use]
    pub fn subscription_plan(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}/plan")
    }

    #[must_use]
    pub fn subscription_seats(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}/seats")
    }

    #[must_use]
    pub fn subscription_cancel_now(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}/cancel/now")
    }

    #[must_use]
    pub fn subscription_pause(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}/pause")
    }

    /// Takes a pause back that has not begun.
    #[must_use]
    pub fn subscription_keep_running(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}/pause/keep-running")
    }

    #[must_use]
    pub fn subscription_resume(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}/resume")
    }

    #[must_use]
    pub fn subscription_resubscribe(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}/resubscribe")
    }

    /// Takes a change back that waits for the period's end.
    #[must_use]
    pub fn subscription_update_undo(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}/update/undo")
    }

    /// Chooses what a subscription is charged with.
    #[must_use]
    pub fn subscription_payment_method(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/subscriptions/{id}/payment-method")
    }

    #[must_use]
    pub fn orders(organization: &str) -> String {
        format!("/{organization}/portal/orders")
    }

    #[must_use]
    pub fn orders_open(organization: &str) -> String {
        format!("/{organization}/portal/orders?status=open")
    }

    #[must_use]
    pub fn orders_of(organization: &str, subscription: SubscriptionId) -> String {
        format!("/{organization}/portal/orders?subscription={subscription}")
    }

    #[must_use]
    pub fn order(organization: &str, id: OrderId) -> String {
        format!("/{organization}/portal/orders/{id}")
    }

    /// Pays an open order.
    #[must_use]
    pub fn order_pay(organization: &str, id: OrderId) -> String {
        format!("/{organization}/portal/orders/{id}/pay")
    }

    /// Pays one order without signing in.
    #[must_use]
    pub fn pay_link(organization: &str, token: &str) -> String {
        format!("/{organization}/portal/pay/{}", super::encode(token))
    }

    /// The page of a checkout; `secret` is its client secret.
    #[must_use]
    pub fn checkout(organization: &str, secret: &str) -> String {
        format!("/{organization}/portal/checkout/{}", super::encode(secret))
    }

    #[must_use]
    pub fn invoice(organization: &str, order: OrderId) -> String {
        format!("/{organization}/portal/orders/{order}/invoice")
    }

    #[must_use]
    pub fn billing(organization: &str) -> String {
        format!("/{organization}/portal/settings/billing")
    }

    /// Asks for another e-mail address.
    #[must_use]
    pub fn email(organization: &str) -> String {
        format!("/{organization}/portal/settings/billing/email")
    }

    #[must_use]
    pub fn payment_methods(organization: &str) -> String {
        format!("/{organization}/portal/settings/payment-methods")
    }

    #[must_use]
    pub fn payment_method_add(organization: &str) -> String {
        format!("/{organization}/portal/settings/payment-methods/add")
    }

    /// Adds a payment method with which an open order is paid at once.
    #[must_use]
    pub fn payment_method_add_for_order(organization: &str, id: OrderId) -> String {
        format!("/{organization}/portal/settings/payment-methods/add?order={id}")
    }

    /// Adds a payment method for one subscription.
    #[must_use]
    pub fn payment_method_add_for_subscription(organization: &str, id: SubscriptionId) -> String {
        format!("/{organization}/portal/settings/payment-methods/add?subscription={id}")
    }

    #[must_use]
    pub fn payment_method_default(organization: &str, id: PaymentMethodId) -> String {
        format!("/{organization}/portal/settings/payment-methods/{id}/default")
    }

    #[must_use]
    pub fn payment_method_backup(organization: &str, id: PaymentMethodId) -> String {
        format!("/{organization}/portal/settings/payment-methods/{id}/backup")
    }

    #[must_use]
    pub fn payment_method_remove(organization: &str, id: PaymentMethodId) -> String {
        format!("/{organization}/portal/settings/payment-methods/{id}/remove")
    }

    /// What was tried to charge, and what came of it.
    #[must_use]
    pub fn payments(organization: &str) -> String {
        format!("/{organization}/portal/settings/payments")
    }

    #[must_use]
    pub fn sessions(organization: &str) -> String {
        format!("/{organization}/portal/settings/sessions")
    }

    #[must_use]
    pub fn activity(organization: &str) -> String {
        format!("/{organization}/portal/settings/activity")
    }

    /// The event stream of the signed-in customer.
    #[must_use]
    pub fn events(organization: &str) -> String {
        format!("/{organization}/portal/events")
    }

    /// The organization's colours; `version` changes with them.
    #[must_use]
    pub fn brand_css(organization: &str, version: &str) -> String {
        format!("/{organization}/brand.css?v={version}")
    }

    /// One locale's texts; `hash` changes with them.
    #[must_use]
    pub fn texts(locale: &str, hash: &str) -> String {
        format!("/texts/{locale}.{hash}.json")
    }
}

/// Whether a form on a page of `path` may lead to a processor's page: those that begin a payment or add a payment method.
#[must_use]
pub fn leads_to_processor(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    matches!(
        segments.as_slice(),
        [_, "portal", "settings", "payment-methods", "add"]
            | [_, "portal", "orders", _, "pay"]
            | [_, "portal", "pay" | "checkout", _]
            | [
                _,
                "portal",
                "subscriptions",
                _,
                "plan" | "seats" | "resume" | "resubscribe" | "payment-method"
            ]
    )
}

/// Whether a page of `path` may hold a processor's frame in which a card is entered.
#[must_use]
pub fn has_card_frame(path: &str) -> bool {
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    matches!(segments.as_slice(), [_, "portal", "settings", "payment-methods", "add"])
}

/// Whether a page of `path` needs a session: all of the portal but its way in.
#[must_use]
pub fn needs_session(organization: &str, path: &str) -> bool {
    in_portal(organization, path) && !is_way_in(organization, path)
}

/// What follows the organization's portal in `path` (without query), if that is where it leads.
fn within<'a>(organization: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix('/')?.strip_prefix(organization)?.strip_prefix("/portal")?;
    (rest.is_empty() || rest.starts_with('/')).then_some(rest)
}

/// Whether `path` (without query) belongs to the organization's portal.
#[must_use]
pub fn in_portal(organization: &str, path: &str) -> bool {
    within(organization, path).is_some()
}

/// Sign-in, hand-over, the proof of an address, pay links and checkouts: pages for people without a session. They ship no script.
#[must_use]
pub fn is_way_in(organization: &str, path: &str) -> bool {
    let page = within(organization, path).and_then(|rest| rest.split('/').nth(1));
    matches!(page, Some("sign-in" | "hand-over" | "verify-email" | "pay" | "checkout"))
}

/// An invoice: a page made to be printed. It ships no script.
#[must_use]
pub fn is_invoice(organization: &str, path: &str) -> bool {
    in_portal(organization, path) && path.contains("/portal/orders/") && path.ends_with("/invoice")
}

/// Where a finished sign-in may lead: a page of this portal that needs a session, or a checkout. Anything else, other sites above all,
/// becomes `None`.
#[must_use]
pub fn safe_return(organization: &str, to: &str) -> Option<String> {
    let path = to.split(['?', '#']).next().unwrap_or_default();
    let plain = to.len() <= 512
        && to.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        && !path.contains("/.");
    (plain && (needs_session(organization, path) || is_checkout(organization, path)))
        .then(|| to.to_owned())
}

/// The page of a checkout: whoever was signed in by it comes back there.
fn is_checkout(organization: &str, path: &str) -> bool {
    let rest = path.strip_prefix('/').and_then(|rest| rest.strip_prefix(organization));
    rest.is_some_and(|rest| rest.starts_with("/portal/checkout/"))
}

/// Percent-encodes a value of a query.
#[must_use]
pub fn encode(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~/".contains(&byte) {
            text.push(char::from(byte));
        } else {
            const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
            text.push('%');
            text.push(char::from(DIGITS[usize::from(byte >> 4)]));
            text.push(char::from(DIGITS[usize::from(byte & 15)]));
        }
    }
    text
}

/// Undoes the encoding of a query's or a form's value; what is no encoding stands as it is.
#[must_use]
pub fn decode(text: &[u8]) -> String {
    let digit = |at: usize| {
        text.get(at)
            .and_then(|byte| char::from(*byte).to_digit(16))
            .and_then(|digit| u8::try_from(digit).ok())
    };
    let mut bytes = Vec::with_capacity(text.len());
    let mut at = 0;
    while at < text.len() {
        match (text[at], digit(at + 1), digit(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                bytes.push(high * 16 + low);
                at += 2;
            }
            (b'+', ..) => bytes.push(b' '),
            (byte, ..) => bytes.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Makes absolute addresses from the one public URL of the installation.
#[derive(Clone, Debug)]
pub struct UrlBuilder {
    public_url: String,
}

impl UrlBuilder {
    /// `public_url` is scheme and host, with a port where needed, as the configuration checked it; a slash at its end is dropped.
    #[must_use]
    pub fn new(public_url: &str) -> Self {
        Self { public_url: public_url.trim_end_matches('/').to_owned() }
    }

    /// The public URL without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// The absolute address of a path.
    #[must_use]
    pub fn absolute(&self, path: &str) -> String {
        format!("{}{path}", self.public_url)
    }

    /// Whether browsers reach the portal over TLS: decides the names of cookies and `Secure`.
    #[must_use]
    pub fn is_secure(&self) -> bool {
        self.public_url.starts_with("https://")
    }

    /// The link of a sign-in mail; `token` is consumed by the page's button only.
    #[must_use]
    pub fn sign_in_link(&self, organization: &str, token: &str) -> String {
        self.absolute(&format!("{}?t={}", paths::sign_in_link(organization), encode(token)))
    }

    /// The link of a mail that asks for the proof of a new address; `token` is consumed by the page's button only.
    #[must_use]
    pub fn verify_email(&self, organization: &str, token: &str) -> String {
        self.absolute(&format!("{}?token={}", paths::verify_email(organization), encode(token)))
    }

    /// The link of a mail that asks for a payment.
    #[must_use]
    pub fn pay_link(&self, organization: &str, token: &str) -> String {
        self.absolute(&paths::pay_link(organization, token))
    }

    /// The address of a checkout, whoever's it is: it leads on to the organization's page.
    #[must_use]
    pub fn checkout(&self, secret: &str) -> String {
        self.absolute(&format!("/checkout/{}", encode(secret)))
    }

    /// The address that exchanges a hand-over code for a session.
    #[must_use]
    pub fn hand_over(&self, organization: &str, code: &str) -> String {
        self.absolute(&format!("{}?code={}", paths::hand_over(organization), encode(code)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_the_own_portal_are_returned_to() {
        for good in
            ["/acme/portal", "/acme/portal/orders?page=2", "/acme/portal/subscriptions/x/cancel"]
        {
            assert_eq!(safe_return("acme", good).as_deref(), Some(good));
        }
        let bad = [
            "https://evil.example/acme/portal",
            "//evil.example",
            "/other/portal",
            "/acme/portalx",
            "/acme/portal/sign-in",
            "/acme/portal/../../x",
            "/acme/portal\\x",
            "/acme/portal/\r\nset-cookie",
            "",
        ];
        for to in bad {
            assert_eq!(safe_return("acme", to), None, "{to}");
        }
    }

    #[test]
    fn only_pages_that_begin_a_payment_lead_to_a_processor() {
        let id = domain::id::SubscriptionId::from_uuid(uuid::Uuid::nil());
        for path in [
            paths::payment_method_add("acme"),
            paths::subscription_plan("acme", id),
            paths::subscription_seats("acme", id),
            paths::subscription_resume("acme", id),
            paths::subscription_resubscribe("acme", id),
            paths::order_pay("acme", uuid::Uuid::nil().into()),
            paths::pay_link("acme", "token"),
        ] {
            assert!(leads_to_processor(&path), "{path}");
            assert_eq!(has_card_frame(&path), path == paths::payment_method_add("acme"), "{path}");
        }
        for path in [
            paths::overview("acme"),
            paths::payment_methods("acme"),
            paths::subscription_cancel("acme", id),
            paths::sign_in("acme"),
        ] {
            assert!(!leads_to_processor(&path) && !has_card_frame(&path), "{path}");
        }
    }

    #[test]
    fn the_way_in_needs_no_session() {
        assert!(!needs_session("acme", "/acme/portal/sign-in/code"));
        assert!(!needs_session("acme", "/acme/portal/hand-over"));
        assert!(!needs_session("acme", &paths::pay_link("acme", "token")));
        assert!(needs_session("acme", "/acme/portal/sign-in-x"));
        assert!(needs_session("acme", "/acme/portal/payments"));
        assert!(needs_session("acme", "/acme/portal"));
    }

    #[test]
    fn values_of_a_query_are_encoded() {
        assert_eq!(encode("/a/b?c=d&e=ü"), "/a/b%3Fc%3Dd%26e%3D%C3%BC");
        assert_eq!(decode(encode("/a b?ü+%").as_bytes()), "/a b?ü+%");
        assert_eq!(decode(b"%zz%"), "%zz%");
    }
}
