//! One try to charge an order, from asking the processor to what is written down of it.

use domain::id::{OrganizationId, PaymentAttemptId};
use domain::payment::{DeclineCode, PaymentAttemptState, PaymentOutcome};
use sqlx::PgPool;
use thiserror::Error;
use time::Duration;

use super::ask::{Finding, ask};
use super::claim::{self, Attempt};
use super::processor::{NoAnswer, PaymentProcessor};
use super::processors::Processors;
use super::settle::settle;
use super::wait::{back_off, hand_to_a_person, wait};
use super::{PrepareRefundError, Settlement};
use crate::checkout::CheckoutError;
use crate::context::Context;
use crate::error::{DatabaseError, InconsistencyError, QueryError};
use crate::subscription_change::SettleChangeError;

/// After so long without a clear answer a person has to look.
const READ_WITHIN: Duration = Duration::days(30);
/// How often a payment that waits for its customer is looked at, at least.
const ACTION_POLL_MIN: Duration = Duration::minutes(1);

#[derive(Debug, Error)]
pub enum PaymentError {
    #[error("there is no such payment")]
    Unknown,
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("money could not be given back")]
    Refund(#[from] PrepareRefundError),
    #[error("the change that waited for the money could not be settled")]
    Change(#[from] SettleChangeError),
    #[error("the checkout that waited for the money could not be settled")]
    Checkout(#[source] Box<CheckoutError>),
    #[error("the payment could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<CheckoutError> for PaymentError {
    fn from(error: CheckoutError) -> Self {
        Self::Checkout(Box::new(error))
    }
}

impl From<sqlx::Error> for PaymentError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QueryError> for PaymentError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(_) => Self::Unknown,
        }
    }
}

/// Works on one attempt now: asks the processor, with no transaction open, and settles what comes back. One that is settled, or that
/// somebody else works on, is only told.
pub async fn run_attempt(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    organization_id: OrganizationId,
    payment_attempt_id: PaymentAttemptId,
) -> Result<PaymentOutcome, PaymentError> {
    let Some(attempt) = claim::one(db, cx, organization_id, payment_attempt_id).await? else {
        return standing(db, organization_id, payment_attempt_id).await;
    };
    if let Some(processor) = processors.get(&attempt.processor) {
        return carry_out(db, processor, cx, attempt).await;
    }
    // Its lease ends, and a process that can reach the processor takes it up.
    tracing::error!(%payment_attempt_id, processor = attempt.processor, "this process cannot reach the charge's processor");
    Ok(PaymentOutcome::Unknown)
}

