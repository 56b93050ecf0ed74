//! Which saved method pays an order.

use domain::id::{CustomerId, OrganizationId, PaymentMethodId, SubscriptionId};
use domain::payment::DeclineCode;
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::order::LockedOrder;

/// Whether somebody charges the organization's customers.
pub(super) async fn somebody_charges(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select payment_processor is not null as "charges!" from organization where organization_id = $1"#,
        organization_id.as_uuid(),
    )
    .fetch_one(tx)
    .await
}

/// The method that would be charged by itself: the subscription's own, else the customer's default.
pub(crate) async fn charged(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    subscription_id: Option<SubscriptionId>,
) -> Result<Option<PaymentMethodId>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "select m.payment_method_id
         from customer c
         left join subscription s on s.organization_id = c.organization_id and s.customer_id = c.customer_id and s.subscription_id = $3
         join payment_method m on m.organization_id = c.organization_id and m.customer_id = c.customer_id
            and m.payment_method_id = coalesce(s.payment_method_id, c.default_payment_method_id)
         where c.organization_id = $1 and c.customer_id = $2 and m.deleted_at is null",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        subscription_id.map(SubscriptionId::as_uuid),
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.map(PaymentMethodId::from))
}

/// The method that is tried when the one that is charged by itself was declined.
pub(super) async fn backup(
    tx: &mut PgConnection,
    order: &LockedOrder,
) -> Result<Option<PaymentMethodId>, sqlx::Error> {
    let found = sqlx::query_scalar!(
        "select m.payment_method_id
         from customer c
         join payment_method m on m.organization_id = c.organization_id and m.customer_id = c.customer_id
            and m.payment_method_id = c.backup_payment_method_id
         where c.organization_id = $1 and c.customer_id = $2 and m.deleted_at is null",
        order.organization_id.as_uuid(),
        order.customer_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.map(PaymentMethodId::from))
}

/// Whether the order was declined with this method for a reason that stays (`None`: because there was none).
pub(super) async fn is_refused_for_good(
    tx: &mut PgConnection,
    order: &LockedOrder,
    payment_method_id: Option<PaymentMethodId>,
) -> Result<bool, sqlx::Error> {
    let codes: Vec<String> = DeclineCode::ALL
        .iter()
        .filter(|code| !code.is_recoverable())
        .map(ToString::to_string)
        .collect();
    sqlx::query_scalar!(
        r#"select exists (
            select from payment_attempt
            where organization_id = $1 and order_id = $2 and payment_method_id is not distinct from $3
              and state = 'declined' and decline_code = any ($4)) as "exists!""#,
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
        payment_method_id.map(PaymentMethodId::as_uuid),
        &codes,
    )
    .fetch_one(tx)
    .await
}

/// Whether a method may pay the order: one that the customer has saved, or one that was entered for this very order. With
/// `only_entered_for_it` no other saved one may.
pub(super) async fn may_pay(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    order: &LockedOrder,
    payment_method_id: PaymentMethodId,
    only_entered_for_it: bool,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
            select from payment_method m
            where m.organization_id = $1 and m.payment_method_id = $2 and m.customer_id = $3
              and (m.deleted_at is null or m.detach_due_at > $5)
              and ((m.deleted_at is null and not $6) or exists (
                select from payment_method_setup entered
                where entered.organization_id = m.organization_id and entered.payment_method_id = m.payment_method_id
                  and entered.order_id = $4))) as "exists!""#,
        order.organization_id.as_uuid(),
        payment_method_id.as_uuid(),
        order.customer_id.as_uuid(),
        order.order_id.as_uuid(),
        now,
        only_entered_for_it,
    )
    .fetch_one(tx)
    .await
}
