//! What endpoints can be told: names that are part of the wire format, and which of them follow from an event of the log.

use crate::event_type::EventType;
use crate::text_enum::text_enum;

text_enum! {
    /// What an endpoint can subscribe to.
    WebhookEventType {
        CheckoutCreated = "checkout.created",
        CheckoutUpdated = "checkout.updated",
        CheckoutExpired = "checkout.expired",
        CustomerCreated = "customer.created",
        CustomerUpdated = "customer.updated",
        CustomerDeleted = "customer.deleted",
        CustomerStateChanged = "customer.state_changed",
        CustomerSeatAssigned = "customer_seat.assigned",
        CustomerSeatClaimed = "customer_seat.claimed",
        CustomerSeatRevoked = "customer_seat.revoked",
        MemberCreated = "member.created",
        MemberUpdated = "member.updated",
        MemberDeleted = "member.deleted",
        OrderCreated = "order.created",
        OrderUpdated = "order.updated",
        OrderPaid = "order.paid",
        OrderRefunded = "order.refunded",
        SubscriptionCreated = "subscription.created",
        SubscriptionUpdated = "subscription.updated",
        SubscriptionActive = "subscription.active",
        SubscriptionCanceled = "subscription.canceled",
        SubscriptionUncanceled = "subscription.uncanceled",
        SubscriptionCycled = "subscription.cycled",
        SubscriptionRevoked = "subscription.revoked",
        SubscriptionPastDue = "subscription.past_due",
        SubscriptionPaused = "subscription.paused",
        SubscriptionResumed = "subscription.resumed",
        SubscriptionMigrated = "subscription.migrated",
        RefundCreated = "refund.created",
        RefundUpdated = "refund.updated",
        ProductCreated = "product.created",
        ProductUpdated = "product.updated",
        DiscountCreated = "discount.created",
        DiscountUpdated = "discount.updated",
        DiscountDeleted = "discount.deleted",
        BenefitCreated = "benefit.created",
        BenefitUpdated = "benefit.updated",
        BenefitGrantCreated = "benefit_grant.created",
        BenefitGrantCycled = "benefit_grant.cycled",
        BenefitGrantUpdated = "benefit_grant.updated",
        BenefitGrantRevoked = "benefit_grant.revoked",
        OrganizationUpdated = "organization.updated",
        PaymentMethodCreated = "payment_method.created",
        PaymentMethodDeleted = "payment_method.deleted",
    }
}

/// About which object an endpoint is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookSubject {
    /// The event's own subject.
    Own,
    /// The event's customer.
    Customer,
    /// What the event's snapshot names under this key.
    Named(&'static str),
}

