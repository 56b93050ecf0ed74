//! The work that falls due in the demo, done at its own moment: subscriptions, charges and refunds, payment methods,
//! invoices.

use domain::id::OrganizationId;
use sqlx::PgPool;
use thiserror::Error;
use time::OffsetDateTime;

use crate::context::Context;
use crate::error::DatabaseError;
use crate::invoice::{self, IssueError};
use crate::payment::{self, PaymentError, Processors};
use crate::payment_method;
use crate::subscription::{self, RunDueError};

/// Rounds at one moment; each does what the one before has caused.
const ROUNDS_MAX: usize = 32;

#[derive(Debug, Error)]
pub enum WorkError {
    #[error("subscriptions could not be carried on")]
    Subscriptions(#[from] RunDueError),
    #[error("payments could not be carried on")]
    Payments(#[from] PaymentError),
    #[error("payment methods could not be looked after")]
    PaymentMethods(#[from] payment_method::RunDueError),
    #[error("invoices could not be issued")]
    Invoices(#[from] IssueError),
    #[error("what is due could not be read")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for WorkError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// The moment of the next work after `after`; what is left from before is done then too.
pub(super) async fn next_due_at(
    db: &PgPool,
    organization_id: Option<OrganizationId>,
    after: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, WorkError> {
    let at = sqlx::query_scalar!(
        "select least(
            (select min(due_at) from subscription where due_at > $2 and ($1::uuid is null or organization_id = $1)),
            (select min(reminder_due_at) from subscription where reminder_due_at > $2 and ($1::uuid is null or organization_id = $1)),
            (select min(due_at) from payment_attempt where due_at > $2 and ($1::uuid is null or organization_id = $1)),
            (select min(due_at) from refund where due_at > $2 and ($1::uuid is null or organization_id = $1)),
            (select min(next_payment_attempt_at) from orders where next_payment_attempt_at > $2 and ($1::uuid is null or organization_id = $1)),
            (select min(issue_due_at) from orders where issue_due_at > $2 and ($1::uuid is null or organization_id = $1)),
            (select min(due_at) from payment_method_setup where due_at > $2 and ($1::uuid is null or organization_id = $1)),
            (select min(expiry_notice_due_at) from payment_method
             where expiry_notice_due_at > $2 and ($1::uuid is null or organization_id = $1)),
            (select min(detach_due_at) from payment_method where detach_due_at > $2 and ($1::uuid is null or organization_id = $1)))",
        organization_id.map(OrganizationId::as_uuid),
        after,
    )
    .fetch_one(db)
    .await?;
    Ok(at)
}

/// Does all that is due at the context's time, and what that causes at once; returns how many pieces it were.
pub(super) async fn run(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
) -> Result<usize, WorkError> {
    let mut all = 0;
    for _ in 0..ROUNDS_MAX {
        let due = due(db, cx).await?;
        let mut done = 0;
        if due.subscriptions {
            done += subscription::run_due(db, cx, usize::MAX).await?;
        }
        if due.payments {
            done += payment::run_due(db, processors, cx, usize::MAX).await?;
        }
        if due.payment_methods {
            done += payment_method::run_due(db, processors, cx, usize::MAX).await?;
        }
        if due.invoices {
            done += invoice::issue_due(db, cx, usize::MAX).await?;
        }
        if done == 0 {
            break;
        }
        all += done;
    }
    Ok(all)
}

/// Which kinds of work are due at the context's time.
#[expect(clippy::struct_excessive_bools, reason = "a row of answers, one for each kind")]
struct Due {
    subscriptions: bool,
    payments: bool,
    payment_methods: bool,
    invoices: bool,
}

/// One statement for all: most moments have one kind of work.
async fn due(db: &PgPool, cx: &Context) -> Result<Due, sqlx::Error> {
    sqlx::query_as!(
        Due,
        r#"select
            exists (select from subscription where due_at <= $2 and ($1::uuid is null or organization_id = $1))
                or exists (select from subscription where reminder_due_at <= $2 and ($1::uuid is null or organization_id = $1))
                as "subscriptions!",
            exists (select from payment_attempt where due_at <= $2 and ($1::uuid is null or organization_id = $1))
                or exists (select from refund where due_at <= $2 and ($1::uuid is null or organization_id = $1))
                or exists (select from orders where next_payment_attempt_at <= $2 and ($1::uuid is null or organization_id = $1))
                as "payments!",
            exists (select from payment_method_setup where due_at <= $2 and ($1::uuid is null or organization_id = $1))
                or exists (select from payment_method where expiry_notice_due_at <= $2 and ($1::uuid is null or organization_id = $1))
                or exists (select from payment_method where detach_due_at <= $2 and ($1::uuid is null or organization_id = $1))
                as "payment_methods!",
            exists (select from orders where issue_due_at <= $2 and ($1::uuid is null or organization_id = $1)) as "invoices!""#,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        cx.now,
    )
    .fetch_one(db)
    .await
}
