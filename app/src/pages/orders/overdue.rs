//! What is overdue, in words: the same on every page, on the overview, on the order and where it is paid.

use backend::payment::Overdue;
use domain::format;
use time::OffsetDateTime;

use crate::pages::decline;
use crate::ssr::local;
use crate::text::Text;
use crate::ui::sheet::Message;
use crate::ui::tone::Tone;
use crate::urls::paths;

/// One sentence that says it, what happens next, and the way to pay; for readers in `zone`, at `now`.
pub(crate) fn message(
    t: Text,
    slug: &str,
    zone: &str,
    now: OffsetDateTime,
    overdue: &Overdue,
) -> Message {
    let amount = format::money(overdue.amount, t.locale());
    if let Some(url) = &overdue.action_url {
        return Message {
            tone: Tone::Wait,
            title: t.pay_action_sentence(&amount, &overdue.product_name),
            text: Some(t.pay_action_text().to_owned()),
            link: Some((url.clone(), t.pay_action_link().to_owned())),
            ..Message::default()
        };
    }
    if overdue.is_running {
        return Message {
            tone: Tone::Wait,
            title: t.pay_running_sentence(&amount, &overdue.product_name),
            text: Some(t.pay_running_text().to_owned()),
            ..Message::default()
        };
    }
    Message {
        tone: Tone::Bad,
        title: failed(t, &amount, overdue),
        text: Some(next(t, zone, now, overdue)).filter(|text| !text.is_empty()),
        link: Some((paths::order_pay(slug, overdue.order_id), t.pay_now().to_owned())),
        ..Message::default()
    }
}

fn failed(t: Text, amount: &str, overdue: &Overdue) -> String {
    match overdue.decline_code {
        Some(code) => t.pay_failed_because(amount, &overdue.product_name, decline::reason(t, code)),
        None => t.pay_failed(amount, &overdue.product_name),
    }
}

/// When it is tried again, and what ends when.
pub(super) fn next(t: Text, zone: &str, now: OffsetDateTime, overdue: &Overdue) -> String {
    let day = |at| format::date(local(at, zone).date, t.locale());
    let mut sentences = Vec::new();
    match overdue.next_attempt_at.filter(|at| *at > now) {
        Some(at) => sentences.push(t.pay_next_try(&day(at))),
        None if !overdue.has_next_try => sentences.push(t.pay_no_next_try().to_owned()),
        None => {}
    }
    let ends_at = overdue.ends_at.filter(|_| overdue.subscription_id.is_some());
    match (overdue.access_ends_at.filter(|at| *at > now), ends_at) {
        (Some(access), Some(end)) if day(access) != day(end) => {
            sentences.push(t.pay_access_ends(&day(access)));
        }
        (_, Some(end)) => sentences.push(t.pay_subscription_ends(&day(end))),
        (Some(access), None) => sentences.push(t.pay_access_ends(&day(access))),
        (None, None) => {}
    }
    sentences.join(" ")
}

#[cfg(test)]
pub(super) mod tests {
    use domain::locale::Locale;
    use domain::money::{Currency, Money};
    use domain::payment::DeclineCode;
    use time::macros::datetime;
    use uuid::Uuid;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-05-01 10:00 UTC);

    pub(in crate::pages::orders) fn overdue() -> Overdue {
        Overdue {
            order_id: Uuid::from_u128(1).into(),
            subscription_id: Some(Uuid::from_u128(2).into()),
            product_name: "Pro".to_owned(),
            amount: Money::new(2_900, Currency::EUR),
            decline_code: Some(DeclineCode::ExpiredCard),
            next_attempt_at: Some(datetime!(2026-05-03 10:00 UTC)),
            access_ends_at: Some(datetime!(2026-05-10 10:00 UTC)),
            ends_at: Some(datetime!(2026-05-22 10:01 UTC)),
            action_url: None,
            is_running: false,
            has_next_try: true,
        }
    }

    fn say(locale: Locale, overdue: &Overdue) -> (String, String, String) {
        let message = message(Text::of(locale), "acme", "Europe/Berlin", NOW, overdue);
        (
            message.title,
            message.text.unwrap_or_default(),
            message.link.map(|link| link.0).unwrap_or_default(),
        )
    }

    #[test]
    fn it_says_why_when_and_where() {
        let (title, text, href) = say(Locale::En, &overdue());
        assert_eq!(title, "The payment of €29.00 for Pro failed: the card has expired.");
        assert_eq!(text, "We try again on 3 May 2026. Access ends on 10 May 2026.");
        assert_eq!(href, format!("/acme/portal/orders/{}/pay", Uuid::from_u128(1)));
        assert!(say(Locale::De, &overdue()).1.contains("3. Mai 2026"));
    }

    #[test]
    fn without_a_further_try_the_end_is_named() {
        let hard = Overdue {
            next_attempt_at: None,
            has_next_try: false,
            access_ends_at: Some(NOW),
            ..overdue()
        };
        let text = say(Locale::En, &hard).1;
        assert_eq!(text, "It is not tried again by itself. The subscription ends on 22 May 2026.");
    }

    #[test]
    fn what_waits_for_the_customer_leads_to_the_bank() {
        let url = "https://pay.example/1".to_owned();
        let waiting = Overdue { action_url: Some(url.clone()), ..overdue() };
        assert_eq!(say(Locale::De, &waiting).2, url);
        let running = Overdue { is_running: true, ..overdue() };
        assert_eq!(say(Locale::En, &running).2, "");
    }
}
