//! When a charge fails: the subscription is past due, the order is tried again, and after three weeks it ends.

use domain::event_type::EventType;
use domain::id::{OrderId, OrganizationId};
use domain::order::OrderStatus;
use domain::payment::{
    AfterFailure, DeclineCode, FailedTry, PaymentTrigger, RetryMoments, RetrySchedule,
    after_failure,
};
use domain::subscription::{Subscription, SubscriptionStatus};
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::attempt::PaymentError;
use super::settle::{lock, void_open_orders};
use super::{NewAttempt, prepare};
use crate::context::Context;
use crate::error::{DatabaseError, QueryError};
use crate::event;
use crate::order::{self, LockedOrder};
use crate::subscription::row::{self, SubscriptionRow};
use crate::subscription::{snapshot, unschedule_update};

/// A payment arrived: what was past due is active again, once none of its orders is overdue.
pub(crate) async fn recover(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
) -> Result<(), QueryError> {
    let before = Subscription::try_from(row)?;
    if before.status != SubscriptionStatus::PastDue || is_overdue(tx, row).await? {
        return Ok(());
    }
    let after = Subscription { status: SubscriptionStatus::Active, past_due_at: None, ..before };
    row::write(tx, cx.now, row, &after).await.map_err(|error| error.0)?;
    let previous = json!({
        "status": before.status,
        "past_due_at_us": before.past_due_at.map(snapshot::micros),
    });
    record(tx, cx, row, &after, EventType::SubscriptionRecovered, previous).await?;
    Ok(())
}

/// An open order of it has a charge that failed.
async fn is_overdue(tx: &mut PgConnection, row: &SubscriptionRow) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select exists (
            select from orders o
            join payment_attempt a on a.organization_id = o.organization_id and a.order_id = o.order_id
            where o.organization_id = $1 and o.subscription_id = $2 and o.status = 'pending'
              and a.state in ('declined', 'abandoned')) as "exists!""#,
        row.organization_id,
        row.subscription_id,
    )
    .fetch_one(tx)
    .await
}

