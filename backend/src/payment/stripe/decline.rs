//! Why Stripe, or the bank behind it, declined. Source: Stripe's lists of decline codes and of error codes.

use domain::payment::DeclineCode;

/// The reason by the bank's code, if it gave one that says something, else by Stripe's own.
pub(super) fn of(
    decline_code: Option<&str>,
    code: Option<&str>,
    param: Option<&str>,
) -> DeclineCode {
    decline_code
        .and_then(by_code)
        .or_else(|| code.and_then(by_code))
        .or_else(|| by_param(param?))
        .unwrap_or(if decline_code.is_some() || code == Some("card_declined") {
            DeclineCode::GenericDecline
        } else {
            DeclineCode::ProcessingError
        })
}

/// A customer or a method that Stripe does not know any more.
fn by_param(param: &str) -> Option<DeclineCode> {
    matches!(param, "payment_method" | "customer").then_some(DeclineCode::PaymentMethodDetached)
}

fn by_code(code: &str) -> Option<DeclineCode> {
    Some(match code {
        "insufficient_funds" => DeclineCode::InsufficientFunds,
        "expired_card" | "invalid_expiry_month" | "invalid_expiry_year" => DeclineCode::ExpiredCard,
        "authentication_required"
        | "authentication_not_handled"
        | "mobile_device_authentication_required"
        | "offline_pin_required"
        | "online_or_offline_pin_required"
        | "payment_intent_authentication_failure"
        | "setup_intent_authentication_failure" => DeclineCode::AuthenticationRequired,
        "processing_error"
        | "issuer_not_available"
        | "reenter_transaction"
        | "try_again_later"
        | "approve_with_id" => DeclineCode::ProcessingError,
        "lost_card" => DeclineCode::LostCard,
        "stolen_card" => DeclineCode::StolenCard,
        "pickup_card" | "restricted_card" => DeclineCode::PickUpCard,
        "invalid_account" | "new_account_information_available" => DeclineCode::InvalidAccount,
        "account_closed" | "bank_account_closed" => DeclineCode::ClosedAccount,
        "do_not_try_again" | "stop_payment_order" => DeclineCode::DoNotTryAgain,
        "fraudulent" | "merchant_blacklist" | "security_violation" => DeclineCode::Fraudulent,
        "revocation_of_all_authorizations" | "revocation_of_authorization" => {
            DeclineCode::RevocationOfAuthorization
        }
        "incorrect_cvc" | "invalid_cvc" => DeclineCode::IncorrectCvc,
        "incorrect_number" | "invalid_number" => DeclineCode::IncorrectNumber,
        "card_not_supported"
        | "not_permitted"
        | "service_not_allowed"
        | "transaction_not_allowed" => DeclineCode::CardNotSupported,
        "currency_not_supported" => DeclineCode::CurrencyNotSupported,
        "card_velocity_exceeded"
        | "withdrawal_count_limit_exceeded"
        | "pin_try_exceeded"
        | "card_decline_rate_limit_exceeded" => DeclineCode::LimitExceeded,
        "payment_method_unexpected_state" | "payment_method_not_available" => {
            DeclineCode::PaymentMethodDetached
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bank_comes_before_stripe() {
        let both = of(Some("insufficient_funds"), Some("card_declined"), None);
        assert_eq!(both, DeclineCode::InsufficientFunds);
        assert_eq!(
            of(Some("generic_decline"), Some("expired_card"), None),
            DeclineCode::ExpiredCard
        );
        assert_eq!(of(Some("fraudulent"), Some("card_declined"), None), DeclineCode::Fraudulent);
        assert_eq!(
            of(None, Some("authentication_required"), None),
            DeclineCode::AuthenticationRequired
        );
    }

    #[test]
    fn what_says_nothing_is_an_ordinary_decline_and_what_is_no_decline_is_an_error() {
        assert_eq!(
            of(Some("do_not_honor"), Some("card_declined"), None),
            DeclineCode::GenericDecline
        );
        assert_eq!(of(Some("a_code_of_tomorrow"), None, None), DeclineCode::GenericDecline);
        assert_eq!(of(None, Some("card_declined"), None), DeclineCode::GenericDecline);
        assert_eq!(
            of(None, Some("amount_too_small"), Some("amount")),
            DeclineCode::ProcessingError
        );
        assert_eq!(of(None, None, None), DeclineCode::ProcessingError);
    }

    #[test]
    fn a_method_that_is_gone() {
        assert_eq!(
            of(None, Some("resource_missing"), Some("payment_method")),
            DeclineCode::PaymentMethodDetached
        );
        assert_eq!(
            of(None, Some("resource_missing"), Some("customer")),
            DeclineCode::PaymentMethodDetached
        );
    }
}
