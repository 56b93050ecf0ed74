//! What a processor is asked about one attempt, and what it found. No transaction is open meanwhile.

use domain::payment::PaymentOutcome;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::attempt::PaymentError;
use super::claim::Attempt;
use super::processor::{
    Announced, NewPayment, NoAnswer, PaymentKey, PaymentProcessor, ProcessorMethod, Reading,
};

/// A key is sent again only for so long: processors forget it after 24 hours, and would charge a second time.
const RESEND_WITHIN: Duration = Duration::hours(20);
/// So long a customer has to approve a charge.
const ACTION_WITHIN: Duration = Duration::hours(24);

/// What asking the processor brought.
#[derive(Debug)]
pub(super) enum Finding {
    Outcome(PaymentOutcome),
    /// No money moved, and none will.
    Abandoned,
    ForAPerson,
}

/// Asks the processor what this moment allows: charge it, or only look.
pub(super) async fn ask(
    db: &PgPool,
    processor: &dyn PaymentProcessor,
    now: OffsetDateTime,
    attempt: &mut Attempt,
    method: ProcessorMethod,
) -> Result<Result<Finding, NoAnswer>, PaymentError> {
    let age = attempt.sent_at.map_or(Duration::ZERO, |sent_at| now - sent_at);
    if attempt.waited_for_customer || age >= RESEND_WITHIN {
        return Ok(look(processor, now, attempt, age >= ACTION_WITHIN).await);
    }
    let payment = NewPayment {
        payment_attempt_id: attempt.payment_attempt_id,
        organization_id: attempt.organization_id,
        customer_id: attempt.customer_id,
        amount: attempt.amount,
        method,
        is_on_session: attempt.is_on_session,
    };
    let processor_payment_id = if let Some(id) = &attempt.processor_payment_id {
        id.clone()
    } else {
        let id = match processor.create(&payment, now).await {
            Ok(Announced::Payment(id)) => id,
            Ok(Announced::Declined(code)) => {
                return Ok(Ok(Finding::Outcome(PaymentOutcome::Declined(code))));
            }
            Err(no_answer) => return Ok(Err(no_answer)),
        };
        remember(db, attempt, &id).await?;
        attempt.processor_payment_id = Some(id.clone());
        id
    };
    Ok(processor.confirm(&payment, &processor_payment_id, now).await.map(Finding::Outcome))
}

/// Reads what became of it. What never came to a charge is given up for good at the processor first.
pub(super) async fn look(
    processor: &dyn PaymentProcessor,
    now: OffsetDateTime,
    attempt: &Attempt,
    is_over: bool,
) -> Result<Finding, NoAnswer> {
    let key = PaymentKey {
        payment_attempt_id: attempt.payment_attempt_id,
        processor_payment_id: attempt.processor_payment_id.as_deref(),
    };
    let reading = processor.read(key, now).await?;
    let give_up = match &reading {
        Reading::Unconfirmed { processor_payment_id } => Some(processor_payment_id),
        Reading::Known { processor_payment_id, outcome: PaymentOutcome::RequiresAction { .. } }
            if is_over =>
        {
            Some(processor_payment_id)
        }
        _ => None,
    };
    let was_given_up = give_up.is_some();
    let reading = match give_up {
        Some(processor_payment_id) => processor.cancel(processor_payment_id, now).await?,
        None => reading,
    };
    Ok(match reading {
        Reading::Canceled => Finding::Abandoned,
        // It could not be given up: whatever that means, it is no program's business.
        Reading::Unconfirmed { .. } | Reading::Silent => Finding::ForAPerson,
        Reading::Known { outcome: PaymentOutcome::RequiresAction { .. }, .. } if was_given_up => {
            Finding::ForAPerson
        }
        Reading::Known { outcome, .. } => Finding::Outcome(outcome),
    })
}

/// Keeps the processor's id in a short transaction of its own, before money moves.
async fn remember(
    db: &PgPool,
    attempt: &Attempt,
    processor_payment_id: &str,
) -> Result<(), PaymentError> {
    sqlx::query!(
        "update payment_attempt set processor_payment_id = $3, state = 'created'
         where organization_id = $1 and payment_attempt_id = $2 and settled_at is null",
        attempt.organization_id.as_uuid(),
        attempt.payment_attempt_id.as_uuid(),
        processor_payment_id,
    )
    .execute(db)
    .await?;
    Ok(())
}
