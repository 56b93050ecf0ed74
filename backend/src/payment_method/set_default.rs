//! Which method is charged unless a subscription has its own.

use domain::event_type::EventType;
use domain::id::PaymentMethodId;
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::retry_overdue;
use super::row::{LockedCustomer, MethodRow, lock_method, write_choice};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::event;

/// Why a method cannot be used so.
#[derive(Debug, Error)]
pub enum ChooseMethodError {
    #[error("there is no such payment method or subscription")]
    Unknown,
    #[error("the default method cannot be its own backup")]
    IsDefault,
    #[error("this role may not change how is paid")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the choice could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for ChooseMethodError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QueryError> for ChooseMethodError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(error) => error.into(),
        }
    }
}

/// Makes a method the customer's default. Orders whose charge failed, of subscriptions without an own method, are tried again at once. A
/// backup that becomes the default is no backup any more.
pub async fn set_default(
    db: &PgPool,
    cx: &mut Context,
    payment_method_id: PaymentMethodId,
) -> Result<(), ChooseMethodError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let within = cx.actor.customer_id();
    let mut tx = db.begin().await?;
    let (customer, method) = lock_method(&mut tx, organization_id, within, payment_method_id)
        .await?
        .ok_or(ChooseMethodError::Unknown)?;
    if method.is_default {
        return Ok(());
    }
    make_default(&mut tx, cx, &customer, &method).await?;
    retry_overdue(&mut tx, cx, organization_id, customer.customer_id, None).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

/// Makes it the default and says so; what follows is the caller's.
pub(super) async fn make_default(
    tx: &mut PgConnection,
    cx: &mut Context,
    customer: &LockedCustomer,
    method: &MethodRow,
) -> Result<(), DatabaseError> {
    write_choice(tx, customer, Some(method.payment_method_id), customer.backup_method).await?;
    let facts = json!({
        "is_default": true,
        "was_backup": method.is_backup,
        "previous_default_payment_method_id": customer.default_method,
    });
    event::record(tx, cx, method.event(EventType::PaymentMethodUpdated, facts)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment_method::set_backup;
    use crate::payment_method::test_helpers::Case;
    use crate::test_support::fixtures;
    use domain::role::MemberRole;

    #[tokio::test]
    async fn a_backup_that_becomes_the_default_is_no_backup() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let backup = case.card("1111").await;
        let pool = &case.db.pool;
        set_backup(pool, &mut case.cx(), Some(backup)).await.unwrap();
        assert_eq!(case.chosen().await, "4242 1111 -");
        let (mut a, mut b) = (case.cx(), case.cx());
        let (a, b) =
            tokio::join!(set_default(pool, &mut a, backup), set_default(pool, &mut b, backup));
        a.unwrap();
        b.unwrap();
        assert_eq!(case.chosen().await, "1111 - -");
        assert_eq!(case.events("payment_method.updated").await, 2, "one for each change");
        case.is_sound().await;
    }

    #[tokio::test]
    async fn what_is_overdue_is_tried_at_once_but_not_for_ever() {
        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        let (one, two) = (case.first_card().await, case.card("1111").await);
        case.execute("update sandbox.method set behavior = 'decline_generic'").await;
        let planned = case.texts("select next_payment_attempt_at::text from orders").await;
        for card in [two, one, two, one, two, one, two] {
            set_default(&case.db.pool, &mut case.cx(), card).await.unwrap();
            case.work().await;
        }
        let tries =
            "select count(*) from payment_attempt where trigger = 'retry_payment_method_update'";
        assert_eq!(case.count(tries).await, 5);
        assert_eq!(case.texts("select next_payment_attempt_at::text from orders").await, planned);
        let with = "select string_agg(distinct m.last4, ' ') from payment_attempt a join payment_method m using (payment_method_id)
            where a.trigger = 'retry_payment_method_update'";
        assert_eq!(case.texts(with).await, "1111 4242");
    }

    #[tokio::test]
    async fn a_subscription_with_an_own_card_is_not_tried_for_a_new_default() {
        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        let first = case.first_card().await;
        let subscription_id = case.subscription.subscription_id;
        let pool = &case.db.pool;
        crate::payment_method::use_for_subscription(
            pool,
            &mut case.cx(),
            subscription_id,
            Some(first),
        )
        .await
        .unwrap();
        case.work().await;
        let card = case.card("1111").await;
        set_default(pool, &mut case.cx(), card).await.unwrap();
        assert_eq!(case.work().await, 0);
        crate::payment_method::use_for_subscription(pool, &mut case.cx(), subscription_id, None)
            .await
            .unwrap();
        assert_eq!(case.work().await, 1);
        assert_eq!(case.texts("select status from subscription").await, "active");
        case.is_sound().await;
    }

    #[tokio::test]
    async fn others_are_refused_or_find_nothing() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let card = case.card("1111").await;
        let neighbour = fixtures::member(&case.db, case.organization_id, "eve@example.com").await;
        let mut reader = case.owner.clone();
        reader.role = MemberRole::Member;
        let pool = &case.db.pool;
        let answer = set_default(pool, &mut case.db.cx_of(neighbour), card).await;
        assert!(matches!(answer, Err(ChooseMethodError::Unknown)), "{answer:?}");
        let answer = set_default(pool, &mut case.db.cx_of(reader), card).await;
        assert!(matches!(answer, Err(ChooseMethodError::Forbidden(_))), "{answer:?}");
        assert_eq!(case.chosen().await, "4242 - -");
    }
}
