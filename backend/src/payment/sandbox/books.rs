//! The sandbox's books: each call is one transaction of its own.

use domain::id::{CustomerId, PaymentAttemptId, RefundId};
use domain::payment::{DeclineCode, PaymentOutcome};
use domain::payment_method::{CardExpiry, MethodDetails};
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use super::SandboxBehavior;
use crate::payment::processor::{
    NewPayment, NewProcessorRefund, NewSetup, Reading, RefundOutcome, SetupReading, SetupWay,
    StartedSetup,
};
use crate::payment::return_path;

/// How long a slow card takes.
const SLOW_LASTS: Duration = Duration::seconds(30);

/// A payment in the books.
struct Payment {
    processor_payment_id: String,
    behavior: SandboxBehavior,
    is_on_session: bool,
    state: String,
    decline_code: Option<String>,
    answers_at: Option<OffsetDateTime>,
}

/// The sandbox's id of a customer.
pub(super) fn customer(customer_id: CustomerId) -> String {
    format!("sandbox_customer_{}", customer_id.as_uuid().simple())
}

pub(super) async fn create(
    db: &PgPool,
    portal: &str,
    payment: &NewPayment,
    now: OffsetDateTime,
) -> Result<String, sqlx::Error> {
    let key = payment.payment_attempt_id.as_uuid();
    let processor_payment_id = format!("sandbox_{}", key.simple());
    let back = return_path::of_attempt(payment.organization_id, payment.payment_attempt_id);
    sqlx::query!(
        "insert into sandbox.payment
            (processor_payment_id, idempotency_key, customer_id, amount_minor, currency, behavior, state, created_at,
             processor_method_id, is_on_session, return_url)
         select $1, $2, $3, $4, $5, m.behavior, 'created', $6, $7, $8, $9
         from sandbox.method m
         where m.processor_method_id = $7
         on conflict (idempotency_key) do nothing",
        processor_payment_id,
        key,
        payment.customer_id.as_uuid(),
        payment.amount.minor,
        payment.amount.currency.as_str(),
        now,
        payment.method.processor_method_id,
        payment.is_on_session,
        format!("{portal}{back}"),
    )
    .execute(db)
    .await?;
    Ok(processor_payment_id)
}

/// What came of it; `None` when the answer is lost on its way.
pub(super) async fn confirm(
    db: &PgPool,
    pages: &str,
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
    Ok((!is_lost).then(|| outcome(pages, &payment)))
}

pub(super) async fn read(
    db: &PgPool,
    pages: &str,
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
    Ok(reading(pages, &payment))
}

pub(super) async fn cancel(
    db: &PgPool,
    pages: &str,
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
    Ok(reading(pages, &payment))
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
         where processor_payment_id = $1 and idempotency_key <> $2 and not is_returned"#,
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
    let found = sqlx::query!(
        "select processor_refund_id, is_returned from sandbox.refund where idempotency_key = $1",
        refund_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| {
        if row.is_returned {
            RefundOutcome::Failed
        } else {
            RefundOutcome::Succeeded { processor_refund_id: row.processor_refund_id }
        }
    }))
}

pub(super) async fn create_setup(
    db: &PgPool,
    pages: &str,
    portal: &str,
    setup: &NewSetup,
    now: OffsetDateTime,
) -> Result<StartedSetup, sqlx::Error> {
    let key = setup.payment_method_setup_id.as_uuid();
    let processor_setup_id = format!("sandbox_setup_{}", key.simple());
    let back = return_path::of_setup(setup.organization_id, setup.payment_method_setup_id);
    sqlx::query!(
        "insert into sandbox.setup (processor_setup_id, idempotency_key, processor_customer_id, return_url, state, created_at)
         values ($1, $2, $3, $4, 'open', $5)
         on conflict (idempotency_key) do nothing",
        processor_setup_id,
        key,
        setup.processor_customer_id,
        format!("{portal}{back}"),
        now,
    )
    .execute(db)
    .await?;
    let url = format!("{pages}/setups/{processor_setup_id}");
    Ok(StartedSetup { processor_setup_id, way: SetupWay::Hosted { url } })
}

