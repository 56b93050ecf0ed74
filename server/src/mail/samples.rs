//! Mails as they could be, for the preview and for the tests of every template.

use domain::locale::Locale;
use serde_json::{Value, json};
use uuid::Uuid;

use super::letter::{Letter, Sender};

/// A letter of this template with everything filled in, to a customer who does not exist.
#[must_use]
pub fn sample(template: &str, locale: Locale) -> Letter {
    let parameters = match template {
        "sign_in" => {
            json!({"code": "7KX3PQ", "link_token": "abc.def", "code_minutes": 10, "link_minutes": 15})
        }
        "api_sign_in" => {
            json!({"code": "7KX3PQ", "code_minutes": 10, "customer_name": "Example Ltd"})
        }
        "email_update_verification" => {
            json!({"email_update_token": "abc.def", "minutes": 30, "customer_name": "Ann Example"})
        }
        "email_updated" => {
            let changed_at =
                json!({"date": "2026-04-12", "time": "14:03", "zone": "Europe/Berlin"});
            json!({"changed_at": changed_at, "customer_name": "Ann Example"})
        }
        _ => notice(),
    };
    Letter {
        mail_id: Uuid::nil(),
        to: "ann@example.com".to_owned(),
        to_name: Some("Ann Example".to_owned()),
        locale,
        template: template.to_owned(),
        parameters,
        sender: Sender {
            slug: "northwind".to_owned(),
            name: "Northwind Cloud".to_owned(),
            accent_color: "#0b7285".to_owned(),
            support_email: Some("help@northwind.example".to_owned()),
        },
    }
}

/// Every parameter that a notice may have.
fn notice() -> Value {
    let moment = |date: &str| json!({"date": date, "time": "14:03", "zone": "Europe/Berlin"});
    let euros = |minor: i64| json!({"minor": minor, "currency": "eur"});
    json!({
        "subscription_id": "01930000-0000-7000-8000-000000000001",
        "order_id": "01930000-0000-7000-8000-000000000002",
        // A template that forgets to escape shows it here.
        "product_name": "Pro & more <b>",
        "amount": euros(24_000),
        "recurring_interval": "month",
        "recurring_interval_count": 1,
        "seats": 12,
        "customer_name": "Lighthouse Studio",
        "received_at": moment("2026-04-12"),
        "ends_at": moment("2026-05-01"),
        "current_period_end": moment("2026-05-01"),
        "trial_end": Value::Null,
        "period_start": moment("2026-05-01"),
        "period_end": moment("2026-06-01"),
        "resumes_at": moment("2026-08-01"),
        "next_attempt_at": moment("2026-05-03"),
        "deadline": moment("2026-05-22"),
        "total": euros(28_560),
        "tax": euros(4_560),
        "open": euros(28_560),
        "proration": euros(1_250),
        "refunded": euros(14_280),
        "decline_code": "expired_card",
        "access_ends_at": moment("2026-05-10"),
        "pay_token": "AZMAAAAAcACAAAAAAAAAAg",
        "unpaid": euros(28_560),
        "is_recovered": true,
        "payment_method_id": "01930000-0000-7000-8000-000000000003",
        "brand": "visa",
        "last4": "4242",
        "exp_month": 5,
        "exp_year": 2026,
        "url": "https://hooks.example.com/billing?a=1&b=2",
        "is_gone": false,
        "disabled_at": moment("2026-05-03"),
        "product_names": ["Pro & more <b>", "Storage"],
    })
}
