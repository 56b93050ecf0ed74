//! Entries as the table holds them.

use domain::id::{OrderId, OrganizationId, ProrationEntryId, SubscriptionId};
use domain::order_amounts::{OrderLine, OrderLineKind};
use domain::period::Period;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::context::Context;
use crate::error::{DatabaseError, InconsistencyError, QueryError};

/// So many wait for one order; a subscription with more bills the rest with the order after.
const OPEN_ENTRIES_MAX: i64 = 1_000;

/// An entry that no order has billed yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OpenEntry {
    pub proration_entry_id: Uuid,
    pub subscription_id: Uuid,
    pub line: OrderLine,
}

/// The entries of these subscriptions that wait for the next order, oldest first.
pub(crate) async fn open(
    connection: &mut PgConnection,
    organization_id: OrganizationId,
    subscription_ids: &[Uuid],
) -> Result<Vec<OpenEntry>, QueryError> {
    let rows = sqlx::query!(
        "select proration_entry_id, subscription_id, kind, label, seats_before, seats_after, period_start, period_end, amount_minor
         from proration_entry
         where organization_id = $1 and subscription_id = any ($2) and order_id is null
         order by created_at, kind, amount_minor, proration_entry_id
         limit $3",
        organization_id.as_uuid(),
        subscription_ids,
        OPEN_ENTRIES_MAX,
    )
    .fetch_all(connection)
    .await?;
    rows.into_iter()
        .map(|row| {
            let kind = OrderLineKind::parse(&row.kind).ok_or_else(|| {
                InconsistencyError::new("proration_entry", "kind", row.proration_entry_id)
            })?;
            Ok(OpenEntry {
                proration_entry_id: row.proration_entry_id,
                subscription_id: row.subscription_id,
                line: OrderLine {
                    kind,
                    label: row.label,
                    quantity: 1,
                    amount_minor: row.amount_minor,
                    period: Some(Period { start: row.period_start, end: row.period_end }),
                    seats_before: row.seats_before,
                    seats_after: row.seats_after,
                },
            })
        })
        .collect()
}

/// Writes a line down that waits for the next order.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    subscription_id: SubscriptionId,
    line: &OrderLine,
) -> Result<(), DatabaseError> {
    let proration_entry_id: ProrationEntryId = cx.new_id();
    let period = line.period.unwrap_or(Period { start: cx.now, end: cx.now });
    sqlx::query!(
        "insert into proration_entry
            (organization_id, proration_entry_id, subscription_id, kind, label, seats_before, seats_after, period_start, period_end,
             amount_minor, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        organization_id.as_uuid(),
        proration_entry_id.as_uuid(),
        subscription_id.as_uuid(),
        line.kind.as_str(),
        line.label,
        line.seats_before,
        line.seats_after,
        period.start,
        period.end,
        line.amount_minor,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Says which order billed the entries. Each is billed once: one that already has an order is not changed, and missing in the count.
pub(crate) async fn bill(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    entries: &[OpenEntry],
    order_id: OrderId,
) -> Result<(), QueryError> {
    if entries.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = entries.iter().map(|entry| entry.proration_entry_id).collect();
    let billed = sqlx::query!(
        "update proration_entry set order_id = $3
         where organization_id = $1 and proration_entry_id = any ($2) and order_id is null",
        organization_id.as_uuid(),
        &ids,
        order_id.as_uuid(),
    )
    .execute(tx)
    .await?;
    if usize::try_from(billed.rows_affected()) == Ok(ids.len()) {
        Ok(())
    } else {
        Err(InconsistencyError::new("proration_entry", "order_id", order_id).into())
    }
}

/// A credit larger than its order goes to the next one: nobody is owed money silently.
pub(crate) async fn carry(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    subscription_id: SubscriptionId,
    product_name: &str,
    carried_minor: i64,
) -> Result<(), DatabaseError> {
    if carried_minor == 0 {
        return Ok(());
    }
    let line = OrderLine {
        kind: OrderLineKind::CarriedCredit,
        ..OrderLine::of_period(product_name, None, -carried_minor, None)
    };
    insert(tx, cx, organization_id, subscription_id, &line).await
}