/// What endpoints are told when this is recorded, in this order.
///
/// An event of the log whose name is also one of the wire's is told under it; the rest stands here.
pub fn told_of(event_type: EventType) -> Vec<(WebhookEventType, WebhookSubject)> {
    use WebhookEventType as Told;
    let own = |told: &[Told]| told.iter().map(|told| (*told, WebhookSubject::Own)).collect();
    let mut all: Vec<_> = match event_type {
        EventType::OrganizationSettingsUpdated => own(&[Told::OrganizationUpdated]),
        EventType::CustomerBillingUpdated => own(&[Told::CustomerUpdated]),
        EventType::PriceCreated => {
            vec![(Told::ProductUpdated, WebhookSubject::Named("product_id"))]
        }
        EventType::SubscriptionCreated => {
            own(&[Told::SubscriptionCreated, Told::SubscriptionUpdated, Told::SubscriptionActive])
        }
        EventType::SubscriptionCanceled => {
            own(&[Told::SubscriptionUpdated, Told::SubscriptionCanceled])
        }
        EventType::SubscriptionUncanceled => {
            own(&[Told::SubscriptionUpdated, Told::SubscriptionUncanceled])
        }
        EventType::SubscriptionRenewed => {
            own(&[Told::SubscriptionUpdated, Told::SubscriptionCycled])
        }
        EventType::SubscriptionActivated | EventType::SubscriptionRecovered => {
            own(&[Told::SubscriptionUpdated, Told::SubscriptionActive])
        }
        EventType::SubscriptionRevoked => {
            own(&[Told::SubscriptionUpdated, Told::SubscriptionCanceled, Told::SubscriptionRevoked])
        }
        EventType::SubscriptionPaused => {
            own(&[Told::SubscriptionUpdated, Told::SubscriptionPaused])
        }
        EventType::SubscriptionResumed => {
            own(&[Told::SubscriptionUpdated, Told::SubscriptionResumed])
        }
        EventType::SubscriptionPastDue => {
            own(&[Told::SubscriptionUpdated, Told::SubscriptionPastDue])
        }
        EventType::SubscriptionUpdateScheduled
        | EventType::SubscriptionUpdateUnscheduled
        | EventType::SubscriptionPauseScheduled
        | EventType::SubscriptionPauseUnscheduled => own(&[Told::SubscriptionUpdated]),
        EventType::OrderPaid => own(&[Told::OrderUpdated, Told::OrderPaid]),
        EventType::OrderRefunded => vec![
            (Told::RefundUpdated, WebhookSubject::Named("refund_id")),
            (Told::OrderUpdated, WebhookSubject::Own),
            (Told::OrderRefunded, WebhookSubject::Own),
        ],
        EventType::OrderRefundFailed => vec![
            (Told::RefundUpdated, WebhookSubject::Named("refund_id")),
            (Told::OrderUpdated, WebhookSubject::Own),
        ],
        EventType::OrderPaymentFailed | EventType::OrderVoided => own(&[Told::OrderUpdated]),
        EventType::RefundCreated => {
            vec![(Told::RefundCreated, WebhookSubject::Named("refund_id"))]
        }
        same => own(Told::parse(same.as_str()).as_slice()),
    };
    if changes_state(&all) {
        all.push((Told::CustomerStateChanged, WebhookSubject::Customer));
    }
    all
}

/// A customer's state tells its own facts and its subscriptions.
fn changes_state(told: &[(WebhookEventType, WebhookSubject)]) -> bool {
    told.iter().any(|(told, _)| {
        told.as_str().starts_with("subscription.") || told.as_str().starts_with("customer.")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(event_type: EventType) -> Vec<&'static str> {
        told_of(event_type).into_iter().map(|(told, _)| told.as_str()).collect()
    }

    #[test]
    fn a_start_is_told_as_created_then_updated_then_active() {
        assert_eq!(
            names(EventType::SubscriptionCreated),
            [
                "subscription.created",
                "subscription.updated",
                "subscription.active",
                "customer.state_changed"
            ]
        );
        assert_eq!(names(EventType::OrderPaid), ["order.updated", "order.paid"]);
    }

    #[test]
    fn what_has_the_same_name_is_told_under_it_and_private_things_are_not() {
        assert_eq!(names(EventType::PaymentMethodDeleted), ["payment_method.deleted"]);
        assert_eq!(
            names(EventType::CustomerCreated),
            ["customer.created", "customer.state_changed"]
        );
        for private in [
            EventType::SessionCreated,
            EventType::AccessTokenCreated,
            EventType::HandOverCreated,
            EventType::TrialReminderDue,
            EventType::PaymentMethodUpdated,
            EventType::PaymentMethodExpiring,
            EventType::SubscriptionChangeRefused,
        ] {
            assert_eq!(told_of(private), [], "{private}");
        }
    }

    #[test]
    fn a_change_of_a_subscription_comes_with_subscription_updated_and_the_customers_state() {
        for event_type in EventType::ALL {
            let told = names(*event_type);
            if told.iter().any(|name| name.starts_with("subscription.")) {
                assert!(told.contains(&"subscription.updated"), "{event_type}");
                assert_eq!(told.last(), Some(&"customer.state_changed"), "{event_type}");
            }
        }
    }

    #[test]
    fn refunds_and_prices_are_told_as_what_they_are_about() {
        let refund = [(WebhookEventType::RefundCreated, WebhookSubject::Named("refund_id"))];
        assert_eq!(told_of(EventType::RefundCreated), refund);
        for event_type in [EventType::OrderRefunded, EventType::OrderRefundFailed] {
            let refund = (WebhookEventType::RefundUpdated, WebhookSubject::Named("refund_id"));
            assert_eq!(told_of(event_type).first(), Some(&refund));
        }
        let product = [(WebhookEventType::ProductUpdated, WebhookSubject::Named("product_id"))];
        assert_eq!(told_of(EventType::PriceCreated), product);
    }
}
