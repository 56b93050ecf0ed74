//! What became of a method that a customer went to enter, and what follows from it.

use domain::id::{
    CustomerId, OrderId, OrganizationId, PaymentAttemptId, PaymentMethodId, PaymentMethodSetupId,
    SubscriptionId,
};
use domain::payment::{DeclineCode, PaymentOutcome};
use domain::payment_method::MethodDetails;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::keep::{Entered, keep};
use super::pay_with::pay_with;
use super::retry_overdue;
use super::row::{LockedCustomer, MethodRow, lock_customer};
use super::set_default::make_default;
use super::use_for_subscription;
use crate::context::Context;
use crate::error::{DatabaseError, InconsistencyError, QueryError};
use crate::event;
use crate::payment::{self, PaymentError, Processors, SetupReading};

/// A customer who has not finished by then has given up.
const OPEN_LASTS: Duration = Duration::hours(24);

/// How a setup stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetupState {
    /// The customer has not finished, or the processor did not tell yet.
    Open,
    Succeeded {
        payment_method_id: PaymentMethodId,
    },
    Failed {
        code: DeclineCode,
    },
    /// Given up, or too old.
    Expired,
}

/// How a setup stands, and where its browser goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedSetup {
    pub state: SetupState,
    /// A path on our own origin.
    pub return_path: String,
    /// Of the order that was to be paid with the method; `None` without one, or when it was not to be paid any more.
    pub payment: Option<PaymentOutcome>,
}

#[derive(Debug, Error)]
pub enum FinishSetupError {
    #[error("there is no such setup")]
    Unknown,
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the payment that followed could not be carried on")]
    Payment(#[from] PaymentError),
    #[error("the setup could not be finished")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for FinishSetupError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QueryError> for FinishSetupError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(_) => Self::Unknown,
        }
    }
}

/// A setup as the table holds it.
#[derive(Debug)]
pub(super) struct SetupRow {
    organization_id: Uuid,
    payment_method_setup_id: Uuid,
    customer_id: Uuid,
    processor: String,
    processor_setup_id: Option<String>,
    state: String,
    set_default: bool,
    is_kept: bool,
    subscription_id: Option<Uuid>,
    order_id: Option<Uuid>,
    return_path: String,
    decline_code: Option<String>,
    payment_method_id: Option<Uuid>,
    payment_attempt_id: Option<Uuid>,
    created_at: OffsetDateTime,
}

/// Asks the processor what became of a setup and does what was to follow: keeps the method, makes it the default or a subscription's own,
/// pays the order. Idempotent: any number of callers, and each is told how it stands.
pub async fn finish_setup(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    organization_id: OrganizationId,
    payment_method_setup_id: PaymentMethodSetupId,
) -> Result<FinishedSetup, FinishSetupError> {
    if cx.actor.staff(organization_id).is_err() {
        return Err(FinishSetupError::Unknown);
    }
    let setup = read(db, organization_id, payment_method_setup_id).await?;
    if setup.state == "open" {
        match (ask(processors, cx.now, &setup).await, setup.age(cx.now) >= OPEN_LASTS) {
            (Some(SetupReading::Succeeded { processor_method_id, details }), _) => {
                succeed(db, cx, &setup, &processor_method_id, &details).await?;
            }
            (Some(SetupReading::Failed { code }), _) => {
                close(db, cx.now, &setup, "failed", Some(code)).await?;
            }
            (Some(SetupReading::Expired), _) | (_, true) => {
                close(db, cx.now, &setup, "expired", None).await?;
            }
            (Some(SetupReading::Open) | None, false) => {}
        }
    }
    let setup = read(db, organization_id, payment_method_setup_id).await?;
    let payment = match setup.payment_attempt_id.map(PaymentAttemptId::from) {
        Some(payment_attempt_id) => Some(
            payment::run_attempt(db, processors, cx, organization_id, payment_attempt_id).await?,
        ),
        None => None,
    };
    Ok(FinishedSetup { state: setup.stands()?, return_path: setup.return_path, payment })
}

