//! Identifiers: bare UUIDs on the wire and in tables, one type per kind so that they cannot be confused.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A text that is no identifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not an identifier: 32 hexadecimal digits, with or without hyphens, are expected")]
pub struct IdError;

/// What all identifiers have in common; lets a generator make any of them.
pub trait Id: Copy + Send + Sync + 'static {
    fn from_uuid(uuid: Uuid) -> Self;
    fn as_uuid(self) -> Uuid;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            pub const fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            pub const fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl Id for $name {
            fn from_uuid(uuid: Uuid) -> Self {
                Self(uuid)
            }

            fn as_uuid(self) -> Uuid {
                self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                // `Uuid` also reads URN and braced forms; on the wire only the plain ones count.
                if text.len() > 36 {
                    return Err(IdError);
                }
                Uuid::try_parse(text).map(Self).map_err(|_| IdError)
            }
        }

        impl From<Uuid> for $name {
            fn from(uuid: Uuid) -> Self {
                Self(uuid)
            }
        }

        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
    )*};
}

ids! {
    /// A company that runs its portal here.
    OrganizationId
    /// Who pays an organization.
    CustomerId
    /// A person who acts for a customer.
    MemberId
    /// What is sold.
    ProductId
    /// One way to pay for a product.
    PriceId
    /// A product delivered and charged again and again.
    SubscriptionId
    /// What a customer was asked to pay.
    OrderId
    /// A line of an order.
    OrderItemId
    /// An entry of the event log.
    EventId
    /// A signed-in browser.
    SessionId
    /// A request to sign in.
    SignInId
    /// A code that was asked for through the API.
    ApiSignInId
    /// A change of a customer's e-mail address.
    EmailUpdateId
    /// A one-time code in a URL that signs a customer in.
    HandOverId
    /// An e-mail to send.
    MailId
    /// A token of an organization's own backend.
    AccessTokenId
    /// A customer or a member who calls the API.
    ApiSessionId
    /// A price reduction.
    DiscountId
    /// What comes with a product.
    BenefitId
    /// Who uses a seat of a subscription.
    CustomerSeatId
    /// What a change would cost.
    QuoteId
    /// Somebody on the way to a subscription.
    CheckoutId
    /// A quoted change on its way.
    SubscriptionChangeId
    /// A change that waits for the period's end.
    PendingUpdateId
    /// A part of a period that is to be billed or given back.
    ProrationEntryId
    /// One try to charge an order.
    PaymentAttemptId
    /// A saved card or account.
    PaymentMethodId
    /// A customer on the way to the processor with a new payment method.
    PaymentMethodSetupId
    /// Money going back.
    RefundId
    /// An issued invoice.
    InvoiceId
    /// An address that is told what happens.
    WebhookEndpointId
    /// Something that endpoints are told.
    WebhookEventId
    /// One try to tell an endpoint.
    WebhookAttemptId
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_the_hyphenated_form() {
        let text = "0199f0a4-7d5e-7c3a-9a57-0d2f6c1b9e10";
        let id: CustomerId = text.parse().unwrap();
        assert_eq!(id.to_string(), text);
        assert_eq!(serde_json::to_string(&id).unwrap(), format!("\"{text}\""));
        assert_eq!(serde_json::from_str::<CustomerId>(&format!("\"{text}\"")).unwrap(), id);
    }

    #[test]
    fn refuses_what_is_no_identifier() {
        for text in [
            "",
            "x",
            "-1",
            "0199f0a4-7d5e-7c3a-9a57-0d2f6c1b9e1",
            "{0199f0a4-7d5e-7c3a-9a57-0d2f6c1b9e10}",
            "urn:uuid:0199f0a4-7d5e-7c3a-9a57-0d2f6c1b9e10",
        ] {
            assert_eq!(text.parse::<OrderId>(), Err(IdError), "{text}");
        }
    }
}
