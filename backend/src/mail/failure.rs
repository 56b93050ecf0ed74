//! Which notice a failed charge causes, and what it says beside the order's facts.

use domain::payment::{DeclineCode, PaymentTrigger};
use serde_json::{Value, json};

/// The notices that ask for a payment: each has a pay link, and none is sent once the order is settled.
pub(super) const ASKING: [&str; 4] = [
    "subscription_past_due",
    "payment_failed_again",
    "payment_last_try",
    "payment_action_required",
];

/// The notice of a failed charge, by the event's snapshot. Whoever paid by hand saw the answer on the page; where nothing follows,
/// the end has a notice of its own.
pub(super) fn notice(snapshot: &Value) -> Option<&'static str> {
    let trigger = snapshot["trigger"].as_str().and_then(PaymentTrigger::parse);
    if trigger == Some(PaymentTrigger::RetryCustomer) || next_look_us(snapshot).is_none() {
        return None;
    }
    let failures = snapshot["failures"].as_i64().unwrap_or(1);
    Some(if snapshot["is_last_try"] == true {
        "payment_last_try"
    } else if code(snapshot) == Some(DeclineCode::AuthenticationRequired) {
        "payment_action_required"
    } else if failures > 1 || trigger == Some(PaymentTrigger::RetryPaymentMethodUpdate) {
        "payment_failed_again"
    } else {
        "subscription_past_due"
    })
}

/// Adds why it failed, when the next try is, how long benefits stay and when all ends.
pub(super) fn add(parameters: &mut Value, snapshot: &Value) {
    let is_tried_again = code(snapshot).is_none_or(DeclineCode::is_recoverable);
    parameters["decline_code"] = json!(code(snapshot));
    parameters["next_attempt_at_us"] = json!(next_look_us(snapshot).filter(|_| is_tried_again));
    parameters["deadline_us"] = snapshot["ends_at_us"].clone();
    parameters["access_ends_at_us"] = snapshot["access_ends_at_us"].clone();
}

fn code(snapshot: &Value) -> Option<DeclineCode> {
    snapshot["decline_code"].as_str().and_then(DeclineCode::parse)
}

fn next_look_us(snapshot: &Value) -> Option<i64> {
    snapshot["next_payment_attempt_at_us"].as_i64()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(trigger: &str, code: &str, failures: i64, next_us: Option<i64>) -> Value {
        json!({
            "trigger": trigger,
            "decline_code": code,
            "failures": failures,
            "is_last_try": failures == 4,
            "next_payment_attempt_at_us": next_us,
        })
    }

    #[test]
    fn each_step_has_its_notice() {
        let after = |failures| failed("retry_dunning", "generic_decline", failures, Some(7));
        let first = failed("subscription_cycle", "insufficient_funds", 1, Some(7));
        assert_eq!(notice(&first), Some("subscription_past_due"));
        assert_eq!(notice(&after(2)), Some("payment_failed_again"));
        assert_eq!(notice(&after(4)), Some("payment_last_try"));
        let bank = failed("subscription_cycle", "authentication_required", 1, Some(7));
        assert_eq!(notice(&bank), Some("payment_action_required"));
        let new_card = failed("retry_payment_method_update", "expired_card", 1, Some(7));
        assert_eq!(notice(&new_card), Some("payment_failed_again"));
    }

    #[test]
    fn nothing_is_told_to_who_saw_it_or_when_it_ends() {
        assert_eq!(notice(&failed("retry_customer", "expired_card", 1, Some(7))), None);
        assert_eq!(notice(&failed("retry_dunning", "generic_decline", 5, None)), None);
    }

    #[test]
    fn no_try_is_announced_for_a_card_that_is_refused_for_good() {
        let mut parameters = json!({});
        add(&mut parameters, &failed("subscription_cycle", "lost_card", 1, Some(7)));
        assert_eq!(parameters["next_attempt_at_us"], Value::Null);
        add(&mut parameters, &failed("subscription_cycle", "expired_card", 1, Some(7)));
        assert_eq!(parameters["next_attempt_at_us"], 7);
    }
}
