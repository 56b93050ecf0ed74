//! A charge of a pending order failed: the backup is tried, or the schedule goes on, or it is over.

use domain::event_type::EventType;
use domain::id::PaymentMethodId;
use domain::order::OrderStatus;
use domain::payment::{
    AfterFailure, DeclineCode, FailedTry, PaymentTrigger, RetryMoments, after_failure,
};
use domain::subscription::{Subscription, SubscriptionStatus};
use serde_json::{Value, json};
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::rules::{self, DunningRules};
use super::{give_up, record};
use crate::context::Context;
use crate::event;
use crate::order::{self, LockedOrder};
use crate::payment::attempt::PaymentError;
use crate::payment::{NewAttempt, method, prepare};
use crate::subscription::row::{self, SubscriptionRow};
use crate::subscription::snapshot;

/// More tries of one order do not come about.
const TRIES_MAX: i64 = 50;

/// A charge that failed.
#[derive(Debug, Clone, Copy)]
pub(in crate::payment) struct Failure {
    pub trigger: PaymentTrigger,
    pub code: DeclineCode,
    pub payment_method_id: Option<PaymentMethodId>,
    pub is_on_session: bool,
}

/// A try to charge a pending order failed. Of one that was made by itself the schedule follows; before it, the backup method has its turn,
/// and only what comes of that is told. A customer's own try leaves the plan as it is.
pub(in crate::payment) async fn failed(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: Option<&SubscriptionRow>,
    order: &LockedOrder,
    failure: Failure,
) -> Result<(), PaymentError> {
    if turn_to_backup(tx, cx, order, failure).await? {
        return Ok(());
    }
    let before = row.map(Subscription::try_from).transpose()?;
    // An order without a subscription has a time of its own.
    let since = match &before {
        Some(before) => before.past_due_at.unwrap_or(cx.now),
        None => order.created_at,
    };
    let (rules, moments) =
        rules::of_customer(tx, order.organization_id, order.customer_id, cx.now).await?;
    let tries = scheduled_failures(tx, order).await?;
    let course = Course { rules, moments, tries, since };
    let by_itself =
        failure.trigger.is_scheduled() || failure.trigger == PaymentTrigger::RetryBackup;
    let code = if by_itself { course.code_that_counts(failure) } else { failure.code };
    let next = match (by_itself, order.next_payment_attempt_at) {
        (false, planned_at) => planned_at.map(AfterFailure::NextAt),
        (true, _) => Some(course.after(code, cx.now)),
    };
    let planned_at = match next {
        Some(AfterFailure::NextAt(at)) => Some(at),
        Some(AfterFailure::GiveUp) | None => None,
    };
    plan(tx, cx, order, planned_at).await?;
    let has_subscription = before.is_some();
    let told = course.told(order, Failure { code, ..failure }, planned_at, has_subscription);
    event::record(tx, cx, told).await?;
    if !by_itself {
        return Ok(());
    }
    match (row, before) {
        (Some(row), Some(before)) if next == Some(AfterFailure::GiveUp) => {
            give_up(tx, cx, row, &before).await
        }
        (Some(row), Some(before)) => past_due(tx, cx, row, &before).await,
        _ if next == Some(AfterFailure::GiveUp) => Ok(order::mark_void(tx, cx, order).await?),
        _ => Ok(()),
    }
}

/// Writes a charge of the customer's backup method, due now, if it has one that could do better. False when it has not.
async fn turn_to_backup(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: &LockedOrder,
    failure: Failure,
) -> Result<bool, PaymentError> {
    if !failure.trigger.is_scheduled() || failure.is_on_session {
        return Ok(false);
    }
    let Some(backup) = method::backup(tx, order).await? else { return Ok(false) };
    if failure.payment_method_id == Some(backup)
        || method::is_refused_for_good(tx, order, Some(backup)).await?
    {
        return Ok(false);
    }
    let attempt = NewAttempt {
        organization_id: order.organization_id,
        order_id: order.order_id,
        customer_id: order.customer_id,
        amount: order.total,
        trigger: PaymentTrigger::RetryBackup,
        is_on_session: false,
        payment_method_id: Some(backup),
        return_path: None,
        due_at: cx.now,
    };
    Ok(prepare(tx, cx, attempt).await?.is_some())
}

/// How an order has fared so far, and by which rules it goes on.
struct Course {
    rules: DunningRules,
    moments: RetryMoments,
    /// Failed tries that the schedule counts, the oldest first.
    tries: Vec<FailedTry>,
    since: OffsetDateTime,
}

impl Course {
    fn after(&self, code: DeclineCode, now: OffsetDateTime) -> AfterFailure {
        let Self { rules, moments, tries, since } = self;
        after_failure(&rules.schedule, *moments, tries, code, *since, now)
    }

    /// Of the main method's and the backup's failure, the one that leaves more hope.
    fn code_that_counts(&self, failure: Failure) -> DeclineCode {
        match self.tries.last() {
            Some(main) if failure.trigger == PaymentTrigger::RetryBackup => {
                let keeps_main = main.code.is_recoverable() || !failure.code.is_recoverable();
                if keeps_main { main.code } else { failure.code }
            }
            _ => failure.code,
        }
    }

    /// The next try is the last one: nothing would follow if it failed too.
    fn is_last(&self, next_try_at: OffsetDateTime) -> bool {
        let code = DeclineCode::GenericDecline;
        let mut tries = self.tries.clone();
        tries.push(FailedTry { at: next_try_at, code });
        let schedule = &self.rules.schedule;
        after_failure(schedule, self.moments, &tries, code, self.since, next_try_at)
            == AfterFailure::GiveUp
    }

    /// The event: why it failed, and what comes when.
    fn told(
        &self,
        order: &LockedOrder,
        failure: Failure,
        planned_at: Option<OffsetDateTime>,
        has_subscription: bool,
    ) -> event::NewEvent {
        let next_try_at = self.rules.next_try(planned_at, self.since);
        let of_subscription = |at| has_subscription.then(|| snapshot::micros(at));
        let mut told =
            order.event(EventType::OrderPaymentFailed, OrderStatus::Pending, &Value::Null);
        for (name, value) in [
            ("decline_code", json!(failure.code)),
            ("trigger", json!(failure.trigger)),
            ("amount_minor", json!(order.total.minor)),
            ("failures", json!(self.tries.len())),
            // Null when it is not tried again by itself.
            ("next_payment_attempt_at_us", json!(next_try_at.map(snapshot::micros))),
            ("is_last_try", json!(next_try_at.is_some_and(|at| self.is_last(at)))),
            ("access_ends_at_us", json!(of_subscription(self.rules.access_ends_at(self.since)))),
            ("ends_at_us", json!(of_subscription(self.rules.ends_at(self.since)))),
        ] {
            told.snapshot[name] = value;
        }
        told
    }
}

async fn plan(
    tx: &mut PgConnection,
    cx: &Context,
    order: &LockedOrder,
    next_at: Option<OffsetDateTime>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update orders set next_payment_attempt_at = $3, modified_at = $4 where organization_id = $1 and order_id = $2",
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
        next_at,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The failed tries of the order that its schedule counts, oldest first. One that stepped back before anybody was asked is none.
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
         where organization_id = $1 and order_id = $2 and (state = 'declined' or (state = 'abandoned' and sent_at is not null))
           and trigger = any ($3)
         order by 1
         limit $4"#,
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
        &triggers,
        TRIES_MAX,
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

/// The first failure of a running one begins the time until its end.
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
