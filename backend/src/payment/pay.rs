//! Paying an open order now, because its customer asks for it.

use domain::id::{OrderId, OrganizationId, PaymentAttemptId, PaymentMethodId};
use domain::order::OrderStatus;
use domain::payment::{PaymentAttemptState, PaymentOutcome, PaymentTrigger};
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::Duration;

use super::attempt::{PaymentError, run_attempt};
use super::method;
use super::processors::Processors;
use super::settle::{close_unsent, lock};
use super::{LEASE, NewAttempt, prepare};
use crate::actor::Actor;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::event;
use crate::order::LockedOrder;

/// How often the customer may try to pay one order; whoever tests stolen cards needs more.
pub const MANUAL_TRIES_MAX: i64 = 5;

/// A try by itself that the customer's took the place of comes so much later, should the customer's fail.
pub(super) const POSTPONED: Duration = Duration::hours(1);

/// An order to be paid now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayOrder {
    pub order_id: OrderId,
    /// One of the customer's; `None`: the one that would be charged by itself. Whoever holds a pay link pays only with a method that was
    /// entered for this order.
    pub payment_method_id: Option<PaymentMethodId>,
    /// Where the browser is led after approving, on our own origin; `None`: to the order.
    pub return_path: Option<String>,
}

#[derive(Debug, Error)]
pub enum PayError {
    #[error("there is no such order")]
    Unknown,
    #[error("the actor may not pay this order")]
    Forbidden(#[from] Forbidden),
    #[error("the order does not wait for money")]
    NotOpen,
    #[error("nobody charges this organization's customers")]
    NotCharged,
    #[error("a payment of the order is under way")]
    InProgress,
    #[error("the order was tried as often as it may be")]
    TooManyTries,
    #[error("there is no such payment method")]
    UnknownMethod,
    #[error("there is no payment method to charge")]
    NoMethod,
    #[error("the order could not be paid")]
    Payment(#[from] PaymentError),
}

impl From<sqlx::Error> for PayError {
    fn from(error: sqlx::Error) -> Self {
        Self::Payment(error.into())
    }
}

impl From<DatabaseError> for PayError {
    fn from(error: DatabaseError) -> Self {
        Self::Payment(error.into())
    }
}

impl From<InconsistencyError> for PayError {
    fn from(error: InconsistencyError) -> Self {
        Self::Payment(error.into())
    }
}

impl From<QueryError> for PayError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Forbidden(error) => error.into(),
            other => Self::Payment(other.into()),
        }
    }
}

/// Charges an open order with the customer there. A charge that waits for approval with the same method is told again instead.
///
/// A decline changes nothing but the history: the plan of what is tried by itself stands.
///
/// # Errors
/// `Unknown` for what is not in the actor's reach; `InProgress` while another charge of the order runs, or waits for approval with
/// another method (see [`super::give_up_action`]); `TooManyTries` after [`MANUAL_TRIES_MAX`].
pub async fn pay(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    input: PayOrder,
) -> Result<PaymentOutcome, PayError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    let attempt_id = begin_pay(db, cx, input).await?;
    Ok(finish_pay(db, processors, cx, organization_id, attempt_id).await)
}

/// The first half of [`pay`]: writes the charge down.
///
/// # Errors
/// Those of [`pay`].
pub async fn begin_pay(
    db: &PgPool,
    cx: &mut Context,
    input: PayOrder,
) -> Result<PaymentAttemptId, PayError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.payer(organization_id, input.order_id)?;
    let mut tx = db.begin().await?;
    let order = reach(&mut tx, &cx.actor, organization_id, input.order_id).await?;
    let attempt_id =
        prepare_manual(&mut tx, cx, &order, input.payment_method_id, input.return_path).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &attempt_id).await?;
    Ok(attempt_id)
}

/// The second half: asks the processor, or tells how the charge stands.
pub async fn finish_pay(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    organization_id: OrganizationId,
    attempt_id: PaymentAttemptId,
) -> PaymentOutcome {
    match run_attempt(db, processors, cx, organization_id, attempt_id).await {
        Ok(outcome) => outcome,
        Err(error) => {
            // The charge is written down: the worker takes it up again, with the same key.
            tracing::error!(%attempt_id, error = &error as &dyn std::error::Error, "a customer's payment was interrupted");
            PaymentOutcome::Unknown
        }
    }
}

