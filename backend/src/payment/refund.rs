//! Giving money back: claimed, asked for, and written down.

use domain::event_type::EventType;
use domain::id::{OrderId, OrganizationId, RefundId};
use domain::money::{Currency, Money};
use domain::order::OrderStatus;
use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::attempt::PaymentError;
use super::prepare::LEASE;
use super::processor::{NewProcessorRefund, PaymentProcessor, RefundOutcome};
use super::wait::back_off;
use crate::context::Context;
use crate::error::InconsistencyError;
use crate::event;
use crate::order;

/// A key is sent again only for so long; afterwards the refund is only looked up.
const RESEND_WITHIN: Duration = Duration::hours(20);

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
            due.processor_payment_id"#,
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
        may_send: row.tries == 1 || cx.now - row.created_at < RESEND_WITHIN,
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
        "update refund set state = 'succeeded', processor_refund_id = $3, settled_at = $4, due_at = null
         where organization_id = $1 and refund_id = $2 and settled_at is null",
        refund.organization_id.as_uuid(),
        refund.refund_id.as_uuid(),
        processor_refund_id,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if settled.rows_affected() == 0 {
        return Ok(());
    }
    let status = if !order.status.is_paid() {
        order.status
    } else if order.refunded_minor + refund.amount.minor >= order.total.minor {
        OrderStatus::Refunded
    } else {
        OrderStatus::PartiallyRefunded
    };
    sqlx::query!(
        "update orders
         set refunded_minor = refunded_minor + $3, refunded_tax_minor = refunded_tax_minor + $4, status = $5, modified_at = $6
         where organization_id = $1 and order_id = $2",
        refund.organization_id.as_uuid(),
        refund.order_id.as_uuid(),
        refund.amount.minor,
        refund.tax_minor,
        status.as_str(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let previous = json!({ "status": order.status, "refunded_minor": order.refunded_minor });
    let mut happened = order.event(EventType::OrderRefunded, status, &previous);
    happened.snapshot["refunded_now_minor"] = json!(refund.amount.minor);
    happened.snapshot["refunded_minor"] = json!(order.refunded_minor + refund.amount.minor);
    event::record(&mut tx, cx, happened).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
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
    use domain::payment::RefundReason;

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
