//! A method goes: what was charged with it goes to another one.

use domain::event_type::EventType;
use domain::id::SubscriptionId;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::retry_overdue;
use super::row::{LockedCustomer, MethodRow, method_rows, write_choice};
use super::set_default::make_default;
use super::use_for_subscription;
use crate::context::Context;
use crate::error::QueryError;
use crate::event;

/// A subscription that will be charged with the method.
#[derive(Debug, Clone)]
pub(super) struct Charged {
    pub subscription_id: SubscriptionId,
    pub product_name: String,
    /// The method is its own; otherwise it is the default.
    pub is_own: bool,
}

/// The subscriptions that will be charged with the method.
pub(super) async fn charged_with(
    tx: &mut PgConnection,
    method: &MethodRow,
) -> Result<Vec<Charged>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select subscription_id as "subscription_id!", product_name as "product_name!", own_method_id is not null as "is_own!"
         from charged_subscription
         where organization_id = $1 and customer_id = $2 and payment_method_id = $3
         order by subscription_id"#,
        method.organization_id,
        method.customer_id,
        method.payment_method_id,
    )
    .fetch_all(tx)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Charged {
            subscription_id: row.subscription_id.into(),
            product_name: row.product_name,
            is_own: row.is_own,
        })
        .collect())
}

/// The customer's other method that takes over: the default, else the backup, else the newest.
pub(super) async fn successor(
    tx: &mut PgConnection,
    customer: &LockedCustomer,
    method: &MethodRow,
) -> Result<Option<MethodRow>, sqlx::Error> {
    method_rows!(
        "where m.organization_id = $1 and m.customer_id = $2 and m.payment_method_id <> $3 and m.deleted_at is null
         order by (m.payment_method_id = c.default_payment_method_id) desc nulls last,
            (m.payment_method_id = c.backup_payment_method_id) desc nulls last, m.created_at desc, m.payment_method_id desc
         limit 1",
        customer.organization_id.as_uuid(),
        customer.customer_id.as_uuid(),
        method.payment_method_id,
    )
    .fetch_optional(tx)
    .await
}

/// Deletes the method, softly, in a transaction that holds the customer and the method. What was charged with it goes to `successor`: as
/// the default, when subscriptions lived on the default or the successor is it already; else as their own. `detach_due_at` is when the
/// processor is to forget it.
pub(super) async fn forget(
    tx: &mut PgConnection,
    cx: &mut Context,
    customer: &LockedCustomer,
    method: &MethodRow,
    charged: &[Charged],
    successor: Option<&MethodRow>,
    detach_due_at: Option<OffsetDateTime>,
) -> Result<(), QueryError> {
    sqlx::query!(
        "update payment_method
         set deleted_at = $3, modified_at = $3, expiry_notice_due_at = null, detach_due_at = $4
         where organization_id = $1 and payment_method_id = $2",
        method.organization_id,
        method.payment_method_id,
        cx.now,
        detach_due_at,
    )
    .execute(&mut *tx)
    .await?;
    let other = |id: Option<Uuid>| id.filter(|id| *id != method.payment_method_id);
    let left = LockedCustomer {
        default_method: other(customer.default_method),
        backup_method: other(customer.backup_method),
        ..*customer
    };
    write_choice(tx, &left, left.default_method, left.backup_method).await?;
    let lives_on_default = charged.iter().any(|subscription| !subscription.is_own);
    let promoted = successor.filter(|_| left.default_method.is_none() && lives_on_default);
    let default_id = left.default_method.or(promoted.map(|promoted| promoted.payment_method_id));
    move_own(tx, cx, method, charged, successor, default_id).await?;
    let facts = json!({
        "was_default": method.is_default,
        "was_backup": method.is_backup,
        "new_default_payment_method_id": promoted.map(|promoted| promoted.payment_method_id),
        "subscription_ids": charged.iter().map(|charged| charged.subscription_id).collect::<Vec<_>>(),
    });
    event::record(tx, cx, method.event(EventType::PaymentMethodDeleted, facts)).await?;
    let (organization_id, customer_id) = (customer.organization_id, customer.customer_id);
    if let Some(promoted) = promoted {
        let before = LockedCustomer { default_method: customer.default_method, ..left };
        make_default(tx, cx, &before, promoted).await?;
        retry_overdue(tx, cx, organization_id, customer_id, None).await?;
    }
    for own in charged.iter().filter(|subscription| subscription.is_own) {
        retry_overdue(tx, cx, organization_id, customer_id, Some(own.subscription_id)).await?;
    }
    Ok(())
}

/// Subscriptions whose own method it was follow the default, if there is one; else those that will be charged get the successor.
async fn move_own(
    tx: &mut PgConnection,
    cx: &mut Context,
    method: &MethodRow,
    charged: &[Charged],
    successor: Option<&MethodRow>,
    default_id: Option<Uuid>,
) -> Result<(), QueryError> {
    let own = sqlx::query_scalar!(
        "select subscription_id from subscription
         where organization_id = $1 and payment_method_id = $2
         order by subscription_id
         for no key update",
        method.organization_id,
        method.payment_method_id,
    )
    .fetch_all(&mut *tx)
    .await?;
    for subscription_id in own {
        let subscription_id = SubscriptionId::from(subscription_id);
        let is_charged = charged.iter().any(|charged| charged.subscription_id == subscription_id);
        let to = successor.filter(|_| is_charged && default_id.is_none());
        let to_id = to.map(|to| to.payment_method_id);
        let from_id = Some(method.payment_method_id);
        use_for_subscription::write(tx, cx, to.unwrap_or(method), subscription_id, from_id, to_id)
            .await?;
    }
    Ok(())
}