pub(super) async fn read_setup(
    db: &PgPool,
    processor_setup_id: &str,
) -> Result<SetupReading, sqlx::Error> {
    let row = sqlx::query!(
        r#"select s.state, s.decline_code, m.processor_method_id as "processor_method_id?", m.brand as "brand?", m.last4 as "last4?",
            m.exp_month as "exp_month?", m.exp_year as "exp_year?"
         from sandbox.setup s
         left join sandbox.method m on m.processor_method_id = s.processor_method_id
         where s.processor_setup_id = $1"#,
        processor_setup_id,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(SetupReading::Expired) };
    Ok(match (row.state.as_str(), row.processor_method_id) {
        ("succeeded", Some(processor_method_id)) => SetupReading::Succeeded {
            processor_method_id,
            details: details(row.brand, row.last4, row.exp_year.zip(row.exp_month)),
        },
        ("failed", _) => SetupReading::Failed {
            code: row
                .decline_code
                .as_deref()
                .and_then(DeclineCode::parse)
                .unwrap_or(DeclineCode::GenericDecline),
        },
        ("open" | "requires_action", _) => SetupReading::Open,
        _ => SetupReading::Expired,
    })
}

pub(super) async fn read_method(
    db: &PgPool,
    processor_method_id: &str,
) -> Result<Option<MethodDetails>, sqlx::Error> {
    let row = sqlx::query!(
        "select brand, last4, exp_month, exp_year from sandbox.method where processor_method_id = $1 and detached_at is null",
        processor_method_id,
    )
    .fetch_optional(db)
    .await?;
    Ok(row
        .map(|row| details(Some(row.brand), Some(row.last4), Some((row.exp_year, row.exp_month)))))
}

fn details(
    brand: Option<String>,
    last4: Option<String>,
    expiry: Option<(i16, i16)>,
) -> MethodDetails {
    MethodDetails {
        kind: "card".to_owned(),
        brand,
        last4,
        expiry: expiry.map(|(year, month)| CardExpiry { year, month }),
        wallet: None,
    }
}

pub(super) async fn detach(
    db: &PgPool,
    processor_method_id: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update sandbox.method set detached_at = $2 where processor_method_id = $1 and detached_at is null",
        processor_method_id,
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn lock(tx: &mut PgConnection, processor_payment_id: &str) -> Result<Payment, sqlx::Error> {
    let row = sqlx::query!(
        "select processor_payment_id, behavior, is_on_session, state, decline_code, answers_at
         from sandbox.payment where processor_payment_id = $1 for update",
        processor_payment_id,
    )
    .fetch_one(tx)
    .await?;
    Ok(Payment {
        processor_payment_id: row.processor_payment_id,
        behavior: SandboxBehavior::parse(&row.behavior).unwrap_or(SandboxBehavior::Approve),
        is_on_session: row.is_on_session,
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
        SandboxBehavior::RequiresAction if payment.is_on_session => "requires_action",
        SandboxBehavior::Slow => {
            payment.answers_at = Some(now + SLOW_LASTS);
            "processing"
        }
        SandboxBehavior::Never => "processing",
        _ => "declined",
    };
    state.clone_into(&mut payment.state);
    let code = match payment.behavior {
        SandboxBehavior::RequiresAction => Some(DeclineCode::AuthenticationRequired),
        behavior => behavior.declines(),
    };
    payment.decline_code =
        code.filter(|_| state == "declined").map(|code| code.as_str().to_owned());
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

fn outcome(pages: &str, payment: &Payment) -> PaymentOutcome {
    match payment.state.as_str() {
        "succeeded" => PaymentOutcome::Succeeded,
        "declined" | "canceled" => {
            let code = payment.decline_code.as_deref().and_then(DeclineCode::parse);
            PaymentOutcome::Declined(code.unwrap_or(DeclineCode::GenericDecline))
        }
        "requires_action" => PaymentOutcome::RequiresAction {
            url: format!("{pages}/payments/{}", payment.processor_payment_id),
        },
        _ => PaymentOutcome::Unknown,
    }
}

fn reading(pages: &str, payment: &Payment) -> Reading {
    let processor_payment_id = payment.processor_payment_id.clone();
    match payment.state.as_str() {
        "created" => Reading::Unconfirmed { processor_payment_id },
        "canceled" => Reading::Canceled,
        _ if payment.behavior == SandboxBehavior::Never => Reading::Silent,
        _ => Reading::Known { processor_payment_id, outcome: outcome(pages, payment) },
    }
}
