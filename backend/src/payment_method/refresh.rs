//! What the processor says of a saved method now.

use domain::event_type::EventType;
use domain::id::OrganizationId;
use domain::payment_method::MethodDetails;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use uuid::Uuid;

use super::forget::{charged_with, forget, successor};
use super::row::{MethodRow, lock_method};
use crate::context::Context;
use crate::error::{DatabaseError, QueryError};
use crate::event;
use crate::payment::Processors;

/// One method of a processor is one row; more would be a defect, and is bounded.
const ROWS_MAX: i64 = 10;

#[derive(Debug, Error)]
pub enum RefreshError {
    #[error("what depends on a method could not be read")]
    Query(#[from] QueryError),
    #[error("what a processor says of a method could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RefreshError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Reads a method at its processor and writes down what has changed there: a renewed card, or one that the processor has forgotten. Unknown
/// methods, and processors that do not answer, change nothing.
pub async fn refresh(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    processor: &str,
    processor_method_id: &str,
) -> Result<(), RefreshError> {
    let rows = sqlx::query!(
        "select organization_id, payment_method_id from payment_method
         where processor_method_id = $1 and processor = $2 and deleted_at is null and ($3::uuid is null or organization_id = $3)
         limit $4",
        processor_method_id,
        processor,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        ROWS_MAX,
    )
    .fetch_all(db)
    .await?;
    let Some(port) = processors.get(processor).filter(|_| !rows.is_empty()) else { return Ok(()) };
    match port.read_method(processor_method_id).await {
        Ok(reading) => {
            for row in rows {
                let id = (row.organization_id, row.payment_method_id);
                apply(db, cx, id, reading.as_ref()).await?;
            }
        }
        Err(error) => {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "a payment method cannot be read now");
        }
    }
    Ok(())
}

/// Writes a reading down; `None`: the processor has forgotten the method.
pub(super) async fn apply(
    db: &PgPool,
    cx: &mut Context,
    (organization_id, payment_method_id): (Uuid, Uuid),
    reading: Option<&MethodDetails>,
) -> Result<(), RefreshError> {
    let mut tx = db.begin().await?;
    let found =
        lock_method(&mut tx, organization_id.into(), None, payment_method_id.into()).await?;
    let Some((customer, method)) = found else { return Ok(()) };
    match reading {
        Some(details) if *details == method.details() => return Ok(()),
        Some(details) => update(&mut tx, cx, &method, details).await?,
        None => {
            let charged = charged_with(&mut tx, &method).await?;
            let successor = successor(&mut tx, &customer, &method).await?;
            forget(&mut tx, cx, &customer, &method, &charged, successor.as_ref(), None).await?;
        }
    }
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// Brings a method up to date, and says so.
async fn update(
    tx: &mut PgConnection,
    cx: &mut Context,
    method: &MethodRow,
    details: &MethodDetails,
) -> Result<(), DatabaseError> {
    let (expiry, before) = (details.expiry, method.details());
    sqlx::query!(
        "update payment_method
         set kind = $3, brand = $4, last4 = $5, exp_month = $6, exp_year = $7, wallet = $8, expiry_notice_due_at = $9, modified_at = $10
         where organization_id = $1 and payment_method_id = $2",
        method.organization_id,
        method.payment_method_id,
        details.kind,
        details.brand,
        details.last4,
        expiry.map(|expiry| expiry.month),
        expiry.map(|expiry| expiry.year),
        details.wallet,
        expiry.and_then(|expiry| expiry.next_notice_at(cx.now)),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let after = MethodRow {
        kind: details.kind.clone(),
        brand: details.brand.clone(),
        last4: details.last4.clone(),
        exp_month: expiry.map(|expiry| expiry.month),
        exp_year: expiry.map(|expiry| expiry.year),
        wallet: details.wallet.clone(),
        ..method.clone()
    };
    let facts = json!({
        "is_renewed": true,
        "previous": {
            "brand": before.brand,
            "last4": before.last4,
            "exp_month": before.expiry.map(|expiry| expiry.month),
            "exp_year": before.expiry.map(|expiry| expiry.year),
        },
    });
    event::record(tx, cx, after.event(EventType::PaymentMethodUpdated, facts)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment_method::test_helpers::Case;

    async fn refreshed(case: &Case, method: &str) {
        refresh(&case.db.pool, &case.processors(), &mut case.db.cx(), "sandbox", method)
            .await
            .unwrap();
    }

    #[tokio::test]
    async fn a_renewed_card_is_brought_up_to_date_once() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let method = case.texts("select processor_method_id from payment_method").await;
        case.execute("update sandbox.method set exp_year = 2041, last4 = '9999'").await;
        for _ in 0..2 {
            refreshed(&case, &method).await;
        }
        refreshed(&case, "sandbox_method_of_nobody").await;
        let now = "select concat_ws(' ', last4, exp_year, exp_month, extract(year from expiry_notice_due_at)) from payment_method";
        assert_eq!(case.texts(now).await, "9999 2041 12 2041");
        let said = "select snapshot ->> 'last4' || ' ' || (snapshot #>> '{previous,last4}') from event where type = 'payment_method.updated'";
        assert_eq!(case.texts(said).await, "9999 4242");
        assert_eq!(case.events("payment_method.updated").await, 1);
    }

    #[tokio::test]
    async fn what_the_processor_has_forgotten_goes_and_another_one_takes_over() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let method = case.texts("select processor_method_id from payment_method").await;
        case.card("1111").await;
        case.execute("update sandbox.method set detached_at = created_at where last4 = '4242'")
            .await;
        for _ in 0..2 {
            refreshed(&case, &method).await;
        }
        assert_eq!(case.chosen().await, "1111 - -");
        assert_eq!(case.events("payment_method.deleted").await, 1);
        assert_eq!(
            case.count("select count(*) from payment_method where detach_due_at is not null").await,
            0
        );
        // Also the last one goes, though a subscription lives on it: it is gone already.
        let last =
            case.texts("select processor_method_id from payment_method where last4 = '1111'").await;
        case.execute("update sandbox.method set detached_at = created_at").await;
        refreshed(&case, &last).await;
        assert_eq!(case.chosen().await, "- - -");
        case.is_sound().await;
    }
}