/// The order, locked, if the actor may know of it.
pub(super) async fn reach(
    tx: &mut PgConnection,
    actor: &Actor,
    organization_id: OrganizationId,
    order_id: OrderId,
) -> Result<LockedOrder, PayError> {
    let (_, order) = lock(tx, organization_id, order_id).await?.ok_or(PayError::Unknown)?;
    let is_other = actor.customer_id().is_some_and(|own| own != order.customer_id);
    // Drafts belong to changes, which have their own way.
    if is_other || order.status == OrderStatus::Draft {
        return Err(PayError::Unknown);
    }
    Ok(order)
}

/// Writes the customer's try down, in a transaction that holds the order ([`lock`]); whoever calls it runs the attempt right after its
/// commit. Answers the attempt that waits for approval instead, if the same method is meant.
pub(crate) async fn prepare_manual(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: &LockedOrder,
    payment_method_id: Option<PaymentMethodId>,
    return_path: Option<String>,
) -> Result<PaymentAttemptId, PayError> {
    if order.status != OrderStatus::Pending {
        return Err(PayError::NotOpen);
    }
    let way = way(tx, cx, order, payment_method_id).await?;
    if let Way::Waiting(attempt_id) = way {
        return Ok(attempt_id);
    }
    if tries(tx, order).await? >= MANUAL_TRIES_MAX {
        return Err(PayError::TooManyTries);
    }
    if !method::somebody_charges(tx, order.organization_id).await? {
        return Err(PayError::NotCharged);
    }
    let is_by_link = matches!(cx.actor, Actor::Payer { .. });
    let payment_method_id = match payment_method_id {
        Some(wanted) => {
            if !method::may_pay(tx, cx.now, order, wanted, is_by_link).await? {
                return Err(PayError::UnknownMethod);
            }
            wanted
        }
        // Whoever holds the link is not necessarily the customer.
        None if is_by_link => return Err(PayError::NoMethod),
        None => {
            let (customer_id, subscription_id) = (order.customer_id, order.subscription_id);
            method::charged(tx, order.organization_id, customer_id, subscription_id)
                .await?
                .ok_or(PayError::NoMethod)?
        }
    };
    if let Way::StepsBack { is_planned } = way {
        close_unsent(tx, cx, order.organization_id, order.order_id, false).await?;
        if is_planned {
            plan_again(tx, cx, order).await?;
        }
    }
    let attempt = NewAttempt {
        organization_id: order.organization_id,
        order_id: order.order_id,
        customer_id: order.customer_id,
        amount: order.total,
        trigger: PaymentTrigger::RetryCustomer,
        is_on_session: true,
        payment_method_id: Some(payment_method_id),
        return_path,
        due_at: cx.now + LEASE,
    };
    prepare(tx, cx, attempt).await?.ok_or(PayError::NotCharged)
}

/// What stands between the customer and a try of the order.
enum Way {
    Free,
    /// A charge that waits for approval and is meant.
    Waiting(PaymentAttemptId),
    /// A charge that was not sent yet: it gives way. `is_planned`: it would have been made without the customer.
    StepsBack {
        is_planned: bool,
    },
}