/// Makes an open setup due now: somebody says that there is news. Unknown and settled ones are left alone.
pub async fn nudge_setup(
    db: &PgPool,
    organization_id: OrganizationId,
    payment_method_setup_id: PaymentMethodSetupId,
) -> Result<(), DatabaseError> {
    let mut tx = db.begin().await?;
    sqlx::query!(
        "update payment_method_setup set due_at = least(due_at, created_at)
         where organization_id = $1 and payment_method_setup_id = $2 and state = 'open'",
        organization_id.as_uuid(),
        payment_method_setup_id.as_uuid(),
    )
    .execute(&mut *tx)
    .await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

impl SetupRow {
    fn age(&self, now: OffsetDateTime) -> Duration {
        now - self.created_at
    }

    fn stands(&self) -> Result<SetupState, InconsistencyError> {
        let id = self.payment_method_setup_id;
        let bad = |column| InconsistencyError::new("payment_method_setup", column, id);
        Ok(match self.state.as_str() {
            "prepared" | "open" => SetupState::Open,
            "succeeded" => SetupState::Succeeded {
                payment_method_id: self
                    .payment_method_id
                    .ok_or_else(|| bad("payment_method_id"))?
                    .into(),
            },
            "failed" => SetupState::Failed {
                code: self
                    .decline_code
                    .as_deref()
                    .and_then(DeclineCode::parse)
                    .unwrap_or(DeclineCode::GenericDecline),
            },
            "expired" => SetupState::Expired,
            _ => return Err(bad("state")),
        })
    }
}

async fn read(
    db: &PgPool,
    organization_id: OrganizationId,
    payment_method_setup_id: PaymentMethodSetupId,
) -> Result<SetupRow, FinishSetupError> {
    sqlx::query_as!(
        SetupRow,
        "select organization_id, payment_method_setup_id, customer_id, processor, processor_setup_id, state, set_default, is_kept,
            subscription_id, order_id, return_path, decline_code, payment_method_id, payment_attempt_id, created_at
         from payment_method_setup
         where organization_id = $1 and payment_method_setup_id = $2",
        organization_id.as_uuid(),
        payment_method_setup_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?
    .ok_or(FinishSetupError::Unknown)
}

/// Asks the processor, with no transaction open; `None` when it does not tell.
async fn ask(
    processors: &Processors,
    now: OffsetDateTime,
    setup: &SetupRow,
) -> Option<SetupReading> {
    let processor = processors.get(&setup.processor)?;
    match processor.read_setup(setup.processor_setup_id.as_deref()?, now).await {
        Ok(reading) => Some(reading),
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(payment_method_setup_id = %setup.payment_method_setup_id, error, "a setup has no answer yet");
            None
        }
    }
}

/// It came to nothing.
async fn close(
    db: &PgPool,
    now: OffsetDateTime,
    setup: &SetupRow,
    state: &str,
    code: Option<DeclineCode>,
) -> Result<(), FinishSetupError> {
    sqlx::query!(
        "update payment_method_setup set state = $3, decline_code = $4, settled_at = $5, due_at = null
         where organization_id = $1 and payment_method_setup_id = $2 and settled_at is null",
        setup.organization_id,
        setup.payment_method_setup_id,
        state,
        code.map(DeclineCode::as_str),
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Closes a setup that the processor never answered for: nobody can finish it.
pub(super) async fn close_unsent(
    db: &PgPool,
    now: OffsetDateTime,
    organization_id: OrganizationId,
    payment_method_setup_id: PaymentMethodSetupId,
) -> Result<bool, FinishSetupError> {
    let closed = sqlx::query!(
        "update payment_method_setup set state = 'expired', settled_at = $3, due_at = null
         where organization_id = $1 and payment_method_setup_id = $2 and state = 'prepared'",
        organization_id.as_uuid(),
        payment_method_setup_id.as_uuid(),
        now,
    )
    .execute(db)
    .await?;
    Ok(closed.rows_affected() == 1)
}

/// Keeps the method and does what was to follow, in one transaction; whoever comes second changes nothing.
async fn succeed(
    db: &PgPool,
    cx: &mut Context,
    setup: &SetupRow,
    processor_method_id: &str,
    details: &MethodDetails,
) -> Result<(), FinishSetupError> {
    let mut tx = db.begin().await?;
    let (organization_id, customer_id) = (setup.organization_id.into(), setup.customer_id.into());
    let Some(customer) = lock_customer(&mut tx, organization_id, customer_id).await? else {
        drop(tx);
        // Nobody is left to keep it for.
        return close(db, cx.now, setup, "expired", None).await;
    };
    let Some(processor_customer_id) = lock_open(&mut tx, setup).await? else { return Ok(()) };
    let entered = Entered {
        processor: &setup.processor,
        processor_customer_id: &processor_customer_id,
        processor_method_id,
        details,
        is_kept: setup.is_kept,
    };
    let method = keep(&mut tx, cx, &customer, &entered).await?;
    sqlx::query!(
        "update payment_method_setup
         set state = 'succeeded', payment_method_id = $3, settled_at = $4, due_at = null
         where organization_id = $1 and payment_method_setup_id = $2",
        setup.organization_id,
        setup.payment_method_setup_id,
        method.payment_method_id,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let payment_attempt_id = follow(&mut tx, cx, &customer, setup, &method).await?;
    sqlx::query!(
        "update payment_method_setup set payment_attempt_id = $3 where organization_id = $1 and payment_method_setup_id = $2",
        setup.organization_id,
        setup.payment_method_setup_id,
        payment_attempt_id.map(PaymentAttemptId::as_uuid),
    )
    .execute(&mut *tx)
    .await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Locks the setup if it is still open, and answers under which id the processor knows its customer.
async fn lock_open(
    tx: &mut PgConnection,
    setup: &SetupRow,
) -> Result<Option<String>, FinishSetupError> {
    let found = sqlx::query!(
        r#"select s.state, k.processor_customer_id as "processor_customer_id?"
         from payment_method_setup s
         left join processor_customer k on k.organization_id = s.organization_id and k.customer_id = s.customer_id
            and k.processor = s.processor
         where s.organization_id = $1 and s.payment_method_setup_id = $2
         for no key update of s"#,
        setup.organization_id,
        setup.payment_method_setup_id,
    )
    .fetch_optional(tx)
    .await?;
    let Some(found) = found.filter(|found| found.state == "open") else { return Ok(None) };
    let id = setup.payment_method_setup_id;
    let missing = || InconsistencyError::new("payment_method_setup", "customer_id", id);
    Ok(Some(found.processor_customer_id.ok_or_else(missing)?))
}

/// What was to be done with the method: the order is paid first, so that it is not also tried again for the new default.
async fn follow(
    tx: &mut PgConnection,
    cx: &mut Context,
    customer: &LockedCustomer,
    setup: &SetupRow,
    method: &MethodRow,
) -> Result<Option<PaymentAttemptId>, FinishSetupError> {
    let (organization_id, customer_id) = (customer.organization_id, customer.customer_id);
    let payment_attempt_id = match setup.order_id.map(OrderId::from) {
        Some(order_id) => {
            let return_path = Some(setup.return_path.clone());
            pay_with(tx, cx, organization_id, order_id, method.id(), return_path).await?
        }
        None => None,
    };
    if !setup.is_kept {
        return Ok(payment_attempt_id);
    }
    if !method.is_default && (setup.set_default || customer.default_id.is_none()) {
        make_default(tx, cx, customer, method).await?;
        retry_overdue(tx, cx, organization_id, customer_id, None).await?;
    }
    if let Some(subscription_id) = setup.subscription_id.map(SubscriptionId::from) {
        use_for(tx, cx, customer_id, method, subscription_id).await?;
    }
    Ok(payment_attempt_id)
}

/// Makes it the subscription's own, unless that has ended meanwhile.
async fn use_for(
    tx: &mut PgConnection,
    cx: &mut Context,
    customer_id: CustomerId,
    method: &MethodRow,
    subscription_id: SubscriptionId,
) -> Result<(), FinishSetupError> {
    let organization_id = method.organization_id;
    let own = use_for_subscription::lock_own(tx, organization_id, subscription_id).await?;
    let to_id = Some(method.payment_method_id);
    let Some(own_id) = own.filter(|own_id| *own_id != to_id) else { return Ok(()) };
    use_for_subscription::write(tx, cx, method, subscription_id, own_id, to_id).await?;
    retry_overdue(tx, cx, organization_id.into(), customer_id, Some(subscription_id)).await?;
    Ok(())
}
