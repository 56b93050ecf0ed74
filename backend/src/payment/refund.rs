//! Giving money back: claimed, asked for, written down, and looked at again: a bank can send it back weeks later.

use domain::event_type::EventType;
use domain::id::{OrderId, OrganizationId, RefundId};
use domain::money::{Currency, Money};
use domain::order::OrderStatus;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use super::attempt::PaymentError;
use super::prepare::LEASE;
use super::processor::{NewProcessorRefund, NoAnswer, PaymentProcessor, RefundOutcome};
use super::wait::back_off;
use crate::context::Context;
use crate::error::InconsistencyError;
use crate::event;
use crate::order::{self, LockedOrder};

/// A key is sent again only for so long; afterwards the refund is only looked up.
const RESEND_WITHIN: Duration = Duration::hours(20);

/// For so long a bank can send it back (Stripe: up to 30 days). Then it is looked at once more, should no message have come.
const CAN_FAIL_WITHIN: Duration = Duration::days(31);

/// A refund that this process works on until its lease ends.
struct Claimed {
    organization_id: OrganizationId,
    refund_id: RefundId,
    order_id: OrderId,
    processor_payment_id: String,
    amount: Money,
    tax_minor: i64,
    tries: i32,
    may_send: bool,
    /// It succeeded before; it is only looked at again.
    is_settled: bool,
    created_at: OffsetDateTime,
}

/// Works on one refund that is due with this processor; false when none is.
pub(super) async fn run_one(
    db: &PgPool,
    processor: &dyn PaymentProcessor,
    cx: &mut Context,
) -> Result<bool, PaymentError> {
    let Some(claimed) = claim(db, cx, processor.name()).await? else { return Ok(false) };
    let refund_id = claimed.refund_id;
    let answer = if claimed.may_send {
        let wanted = NewProcessorRefund {
            refund_id,
            organization_id: claimed.organization_id,
            processor_payment_id: &claimed.processor_payment_id,
            amount: claimed.amount,
        };
        processor.refund(wanted, cx.now).await.map(Some)
    } else {
        processor.read_refund(refund_id, &claimed.processor_payment_id).await
    };
    if claimed.is_settled {
        return looked_again(db, cx, &claimed, answer).await.map(|()| true);
    }
    match answer {
        Ok(Some(RefundOutcome::Succeeded { processor_refund_id })) => {
            succeeded(db, cx, &claimed, &processor_refund_id).await?;
        }
        Ok(Some(RefundOutcome::Failed)) => {
            tracing::error!(%refund_id, "the processor gives no money back: a person has to");
            for_a_person(db, &claimed).await?;
        }
        Ok(None) => {
            tracing::error!(%refund_id, "the processor knows no such refund: a person has to look");
            for_a_person(db, &claimed).await?;
        }
        Ok(Some(RefundOutcome::Unknown)) => later(db, cx, &claimed).await?,
        Err(no_answer) => {
            tracing::warn!(%refund_id, error = &no_answer as &dyn std::error::Error, "a refund has no answer yet");
            later(db, cx, &claimed).await?;
        }
    }
    Ok(true)
}

async fn claim(
    db: &PgPool,
    cx: &Context,
    processor: &str,
) -> Result<Option<Claimed>, PaymentError> {
    let row = sqlx::query!(
        r#"with due as (
            select r.organization_id, r.refund_id, a.processor_payment_id
            from refund r
            join payment_attempt a on a.organization_id = r.organization_id and a.payment_attempt_id = r.payment_attempt_id
            where r.due_at <= $1 and a.processor = $2 and ($3::uuid is null or r.organization_id = $3)
            order by r.due_at
            limit 1
            for update of r skip locked)
         update refund r set due_at = $4, tries = r.tries + 1
         from due
         where r.organization_id = due.organization_id and r.refund_id = due.refund_id
         returning r.organization_id, r.refund_id, r.order_id, r.amount_minor, r.tax_minor, r.currency, r.tries, r.created_at,
            r.settled_at is not null as "is_settled!", due.processor_payment_id"#,
        cx.now,
        processor,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        cx.now + LEASE,
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let bad = |column| InconsistencyError::new("refund", column, row.refund_id);
    Ok(Some(Claimed {
        organization_id: row.organization_id.into(),
        refund_id: row.refund_id.into(),
        order_id: row.order_id.into(),
        processor_payment_id: row.processor_payment_id.ok_or_else(|| bad("payment_attempt_id"))?,
        amount: Money::new(
            row.amount_minor,
            Currency::parse(&row.currency).map_err(|_| bad("currency"))?,
        ),
        tax_minor: row.tax_minor,
        tries: row.tries,
        may_send: !row.is_settled && (row.tries == 1 || cx.now - row.created_at < RESEND_WITHIN),
        is_settled: row.is_settled,
        created_at: row.created_at,
    }))
}