/// A try to charge a pending order failed.
pub(super) async fn failed(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: Option<&SubscriptionRow>,
    order: &LockedOrder,
    trigger: PaymentTrigger,
    code: DeclineCode,
) -> Result<(), PaymentError> {
    let before = row.map(Subscription::try_from).transpose()?;
    // An order without a subscription has its own three weeks.
    let since = match &before {
        Some(before) => before.past_due_at.unwrap_or(cx.now),
        None => order.created_at,
    };
    let next = match order.next_payment_attempt_at {
        Some(planned_at) if !trigger.is_scheduled() => AfterFailure::NextAt(planned_at),
        _ => {
            let tries = scheduled_failures(tx, order).await?;
            let schedule = RetrySchedule::default();
            after_failure(&schedule, RetryMoments::Exact, &tries, code, since, cx.now)
        }
    };
    let next_at = match next {
        AfterFailure::NextAt(at) => Some(at),
        AfterFailure::GiveUp => None,
    };
    sqlx::query!(
        "update orders set next_payment_attempt_at = $3, modified_at = $4 where organization_id = $1 and order_id = $2",
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
        next_at,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    let mut happened =
        order.event(EventType::OrderPaymentFailed, OrderStatus::Pending, &Value::Null);
    happened.snapshot["decline_code"] = json!(code);
    happened.snapshot["next_payment_attempt_at_us"] = json!(next_at.map(snapshot::micros));
    event::record(tx, cx, happened).await?;
    match (row, before) {
        (Some(row), Some(before)) if next == AfterFailure::GiveUp => {
            give_up(tx, cx, row, &before).await
        }
        (Some(row), Some(before)) => past_due(tx, cx, row, &before).await,
        _ if next == AfterFailure::GiveUp => Ok(order::mark_void(tx, cx, order).await?),
        _ => Ok(()),
    }
}

/// The failed tries of the order that its schedule counts, oldest first.
async fn scheduled_failures(
    tx: &mut PgConnection,
    order: &LockedOrder,
) -> Result<Vec<FailedTry>, PaymentError> {
    let triggers: Vec<String> = PaymentTrigger::ALL
        .iter()
        .filter(|trigger| trigger.is_scheduled())
        .map(ToString::to_string)
        .collect();
    let rows = sqlx::query!(
        r#"select coalesce(settled_at, created_at) as "at!", decline_code from payment_attempt
         where organization_id = $1 and order_id = $2 and state in ('declined', 'abandoned') and trigger = any ($3)
         order by 1
         limit 50"#,
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
        &triggers,
    )
    .fetch_all(tx)
    .await?;
    let tries = rows.into_iter().map(|row| FailedTry {
        at: row.at,
        code: row
            .decline_code
            .as_deref()
            .and_then(DeclineCode::parse)
            .unwrap_or(DeclineCode::GenericDecline),
    });
    Ok(tries.collect())
}

/// The first failure of a running one begins the three weeks.
async fn past_due(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    before: &Subscription,
) -> Result<(), PaymentError> {
    if !matches!(before.status, SubscriptionStatus::Active | SubscriptionStatus::Trialing) {
        return Ok(());
    }
    let after =
        Subscription { status: SubscriptionStatus::PastDue, past_due_at: Some(cx.now), ..*before };
    row::write(tx, cx.now, row, &after).await?;
    let previous = json!({ "status": before.status });
    record(tx, cx, row, &after, EventType::SubscriptionPastDue, previous).await?;
    Ok(())
}

/// The subscription ends at once, and nothing of it is asked for any more.
async fn give_up(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    before: &Subscription,
) -> Result<(), PaymentError> {
    void_open_orders(tx, cx, row.organization_id.into(), row.subscription_id.into()).await?;
    if before.is_ended() {
        return Ok(());
    }
    let after = before.ended(cx.now);
    row::write(tx, cx.now, row, &after).await?;
    unschedule_update::forget(tx, row).await?;
    let previous = json!({ "status": before.status, "ended_at_us": null });
    record(tx, cx, row, &after, EventType::SubscriptionRevoked, previous).await?;
    Ok(())
}

async fn record(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    after: &Subscription,
    event_type: EventType,
    previous: Value,
) -> Result<(), DatabaseError> {
    event::record(tx, cx, snapshot::event(event_type, row, after, previous)).await?;
    Ok(())
}

/// One order whose next try is due: charged again, or given up. `None` when no order is due.
pub(super) async fn next_due(
    db: &PgPool,
    cx: &Context,
    passed_over: &[Uuid],
) -> Result<Option<(OrganizationId, OrderId)>, sqlx::Error> {
    let found = sqlx::query!(
        "select organization_id, order_id from orders
         where next_payment_attempt_at <= $1 and order_id <> all ($2) and ($3::uuid is null or organization_id = $3)
         order by next_payment_attempt_at
         limit 1",
        cx.now,
        passed_over,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(|row| (row.organization_id.into(), row.order_id.into())))
}

/// Tries the order again, if it still is due.
pub(super) async fn retry(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    order_id: OrderId,
) -> Result<(), PaymentError> {
    let mut tx = db.begin().await?;
    let Some((row, order)) = lock(&mut tx, organization_id, order_id).await? else {
        return Ok(());
    };
    if order.next_payment_attempt_at.is_none_or(|at| at > cx.now) {
        return Ok(());
    }
    sqlx::query!(
        "update orders set next_payment_attempt_at = null, modified_at = $3 where organization_id = $1 and order_id = $2",
        organization_id.as_uuid(),
        order_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    match last_attempt(&mut tx, &order).await? {
        // It settles the schedule when it is settled.
        Some(LastAttempt { is_open: true, .. }) => {}
        Some(LastAttempt { is_recoverable: false, .. }) => match &row {
            Some(row) => give_up(&mut tx, cx, row, &Subscription::try_from(row)?).await?,
            None => order::mark_void(&mut tx, cx, &order).await?,
        },
        _ => {
            let attempt = NewAttempt {
                organization_id,
                order_id,
                customer_id: order.customer_id,
                amount: order.total,
                trigger: PaymentTrigger::RetryDunning,
                is_on_session: false,
                payment_method_id: None,
                return_path: None,
                due_at: cx.now,
            };
            prepare(&mut tx, cx, attempt).await?;
        }
    }
    tx.commit().await?;
    Ok(())
}

struct LastAttempt {
    is_open: bool,
    is_recoverable: bool,
}

async fn last_attempt(
    tx: &mut PgConnection,
    order: &LockedOrder,
) -> Result<Option<LastAttempt>, sqlx::Error> {
    let found = sqlx::query!(
        r#"select settled_at is null as "is_open!", decline_code from payment_attempt
         where organization_id = $1 and order_id = $2
         order by settled_at desc nulls first, created_at desc
         limit 1"#,
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
    )
    .fetch_optional(tx)
    .await?;
    Ok(found.map(|row| LastAttempt {
        is_open: row.is_open,
        is_recoverable: row
            .decline_code
            .as_deref()
            .and_then(DeclineCode::parse)
            .is_none_or(DeclineCode::is_recoverable),
    }))
}

#[cfg(test)]
mod tests {
    use crate::order::{RecordPaymentError, record_payment};
    use crate::payment::SandboxBehavior;
    use crate::payment::test_helpers::{Case, stands};
    use time::Duration;

    #[tokio::test]
    async fn a_decline_is_tried_again_and_heals() {
        let case = Case::new(SandboxBehavior::DeclineInsufficientFunds).await;
        case.work().await;
        assert_eq!(case.standing().await, stands("declined", "pending", "past_due"));
        assert_eq!(case.after(Duration::days(2) - Duration::seconds(1)).await, 0);
        case.card(SandboxBehavior::Approve).await;
        assert_eq!(case.after(Duration::seconds(1)).await, 2, "the order, then the charge");
        assert_eq!(case.standing().await, stands("declined succeeded", "paid", "active"));
        assert_eq!(
            case.count("select count(*) from subscription where past_due_at is null").await,
            1
        );
        for event in ["subscription.past_due", "order.payment_failed", "subscription.recovered"] {
            assert_eq!(case.events(event).await, 1, "{event}");
        }
        assert_eq!(case.after(Duration::days(20)).await, 0);
    }

    #[tokio::test]
    async fn after_the_fifth_failure_the_subscription_ends() {
        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        sqlx::query(
            "insert into customer_seat (organization_id, customer_seat_id, subscription_id, member_id, status, created_at)
             select organization_id, gen_random_uuid(), subscription_id, member_id, 'pending', now() from subscription join member using (organization_id, customer_id)",
        ).execute(&case.db.pool).await.unwrap();
        case.work().await;
        for days in [2, 5, 7] {
            case.after(Duration::days(days)).await;
            assert_eq!(case.standing().await.2, "past_due");
        }
        case.after(Duration::days(7)).await;
        let declined = "declined declined declined declined declined";
        assert_eq!(case.standing().await, stands(declined, "void", "canceled"));
        for (event, times) in [
            ("subscription.past_due", 1),
            ("order.payment_failed", 5),
            ("subscription.revoked", 1),
            ("order.voided", 1),
        ] {
            assert_eq!(case.events(event).await, times, "{event}");
        }
        let ended = "select count(*) from subscription where due_at is null and ended_at is not null and not cancel_at_period_end";
        assert_eq!(case.count(ended).await, 1);
        let freed = "select count(*) from customer_seat where status = 'revoked'";
        assert_eq!(case.count(freed).await, 1);
        assert_eq!(case.after(Duration::days(60)).await, 0, "nothing is left to do");
    }

    #[tokio::test]
    async fn a_lost_card_is_not_tried_again_but_has_three_weeks() {
        let case = Case::new(SandboxBehavior::DeclineLostCard).await;
        case.work().await;
        assert_eq!(case.standing().await, stands("declined", "pending", "past_due"));
        assert_eq!(case.after(Duration::days(21)).await, 0);
        assert_eq!(case.after(Duration::minutes(1)).await, 1);
        assert_eq!(case.standing().await, stands("declined", "void", "canceled"));
        assert_eq!(case.count("select count(*) from sandbox.payment").await, 1);
    }

    #[tokio::test]
    async fn a_worker_that_was_away_for_a_month_still_tries_again() {
        let case = Case::new(SandboxBehavior::DeclineExpiredCard).await;
        case.work().await;
        case.card(SandboxBehavior::Approve).await;
        case.after(Duration::days(29)).await;
        assert_eq!(case.standing().await, stands("declined succeeded", "paid", "active"));
    }

    #[tokio::test]
    async fn without_a_processor_nothing_is_charged_and_nothing_is_overdue() {
        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        crate::payment::choose_processor(
            &case.db.pool,
            &mut case.db.cx(),
            case.organization_id,
            crate::payment::ProcessorChoice::None,
        )
        .await
        .unwrap();
        case.after(Duration::days(2)).await;
        assert_eq!(case.standing().await, stands("declined", "pending", "past_due"));
        assert_eq!(case.after(Duration::days(60)).await, 0);
    }

    #[tokio::test]
    async fn a_transfer_heals_what_is_past_due_unless_a_charge_is_in_flight() {
        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        let pay = async || {
            let mut cx = case.db.cx();
            record_payment(&case.db.pool, &mut cx, case.organization_id, case.order_id).await
        };
        case.card(SandboxBehavior::Slow).await;
        case.after(Duration::days(2)).await;
        assert!(matches!(pay().await, Err(RecordPaymentError::InFlight)));
        case.db.settled().await;
        assert_eq!(case.standing().await, stands("declined unknown", "pending", "past_due"));
        case.after(Duration::minutes(5)).await;
        assert_eq!(case.standing().await, stands("declined succeeded", "paid", "active"));

        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        let mut cx = case.db.cx();
        record_payment(&case.db.pool, &mut cx, case.organization_id, case.order_id).await.unwrap();
        assert_eq!(case.standing().await, stands("declined", "paid", "active"));
        assert_eq!(case.after(Duration::days(60)).await, 0, "it is not asked for again");
    }

    #[tokio::test]
    async fn a_person_ends_what_no_program_can() {
        let case = Case::new(SandboxBehavior::Never).await;
        case.run_attempt().await;
        case.after(Duration::hours(21)).await;
        assert_eq!(case.standing().await.0, "for_a_person");
        let mut cx = case.db.cx();
        record_payment(&case.db.pool, &mut cx, case.organization_id, case.order_id).await.unwrap();
        assert_eq!(case.standing().await, stands("abandoned", "paid", "active"));
    }
}
