//! A subscription as the portal shows it, and what is said of it.

use domain::format;
use domain::id::SubscriptionId;
use domain::interval::{Interval, RecurringInterval};
use domain::local_time::LocalDateTime;
use domain::money::Money;
use domain::subscription::SubscriptionStatus;

use crate::text::Text;
use crate::ui::sheet::Link;
use crate::ui::tone::Tone;
use crate::urls::paths;

/// The facts, in the customer's time zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscriptionView {
    pub id: SubscriptionId,
    pub plan: String,
    pub seats: Option<i32>,
    pub status: SubscriptionStatus,
    /// What one period costs.
    pub amount: Money,
    pub interval: RecurringInterval,
    pub started_at: Option<LocalDateTime>,
    pub period_start: LocalDateTime,
    pub period_end: LocalDateTime,
    pub canceled_at: Option<LocalDateTime>,
    /// When it is going to end, for one that is canceled.
    pub ends_at: Option<LocalDateTime>,
    pub ended_at: Option<LocalDateTime>,
}

/// Where a subscription stands, as people tell it: a cancellation that is going to take effect is a state of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    Active,
    Trialing,
    Canceling,
    Ended,
    Incomplete,
    IncompleteExpired,
    PastDue,
    Paused,
    Unpaid,
}

impl SubscriptionView {
    #[must_use]
    pub fn standing(&self) -> Standing {
        let is_canceling = self.ends_at.is_some() && self.status.is_billable();
        match self.status {
            _ if self.ended_at.is_some() => Standing::Ended,
            _ if is_canceling => Standing::Canceling,
            SubscriptionStatus::Active => Standing::Active,
            SubscriptionStatus::Trialing => Standing::Trialing,
            SubscriptionStatus::Canceled => Standing::Ended,
            SubscriptionStatus::Incomplete => Standing::Incomplete,
            SubscriptionStatus::IncompleteExpired => Standing::IncompleteExpired,
            SubscriptionStatus::PastDue => Standing::PastDue,
            SubscriptionStatus::Paused => Standing::Paused,
            SubscriptionStatus::Unpaid => Standing::Unpaid,
        }
    }

    /// "Pro" or "Team, 12 seats".
    #[must_use]
    pub fn name(&self, t: Text) -> String {
        self.seats.map_or_else(
            || self.plan.clone(),
            |seats| t.subscription_plan_seats(seats.into(), &self.plan),
        )
    }

    /// "€240.00", or the word for nothing.
    #[must_use]
    pub fn price(&self, t: Text) -> String {
        if self.amount.is_zero() {
            t.subscription_free().to_owned()
        } else {
            format::money(self.amount, t.locale())
        }
    }

    /// "€240.00 every month".
    #[must_use]
    pub fn price_interval(&self, t: Text) -> String {
        let count = self.interval.count().into();
        let interval = match self.interval.interval() {
            Interval::Day => t.interval_day(count),
            Interval::Week => t.interval_week(count),
            Interval::Month => t.interval_month(count),
            Interval::Year => t.interval_year(count),
        };
        if self.amount.is_zero() {
            self.price(t)
        } else {
            t.subscription_price_interval(&self.price(t), &interval)
        }
    }

    /// The day on which the current period ends: of a canceled one its end, else its renewal.
    #[must_use]
    pub fn turn_date(&self, t: Text) -> String {
        let at = self.ended_at.as_ref().or(self.ends_at.as_ref()).unwrap_or(&self.period_end);
        format::date(at.date, t.locale())
    }

    /// The state in one sentence.
    #[must_use]
    pub fn sentence(&self, t: Text) -> String {
        let (date, price) = (self.turn_date(t), self.price(t));
        // "Team, 12 seats, renews …"
        let name =
            if self.seats.is_some() { format!("{},", self.name(t)) } else { self.plan.clone() };
        let is_free = self.amount.is_zero();
        match self.standing() {
            Standing::Active if is_free => t.subscription_sentence_active_free(&name, &date),
            Standing::Active => t.subscription_sentence_active(&name, &date, &price),
            Standing::Trialing if is_free => t.subscription_sentence_trialing_free(&name, &date),
            Standing::Trialing => t.subscription_sentence_trialing(&name, &date, &price),
            Standing::Canceling => t.subscription_sentence_canceling(&name, &date),
            Standing::Ended => t.subscription_sentence_ended(&name, &date),
            Standing::Incomplete => t.subscription_sentence_incomplete(&name),
            Standing::IncompleteExpired => t.subscription_sentence_incomplete_expired(&name),
            Standing::PastDue => t.subscription_sentence_past_due(&name),
            Standing::Paused => t.subscription_sentence_paused(&name),
            Standing::Unpaid => t.subscription_sentence_unpaid(&name),
        }
    }

