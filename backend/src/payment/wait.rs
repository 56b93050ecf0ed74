//! An attempt without an outcome yet: when it is looked at again, or that a person has to.

use domain::payment::{PaymentAttemptState, PaymentOutcome};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::attempt::PaymentError;
use super::claim::Attempt;

const RETRY_FIRST: Duration = Duration::seconds(5);
const RETRY_MAX: Duration = Duration::hours(1);

pub(super) async fn wait(
    db: &PgPool,
    attempt: &Attempt,
    state: PaymentAttemptState,
    action_url: Option<&str>,
    due_at: OffsetDateTime,
) -> Result<(), PaymentError> {
    sqlx::query!(
        "update payment_attempt set state = $3, action_url = coalesce($4, action_url), due_at = $5
         where organization_id = $1 and payment_attempt_id = $2 and settled_at is null and state <> 'for_a_person'",
        attempt.organization_id.as_uuid(),
        attempt.payment_attempt_id.as_uuid(),
        state.as_str(),
        action_url,
        due_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn hand_to_a_person(
    db: &PgPool,
    attempt: &Attempt,
) -> Result<PaymentOutcome, PaymentError> {
    tracing::error!(
        payment_attempt_id = %attempt.payment_attempt_id,
        order_id = %attempt.order_id,
        "a charge cannot be resolved by a program: look it up at the processor"
    );
    sqlx::query!(
        "update payment_attempt set state = 'for_a_person', due_at = null
         where organization_id = $1 and payment_attempt_id = $2 and settled_at is null",
        attempt.organization_id.as_uuid(),
        attempt.payment_attempt_id.as_uuid(),
    )
    .execute(db)
    .await?;
    Ok(PaymentOutcome::Unknown)
}

/// How long to wait after so many tries.
pub(super) fn back_off(tries: i32) -> Duration {
    let doublings = u32::try_from(tries.saturating_sub(1)).unwrap_or(0).min(16);
    (RETRY_FIRST * 2_i32.pow(doublings)).min(RETRY_MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_doubles_up_to_an_hour() {
        assert_eq!(back_off(1), Duration::seconds(5));
        assert_eq!(back_off(3), Duration::seconds(20));
        assert_eq!(back_off(40), Duration::hours(1));
    }
}
