//! Keeping a method that a customer has entered.

use domain::event_type::EventType;
use domain::payment_method::MethodDetails;
use serde_json::json;
use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

use super::row::{LockedCustomer, MethodRow, method_rows};
use crate::context::Context;
use crate::error::{InconsistencyError, QueryError};
use crate::event;

/// A method that was entered for one order only is forgotten so long afterwards: its charge is settled or given up by then.
const ONE_OFF_KEPT: Duration = Duration::days(1);

/// A method as the processor tells of it.
pub(super) struct Entered<'a> {
    pub processor: &'a str,
    pub processor_customer_id: &'a str,
    pub processor_method_id: &'a str,
    pub details: &'a MethodDetails,
    /// False: for one order only.
    pub is_kept: bool,
}

/// Writes the method, once: one that is there already is brought up to date, and one that was removed comes back. The caller holds the
/// customer's row.
pub(super) async fn keep(
    tx: &mut PgConnection,
    cx: &mut Context,
    customer: &LockedCustomer,
    entered: &Entered<'_>,
) -> Result<MethodRow, QueryError> {
    let known = find(tx, customer, entered).await?;
    if let Some(known) = &known
        && known.customer_id != customer.customer_id.as_uuid()
    {
        let id = known.payment_method_id;
        return Err(InconsistencyError::new("payment_method", "customer_id", id).into());
    }
    let was_live = known.as_ref().is_some_and(|known| known.deleted_at.is_none());
    let is_live = was_live || entered.is_kept;
    let payment_method_id = match &known {
        Some(known) => known.payment_method_id,
        None => cx.new_id::<Uuid>(),
    };
    let expiry = entered.details.expiry;
    let deleted_at = known.as_ref().and_then(|known| known.deleted_at).unwrap_or(cx.now);
    sqlx::query!(
        "insert into payment_method
            (organization_id, payment_method_id, customer_id, processor, processor_customer_id, processor_method_id,
             kind, brand, last4, exp_month, exp_year, wallet, expiry_notice_due_at, detach_due_at, deleted_at, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
         on conflict on constraint payment_method_pkey do update
         set kind = excluded.kind, brand = excluded.brand, last4 = excluded.last4, exp_month = excluded.exp_month,
            exp_year = excluded.exp_year, wallet = excluded.wallet, expiry_notice_due_at = excluded.expiry_notice_due_at,
            detach_due_at = excluded.detach_due_at, deleted_at = excluded.deleted_at, modified_at = excluded.created_at",
        customer.organization_id.as_uuid(),
        payment_method_id,
        customer.customer_id.as_uuid(),
        entered.processor,
        entered.processor_customer_id,
        entered.processor_method_id,
        entered.details.kind,
        entered.details.brand,
        entered.details.last4,
        expiry.map(|expiry| expiry.month),
        expiry.map(|expiry| expiry.year),
        entered.details.wallet,
        expiry.and_then(|expiry| expiry.next_notice_at(cx.now)).filter(|_| is_live),
        (!is_live).then(|| cx.now + ONE_OFF_KEPT),
        (!is_live).then_some(deleted_at),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let row = find(tx, customer, entered).await?.ok_or(sqlx::Error::RowNotFound)?;
    if is_live {
        let (event_type, facts) = if was_live {
            (EventType::PaymentMethodUpdated, json!({ "is_entered_again": true }))
        } else {
            (EventType::PaymentMethodCreated, json!({ "was_removed": known.is_some() }))
        };
        event::record(tx, cx, row.event(event_type, facts)).await?;
    }
    Ok(row)
}

async fn find(
    tx: &mut PgConnection,
    customer: &LockedCustomer,
    entered: &Entered<'_>,
) -> Result<Option<MethodRow>, sqlx::Error> {
    method_rows!(
        "where m.organization_id = $1 and m.processor = $2 and m.processor_method_id = $3
         for no key update of m",
        customer.organization_id.as_uuid(),
        entered.processor,
        entered.processor_method_id,
    )
    .fetch_optional(tx)
    .await
}
