//! Trying to charge an order: what a try comes to, and when the next one is due.

mod retry;

pub use retry::{
    AfterFailure, FailedTry, RetryMoments, RetrySchedule, RetryScheduleError, after_failure,
};

use crate::text_enum::text_enum;

text_enum! {
    /// Why an order is charged.
    PaymentTrigger {
        Purchase = "purchase",
        SubscriptionCycle = "subscription_cycle",
        SubscriptionUpdate = "subscription_update",
        /// Again by itself, after a charge was declined.
        RetryDunning = "retry_dunning",
        /// Again because the customer asked for it.
        RetryCustomer = "retry_customer",
        /// Again because the customer has another payment method now.
        RetryPaymentMethodUpdate = "retry_payment_method_update",
        /// Again at once with the backup method, after the other one was declined.
        RetryBackup = "retry_backup",
    }
}

impl PaymentTrigger {
    /// Failures of such tries move the schedule of retries on; those a customer caused, and those with the backup, do not.
    pub const fn is_scheduled(self) -> bool {
        !matches!(self, Self::RetryCustomer | Self::RetryPaymentMethodUpdate | Self::RetryBackup)
    }
}

text_enum! {
    /// Where one try stands.
    PaymentAttemptState {
        /// Written down; the processor may not know of it.
        Prepared = "prepared",
        /// The processor gave it an id.
        Created = "created",
        /// The processor was asked and gave no clear answer.
        Unknown = "unknown",
        /// The customer has to do something, such as 3-D Secure.
        RequiresAction = "requires_action",
        Succeeded = "succeeded",
        Declined = "declined",
        /// It never came to a charge, and never will.
        Abandoned = "abandoned",
        /// The processor has no answer that a program could act on.
        ForAPerson = "for_a_person",
    }
}

impl PaymentAttemptState {
    /// Nothing more will come of it.
    pub const fn is_settled(self) -> bool {
        matches!(self, Self::Succeeded | Self::Declined | Self::Abandoned)
    }
}

text_enum! {
    /// Why a charge was declined, as far as a processor says.
    DeclineCode {
        InsufficientFunds = "insufficient_funds",
        ExpiredCard = "expired_card",
        AuthenticationRequired = "authentication_required",
        ProcessingError = "processing_error",
        GenericDecline = "generic_decline",
        LostCard = "lost_card",
        StolenCard = "stolen_card",
        PickUpCard = "pick_up_card",
        InvalidAccount = "invalid_account",
        ClosedAccount = "closed_account",
        DoNotTryAgain = "do_not_try_again",
        Fraudulent = "fraudulent",
        RevocationOfAuthorization = "revocation_of_authorization",
        IncorrectCvc = "incorrect_cvc",
        IncorrectNumber = "incorrect_number",
        CardNotSupported = "card_not_supported",
        CurrencyNotSupported = "currency_not_supported",
        LimitExceeded = "card_velocity_exceeded",
        /// Nobody was asked: the customer has no payment method.
        PaymentMethodMissing = "payment_method_missing",
        /// The method was taken away meanwhile.
        PaymentMethodDetached = "payment_method_detached",
    }
}

impl DeclineCode {
    /// The same charge may go through another day.
    pub const fn is_recoverable(self) -> bool {
        matches!(
            self,
            Self::InsufficientFunds
                | Self::ExpiredCard
                | Self::AuthenticationRequired
                | Self::ProcessingError
                | Self::GenericDecline
                | Self::LimitExceeded
        )
    }
}

/// What a try to charge came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaymentOutcome {
    Succeeded,
    Declined(DeclineCode),
    /// The customer has to finish it there.
    RequiresAction {
        url: String,
    },
    /// Not known yet: still running, or no answer came. Never charged anew.
    Unknown,
}

text_enum! {
    /// Why money goes back.
    RefundReason {
        Cancellation = "cancellation",
        /// The charge went through after its order had become void.
        OrderVoid = "order_void",
        CustomerRequest = "customer_request",
        Duplicate = "duplicate",
        Fraudulent = "fraudulent",
        ServiceDisruption = "service_disruption",
        SatisfactionGuarantee = "satisfaction_guarantee",
        DisputePrevention = "dispute_prevention",
        Other = "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_cards_do_not_recover_and_empty_accounts_do() {
        assert!(DeclineCode::InsufficientFunds.is_recoverable());
        assert!(!DeclineCode::LostCard.is_recoverable());
        for state in PaymentAttemptState::ALL {
            assert_eq!(PaymentAttemptState::parse(state.as_str()), Some(*state));
        }
    }
}