/// The money is on its way back: the order says so.
async fn succeeded(
    db: &PgPool,
    cx: &mut Context,
    refund: &Claimed,
    processor_refund_id: &str,
) -> Result<(), PaymentError> {
    let mut tx = db.begin().await?;
    let order = order::lock(&mut tx, refund.organization_id, refund.order_id)
        .await?
        .ok_or_else(|| InconsistencyError::new("refund", "order_id", refund.refund_id))?;
    let settled = sqlx::query!(
        "update refund set state = 'succeeded', processor_refund_id = $3, settled_at = $4, due_at = $5
         where organization_id = $1 and refund_id = $2 and settled_at is null",
        refund.organization_id.as_uuid(),
        refund.refund_id.as_uuid(),
        processor_refund_id,
        cx.now,
        cx.now + CAN_FAIL_WITHIN,
    )
    .execute(&mut *tx)
    .await?;
    if settled.rows_affected() == 0 {
        return Ok(());
    }
    let (amount_minor, tax_minor) = (refund.amount.minor, refund.tax_minor);
    change_order(&mut tx, cx, &order, refund, EventType::OrderRefunded, amount_minor, tax_minor)
        .await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// What is known of one that had succeeded.
async fn looked_again(
    db: &PgPool,
    cx: &mut Context,
    refund: &Claimed,
    answer: Result<Option<RefundOutcome>, NoAnswer>,
) -> Result<(), PaymentError> {
    let refund_id = refund.refund_id;
    let due_at = match answer {
        Ok(Some(RefundOutcome::Failed)) => {
            tracing::error!(%refund_id, "a refund came back: the customer has to get the money in another way");
            return came_back(db, cx, refund).await;
        }
        Ok(Some(RefundOutcome::Succeeded { .. }))
            if cx.now < refund.created_at + CAN_FAIL_WITHIN =>
        {
            Some(refund.created_at + CAN_FAIL_WITHIN)
        }
        Ok(Some(RefundOutcome::Succeeded { .. })) => None,
        Ok(None) => {
            tracing::error!(%refund_id, "the processor no longer knows a refund");
            None
        }
        Ok(Some(RefundOutcome::Unknown)) => Some(cx.now + back_off(refund.tries)),
        Err(no_answer) => {
            tracing::warn!(%refund_id, error = &no_answer as &dyn std::error::Error, "a refund could not be looked at again");
            Some(cx.now + back_off(refund.tries))
        }
    };
    sqlx::query!(
        "update refund set due_at = $3 where organization_id = $1 and refund_id = $2 and state = 'succeeded'",
        refund.organization_id.as_uuid(),
        refund.refund_id.as_uuid(),
        due_at,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The money went, and the bank sent it back: the order is not refunded by so much.
async fn came_back(db: &PgPool, cx: &mut Context, refund: &Claimed) -> Result<(), PaymentError> {
    let mut tx = db.begin().await?;
    let order = order::lock(&mut tx, refund.organization_id, refund.order_id)
        .await?
        .ok_or_else(|| InconsistencyError::new("refund", "order_id", refund.refund_id))?;
    let failed = sqlx::query!(
        "update refund set state = 'failed', settled_at = $3, due_at = null
         where organization_id = $1 and refund_id = $2 and state = 'succeeded'",
        refund.organization_id.as_uuid(),
        refund.refund_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if failed.rows_affected() == 0 {
        return Ok(());
    }
    let (amount_minor, tax_minor) = (-refund.amount.minor, -refund.tax_minor);
    change_order(
        &mut tx,
        cx,
        &order,
        refund,
        EventType::OrderRefundFailed,
        amount_minor,
        tax_minor,
    )
    .await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

/// So much more of the order is refunded, or less where it is negative; the log says so.
async fn change_order(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: &LockedOrder,
    refund: &Claimed,
    event_type: EventType,
    amount_minor: i64,
    tax_minor: i64,
) -> Result<(), PaymentError> {
    let refunded_minor = order.refunded_minor + amount_minor;
    let status = match order.status {
        paid if !paid.is_paid() => paid,
        _ if refunded_minor >= order.total.minor => OrderStatus::Refunded,
        _ if refunded_minor > 0 => OrderStatus::PartiallyRefunded,
        _ => OrderStatus::Paid,
    };
    sqlx::query!(
        "update orders
         set refunded_minor = $3, refunded_tax_minor = refunded_tax_minor + $4, status = $5, modified_at = $6
         where organization_id = $1 and order_id = $2",
        refund.organization_id.as_uuid(),
        refund.order_id.as_uuid(),
        refunded_minor,
        tax_minor,
        status.as_str(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let previous = json!({ "status": order.status, "refunded_minor": order.refunded_minor });
    let mut happened = order.event(event_type, status, &previous);
    happened.snapshot["refund_id"] = json!(refund.refund_id);
    happened.snapshot["refund_amount_minor"] = json!(refund.amount.minor);
    happened.snapshot["refunded_minor"] = json!(refunded_minor);
    event::record(tx, cx, happened).await?;
    Ok(())
}

async fn later(db: &PgPool, cx: &Context, refund: &Claimed) -> Result<(), PaymentError> {
    sqlx::query!(
        "update refund set state = 'unknown', due_at = $3 where organization_id = $1 and refund_id = $2 and settled_at is null",
        refund.organization_id.as_uuid(),
        refund.refund_id.as_uuid(),
        cx.now + back_off(refund.tries),
    )
    .execute(db)
    .await?;
    Ok(())
}

async fn for_a_person(db: &PgPool, refund: &Claimed) -> Result<(), PaymentError> {
    sqlx::query!(
        "update refund set state = 'for_a_person', due_at = null where organization_id = $1 and refund_id = $2 and settled_at is null",
        refund.organization_id.as_uuid(),
        refund.refund_id.as_uuid(),
    )
    .execute(db)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::test_helpers::{Case, stands};
    use crate::payment::{NewRefund, PrepareRefundError, SandboxBehavior, prepare_refund};
    use crate::webhook::test_helpers::endpoint_for;
    use domain::payment::RefundReason;
    use domain::webhook::WebhookEventType;

    async fn refund(case: &Case, amount_minor: i64) -> Result<RefundId, PrepareRefundError> {
        let mut tx = case.db.pool.begin().await.unwrap();
        let refund = NewRefund {
            organization_id: case.organization_id,
            order_id: case.order_id,
            amount: Money::new(amount_minor, Currency::EUR),
            tax_minor: 0,
            reason: RefundReason::Cancellation,
            comment: None,
        };
        let prepared = prepare_refund(&mut tx, &mut case.db.cx(), refund).await?;
        tx.commit().await.unwrap();
        Ok(prepared)
    }

    #[tokio::test]
    async fn money_goes_back_in_parts_and_never_more_than_came() {
        let case = Case::new(SandboxBehavior::Approve).await;
        case.work().await;
        refund(&case, 900).await.unwrap();
        assert_eq!(case.work().await, 1);
        assert_eq!(case.standing().await.1, "partially_refunded");
        assert!(matches!(refund(&case, 2_001).await, Err(PrepareRefundError::TooMuch)));
        case.db.settled().await;
        refund(&case, 2_000).await.unwrap();
        assert!(matches!(refund(&case, 1).await, Err(PrepareRefundError::TooMuch)));
        case.db.settled().await;
        case.work().await;
        assert_eq!(case.standing().await, stands("succeeded", "refunded", "active"));
        assert_eq!(case.count("select sum(amount_minor)::bigint from sandbox.refund").await, 2_900);
        assert_eq!(case.events("order.refunded").await, 2);
        assert_eq!(case.work().await, 0);
    }

    #[tokio::test]
    async fn what_the_bank_sends_back_is_not_refunded() {
        let case = Case::new(SandboxBehavior::Approve).await;
        case.work().await;
        let told = [WebhookEventType::RefundCreated, WebhookEventType::RefundUpdated];
        endpoint_for(&case.db, case.organization_id, &told).await;
        for amount_minor in [900, 2_000] {
            refund(&case, amount_minor).await.unwrap();
            case.db.settled().await;
            case.work().await;
        }
        assert_eq!(case.standing().await.1, "refunded");
        let sql = |sql: &'static str| sqlx::query(sql).execute(&case.db.pool);
        sql("update sandbox.refund set is_returned = true where amount_minor = 900").await.unwrap();
        assert_eq!(case.work().await, 0, "nobody said so yet");
        assert_eq!(case.after(CAN_FAIL_WITHIN).await, 2, "both are looked at once more");
        assert_eq!(case.standing().await.1, "partially_refunded");
        let states = "select string_agg(state, ' ' order by amount_minor) from refund";
        assert_eq!(case.text(states).await, "failed succeeded");
        assert_eq!(case.count("select refunded_minor from orders").await, 2_000);
        assert_eq!(case.events("order.refund_failed").await, 1);
        assert_eq!(case.after(CAN_FAIL_WITHIN).await, 0, "that is the end of it");
        // What came back can be given back again.
        refund(&case, 900).await.unwrap();
        case.db.settled().await;
        case.work().await;
        assert_eq!(case.standing().await.1, "refunded");
        sql("update sandbox.refund set is_returned = true").await.unwrap();
        sql("update refund set due_at = created_at where state = 'succeeded'").await.unwrap();
        case.after(Duration::ZERO).await;
        assert_eq!(case.standing().await.1, "paid");
        assert_eq!(case.count("select refunded_minor from orders").await, 0);
        let told = "select string_agg(count || ' ' || type, ', ' order by type) from (select type, count(*) from webhook_event group by type) each";
        assert_eq!(case.text(told).await, "3 refund.created, 6 refund.updated");
    }

    #[tokio::test]
    async fn a_transfer_is_given_back_by_a_person() {
        let case = Case::new(SandboxBehavior::Approve).await;
        order::record_payment(
            &case.db.pool,
            &mut case.db.cx(),
            case.organization_id,
            case.order_id,
        )
        .await
        .unwrap();
        refund(&case, 2_900).await.unwrap();
        assert_eq!(case.work().await, 0);
        assert_eq!(case.text("select state from refund").await, "for_a_person");
        assert_eq!(case.standing().await, stands("abandoned", "paid", "active"));
    }

    #[tokio::test]
    async fn what_goes_through_for_a_void_order_goes_back() {
        let case = Case::new(SandboxBehavior::Slow).await;
        case.run_attempt().await;
        let mut tx = case.db.pool.begin().await.unwrap();
        let voided = crate::payment::void_open_orders(
            &mut tx,
            &mut case.db.cx(),
            case.organization_id,
            case.subscription_id,
        )
        .await
        .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(voided, 1);
        assert_eq!(case.after(Duration::minutes(5)).await, 2, "the charge, then the refund");
        assert_eq!(case.standing().await, stands("succeeded", "void", "active"));
        assert_eq!(
            case.text("select state || ' ' || reason from refund").await,
            "succeeded order_void"
        );
        assert_eq!(case.count("select sum(amount_minor)::bigint from sandbox.refund").await, 2_900);
    }
}