    /// What comes next, in one sentence.
    #[must_use]
    pub fn next(&self, t: Text) -> String {
        let (date, price) = (self.turn_date(t), self.price(t));
        match self.standing() {
            Standing::Active => t.subscription_next_active(&date),
            Standing::Trialing if self.amount.is_zero() => t.subscription_next_trialing_free(&date),
            Standing::Trialing => t.subscription_next_trialing(&date, &price),
            Standing::Canceling => t.subscription_next_canceling(&date),
            Standing::Ended | Standing::IncompleteExpired => t.subscription_next_ended().to_owned(),
            Standing::Incomplete => t.subscription_next_incomplete().to_owned(),
            Standing::PastDue => t.subscription_next_past_due().to_owned(),
            Standing::Paused => t.subscription_next_paused().to_owned(),
            Standing::Unpaid => t.subscription_next_unpaid().to_owned(),
        }
    }

    /// The state in one word.
    #[must_use]
    pub fn badge(&self, t: Text) -> (Tone, String) {
        let (tone, label) = match self.standing() {
            Standing::Active => (Tone::Good, t.subscription_status_active()),
            Standing::Trialing => (Tone::Note, t.subscription_status_trialing()),
            Standing::Canceling => (Tone::Wait, t.subscription_status_canceling()),
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

    /// The steps that exist for it now, the most likely one first.
    #[must_use]
    pub fn actions(&self, t: Text, slug: &str) -> Vec<Link> {
        let mut links = Vec::new();
        let mut link = |is_possible: bool, href: String, label: &str| {
            if is_possible {
                links.push((href, label.to_owned()));
            }
        };
        link(self.can_keep(), paths::subscription_keep(slug, self.id), t.subscription_keep());
        link(self.can_cancel(), paths::subscription_cancel(slug, self.id), t.subscription_cancel());
        links
    }

    /// The step that a list offers, in a word.
    #[must_use]
    pub fn short_actions(&self, t: Text, slug: &str) -> Vec<Link> {
        if self.can_keep() {
            vec![(paths::subscription_keep(slug, self.id), t.overview_action_keep().to_owned())]
        } else if self.can_cancel() {
            vec![(paths::subscription_cancel(slug, self.id), t.overview_action_cancel().to_owned())]
        } else {
            Vec::new()
        }
    }

    /// Whether cancelling is a step that exists for it.
    #[must_use]
    pub fn can_cancel(&self) -> bool {
        matches!(self.standing(), Standing::Active | Standing::Trialing | Standing::PastDue)
    }

    /// Whether its cancellation can be taken back.
    #[must_use]
    pub fn can_keep(&self) -> bool {
        self.standing() == Standing::Canceling
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use domain::locale::Locale;
    use domain::money::Currency;
    use time::macros::{date, time};

    use super::*;

    fn at(date: time::Date) -> LocalDateTime {
        LocalDateTime { date, time: time!(9:00), zone: "Europe/Berlin".to_owned() }
    }

    fn team() -> SubscriptionView {
        SubscriptionView {
            id: SubscriptionId::from_uuid(uuid::Uuid::from_u128(1)),
            plan: "Team".to_owned(),
            seats: Some(12),
            status: SubscriptionStatus::Active,
            amount: Money::new(24_000, Currency::EUR),
            interval: RecurringInterval::MONTHLY,
            started_at: Some(at(date!(2026 - 01 - 01))),
            period_start: at(date!(2026 - 04 - 01)),
            period_end: at(date!(2026 - 05 - 01)),
            canceled_at: None,
            ends_at: None,
            ended_at: None,
        }
    }

    fn said(subscription: &SubscriptionView) -> String {
        subscription.sentence(Text::of(Locale::En))
    }

    #[test]
    fn the_state_is_one_sentence() {
        assert_eq!(said(&team()), "Team, 12 seats, renews on 1 May 2026 for €240.00.");
        let canceling = SubscriptionView { ends_at: Some(at(date!(2026 - 05 - 01))), ..team() };
        assert_eq!(said(&canceling), "Team, 12 seats, ends on 1 May 2026 and does not renew.");
        assert!(canceling.can_keep() && !canceling.can_cancel());
        let ended = SubscriptionView {
            status: SubscriptionStatus::Canceled,
            ended_at: Some(at(date!(2026 - 05 - 02))),
            ..canceling
        };
        assert_eq!(said(&ended), "Team, 12 seats, ended on 2 May 2026.");
        assert!(!ended.can_keep() && !ended.can_cancel());
    }

    #[test]
    fn nothing_is_charged_for_what_is_free() {
        let free = SubscriptionView { amount: Money::zero(Currency::EUR), seats: None, ..team() };
        assert_eq!(said(&free), "Team renews on 1 May 2026, free of charge.");
        assert_eq!(free.price_interval(Text::of(Locale::De)), "Kostenlos");
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