/// How an attempt stands.
async fn standing(
    db: &PgPool,
    organization_id: OrganizationId,
    payment_attempt_id: PaymentAttemptId,
) -> Result<PaymentOutcome, PaymentError> {
    let row = sqlx::query!(
        "select state, decline_code, action_url from payment_attempt where organization_id = $1 and payment_attempt_id = $2",
        organization_id.as_uuid(),
        payment_attempt_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?
    .ok_or(PaymentError::Unknown)?;
    Ok(match PaymentAttemptState::parse(&row.state) {
        Some(PaymentAttemptState::Succeeded) => PaymentOutcome::Succeeded,
        Some(PaymentAttemptState::Declined) => {
            let code = row.decline_code.as_deref().and_then(DeclineCode::parse);
            PaymentOutcome::Declined(code.unwrap_or(DeclineCode::GenericDecline))
        }
        // The customer did not approve it in time, or chose not to.
        Some(PaymentAttemptState::Abandoned) if row.action_url.is_some() => {
            PaymentOutcome::Declined(DeclineCode::AuthenticationRequired)
        }
        Some(PaymentAttemptState::Abandoned) => {
            PaymentOutcome::Declined(DeclineCode::GenericDecline)
        }
        Some(PaymentAttemptState::RequiresAction) => {
            PaymentOutcome::RequiresAction { url: row.action_url.unwrap_or_default() }
        }
        Some(_) => PaymentOutcome::Unknown,
        None => {
            return Err(
                InconsistencyError::new("payment_attempt", "state", payment_attempt_id).into()
            );
        }
    })
}

/// Works on a claimed attempt.
pub(super) async fn carry_out(
    db: &PgPool,
    processor: &dyn PaymentProcessor,
    cx: &mut Context,
    mut attempt: Attempt,
) -> Result<PaymentOutcome, PaymentError> {
    let found = if attempt.sent_at.is_none() && !attempt.is_wanted {
        Ok(Finding::Abandoned)
    } else if let Some(method) = attempt.method.clone() {
        ask(db, processor, cx.now, &mut attempt, method).await?
    } else {
        Ok(Finding::Outcome(PaymentOutcome::Declined(DeclineCode::PaymentMethodMissing)))
    };
    conclude(db, cx, &attempt, found).await
}

/// Writes down what the processor said, or that it did not.
pub(super) async fn conclude(
    db: &PgPool,
    cx: &mut Context,
    attempt: &Attempt,
    found: Result<Finding, NoAnswer>,
) -> Result<PaymentOutcome, PaymentError> {
    let waits_too_long = attempt.sent_at.is_some_and(|sent_at| cx.now - sent_at > READ_WITHIN);
    let settlement = match found {
        Ok(Finding::Outcome(PaymentOutcome::Succeeded)) => Settlement::Paid,
        Ok(Finding::Outcome(PaymentOutcome::Declined(code))) => Settlement::Declined(code),
        Ok(Finding::Abandoned) => Settlement::Abandoned,
        Ok(Finding::Outcome(PaymentOutcome::RequiresAction { url })) => {
            let due_at = cx.now + back_off(attempt.tries).max(ACTION_POLL_MIN);
            wait(db, attempt, PaymentAttemptState::RequiresAction, Some(&url), due_at).await?;
            return Ok(PaymentOutcome::RequiresAction { url });
        }
        Ok(Finding::ForAPerson) => return hand_to_a_person(db, attempt).await,
        Ok(Finding::Outcome(PaymentOutcome::Unknown)) | Err(_) if waits_too_long => {
            return hand_to_a_person(db, attempt).await;
        }
        Ok(Finding::Outcome(PaymentOutcome::Unknown)) => {
            let due_at = cx.now + back_off(attempt.tries);
            wait(db, attempt, PaymentAttemptState::Unknown, None, due_at).await?;
            return Ok(PaymentOutcome::Unknown);
        }
        Err(no_answer) => {
            {
                let error = &no_answer as &dyn std::error::Error;
                tracing::warn!(payment_attempt_id = %attempt.payment_attempt_id, error, "a charge has no answer yet");
            }
            // What waits for its customer goes on waiting.
            let state = match attempt.state {
                PaymentAttemptState::RequiresAction => PaymentAttemptState::RequiresAction,
                _ => PaymentAttemptState::Unknown,
            };
            wait(db, attempt, state, None, cx.now + back_off(attempt.tries)).await?;
            return Ok(PaymentOutcome::Unknown);
        }
    };
    settled(db, cx, attempt, settlement).await
}

/// Settles, and tells what stands: somebody else may have been first.
async fn settled(
    db: &PgPool,
    cx: &mut Context,
    attempt: &Attempt,
    settlement: Settlement,
) -> Result<PaymentOutcome, PaymentError> {
    settle(db, cx, attempt, settlement).await?;
    standing(db, attempt.organization_id, attempt.payment_attempt_id).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment::processor::NewPayment;
    use crate::payment::test_helpers::{Case, stands};

    #[tokio::test]
    async fn an_approved_charge_pays_its_order_once() {
        let case = Case::new(SandboxBehavior::Approve).await;
        assert_eq!(case.run_attempt().await, PaymentOutcome::Succeeded);
        assert_eq!(case.standing().await, stands("succeeded", "paid", "active"));
        assert_eq!(case.run_attempt().await, PaymentOutcome::Succeeded, "only told");
        assert_eq!((case.work().await, case.events("order.paid").await), (0, 1));
        assert_eq!(
            case.count("select sum(amount_minor)::bigint from sandbox.payment").await,
            2_900
        );
    }

    #[tokio::test]
    async fn a_lost_answer_is_asked_for_again_with_the_same_key() {
        let case = Case::new(SandboxBehavior::LostAnswer).await;
        assert_eq!(case.run_attempt().await, PaymentOutcome::Unknown);
        assert_eq!(case.standing().await, stands("unknown", "pending", "active"));
        assert_eq!(case.work().await, 0, "not at once");
        assert_eq!(case.after(Duration::seconds(5)).await, 1);
        assert_eq!(case.standing().await, stands("succeeded", "paid", "active"));
        assert_eq!(case.count("select count(*) from sandbox.payment").await, 1);
    }

    #[tokio::test]
    async fn a_slow_charge_is_waited_for() {
        let case = Case::new(SandboxBehavior::Slow).await;
        assert_eq!(case.run_attempt().await, PaymentOutcome::Unknown);
        case.after(Duration::seconds(29)).await;
        assert_eq!(case.standing().await.1, "pending");
        case.after(Duration::minutes(2)).await;
        assert_eq!(case.standing().await, stands("succeeded", "paid", "active"));
    }

    /// Past the 20 hours in which the key may be sent the processor is only read.
    #[tokio::test]
    async fn after_twenty_hours_the_processor_is_only_read() {
        let case = Case::new(SandboxBehavior::LostAnswer).await;
        case.run_attempt().await;
        // As if the key had been forgotten: asking again would charge again.
        case.after(Duration::hours(21)).await;
        assert_eq!(case.standing().await, stands("succeeded", "paid", "active"));
        assert_eq!(case.count("select count(*) from sandbox.payment").await, 1);
    }

    #[tokio::test]
    async fn silence_goes_to_a_person_and_never_to_a_new_charge() {
        let case = Case::new(SandboxBehavior::Never).await;
        case.run_attempt().await;
        for _ in 0..40 {
            case.after(Duration::minutes(31)).await;
        }
        assert_eq!(case.standing().await, stands("for_a_person", "pending", "active"));
        assert_eq!(case.after(Duration::days(40)).await, 0);
        assert_eq!(case.count("select count(*) from sandbox.payment").await, 1);
    }

    #[tokio::test]
    async fn a_process_that_died_before_the_call_left_nothing_behind_to_charge_twice() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let claimed = claim::due(&case.db.pool, &case.db.cx(), "sandbox", 10).await.unwrap();
        assert_eq!(claimed.len(), 1);
        assert_eq!(case.work().await, 0, "the lease holds");
        assert_eq!(case.run_attempt().await, PaymentOutcome::Unknown, "somebody works on it");
        assert_eq!(case.after(Duration::seconds(60)).await, 1);
        assert_eq!(case.standing().await, stands("succeeded", "paid", "active"));
    }

    #[tokio::test]
    async fn an_unsent_charge_of_a_day_ago_that_the_processor_never_saw_waits_for_a_person() {
        let case = Case::new(SandboxBehavior::Approve).await;
        claim::due(&case.db.pool, &case.db.cx(), "sandbox", 10).await.unwrap();
        // It died, and for a day nobody came: whether the call was made is not known here.
        case.after(Duration::hours(24)).await;
        assert_eq!(case.standing().await, stands("for_a_person", "pending", "active"));
        assert_eq!(case.count("select count(*) from sandbox.payment").await, 0);
    }

    #[tokio::test]
    async fn a_created_one_that_was_never_confirmed_is_given_up() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let claimed = claim::due(&case.db.pool, &case.db.cx(), "sandbox", 10).await.unwrap();
        let payment = NewPayment {
            payment_attempt_id: claimed[0].payment_attempt_id,
            organization_id: claimed[0].organization_id,
            customer_id: claimed[0].customer_id,
            amount: claimed[0].amount,
            method: claimed[0].method.clone().unwrap(),
            is_on_session: true,
        };
        case.sandbox.create(&payment, case.db.now()).await.unwrap();
        case.after(Duration::hours(24)).await;
        assert_eq!(case.standing().await, stands("abandoned", "pending", "past_due"));
        assert_eq!(case.text("select state from sandbox.payment").await, "canceled");
        // It is tried again like a charge that was declined.
        case.after(Duration::days(2)).await;
        assert_eq!(case.standing().await, stands("abandoned succeeded", "paid", "active"));
    }

    #[tokio::test]
    async fn a_charge_waits_for_its_customer_for_a_day() {
        let case = Case::new(SandboxBehavior::RequiresAction).await;
        let asked = case.run_attempt().await;
        assert!(matches!(&asked, PaymentOutcome::RequiresAction { url } if !url.is_empty()));
        assert_eq!(case.standing().await, stands("requires_action", "pending", "active"));
        assert_eq!(case.run_attempt().await, asked, "looked at again at any time");
        assert!(case.sandbox.finish_action(case.attempt_id, true).await.unwrap());
        assert!(!case.sandbox.finish_action(case.attempt_id, false).await.unwrap());
        assert_eq!(case.run_attempt().await, PaymentOutcome::Succeeded);
        assert_eq!(case.standing().await, stands("succeeded", "paid", "active"));

        let case = Case::new(SandboxBehavior::RequiresAction).await;
        case.run_attempt().await;
        case.sandbox.finish_action(case.attempt_id, false).await.unwrap();
        let declined = PaymentOutcome::Declined(DeclineCode::AuthenticationRequired);
        assert_eq!(case.run_attempt().await, declined);

        let case = Case::new(SandboxBehavior::RequiresAction).await;
        case.run_attempt().await;
        case.after(Duration::hours(23)).await;
        assert_eq!(case.standing().await.0, "requires_action");
        case.after(Duration::hours(2)).await;
        assert_eq!(case.standing().await, stands("abandoned", "pending", "past_due"));
        assert_eq!(case.text("select state from sandbox.payment").await, "canceled");
        assert!(!case.sandbox.finish_action(case.attempt_id, true).await.unwrap(), "too late");
    }

    #[tokio::test]
    async fn ten_workers_charge_once() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let mut workers = tokio::task::JoinSet::new();
        for _ in 0..10 {
            let (pool, processors, mut cx) =
                (case.db.pool.clone(), case.processors(), case.db.cx());
            let (organization_id, attempt_id) = (case.organization_id, case.attempt_id);
            workers.spawn(async move {
                run_attempt(&pool, &processors, &mut cx, organization_id, attempt_id).await.unwrap()
            });
        }
        let told = workers.join_all().await;
        assert!(told.contains(&PaymentOutcome::Succeeded));
        assert_eq!(case.standing().await, stands("succeeded", "paid", "active"));
        assert_eq!(case.events("order.paid").await, 1);
    }

    #[tokio::test]
    async fn of_two_that_settle_the_second_changes_nothing() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let claimed = claim::due(&case.db.pool, &case.db.cx(), "sandbox", 1).await.unwrap();
        let mut cx = case.db.cx();
        settle(&case.db.pool, &mut cx, &claimed[0], Settlement::Paid).await.unwrap();
        let late = Settlement::Declined(DeclineCode::GenericDecline);
        settle(&case.db.pool, &mut cx, &claimed[0], late).await.unwrap();
        assert_eq!(case.standing().await, stands("succeeded", "paid", "active"));
    }

    #[tokio::test]
    async fn another_organizations_charge_is_unknown() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let other = crate::test_support::fixtures::organization(&case.db, "other").await;
        let refused = run_attempt(
            &case.db.pool,
            &case.processors(),
            &mut case.db.cx(),
            other,
            case.attempt_id,
        )
        .await;
        assert!(matches!(refused, Err(PaymentError::Unknown)));
        let mut cx = Context::system_for(other, case.db.now(), case.db.rng());
        let done = crate::payment::run_due(&case.db.pool, &case.processors(), &mut cx, 10).await;
        assert_eq!(done.unwrap(), 0);
    }
}
