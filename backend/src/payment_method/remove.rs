//! Removing a method.

use domain::id::{PaymentMethodId, SubscriptionId};
use sqlx::PgPool;
use thiserror::Error;

use super::forget::{charged_with, forget, successor};
use super::row::lock_method;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::event;

#[derive(Debug, Error)]
pub enum RemoveError {
    #[error("there is no such payment method")]
    Unknown,
    #[error("subscriptions would be left without a payment method")]
    InUse {
        /// With their products' names.
        subscriptions: Vec<(SubscriptionId, String)>,
    },
    #[error("this role may not remove payment methods")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the removal could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RemoveError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QueryError> for RemoveError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(error) => error.into(),
        }
    }
}

/// Removes a method; the processor forgets it afterwards, once no charge with it is open. Subscriptions that are charged with it go to
/// another one of the customer's: the default, else the backup, else the newest.
///
/// # Errors
/// `InUse` when a subscription that will be charged would be left without any.
pub async fn remove(
    db: &PgPool,
    cx: &mut Context,
    payment_method_id: PaymentMethodId,
) -> Result<(), RemoveError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let within = cx.actor.customer_id();
    let mut tx = db.begin().await?;
    let (customer, method) = lock_method(&mut tx, organization_id, within, payment_method_id)
        .await?
        .ok_or(RemoveError::Unknown)?;
    let charged = charged_with(&mut tx, &method).await?;
    let successor = successor(&mut tx, &customer, &method).await?;
    if successor.is_none() && !charged.is_empty() {
        let subscriptions =
            charged.into_iter().map(|one| (one.subscription_id, one.product_name)).collect();
        return Err(RemoveError::InUse { subscriptions });
    }
    let detach_due_at = Some(cx.now);
    forget(&mut tx, cx, &customer, &method, &charged, successor.as_ref(), detach_due_at).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment_method::test_helpers::{Case, names};
    use crate::payment_method::{set_backup, set_default, use_for_subscription};
    use crate::test_support::fixtures;
    use domain::role::MemberRole;
    use time::Duration;

    const DETACHED: &str = "select string_agg(last4, ' ' order by last4) from sandbox.method where detached_at is not null";

    #[tokio::test]
    async fn the_only_card_of_a_running_subscription_stays_and_the_refusal_names_it() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let card = case.first_card().await;
        let refused = remove(&case.db.pool, &mut case.cx(), card).await;
        let Err(RemoveError::InUse { subscriptions }) = refused else { panic!("{refused:?}") };
        assert_eq!(names(&subscriptions), ["Pro"]);
        case.is_sound().await;
        for rests in [
            "update subscription set status = 'paused', paused_at = created_at, resumes_at = null",
            "update subscription set status = 'active', paused_at = null, cancel_at_period_end = true, canceled_at = created_at, ends_at = current_period_end",
        ] {
            case.db.settled().await;
            case.execute("update payment_method set deleted_at = null, detach_due_at = null").await;
            sqlx::query("update customer set default_payment_method_id = $1")
                .bind(card.as_uuid())
                .execute(&case.db.pool)
                .await
                .unwrap();
            case.execute(rests).await;
            remove(&case.db.pool, &mut case.cx(), card).await.unwrap();
            assert_eq!(case.chosen().await, "- - -", "{rests}");
        }
        assert_eq!(case.events("payment_method.deleted").await, 2);
    }

    #[tokio::test]
    async fn a_paused_one_that_comes_back_needs_its_card() {
        let case = Case::new(SandboxBehavior::Approve).await;
        case.execute("update subscription set status = 'paused', paused_at = created_at, resumes_at = current_period_end").await;
        let card = case.first_card().await;
        let refused = remove(&case.db.pool, &mut case.cx(), card).await;
        assert!(matches!(refused, Err(RemoveError::InUse { .. })), "{refused:?}");
    }

    #[tokio::test]
    async fn the_backup_succeeds_the_default_else_the_newest() {
        let case = Case::new(SandboxBehavior::Approve).await;
        case.work().await;
        let first = case.first_card().await;
        let backup = case.card("1111").await;
        case.card("2222").await;
        let pool = &case.db.pool;
        set_backup(pool, &mut case.cx(), Some(backup)).await.unwrap();
        remove(pool, &mut case.cx(), first).await.unwrap();
        assert_eq!(case.chosen().await, "1111 - -");
        let said = "select count(*) from event where type = 'payment_method.deleted' and (snapshot ->> 'new_default_payment_method_id')::uuid
            = (select default_payment_method_id from customer)";
        assert_eq!(case.count(said).await, 1);
        case.card("3333").await;
        remove(pool, &mut case.cx(), backup).await.unwrap();
        assert_eq!(case.chosen().await, "3333 - -");
        case.is_sound().await;
        case.work().await;
        assert_eq!(case.texts(DETACHED).await, "1111 4242");
    }

    #[tokio::test]
    async fn an_own_card_goes_to_the_default_or_to_another_and_nothing_else_is_promoted() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let (first, own) = (case.first_card().await, case.card("1111").await);
        let (pool, subscription_id) = (&case.db.pool, case.subscription.subscription_id);
        use_for_subscription(pool, &mut case.cx(), subscription_id, Some(own)).await.unwrap();
        remove(pool, &mut case.cx(), own).await.unwrap();
        assert_eq!(case.chosen().await, "4242 - -");
        // The default is the subscription's own too: nobody lives on the default.
        case.card("2222").await;
        use_for_subscription(pool, &mut case.cx(), subscription_id, Some(first)).await.unwrap();
        remove(pool, &mut case.cx(), first).await.unwrap();
        assert_eq!(case.chosen().await, "- - 2222");
        case.is_sound().await;
    }

    #[tokio::test]
    async fn what_is_overdue_is_tried_with_the_successor() {
        let case = Case::new(SandboxBehavior::DeclineLostCard).await;
        case.work().await;
        let lost = case.first_card().await;
        case.card("1111").await;
        remove(&case.db.pool, &mut case.cx(), lost).await.unwrap();
        assert_eq!(case.work().await, 2, "the charge, and the lost card is forgotten");
        assert_eq!(case.texts("select status from subscription").await, "active");
        case.is_sound().await;
    }

    #[tokio::test]
    async fn a_charge_under_way_is_finished_before_the_card_is_forgotten() {
        let case = Case::new(SandboxBehavior::Slow).await;
        case.work().await;
        let slow = case.first_card().await;
        case.card("1111").await;
        remove(&case.db.pool, &mut case.cx(), slow).await.unwrap();
        case.work().await;
        assert_eq!(case.texts(DETACHED).await, "");
        for _ in 0..4 {
            case.after(Duration::minutes(1)).await;
        }
        assert_eq!(
            case.texts("select string_agg(state, ' ') from payment_attempt").await,
            "succeeded"
        );
        assert_eq!(case.texts(DETACHED).await, "4242");
        case.is_sound().await;
    }

    #[tokio::test]
    async fn two_at_once_never_leave_a_subscription_without() {
        for _ in 0..4 {
            let case = Case::new(SandboxBehavior::Approve).await;
            let (one, two) = (case.first_card().await, case.card("1111").await);
            let (mut a, mut b) = (case.cx(), case.cx());
            let pool = &case.db.pool;
            let (a, b) = tokio::join!(remove(pool, &mut a, one), remove(pool, &mut b, two));
            assert!(a.is_ok() != b.is_ok(), "{a:?} {b:?}");
            let left = "select count(*) from payment_method m join customer c on c.default_payment_method_id = m.payment_method_id
                where m.deleted_at is null";
            assert_eq!(case.count(left).await, 1);
            case.is_sound().await;
        }
    }

    #[tokio::test]
    async fn made_the_default_while_it_is_removed() {
        for _ in 0..4 {
            let case = Case::new(SandboxBehavior::Approve).await;
            let card = case.card("1111").await;
            let (mut a, mut b) = (case.cx(), case.cx());
            let pool = &case.db.pool;
            let (removed, _) =
                tokio::join!(remove(pool, &mut a, card), set_default(pool, &mut b, card));
            removed.unwrap();
            assert_eq!(case.chosen().await, "4242 - -");
            case.is_sound().await;
        }
    }

    #[tokio::test]
    async fn removed_while_a_setup_brings_it_back_as_the_default() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let input = crate::payment_method::BeginSetup { set_default: true, ..case.input() };
        let begun = case.entered(input, "378282246310005", "123").await;
        let first = case.first_card().await;
        let mut cx = case.cx();
        let (finished, _) =
            tokio::join!(case.finish(&begun), remove(&case.db.pool, &mut cx, first));
        assert!(matches!(finished.state, crate::payment_method::SetupState::Succeeded { .. }));
        assert!(case.chosen().await.starts_with("0005 - "));
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
        let answer = remove(pool, &mut case.db.cx_of(neighbour), card).await;
        assert!(matches!(answer, Err(RemoveError::Unknown)), "{answer:?}");
        let answer = remove(pool, &mut case.db.cx_of(reader), card).await;
        assert!(matches!(answer, Err(RemoveError::Forbidden(_))), "{answer:?}");
        remove(pool, &mut case.cx(), card).await.unwrap();
        let answer = remove(pool, &mut case.cx(), card).await;
        assert!(matches!(answer, Err(RemoveError::Unknown)), "{answer:?}");
    }
}
