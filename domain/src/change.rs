//! What a customer may change about a subscription, when it takes effect, and why it may not.

use serde::{Deserialize, Serialize};

use crate::refund_policy::RefundPolicy;
use crate::text_enum::text_enum;

text_enum! {
    /// What kind of change a quote is for.
    ChangeKind {
        Plan = "plan",
        Seats = "seats",
        Resume = "resume",
        Resubscribe = "resubscribe",
        CancelNow = "cancel_now",
    }
}

text_enum! {
    /// When a change takes effect.
    ChangeTiming {
        Now = "now",
        /// When the running period (of a trial: the trial) ends.
        NextPeriod = "next_period",
    }
}

text_enum! {
    /// How an organization bills a change within a period.
    ProrationBehavior {
        /// At once.
        Invoice = "invoice",
        /// At once, but billed with the next order.
        Prorate = "prorate",
        /// Not before the next period.
        NextPeriod = "next_period",
    }
}

/// What an organization lets its customers change, and how that is billed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeRules {
    pub plans_can_change: bool,
    pub seats_can_change: bool,
    pub can_cancel_now: bool,
    pub proration: ProrationBehavior,
    /// For a change to something cheaper; `None`: like every other change.
    pub downgrade_proration: Option<ProrationBehavior>,
    pub refund: RefundPolicy,
}

impl ChangeRules {
    pub fn behavior(&self, is_downgrade: bool) -> ProrationBehavior {
        match self.downgrade_proration {
            Some(behavior) if is_downgrade => behavior,
            _ => self.proration,
        }
    }
}

/// Why a change is not possible. Each has a code, for which the portal has a text that says what to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum ChangeRefusal {
    #[error("the organization does not let customers change plans")]
    PlanChangesOff,
    #[error("the organization does not let customers change seats")]
    SeatChangesOff,
    #[error("the organization does not let customers end a subscription at once")]
    CancelNowOff,
    #[error("another change waits for its payment")]
    ChangePending,
    #[error("an order of the subscription is not paid")]
    OrderOpen,
    #[error("the period is over and is about to be renewed")]
    RenewalDue,
    #[error("the subscription has ended")]
    Ended,
    #[error("the subscription is set to end")]
    Canceling,
    #[error("the subscription is paused")]
    Paused,
    #[error("the subscription is set to pause")]
    PauseScheduled,
    #[error("a payment for the subscription is overdue")]
    PastDue,
    #[error("the subscription is not running")]
    NotRunning,
    #[error("the subscription is not paused")]
    NotPaused,
    #[error("the subscription has not ended")]
    NotEnded,
    #[error("the subscription was bought anew already")]
    Resubscribed,
    #[error("the plan is not offered")]
    NotOffered,
    #[error("the plan has no price in the subscription's currency")]
    OtherCurrency,
    #[error("the plan has no seats, the subscription has")]
    PlanWithoutSeats,
    #[error("the subscription has no seats")]
    NotSeatBased,
    #[error("nothing would change")]
    NothingChanges,
    #[error("at least {minimum} seats are sold")]
    BelowMinimum { minimum: i32 },
    #[error("at most {maximum} seats are sold")]
    AboveMaximum { maximum: i32 },
    #[error("{assigned} seats are assigned")]
    SeatsAssigned { assigned: i32 },
}

impl ChangeRefusal {
    /// The stable code, without its numbers.
    pub const fn code(self) -> &'static str {
        match self {
            Self::PlanChangesOff => "plan_changes_off",
            Self::SeatChangesOff => "seat_changes_off",
            Self::CancelNowOff => "cancel_now_off",
            Self::ChangePending => "change_pending",
            Self::OrderOpen => "order_open",
            Self::RenewalDue => "renewal_due",
            Self::Ended => "subscription_ended",
            Self::Canceling => "subscription_canceling",
            Self::Paused => "subscription_paused",
            Self::PauseScheduled => "pause_scheduled",
            Self::PastDue => "subscription_past_due",
            Self::NotRunning => "subscription_not_running",
            Self::NotPaused => "subscription_not_paused",
            Self::NotEnded => "subscription_not_ended",
            Self::Resubscribed => "already_resubscribed",
            Self::NotOffered => "plan_not_offered",
            Self::OtherCurrency => "plan_in_other_currency",
            Self::PlanWithoutSeats => "plan_without_seats",
            Self::NotSeatBased => "seats_not_sold",
            Self::NothingChanges => "nothing_changes",
            Self::BelowMinimum { .. } => "seats_below_minimum",
            Self::AboveMaximum { .. } => "seats_above_maximum",
            Self::SeatsAssigned { .. } => "seats_assigned",
        }
    }
}
