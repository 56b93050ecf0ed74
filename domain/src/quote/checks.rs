//! Whether a change is possible at all.

use super::facts::{PlanTerms, QuoteFacts};
use crate::change::ChangeRefusal;
use crate::price::PriceAmount;
use crate::subscription::SubscriptionStatus;

impl QuoteFacts {
    /// Plans and seats change only while it runs and goes on running.
    pub(super) fn check_running(&self) -> Result<(), ChangeRefusal> {
        let subscription = &self.subscription;
        if subscription.is_ended() {
            return Err(ChangeRefusal::Ended);
        }
        if self.has_open_change {
            return Err(ChangeRefusal::ChangePending);
        }
        match subscription.status {
            SubscriptionStatus::Active | SubscriptionStatus::Trialing => {}
            SubscriptionStatus::Paused => return Err(ChangeRefusal::Paused),
            SubscriptionStatus::PastDue => return Err(ChangeRefusal::PastDue),
            _ => return Err(ChangeRefusal::NotRunning),
        }
        if subscription.cancel_at_period_end {
            return Err(ChangeRefusal::Canceling);
        }
        if subscription.pause_at_period_end {
            return Err(ChangeRefusal::PauseScheduled);
        }
        self.check_not_due()
    }

    /// Between a period's end and its renewal nothing can be worked out.
    pub(super) fn check_not_due(&self) -> Result<(), ChangeRefusal> {
        match self.subscription.due_at() {
            Some(due_at) if due_at <= self.at => Err(ChangeRefusal::RenewalDue),
            _ => Ok(()),
        }
    }

    /// The number of seats that `to` begins with: the named one; else the present one, as far as the plan sells so many and they
    /// hold everybody who has one.
    pub(super) fn seats_in(&self, to: &PlanTerms) -> Result<Option<i32>, ChangeRefusal> {
        let PriceAmount::SeatBased { seat_tiers } = &to.price else {
            return match (self.subscription.seats, to.seats) {
                (Some(_), _) => Err(ChangeRefusal::PlanWithoutSeats),
                (None, Some(_)) => Err(ChangeRefusal::NotSeatBased),
                (None, None) => Ok(None),
            };
        };
        let seats = to.seats.unwrap_or_else(|| {
            let present = self.subscription.seats.unwrap_or(0);
            present.max(seat_tiers.minimum_seats()).max(self.assigned_seats)
        });
        self.check_assigned(seats)?;
        Ok(Some(seats))
    }

    pub(super) fn check_assigned(&self, seats: i32) -> Result<(), ChangeRefusal> {
        if seats < self.assigned_seats {
            return Err(ChangeRefusal::SeatsAssigned { assigned: self.assigned_seats });
        }
        Ok(())
    }
}
