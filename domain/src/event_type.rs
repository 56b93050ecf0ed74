//! The kinds of events that the log knows.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A text that names no kind of event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown event type")]
pub struct EventTypeError;

macro_rules! event_types {
    ($($name:ident = $text:literal)*) => {
        /// What happened. The names are part of the wire format and never change.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum EventType {
            $(#[serde(rename = $text)] $name,)*
        }

        impl EventType {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

event_types! {
    OrganizationCreated = "organization.created"
    OrganizationProcessorChosen = "organization.processor_chosen"
    CustomerCreated = "customer.created"
    CustomerUpdated = "customer.updated"
    CustomerDeleted = "customer.deleted"
    MemberCreated = "member.created"
    MemberUpdated = "member.updated"
    MemberDeleted = "member.deleted"
    OrganizationSettingsUpdated = "organization.settings_updated"
    ProductCreated = "product.created"
    ProductUpdated = "product.updated"
    ProductDeleted = "product.deleted"
    PriceCreated = "price.created"
    CheckoutCreated = "checkout.created"
    CheckoutUpdated = "checkout.updated"
    CheckoutExpired = "checkout.expired"
    SubscriptionCreated = "subscription.created"
    SubscriptionCanceled = "subscription.canceled"
    SubscriptionUncanceled = "subscription.uncanceled"
    SubscriptionRenewed = "subscription.renewed"
    SubscriptionActivated = "subscription.activated"
    SubscriptionRevoked = "subscription.revoked"
    SubscriptionUpdated = "subscription.updated"
    SubscriptionUpdateScheduled = "subscription.update_scheduled"
    SubscriptionUpdateUnscheduled = "subscription.update_unscheduled"
    SubscriptionPauseScheduled = "subscription.pause_scheduled"
    SubscriptionPauseUnscheduled = "subscription.pause_unscheduled"
    SubscriptionPaused = "subscription.paused"
    SubscriptionResumed = "subscription.resumed"
    SubscriptionPastDue = "subscription.past_due"
    SubscriptionRecovered = "subscription.recovered"
    SubscriptionChangeRefused = "subscription.change_refused"
    TrialReminderDue = "subscription.trial_reminder_due"
    RenewalReminderDue = "subscription.renewal_reminder_due"
    OrderCreated = "order.created"
    OrderUpdated = "order.updated"
    OrderPaid = "order.paid"
    OrderPaymentFailed = "order.payment_failed"
    OrderVoided = "order.voided"
    OrderRefunded = "order.refunded"
    OrderRefundFailed = "order.refund_failed"
    RefundCreated = "refund.created"
    PaymentMethodCreated = "payment_method.created"
    PaymentMethodUpdated = "payment_method.updated"
    PaymentMethodDeleted = "payment_method.deleted"
    PaymentMethodExpiring = "payment_method.expiring"
    InvoiceIssued = "invoice.issued"
    DiscountCreated = "discount.created"
    DiscountUpdated = "discount.updated"
    DiscountDeleted = "discount.deleted"
    BenefitCreated = "benefit.created"
    BenefitUpdated = "benefit.updated"
    BenefitDeleted = "benefit.deleted"
    CustomerSeatAssigned = "customer_seat.assigned"
    CustomerSeatRevoked = "customer_seat.revoked"
    CustomerBillingUpdated = "customer.billing_updated"
    EmailUpdateRequested = "email_update.requested"
    SessionCreated = "session.created"
    SessionEnded = "session.ended"
    ApiSessionCreated = "api_session.created"
    AccessTokenCreated = "access_token.created"
    AccessTokenUpdated = "access_token.updated"
    AccessTokenRevoked = "access_token.revoked"
    HandOverCreated = "hand_over.created"
    WebhookEndpointCreated = "webhook_endpoint.created"
    WebhookEndpointUpdated = "webhook_endpoint.updated"
    WebhookEndpointDeleted = "webhook_endpoint.deleted"
    WebhookEndpointSecretChanged = "webhook_endpoint.secret_changed"
    WebhookEndpointDisabled = "webhook_endpoint.disabled"
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EventType {
    type Err = EventTypeError;

    fn from_str(text: &str) -> Result<Self, EventTypeError> {
        Self::ALL
            .iter()
            .copied()
            .find(|event_type| event_type.as_str() == text)
            .ok_or(EventTypeError)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back_and_fits_the_table() {
        for event_type in EventType::ALL {
            let text = event_type.as_str();
            assert_eq!(text.parse(), Ok(*event_type));
            let (subject, verb) = text.split_once('.').unwrap();
            for word in [subject, verb] {
                assert!(
                    !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                    "{text}"
                );
            }
        }
        assert_eq!("subscription.exploded".parse::<EventType>(), Err(EventTypeError));
    }
}
