//! A subscription as the portal shows it: the facts, in the customer's time zone.

use domain::format;
use domain::id::SubscriptionId;
use domain::interval::{Interval, RecurringInterval};
use domain::local_time::LocalDateTime;
use domain::money::Money;
use domain::subscription::SubscriptionStatus;

use crate::text::Text;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SubscriptionView {
    pub id: SubscriptionId,
    pub plan: String,
    pub seats: Option<i32>,
    pub status: SubscriptionStatus,
    /// What one period costs, before discount and tax.
    pub amount: Money,
    pub interval: RecurringInterval,
    pub started_at: Option<LocalDateTime>,
    pub period_start: LocalDateTime,
    pub period_end: LocalDateTime,
    pub canceled_at: Option<LocalDateTime>,
    /// When it is going to end, for one that is canceled.
    pub ends_at: Option<LocalDateTime>,
    pub ended_at: Option<LocalDateTime>,
    /// It pauses when the period ends.
    pub is_pausing: bool,
    pub paused_at: Option<LocalDateTime>,
    /// When it goes on by itself after a pause.
    pub resumes_at: Option<LocalDateTime>,
    /// What it becomes when the period ends.
    pub scheduled: Option<ScheduledView>,
    /// The next charge, discount and tax included.
    pub next_charge: Option<(LocalDateTime, Money)>,
    pub past_due: Option<PastDueView>,
    /// Its discount, and whether that still comes off the next period.
    pub discount: Option<(String, bool)>,
    /// Since when a change waits for its payment.
    pub open_change: Option<OpenChangeView>,
}

/// A change that waits for the end of the period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScheduledView {
    pub plan: String,
    pub seats: Option<i32>,
    pub amount: Money,
    pub interval: RecurringInterval,
    pub at: LocalDateTime,
}

/// What is owed, tax included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PastDueView {
    pub amount: Money,
    pub next_attempt_at: Option<LocalDateTime>,
    pub deadline: LocalDateTime,
}

/// A change that waits for its payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenChangeView {
    pub since: LocalDateTime,
    /// Where the customer has to confirm it.
    pub action_url: Option<String>,
}

/// Where a subscription stands, as people tell it: what is going to happen at the end of the period is a state of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Standing {
    Active,
    Trialing,
    Canceling,
    Pausing,
    Ended,
    Incomplete,
    IncompleteExpired,
    PastDue,
    Paused,
    Unpaid,
}

impl SubscriptionView {
    pub fn standing(&self) -> Standing {
        let is_canceling = self.ends_at.is_some() && self.status.is_billable();
        match self.status {
            _ if self.ended_at.is_some() => Standing::Ended,
            _ if is_canceling => Standing::Canceling,
            SubscriptionStatus::Active if self.is_pausing => Standing::Pausing,
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
    pub fn name(&self, t: Text) -> String {
        named(t, &self.plan, self.seats)
    }

    /// "€240.00", or the word for nothing.
    pub fn price(&self, t: Text) -> String {
        price(t, self.amount)
    }

    /// "€240.00 every month".
    pub fn price_interval(&self, t: Text) -> String {
        price_interval(t, self.amount, self.interval)
    }

    /// What the next charge comes to, discount and tax included; without one, the price.
    pub fn next_price(&self, t: Text) -> String {
        self.next_charge.as_ref().map_or_else(|| self.price(t), |(_, total)| price(t, *total))
    }

    /// The day on which the current period ends: of a canceled one its end, else its renewal.
    pub fn turn_date(&self, t: Text) -> String {
        day(t, self.ended_at.as_ref().or(self.ends_at.as_ref()).unwrap_or(&self.period_end))
    }
}

impl ScheduledView {
    /// "Team, 12 seats".
    pub fn name(&self, t: Text) -> String {
        named(t, &self.plan, self.seats)
    }
}

/// "1 May 2026".
pub(crate) fn day(t: Text, at: &LocalDateTime) -> String {
    format::date(at.date, t.locale())
}

/// "Pro" or "Team, 12 seats".
pub(crate) fn named(t: Text, plan: &str, seats: Option<i32>) -> String {
    seats.map_or_else(|| plan.to_owned(), |seats| t.subscription_plan_seats(seats.into(), plan))
}

/// "€240.00", or the word for nothing.
pub(crate) fn price(t: Text, amount: Money) -> String {
    if amount.is_zero() {
        t.subscription_free().to_owned()
    } else {
        format::money(amount, t.locale())
    }
}

/// "€240.00 every month".
pub(crate) fn price_interval(t: Text, amount: Money, interval: RecurringInterval) -> String {
    let count = interval.count().into();
    let every = match interval.interval() {
        Interval::Day => t.interval_day(count),
        Interval::Week => t.interval_week(count),
        Interval::Month => t.interval_month(count),
        Interval::Year => t.interval_year(count),
    };
    let price = price(t, amount);
    if amount.is_zero() { price } else { t.subscription_price_interval(&price, &every) }
}

#[cfg(test)]
pub(super) mod tests {
    use domain::locale::Locale;
    use domain::money::Currency;
    use time::macros::{date, time};

    use super::*;

    pub fn at(date: time::Date) -> LocalDateTime {
        LocalDateTime { date, time: time!(9:00), zone: "Europe/Berlin".to_owned() }
    }

    pub fn team() -> SubscriptionView {
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
            is_pausing: false,
            paused_at: None,
            resumes_at: None,
            scheduled: None,
            next_charge: None,
            past_due: None,
            discount: None,
            open_change: None,
        }
    }

    #[test]
    fn what_costs_nothing_is_free() {
        let free = SubscriptionView { amount: Money::zero(Currency::EUR), ..team() };
        assert_eq!(free.price_interval(Text::of(Locale::De)), "Kostenlos");
        assert_eq!(team().price_interval(Text::of(Locale::En)), "€240.00 every month");
    }

    #[test]
    fn what_is_going_to_happen_is_a_state() {
        let end = Some(at(date!(2026 - 05 - 01)));
        assert_eq!(SubscriptionView { is_pausing: true, ..team() }.standing(), Standing::Pausing);
        let canceling = SubscriptionView { ends_at: end.clone(), ..team() };
        assert_eq!(canceling.standing(), Standing::Canceling);
        let ended = SubscriptionView { ended_at: end, ..canceling };
        assert_eq!(ended.standing(), Standing::Ended);
    }
}
