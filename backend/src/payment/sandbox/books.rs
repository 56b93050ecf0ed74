//! The sandbox's books: each call is one transaction of its own.

use domain::id::{PaymentAttemptId, RefundId};
use domain::payment::{DeclineCode, PaymentOutcome};
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use super::SandboxBehavior;
use crate::payment::processor::{NewPayment, NewProcessorRefund, Reading, RefundOutcome};

/// How long a slow card takes.
const SLOW_LASTS: Duration = Duration::seconds(30);

/// A payment in the books.
struct Payment {
    processor_payment_id: String,
    attempt_id: PaymentAttemptId,
    behavior: SandboxBehavior,
    state: String,
    decline_code: Option<String>,
    answers_at: Option<OffsetDateTime>,
}

pub(super) async fn create(
    db: &PgPool,
    payment: &NewPayment,
    now: OffsetDateTime,
) -> Result<String, sqlx::Error> {
    let key = payment.payment_attempt_id.as_uuid();
    let processor_payment_id = format!("sandbox_{}", key.simple());
    sqlx::query!(
        "insert into sandbox.payment
            (processor_payment_id, idempotency_key, customer_id, amount_minor, currency, behavior, state, created_at)
         select $1, $2, $3, $4, $5,
            coalesce((select behavior from sandbox.card where organization_id = $6 and customer_id = $3), 'approve'), 'created', $7
         on conflict (idempotency_key) do nothing",
        processor_payment_id,
        key,
        payment.customer_id.as_uuid(),
        payment.amount.minor,
        payment.amount.currency.as_str(),
        payment.organization_id.as_uuid(),
        now,
    )
    .execute(db)
    .await?;
    Ok(processor_payment_id)
}

/// What came of it; `None` when the answer is lost on its way.
pub(super) async fn confirm(
    db: &PgPool,
    processor_payment_id: &str,
    now: OffsetDateTime,
) -> Result<Option<PaymentOutcome>, sqlx::Error> {
    let mut tx = db.begin().await?;
    let payment = lock(&mut tx, processor_payment_id).await?;
    let is_first = payment.state == "created";
    let payment = if is_first { charge(&mut tx, payment, now).await? } else { payment };
    let payment = catch_up(&mut tx, payment, now).await?;
    tx.commit().await?;
    let is_lost = is_first && payment.behavior == SandboxBehavior::LostAnswer;
    Ok((!is_lost).then(|| outcome(&payment)))
}

pub(super) async fn read(
    db: &PgPool,
    payment_attempt_id: PaymentAttemptId,
    now: OffsetDateTime,
) -> Result<Reading, sqlx::Error> {
    let mut tx = db.begin().await?;
    let found = sqlx::query_scalar!(
        "select processor_payment_id from sandbox.payment where idempotency_key = $1",
        payment_attempt_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(processor_payment_id) = found else { return Ok(Reading::Silent) };
    let payment = lock(&mut tx, &processor_payment_id).await?;
    let payment = catch_up(&mut tx, payment, now).await?;
    tx.commit().await?;
    Ok(reading(&payment))
}

pub(super) async fn cancel(
    db: &PgPool,
    processor_payment_id: &str,
    now: OffsetDateTime,
) -> Result<Reading, sqlx::Error> {
    let mut tx = db.begin().await?;
    let payment = lock(&mut tx, processor_payment_id).await?;
    let mut payment = catch_up(&mut tx, payment, now).await?;
    if matches!(payment.state.as_str(), "created" | "requires_action") {
        "canceled".clone_into(&mut payment.state);
        write(&mut tx, &payment).await?;
    }
    tx.commit().await?;
    Ok(reading(&payment))
}

pub(super) async fn finish_action(
    db: &PgPool,
    payment_attempt_id: PaymentAttemptId,
    approves: bool,
) -> Result<bool, sqlx::Error> {
    let finished = sqlx::query!(
        "update sandbox.payment
         set state = case when $2 then 'succeeded' else 'declined' end, decline_code = case when not $2 then $3 end
         where idempotency_key = $1 and state = 'requires_action'",
        payment_attempt_id.as_uuid(),
        approves,
        DeclineCode::AuthenticationRequired.as_str(),
    )
    .execute(db)
    .await?;
    Ok(finished.rows_affected() == 1)
}

pub(super) async fn refund(
    db: &PgPool,
    refund: NewProcessorRefund<'_>,
    now: OffsetDateTime,
) -> Result<RefundOutcome, sqlx::Error> {
    let key = refund.refund_id.as_uuid();
    let processor_refund_id = format!("sandbox_refund_{}", key.simple());
    let mut tx = db.begin().await?;
    let payment = lock(&mut tx, refund.processor_payment_id).await?;
    let given_back_minor = sqlx::query_scalar!(
        r#"select coalesce(sum(amount_minor), 0)::bigint as "sum!" from sandbox.refund
         where processor_payment_id = $1 and idempotency_key <> $2"#,
        refund.processor_payment_id,
        key,
    )
    .fetch_one(&mut *tx)
    .await?;
    let inserted = sqlx::query!(
        "insert into sandbox.refund (processor_refund_id, idempotency_key, processor_payment_id, amount_minor, created_at)
         select $1, $2, $3, $4, $5 from sandbox.payment
         where processor_payment_id = $3 and amount_minor - $6 >= $4
         on conflict (idempotency_key) do nothing",
        processor_refund_id,
        key,
        refund.processor_payment_id,
        refund.amount.minor,
        now,
        given_back_minor,
    )
    .execute(&mut *tx)
    .await?;
    let is_known = inserted.rows_affected() == 1
        || sqlx::query_scalar!(
            r#"select exists (select from sandbox.refund where idempotency_key = $1) as "exists!""#,
            key,
        )
        .fetch_one(&mut *tx)
        .await?;
    if !is_known || payment.state != "succeeded" {
        return Ok(RefundOutcome::Failed);
    }
    tx.commit().await?;
    Ok(RefundOutcome::Succeeded { processor_refund_id })
}

pub(super) async fn read_refund(
    db: &PgPool,
    refund_id: RefundId,
) -> Result<Option<RefundOutcome>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "select processor_refund_id from sandbox.refund where idempotency_key = $1",
        refund_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|processor_refund_id| RefundOutcome::Succeeded { processor_refund_id }))
}

