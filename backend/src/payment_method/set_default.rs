//! Which method is charged unless a subscription has its own.

use domain::event_type::EventType;
use domain::id::PaymentMethodId;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::retry_overdue;
use super::row::{LockedCustomer, MethodRow, lock_method, write_choice};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::event;

/// Why a method cannot be used so.
#[derive(Debug, Error)]
pub enum ChooseMethodError {
    #[error("there is no such payment method or subscription")]
    Unknown,
    #[error("the default method cannot be its own backup")]
    IsDefault,
    #[error("this role may not change how is paid")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the choice could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for ChooseMethodError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QueryError> for ChooseMethodError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(error) => error.into(),
        }
    }
}

/// Makes a method the customer's default. Orders whose charge failed, of subscriptions without an own method, are tried again at once. A
/// backup that becomes the default is no backup any more.
pub async fn set_default(
    db: &PgPool,
    cx: &mut Context,
    payment_method_id: PaymentMethodId,
) -> Result<(), ChooseMethodError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let within = cx.actor.customer_id();
    let mut tx = db.begin().await?;
    let (customer, method) = lock_method(&mut tx, organization_id, within, payment_method_id)
        .await?
        .ok_or(ChooseMethodError::Unknown)?;
    if method.is_default {
        return Ok(());
    }
    make_default(&mut tx, cx, &customer, &method).await?;
    retry_overdue(&mut tx, cx, organization_id, customer.customer_id, None).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Makes it the default and says so; what follows is the caller's.
pub(super) async fn make_default(
    tx: &mut PgConnection,
    cx: &mut Context,
    customer: &LockedCustomer,
    method: &MethodRow,
) -> Result<(), DatabaseError> {
    write_choice(tx, customer, Some(method.payment_method_id), customer.backup_id).await?;
    let facts = json!({
        "is_default": true,
        "was_backup": method.is_backup,
        "previous_default_payment_method_id": customer.default_id,
    });
    event::record(tx, cx, method.event(EventType::PaymentMethodUpdated, facts)).await?;
    Ok(())
}
