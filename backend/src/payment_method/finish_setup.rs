//! What became of a method that a customer went to enter, and what follows from it.

use domain::id::{OrganizationId, PaymentAttemptId, PaymentMethodId, PaymentMethodSetupId};
use domain::payment::{DeclineCode, PaymentOutcome};
use sqlx::PgPool;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::setup_row::{SetupRow, close, read};
use super::succeed::succeed;
use crate::checkout::CheckoutError;
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
    /// A path on our own origin, or the address that a portal of somebody else gave.
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
    #[error("the payment that follows could not be written down")]
    Payment(#[from] PaymentError),
    #[error("the checkout that follows could not go on")]
    Checkout(#[source] Box<CheckoutError>),
    #[error("the setup could not be finished")]
    Database(#[from] DatabaseError),
}

impl From<CheckoutError> for FinishSetupError {
    fn from(error: CheckoutError) -> Self {
        Self::Checkout(Box::new(error))
    }
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
        Some(id) => Some(pay(db, processors, cx, organization_id, id).await),
        None => None,
    };
    Ok(FinishedSetup { state: setup.stands()?, return_path: setup.return_path, payment })
}

/// Carries on the charge that followed. It is written down: when that is interrupted, the worker goes on with it.
async fn pay(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    organization_id: OrganizationId,
    payment_attempt_id: PaymentAttemptId,
) -> PaymentOutcome {
    match payment::run_attempt(db, processors, cx, organization_id, payment_attempt_id).await {
        Ok(outcome) => outcome,
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::error!(%payment_attempt_id, error, "a payment with a new method was interrupted");
            PaymentOutcome::Unknown
        }
    }
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

#[cfg(test)]
mod tests;
