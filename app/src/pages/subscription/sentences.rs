//! What is said of a subscription: its state in a word and in a sentence, and what comes next.

use domain::format;

use super::view::{PastDueView, Standing, SubscriptionView, day, price_interval};
use crate::text::Text;
use crate::ui::tone::Tone;

impl SubscriptionView {
    /// The state in one word.
    pub fn badge(&self, t: Text) -> (Tone, String) {
        let (tone, label) = match self.standing() {
            Standing::Active => (Tone::Good, t.subscription_status_active()),
            Standing::Trialing => (Tone::Note, t.subscription_status_trialing()),
            Standing::Canceling => (Tone::Wait, t.subscription_status_canceling()),
            Standing::Pausing => (Tone::Wait, t.subscription_status_pausing()),
            Standing::Ended => (Tone::Neutral, t.subscription_status_ended()),
            Standing::Incomplete => (Tone::Wait, t.subscription_status_incomplete()),
            Standing::IncompleteExpired => {
                (Tone::Neutral, t.subscription_status_incomplete_expired())
            }
            Standing::PastDue => (Tone::Bad, t.subscription_status_past_due()),
            Standing::Paused => (Tone::Neutral, t.subscription_status_paused()),
            Standing::Unpaid => (Tone::Bad, t.subscription_status_unpaid()),
        };
        (tone, label.to_owned())
    }

    /// The state in one sentence.
    pub fn sentence(&self, t: Text) -> String {
        let (date, price) = (self.turn_date(t), self.next_price(t));
        // "Team, 12 seats, renews …"
        let name =
            if self.seats.is_some() { format!("{},", self.name(t)) } else { self.plan.clone() };
        let is_free = self.amount.is_zero() && self.next_charge.is_none();
        match self.standing() {
            Standing::Active => match &self.scheduled {
                Some(next) => t.subscription_sentence_changing(
                    &name,
                    &next.name(t),
                    &day(t, &next.at),
                    &price,
                ),
                None if is_free => t.subscription_sentence_active_free(&name, &date),
                None => t.subscription_sentence_active(&name, &date, &price),
            },
            Standing::Trialing if is_free => t.subscription_sentence_trialing_free(&name, &date),
            Standing::Trialing => t.subscription_sentence_trialing(&name, &date, &price),
            Standing::Canceling => t.subscription_sentence_canceling(&name, &date),
            Standing::Pausing => t.subscription_sentence_pausing(&name, &date),
            Standing::Ended => t.subscription_sentence_ended(&name, &date),
            Standing::Incomplete => t.subscription_sentence_incomplete(&name),
            Standing::IncompleteExpired => t.subscription_sentence_incomplete_expired(&name),
            Standing::PastDue => match &self.past_due {
                Some(due) => {
                    t.subscription_sentence_past_due(&name, &format::money(due.amount, t.locale()))
                }
                None => t.subscription_sentence_past_due_unknown(&name),
            },
            Standing::Paused => match &self.resumes_at {
                Some(at) => t.subscription_sentence_paused_until(&name, &day(t, at)),
                None => t.subscription_sentence_paused(&name),
            },
            Standing::Unpaid => t.subscription_sentence_unpaid(&name),
        }
    }

    /// What comes next, a sentence each.
    pub fn next(&self, t: Text) -> Vec<String> {
        if self.open_change.is_some() {
            return vec![t.subscription_next_change_open().to_owned()];
        }
        let date = self.turn_date(t);
        let total = self.next_charge.as_ref().map(|(_, total)| format::money(*total, t.locale()));
        let next = match self.standing() {
            Standing::Active => match (&self.scheduled, &total) {
                (Some(next), Some(total)) => {
                    t.subscription_next_changing(&day(t, &next.at), &next.name(t), total)
                }
                (Some(next), None) => {
                    let price = price_interval(t, next.amount, next.interval);
                    t.subscription_scheduled_title(&day(t, &next.at), &next.name(t), &price)
                }
                (None, Some(total)) => t.subscription_next_active_charge(&date, total),
                (None, None) => t.subscription_next_active(&date),
            },
            Standing::Trialing => match &total {
                Some(total) => t.subscription_next_trialing(&date, total),
                None => t.subscription_next_trialing_free(&date),
            },
            Standing::Canceling => t.subscription_next_canceling(&date),
            Standing::Pausing => match &self.resumes_at {
                Some(at) => t.subscription_next_pausing_until(&date, &day(t, at)),
                None => t.subscription_next_pausing(&date),
            },
            Standing::Ended => t.subscription_next_ended_again().to_owned(),
            Standing::IncompleteExpired => t.subscription_next_ended().to_owned(),
            Standing::Incomplete => t.subscription_next_incomplete().to_owned(),
            Standing::PastDue => match &self.past_due {
                Some(due) => return past_due(t, due),
                None => t.subscription_next_past_due().to_owned(),
            },
            Standing::Paused => match (&self.resumes_at, &total) {
                (Some(at), Some(total)) => {
                    t.subscription_next_paused_until_charge(&day(t, at), total)
                }
                (Some(at), None) => t.subscription_next_paused_until(&day(t, at)),
                (None, _) => t.subscription_next_paused().to_owned(),
            },
            Standing::Unpaid => t.subscription_next_unpaid().to_owned(),
        };
        vec![next]
    }
}