async fn way(
    tx: &mut PgConnection,
    cx: &Context,
    order: &LockedOrder,
    payment_method_id: Option<PaymentMethodId>,
) -> Result<Way, PayError> {
    let open = sqlx::query!(
        "select payment_attempt_id, state, trigger, payment_method_id, sent_at, due_at from payment_attempt
         where organization_id = $1 and order_id = $2 and settled_at is null
         for update",
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?;
    let Some(open) = open else { return Ok(Way::Free) };
    if open.state == PaymentAttemptState::RequiresAction.as_str() {
        let wanted = payment_method_id.map(PaymentMethodId::as_uuid);
        let is_meant = wanted.is_none() || wanted == open.payment_method_id;
        return if is_meant {
            Ok(Way::Waiting(open.payment_attempt_id.into()))
        } else {
            Err(PayError::InProgress)
        };
    }
    // One that is not due yet is worked on right now by the command that wrote it down.
    if open.sent_at.is_some() || open.due_at.is_none_or(|due_at| due_at > cx.now) {
        return Err(PayError::InProgress);
    }
    Ok(Way::StepsBack { is_planned: open.trigger != PaymentTrigger::RetryCustomer.as_str() })
}

/// What was to be tried by itself is still to be, unless the customer's try pays.
async fn plan_again(
    tx: &mut PgConnection,
    cx: &Context,
    order: &LockedOrder,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update orders set next_payment_attempt_at = coalesce(next_payment_attempt_at, $3), modified_at = $4
         where organization_id = $1 and order_id = $2",
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
        cx.now + POSTPONED,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

async fn tries(tx: &mut PgConnection, order: &LockedOrder) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        r#"select count(*) as "count!" from payment_attempt
         where organization_id = $1 and order_id = $2 and trigger = $3"#,
        order.organization_id.as_uuid(),
        order.order_id.as_uuid(),
        PaymentTrigger::RetryCustomer.as_str(),
    )
    .fetch_one(tx)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::test_helpers::{Case, stands};
    use crate::payment::{ProcessorChoice, SandboxBehavior, choose_processor, give_up_action};
    use crate::test_support::fixtures;
    use domain::payment::DeclineCode;
    use domain::role::MemberRole;

    async fn next_at(case: &Case) -> Option<time::OffsetDateTime> {
        sqlx::query_scalar("select next_payment_attempt_at from orders")
            .fetch_one(&case.db.pool)
            .await
            .unwrap()
    }

    /// A renewal whose card was declined.
    async fn declined() -> Case {
        let case = Case::absent(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        assert_eq!(case.standing().await, stands("declined", "pending", "past_due"));
        case
    }

    #[tokio::test]
    async fn another_card_pays_and_everything_is_well_again() {
        let case = declined().await;
        let card = case.another_card(SandboxBehavior::Approve).await;
        assert_eq!(case.pay(Some(card)).await.unwrap(), PaymentOutcome::Succeeded);
        assert_eq!(case.standing().await, stands("declined succeeded", "paid", "active"));
        assert_eq!(next_at(&case).await, None);
        assert!(matches!(case.pay(Some(card)).await, Err(PayError::NotOpen)));
        case.db.settled().await;
        assert_eq!(case.after(Duration::days(30)).await, 0);
    }

    #[tokio::test]
    async fn a_decline_leaves_the_plan_and_five_are_enough() {
        let case = declined().await;
        let planned = next_at(&case).await;
        // Lost: were it the default, nothing would be tried again.
        let card = case.another_card(SandboxBehavior::DeclineLostCard).await;
        for _ in 0..MANUAL_TRIES_MAX {
            let refused = PaymentOutcome::Declined(DeclineCode::LostCard);
            assert_eq!(case.pay(Some(card)).await.unwrap(), refused);
            assert_eq!(next_at(&case).await, planned);
        }
        assert!(matches!(case.pay(Some(card)).await, Err(PayError::TooManyTries)));
        case.db.settled().await;
        assert_eq!(case.standing().await.2, "past_due");
        assert_eq!(case.events("subscription.past_due").await, 1);
        case.card(SandboxBehavior::Approve).await;
        case.after(Duration::days(2)).await;
        assert_eq!(case.standing().await.1, "paid", "the schedule went on");
    }

    #[tokio::test]
    async fn a_try_of_the_worker_that_was_not_sent_steps_back() {
        let case = Case::absent(SandboxBehavior::DeclineGeneric).await;
        let refused = PaymentOutcome::Declined(DeclineCode::GenericDecline);
        assert_eq!(case.pay(None).await.unwrap(), refused);
        assert_eq!(case.standing().await, stands("abandoned declined", "pending", "active"));
        assert_eq!(case.count("select count(*) from sandbox.payment").await, 1);
        assert_eq!(next_at(&case).await, Some(case.db.now() + POSTPONED));
        case.after(POSTPONED).await;
        let tries = "abandoned declined declined";
        assert_eq!(case.standing().await, stands(tries, "pending", "past_due"));
        case.card(SandboxBehavior::Approve).await;
        case.after(Duration::days(2)).await;
        assert_eq!(case.standing().await.1, "paid", "the first failure counted once");
    }

    #[tokio::test]
    async fn of_two_that_press_at_once_one_pays() {
        let case = declined().await;
        case.card(SandboxBehavior::Approve).await;
        let told = futures::future::join_all((0..8).map(|_| case.pay(None))).await;
        let paid = told.iter().filter(|told| matches!(told, Ok(PaymentOutcome::Succeeded))).count();
        assert_eq!(paid, 1);
        for told in told {
            assert!(matches!(
                told,
                Ok(PaymentOutcome::Succeeded) | Err(PayError::InProgress | PayError::NotOpen)
            ));
        }
        let charged = "select count(*) from sandbox.payment where state = 'succeeded'";
        assert_eq!(case.count(charged).await, 1);
    }

    #[tokio::test]
    async fn an_approval_is_told_again_and_another_card_needs_it_given_up() {
        let case = declined().await;
        let asks = case.another_card(SandboxBehavior::RequiresAction).await;
        let pays = case.another_card(SandboxBehavior::Approve).await;
        let asked = case.pay(Some(asks)).await.unwrap();
        assert!(matches!(&asked, PaymentOutcome::RequiresAction { .. }));
        assert_eq!(case.pay(Some(asks)).await.unwrap(), asked);
        assert_eq!(case.pay(None).await.unwrap(), asked);
        assert!(matches!(case.pay(Some(pays)).await, Err(PayError::InProgress)));
        case.db.settled().await;
        // The plan comes due meanwhile, and waits.
        assert_eq!(case.after(Duration::days(2)).await, 2);
        assert_eq!(case.standing().await.0, "declined abandoned", "given up after a day");
        case.after(POSTPONED).await;
        assert_eq!(case.standing().await.0, "declined abandoned declined");

        let case = declined().await;
        let asks = case.another_card(SandboxBehavior::RequiresAction).await;
        let pays = case.another_card(SandboxBehavior::Approve).await;
        case.pay(Some(asks)).await.unwrap();
        let mut cx = case.db.cx_of(case.owner.clone());
        give_up_action(&case.db.pool, &case.processors(), &mut cx, case.order_id).await.unwrap();
        assert_eq!(case.pay(Some(pays)).await.unwrap(), PaymentOutcome::Succeeded);
        assert_eq!(case.standing().await.0, "declined abandoned succeeded");
        assert_eq!(case.events("order.payment_failed").await, 1, "giving up is no failure");
    }

    #[tokio::test]
    async fn only_those_who_may_pay_and_only_what_is_open() {
        let case = declined().await;
        let own = case.another_card(SandboxBehavior::Approve).await;
        let stranger = fixtures::member(&case.db, case.organization_id, "eve@example.com").await;
        let eve = Actor::from(stranger.clone());
        assert!(matches!(case.pay_as(eve.clone(), None).await, Err(PayError::Unknown)));
        let hers: uuid::Uuid = sqlx::query_scalar(
            "select payment_method_id from payment_method where customer_id = $1",
        )
        .bind(stranger.customer_id.as_uuid())
        .fetch_one(&case.db.pool)
        .await
        .unwrap();
        assert!(matches!(case.pay(Some(hers.into())).await, Err(PayError::UnknownMethod)));
        let plain = Actor::Member(crate::actor::MemberActor {
            role: MemberRole::Member,
            ..case.owner.clone()
        });
        assert!(matches!(case.pay_as(plain, None).await, Err(PayError::Forbidden(_))));
        // The holder of the link is not the owner of the customer's cards.
        assert!(matches!(case.pay_as(case.payer(), None).await, Err(PayError::NoMethod)));
        let refused = case.pay_as(case.payer(), Some(own)).await;
        assert!(matches!(refused, Err(PayError::UnknownMethod)));
        let other = Actor::Payer {
            organization_id: case.organization_id,
            customer_id: case.owner.customer_id,
            order_id: uuid::Uuid::nil().into(),
        };
        assert!(matches!(case.pay_as(other, None).await, Err(PayError::Forbidden(_))));
        case.db.settled().await;
        let mut cx = case.db.cx();
        choose_processor(&case.db.pool, &mut cx, case.organization_id, ProcessorChoice::None)
            .await
            .unwrap();
        assert!(matches!(case.pay(Some(own)).await, Err(PayError::NotCharged)));
        case.db.settled().await;
        assert_eq!(case.standing().await, stands("declined", "pending", "past_due"));
    }

    #[tokio::test]
    async fn without_any_method_nobody_is_asked() {
        let case = Case::absent(SandboxBehavior::Approve).await;
        sqlx::query("update customer set default_payment_method_id = null")
            .execute(&case.db.pool)
            .await
            .unwrap();
        sqlx::query("update payment_attempt set payment_method_id = null")
            .execute(&case.db.pool)
            .await
            .unwrap();
        assert!(matches!(case.pay(None).await, Err(PayError::NoMethod)));
        case.db.settled().await;
        case.work().await;
        assert_eq!(
            case.text("select decline_code from payment_attempt").await,
            "payment_method_missing"
        );
        assert_eq!(case.count("select count(*) from sandbox.payment").await, 0);
        assert_eq!(case.standing().await.2, "past_due");
    }
}
