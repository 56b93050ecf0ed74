//! How the refusals of a subscription's commands are told.

use axum::http::StatusCode;
use backend::{
    quote::QuoteError,
    subscription::{
        CancelError, KeepError, PauseError, UnschedulePauseError, UnscheduleUpdateError,
        UnscheduleUpdateRefusal,
    },
    subscription_change::ConfirmError,
};
use domain::{
    change::ChangeRefusal,
    subscription::{CancelRefusal, KeepRefusal, PauseRefusal, UnschedulePauseRefusal},
};

use crate::rest::error::{ApiError, BILLING_ONLY, Issue};

fn conflict(error: &'static str, detail: &dyn ToString) -> ApiError {
    ApiError::typed(StatusCode::CONFLICT, error, detail.to_string())
}

fn forbidden(error: &'static str, detail: &dyn ToString) -> ApiError {
    ApiError::typed(StatusCode::FORBIDDEN, error, detail.to_string())
}

fn bad(error: &'static str, detail: &dyn ToString) -> ApiError {
    ApiError::typed(StatusCode::BAD_REQUEST, error, detail.to_string())
}

fn invalid(field: &str, detail: &dyn ToString) -> ApiError {
    ApiError::Invalid(vec![Issue::body("invalid", field, detail.to_string())])
}

/// Something is under way that has to end first.
fn locked(detail: &dyn ToString) -> ApiError {
    conflict("SubscriptionLocked", detail)
}

pub fn cancel(error: CancelError) -> ApiError {
    match error {
        CancelError::Unknown => ApiError::not_found(),
        CancelError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        CancelError::Refused(refusal @ CancelRefusal::ChangePending) => locked(&refusal),
        CancelError::Refused(refusal) => forbidden("AlreadyCanceledSubscription", &refusal),
        CancelError::Invalid(errors) => invalid("cancellation_comment", &errors),
        error => ApiError::internal("a subscription could not be canceled", &error),
    }
}

pub fn keep(error: KeepError) -> ApiError {
    match error {
        KeepError::Unknown => ApiError::not_found(),
        KeepError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        KeepError::Refused(refusal @ KeepRefusal::ChangePending) => locked(&refusal),
        KeepError::Refused(refusal @ KeepRefusal::NotScheduled) => {
            conflict("SubscriptionNotScheduledToCancel", &refusal)
        }
        KeepError::Refused(refusal @ KeepRefusal::Ended) => {
            ApiError::typed(StatusCode::GONE, "ResourceUnavailable", refusal.to_string())
        }
        error => ApiError::internal("a cancellation could not be taken back", &error),
    }
}

pub fn pause(error: PauseError) -> ApiError {
    match error {
        PauseError::Unknown => ApiError::not_found(),
        PauseError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        PauseError::NotOffered => forbidden("PauseResumeNotAllowed", &error),
        PauseError::Refused(refusal @ PauseRefusal::ChangePending) => locked(&refusal),
        PauseError::Refused(
            refusal @ (PauseRefusal::ResumesTooEarly | PauseRefusal::ResumesTooLate),
        ) => invalid("resumes_at", &refusal),
        PauseError::Refused(refusal) => conflict("CannotPauseSubscription", &refusal),
        error => ApiError::internal("a subscription could not be paused", &error),
    }
}

pub fn unschedule_pause(error: UnschedulePauseError) -> ApiError {
    match error {
        UnschedulePauseError::Unknown => ApiError::not_found(),
        UnschedulePauseError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        UnschedulePauseError::Refused(refusal @ UnschedulePauseRefusal::ChangePending) => {
            locked(&refusal)
        }
        UnschedulePauseError::Refused(refusal) => conflict("NoScheduledPause", &refusal),
        error => ApiError::internal("a pause could not be taken back", &error),
    }
}

pub fn unschedule_update(error: UnscheduleUpdateError) -> ApiError {
    match error {
        UnscheduleUpdateError::Unknown => ApiError::not_found(),
        UnscheduleUpdateError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        UnscheduleUpdateError::Refused(
            refusal @ (UnscheduleUpdateRefusal::NotScheduled | UnscheduleUpdateRefusal::Ended),
        ) => invalid("pending_update", &refusal),
        UnscheduleUpdateError::Refused(refusal) => locked(&refusal),
        error => ApiError::internal("a scheduled change could not be taken back", &error),
    }
}

pub fn quote(error: QuoteError) -> ApiError {
    match error {
        QuoteError::Unknown => ApiError::not_found(),
        QuoteError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        QuoteError::Refused(refusal) => change(refusal),
        QuoteError::Invalid(errors) => invalid("cancellation_comment", &errors),
        error => ApiError::internal("a change could not be worked out", &error),
    }
}

pub fn confirm(error: ConfirmError) -> ApiError {
    match error {
        ConfirmError::Unknown => ApiError::not_found(),
        ConfirmError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        ConfirmError::Refused(refusal) => change(refusal),
        ConfirmError::Quote(error) => quote(error),
        ConfirmError::NoPaymentMethod => conflict("PaymentMethodRequired", &error),
        ConfirmError::Declined { .. } => {
            ApiError::typed(StatusCode::PAYMENT_REQUIRED, "PaymentFailed", error.to_string())
        }
        ConfirmError::Redeemed | ConfirmError::Stale { .. } | ConfirmError::Expired { .. } => {
            locked(&"the subscription is being changed by somebody else; try again")
        }
        error => ApiError::internal("a change could not be carried out", &error),
    }
}

fn change(refusal: ChangeRefusal) -> ApiError {
    use ChangeRefusal as R;
    match refusal {
        R::PlanChangesOff => forbidden("UpdateSubscriptionPlanNotAllowed", &refusal),
        R::SeatChangesOff => forbidden("UpdateSubscriptionSeatsNotAllowed", &refusal),
        R::Ended | R::Canceling => forbidden("AlreadyCanceledSubscription", &refusal),
        R::CancelNowOff => conflict("RevokeNotAllowed", &refusal),
        R::NotPaused => conflict("NotPausedSubscription", &refusal),
        R::ChangePending
        | R::OrderOpen
        | R::RenewalDue
        | R::Paused
        | R::PauseScheduled
        | R::PastDue
        | R::NotRunning
        | R::NotEnded
        | R::Resubscribed
        | R::NothingChanges => locked(&refusal),
        R::NotOffered | R::OtherCurrency | R::PlanWithoutSeats => invalid("product_id", &refusal),
        R::NotSeatBased => bad("NotASeatBasedSubscription", &refusal),
        R::BelowMinimum { .. } => bad("BelowMinimumSeats", &refusal),
        R::AboveMaximum { .. } => bad("AboveMaximumSeats", &refusal),
        R::SeatsAssigned { .. } => bad("SeatsAlreadyAssigned", &refusal),
    }
}
