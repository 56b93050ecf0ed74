//! Cancelling at the end of the paid period. No setting can take this away from a customer.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{CustomerId, SubscriptionId};
use domain::subscription::{
    CancelRefusal, CancellationReason, Subscription, parse_cancellation_comment,
};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use super::{row, snapshot, unschedule_update};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;

/// A subscription to cancel at the end of its current period.
#[derive(Debug, Clone)]
pub struct CancelSubscription {
    pub subscription_id: SubscriptionId,
    pub reason: Option<CancellationReason>,
    /// As it was typed; cleaned and bounded here.
    pub comment: Option<String>,
}

#[derive(Debug, Error)]
pub enum CancelError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("the subscription cannot be canceled: {0}")]
    Refused(CancelRefusal),
    #[error("the input has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("this role may not cancel")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the cancellation could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for CancelError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Cancels at period end: it goes on until `ends_at` and is not charged again. A scheduled pause or change is dropped. A paused one
/// ends at once, without a charge. Returns the facts as they are now.
///
/// # Errors
/// `Refused(ChangePending)` while a change waits for its payment.
pub async fn cancel(
    db: &PgPool,
    cx: &mut Context,
    input: CancelSubscription,
) -> Result<Subscription, CancelError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    let comment = parse_cancellation_comment(input.comment.as_deref().unwrap_or_default())
        .map_err(|error| CancelError::Invalid(error.into()))?;
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, input.subscription_id.into())
        .await?
        .ok_or(CancelError::Unknown)?;
    let before = Subscription::try_from(&row)?;
    if row.open_change_kind.is_some() {
        return Err(CancelError::Refused(CancelRefusal::ChangePending));
    }
    let after = before.cancel(cx.now).map_err(CancelError::Refused)?;
    row::write(&mut tx, cx.now, &row, &after).await?;
    sqlx::query!(
        "update subscription set cancellation_reason = $3, cancellation_comment = $4
         where organization_id = $1 and subscription_id = $2",
        row.organization_id,
        row.subscription_id,
        input.reason.map(CancellationReason::as_str),
        comment,
    )
    .execute(&mut *tx)
    .await?;
    unschedule_update::forget(&mut tx, &row).await?;
    let previous = json!({
        "status": before.status,
        "cancel_at_period_end": false,
        "canceled_at_us": null,
        "ends_at_us": null,
        "pause_at_period_end": before.pause_at_period_end,
        "pending_product_name": row.pending_product_name,
    });
    let event_type = if after.is_ended() {
        EventType::SubscriptionRevoked
    } else {
        EventType::SubscriptionCanceled
    };
    event::record(&mut tx, cx, snapshot::event(event_type, &row, &after, previous)).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::MemberActor;
    use crate::subscription::{get, run_due};
    use crate::test_support::billing::{Offer, change_pending, subscribed, subscribed_with_seats};
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;
    use time::Duration;
    use time::macros::datetime;
    use uuid::Uuid;

    fn input(subscription_id: SubscriptionId) -> CancelSubscription {
        CancelSubscription {
            subscription_id,
            reason: Some(CancellationReason::Unused),
            comment: Some(" Thanks. ".into()),
        }
    }

    async fn cancellations(db: &TestDb) -> usize {
        fixtures::event_types(db)
            .await
            .iter()
            .filter(|event| *event == "subscription.canceled")
            .count()
    }

    async fn team(db: &TestDb) -> MemberActor {
        fixtures::team_owner(db, fixtures::organization(db, "acme").await, "ada@example.com").await
    }

    #[tokio::test]
    async fn it_runs_on_to_the_end_of_the_period() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let manager =
            fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::BillingManager).await;
        let id = subscribed(&db, &owner).await.subscription_id;
        db.clock.advance(Duration::days(3));
        let facts = cancel(&db.pool, &mut db.cx_of(manager), input(id)).await.unwrap();
        assert_eq!(facts.ends_at, Some(datetime!(2026-06-01 09:00 UTC)));
        let read = get(&db.pool, &owner.into(), id).await.unwrap().unwrap();
        assert_eq!((read.summary.facts, read.summary.revision), (facts, 2));
        assert_eq!(read.cancellation_reason, Some(CancellationReason::Unused));
        assert_eq!(read.cancellation_comment.as_deref(), Some("Thanks."));
        assert_eq!(read.summary.next_charge, None);
        let snapshot: serde_json::Value =
            sqlx::query_scalar("select snapshot from event where type = 'subscription.canceled'")
                .fetch_one(&db.pool)
                .await
                .unwrap();
        assert_eq!(snapshot["previous"]["cancel_at_period_end"], false);
        assert_eq!(snapshot["ends_at_us"], snapshot::micros(datetime!(2026-06-01 09:00 UTC)));
        let mails: i64 = sqlx::query_scalar(
            "select count(*) from mail where template = 'subscription_cancellation'",
        )
        .fetch_one(&db.pool)
        .await
        .unwrap();
        assert_eq!(mails, 2, "the owner's and the billing manager's");
    }

    #[tokio::test]
    async fn a_second_time_is_refused_and_changes_nothing() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let first = cancel(&db.pool, &mut db.cx_of(owner.clone()), input(id)).await.unwrap();
        db.clock.advance(Duration::days(1));
        let second = cancel(&db.pool, &mut db.cx_of(owner.clone()), input(id)).await;
        assert!(matches!(second, Err(CancelError::Refused(CancelRefusal::AlreadyCanceled))));
        assert_eq!(get(&db.pool, &owner.into(), id).await.unwrap().unwrap().summary.facts, first);
        assert_eq!(cancellations(&db).await, 1);
    }

    #[tokio::test]
    async fn a_plain_member_may_not() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let colleague =
            fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let refused = cancel(&db.pool, &mut db.cx_of(colleague), input(id)).await;
        assert!(matches!(refused, Err(CancelError::Forbidden(_))));
        assert_eq!(cancellations(&db).await, 0);
    }

    #[tokio::test]
    async fn what_belongs_to_others_is_unknown() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let neighbour = fixtures::member(&db, owner.organization_id, "eve@example.com").await;
        let stranger =
            fixtures::member(&db, fixtures::organization(&db, "other").await, "ada@example.com")
                .await;
        for actor in [neighbour.clone(), stranger] {
            assert!(matches!(
                cancel(&db.pool, &mut db.cx_of(actor), input(id)).await,
                Err(CancelError::Unknown)
            ));
        }
        let none = cancel(&db.pool, &mut db.cx_of(neighbour), input(Uuid::nil().into())).await;
        assert!(matches!(none, Err(CancelError::Unknown)));
        assert_eq!(cancellations(&db).await, 0);
    }

    #[tokio::test]
    async fn an_ended_one_and_a_long_comment_are_refused() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let long = CancelSubscription { comment: Some("x".repeat(2001)), ..input(id) };
        let Err(CancelError::Invalid(errors)) =
            cancel(&db.pool, &mut db.cx_of(owner.clone()), long).await
        else {
            panic!("refused")
        };
        assert_eq!(errors.first("comment"), Some("comment_too_long"));
        cancel(&db.pool, &mut db.cx_of(owner.clone()), input(id)).await.unwrap();
        db.clock.advance(Duration::days(40));
        db.settled().await;
        assert_eq!(run_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
        let refused = cancel(&db.pool, &mut db.cx_of(owner), input(id)).await;
        assert!(matches!(refused, Err(CancelError::Refused(CancelRefusal::Ended))));
    }

    #[tokio::test]
    async fn ten_at_once_make_one_change() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let id = subscribed(&db, &owner).await.subscription_id;
        let attempts = (0..10).map(|_| {
            let (pool, mut cx) = (db.pool.clone(), db.cx_of(owner.clone()));
            tokio::spawn(async move { cancel(&pool, &mut cx, input(id)).await })
        });
        let mut accepted = 0;
        for attempt in attempts.collect::<Vec<_>>() {
            match attempt.await.unwrap() {
                Ok(_) => accepted += 1,
                Err(error) => assert!(
                    matches!(error, CancelError::Refused(CancelRefusal::AlreadyCanceled)),
                    "{error}"
                ),
            }
        }
        assert_eq!((accepted, cancellations(&db).await), (1, 1));
        assert_eq!(get(&db.pool, &owner.into(), id).await.unwrap().unwrap().summary.revision, 2);
    }

    /// At the very end of a period the customer and the worker meet: either the subscription ends unpaid, or it renewed
    /// first and ends a period later. Never both, never neither.
    #[tokio::test]
    async fn a_race_with_the_renewal_has_two_lawful_ends() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let offer = Offer::monthly(&db, owner.organization_id).await;
        for _ in 0..8 {
            let start = db.now();
            let id = offer.subscribe(&db, &owner).await.subscription_id;
            let period_end = get(&db.pool, &owner.clone().into(), id)
                .await
                .unwrap()
                .unwrap()
                .summary
                .facts
                .current_period
                .end;
            db.clock.set(period_end);
            let (pool, mut cx) = (db.pool.clone(), db.cx_of(owner.clone()));
            let canceling = tokio::spawn(async move { cancel(&pool, &mut cx, input(id)).await });
            let (pool, mut cx) = (db.pool.clone(), db.cx());
            let working = tokio::spawn(async move { run_due(&pool, &mut cx, 100).await });
            working.await.unwrap().unwrap();
            let canceled = canceling.await.unwrap();
            // The worker skips a row that the customer holds; its next tick takes it.
            run_due(&db.pool, &mut db.cx(), 100).await.unwrap();
            let facts =
                get(&db.pool, &owner.clone().into(), id).await.unwrap().unwrap().summary.facts;
            let orders: i64 =
                sqlx::query_scalar("select count(*) from orders where subscription_id = $1")
                    .bind(id.as_uuid())
                    .fetch_one(&db.pool)
                    .await
                    .unwrap();
            match (&canceled, facts.ended_at) {
                (Ok(_), Some(ended_at)) => assert_eq!((ended_at, orders), (period_end, 1)),
                (Ok(at), None) => assert_eq!(
                    (at.ends_at, facts.cancel_at_period_end, orders),
                    (Some(facts.current_period.end), true, 2)
                ),
                (Err(error), _) => panic!("a running subscription can always be canceled: {error}"),
            }
            assert!(start < period_end);
        }
        assert_eq!(
            crate::invariants::check(&db.pool, owner.organization_id).await.unwrap(),
            vec![]
        );
    }

    #[tokio::test]
    async fn it_waits_while_a_change_does_and_frees_the_seats_at_its_end() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        let id = subscribed_with_seats(&db, &owner, 5).await.subscription_id;
        let seat = "insert into customer_seat (organization_id, customer_seat_id, subscription_id, member_id, status, created_at)
            select organization_id, gen_random_uuid(), $1, member_id, 'claimed', created_at from member";
        sqlx::query(seat).bind(id.as_uuid()).execute(&db.pool).await.unwrap();
        change_pending(&db, id).await;
        let refused = cancel(&db.pool, &mut db.cx_of(owner.clone()), input(id)).await;
        assert!(matches!(refused, Err(CancelError::Refused(CancelRefusal::ChangePending))));
        sqlx::query("update subscription_change set state = 'refused', settled_at = created_at")
            .execute(&db.pool)
            .await
            .unwrap();
        let facts = cancel(&db.pool, &mut db.cx_of(owner), input(id)).await.unwrap();
        let used = async || -> i64 {
            sqlx::query_scalar("select count(*) from customer_seat where status <> 'revoked'")
                .fetch_one(&db.pool)
                .await
                .unwrap()
        };
        assert_eq!(used().await, 1, "they are used to the end");
        db.clock.set(facts.ends_at.unwrap());
        db.settled().await;
        run_due(&db.pool, &mut db.cx(), 10).await.unwrap();
        assert_eq!(used().await, 0);
    }
}