async fn lock(tx: &mut PgConnection, processor_payment_id: &str) -> Result<Payment, sqlx::Error> {
    let row = sqlx::query!(
        "select processor_payment_id, idempotency_key, behavior, state, decline_code, answers_at
         from sandbox.payment where processor_payment_id = $1 for update",
        processor_payment_id,
    )
    .fetch_one(tx)
    .await?;
    Ok(Payment {
        processor_payment_id: row.processor_payment_id,
        attempt_id: row.idempotency_key.into(),
        behavior: SandboxBehavior::parse(&row.behavior).unwrap_or(SandboxBehavior::Approve),
        state: row.state,
        decline_code: row.decline_code,
        answers_at: row.answers_at,
    })
}

/// The first confirmation: money moves, or not.
async fn charge(
    tx: &mut PgConnection,
    mut payment: Payment,
    now: OffsetDateTime,
) -> Result<Payment, sqlx::Error> {
    let state = match payment.behavior {
        SandboxBehavior::Approve | SandboxBehavior::LostAnswer => "succeeded",
        SandboxBehavior::RequiresAction => "requires_action",
        SandboxBehavior::Slow => {
            payment.answers_at = Some(now + SLOW_LASTS);
            "processing"
        }
        SandboxBehavior::Never => "processing",
        _ => "declined",
    };
    state.clone_into(&mut payment.state);
    payment.decline_code = payment.behavior.declines().map(|code| code.as_str().to_owned());
    write(tx, &payment).await?;
    Ok(payment)
}

/// A slow one has paid once its time has come.
async fn catch_up(
    tx: &mut PgConnection,
    mut payment: Payment,
    now: OffsetDateTime,
) -> Result<Payment, sqlx::Error> {
    if payment.state == "processing" && payment.answers_at.is_some_and(|at| at <= now) {
        "succeeded".clone_into(&mut payment.state);
        write(tx, &payment).await?;
    }
    Ok(payment)
}

async fn write(tx: &mut PgConnection, payment: &Payment) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update sandbox.payment set state = $2, decline_code = $3, answers_at = $4 where processor_payment_id = $1",
        payment.processor_payment_id,
        payment.state,
        payment.decline_code,
        payment.answers_at,
    )
    .execute(tx)
    .await?;
    Ok(())
}

fn outcome(payment: &Payment) -> PaymentOutcome {
    match payment.state.as_str() {
        "succeeded" => PaymentOutcome::Succeeded,
        "declined" | "canceled" => {
            let code = payment.decline_code.as_deref().and_then(DeclineCode::parse);
            PaymentOutcome::Declined(code.unwrap_or(DeclineCode::GenericDecline))
        }
        "requires_action" => PaymentOutcome::RequiresAction { url: action_url(payment.attempt_id) },
        _ => PaymentOutcome::Unknown,
    }
}

fn reading(payment: &Payment) -> Reading {
    let processor_payment_id = payment.processor_payment_id.clone();
    match payment.state.as_str() {
        "created" => Reading::Unconfirmed { processor_payment_id },
        "canceled" => Reading::Canceled,
        _ if payment.behavior == SandboxBehavior::Never => Reading::Silent,
        _ => Reading::Known { processor_payment_id, outcome: outcome(payment) },
    }
}

/// The page on which the sandbox asks the customer, on the portal's own origin.
fn action_url(payment_attempt_id: PaymentAttemptId) -> String {
    format!("/dev/sandbox/{payment_attempt_id}")
}
