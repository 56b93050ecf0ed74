//! Removing a method.

use domain::id::{PaymentMethodId, SubscriptionId};
use sqlx::PgPool;
use thiserror::Error;

use super::forget::{charged_with, forget, successor};
use super::row::lock_method;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::event;

#[derive(Debug, Error)]
pub enum RemoveError {
    #[error("there is no such payment method")]
    Unknown,
    #[error("subscriptions would be left without a payment method")]
    InUse {
        /// With their products' names.
        subscriptions: Vec<(SubscriptionId, String)>,
    },
    #[error("this role may not remove payment methods")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the removal could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RemoveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QueryError> for RemoveError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(error) => error.into(),
        }
    }
}

/// Removes a method; the processor forgets it afterwards, once no charge with it is open. Subscriptions that are charged with it go to
/// another one of the customer's: the default, else the backup, else the newest.
///
/// # Errors
/// `InUse` when a subscription that will be charged would be left without any.
pub async fn remove(
    db: &PgPool,
    cx: &mut Context,
    payment_method_id: PaymentMethodId,
) -> Result<(), RemoveError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let within = cx.actor.customer_id();
    let mut tx = db.begin().await?;
    let (customer, method) = lock_method(&mut tx, organization_id, within, payment_method_id)
        .await?
        .ok_or(RemoveError::Unknown)?;
    let charged = charged_with(&mut tx, &method).await?;
    let successor = successor(&mut tx, &customer, &method).await?;
    if successor.is_none() && !charged.is_empty() {
        let subscriptions =
            charged.into_iter().map(|one| (one.subscription_id, one.product_name)).collect();
        return Err(RemoveError::InUse { subscriptions });
    }
    let detach_due_at = Some(cx.now);
    forget(&mut tx, cx, &customer, &method, &charged, successor.as_ref(), detach_due_at).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}