fn past_due(t: Text, due: &PastDueView) -> Vec<String> {
    let amount = format::money(due.amount, t.locale());
    let next = match &due.next_attempt_at {
        Some(at) if at.date < due.deadline.date => {
            t.subscription_next_past_due_retry(&amount, &day(t, at))
        }
        _ => t.subscription_next_past_due_manual(&amount),
    };
    vec![next, t.subscription_next_past_due_deadline(&day(t, &due.deadline))]
}

#[cfg(test)]
mod tests {
    use domain::interval::RecurringInterval;
    use domain::locale::Locale;
    use domain::money::{Currency, Money};
    use domain::subscription::SubscriptionStatus;
    use time::macros::date;

    use super::super::view::ScheduledView;
    use super::super::view::tests::{at, team};
    use super::*;

    fn said(subscription: &SubscriptionView) -> String {
        subscription.sentence(Text::of(Locale::En))
    }

    fn next(subscription: &SubscriptionView) -> String {
        subscription.next(Text::of(Locale::En)).join(" ")
    }

    #[test]
    fn the_state_is_one_sentence() {
        assert_eq!(said(&team()), "Team, 12 seats, renews on 1 May 2026 for €240.00.");
        let taxed = SubscriptionView {
            next_charge: Some((at(date!(2026 - 05 - 01)), Money::new(28_560, Currency::EUR))),
            ..team()
        };
        assert_eq!(said(&taxed), "Team, 12 seats, renews on 1 May 2026 for €285.60.");
        let canceling = SubscriptionView { ends_at: Some(at(date!(2026 - 05 - 01))), ..team() };
        assert_eq!(said(&canceling), "Team, 12 seats, ends on 1 May 2026 and does not renew.");
        let ended = SubscriptionView {
            status: SubscriptionStatus::Canceled,
            ended_at: Some(at(date!(2026 - 05 - 02))),
            ..canceling
        };
        assert_eq!(said(&ended), "Team, 12 seats, ended on 2 May 2026.");
    }

    #[test]
    fn nothing_is_charged_for_what_is_free() {
        let free = SubscriptionView { amount: Money::zero(Currency::EUR), seats: None, ..team() };
        assert_eq!(said(&free), "Team renews on 1 May 2026, free of charge.");
    }

    #[test]
    fn a_change_to_come_is_told_with_its_amount() {
        let scheduled = ScheduledView {
            plan: "Starter".to_owned(),
            seats: None,
            amount: Money::new(900, Currency::EUR),
            interval: RecurringInterval::MONTHLY,
            at: at(date!(2026 - 05 - 01)),
        };
        let changing = SubscriptionView {
            scheduled: Some(scheduled),
            next_charge: Some((at(date!(2026 - 05 - 01)), Money::new(1_071, Currency::EUR))),
            ..team()
        };
        assert_eq!(
            next(&changing),
            "On 1 May 2026 it becomes Starter and is charged €10.71, tax included."
        );
        assert!(said(&changing).contains("Starter"));
    }

    #[test]
    fn a_missing_payment_says_when_it_is_tried_and_when_all_ends() {
        let due = PastDueView {
            amount: Money::new(28_560, Currency::EUR),
            next_attempt_at: Some(at(date!(2026 - 05 - 03))),
            deadline: at(date!(2026 - 05 - 22)),
        };
        let of = |due: PastDueView| SubscriptionView {
            status: SubscriptionStatus::PastDue,
            past_due: Some(due),
            ..team()
        };
        let text = next(&of(due.clone()));
        assert!(text.contains("€285.60") && text.contains("3 May") && text.contains("22 May"));
        let last = next(&of(PastDueView { next_attempt_at: None, ..due }));
        assert!(last.contains("not charged by itself again") && last.contains("22 May"));
    }

    #[test]
    fn every_status_says_something_of_its_own_in_both_languages() {
        for locale in Locale::ALL {
            let t = Text::of(locale);
            let each = |status: &SubscriptionStatus| {
                let ended_at =
                    (*status == SubscriptionStatus::Canceled).then(|| at(date!(2026 - 05 - 02)));
                let view = SubscriptionView { status: *status, ended_at, ..team() };
                (view.sentence(t), view.next(t))
            };
            let mut sentences: Vec<String> =
                SubscriptionStatus::ALL.iter().map(|status| each(status).0).collect();
            assert!(SubscriptionStatus::ALL.iter().all(|status| !each(status).1.is_empty()));
            sentences.sort();
            sentences.dedup();
            assert_eq!(sentences.len(), SubscriptionStatus::ALL.len());
        }
    }
}
