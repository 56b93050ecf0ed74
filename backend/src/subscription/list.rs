//! The subscriptions of the customer for whom a member acts.

use sqlx::PgPool;

use super::row::SubscriptionRow;
use super::summary::SubscriptionSummary;
use crate::actor::MemberActor;
use crate::error::QueryError;

/// No more are listed; who has more looks for the running ones, which come first.
pub const SUBSCRIPTIONS_MAX: i64 = 100;

/// The customer's subscriptions: running ones first, then the newest first. Every role may look.
pub async fn list(
    db: &PgPool,
    actor: &MemberActor,
) -> Result<Vec<SubscriptionSummary>, QueryError> {
    let rows = sqlx::query_as!(
        SubscriptionRow,
        "select s.organization_id, s.subscription_id, s.customer_id, s.product_id, s.price_id, p.name as product_name, s.status, s.currency,
            s.amount_minor, s.seats, s.recurring_interval, s.recurring_interval_count, s.billing_anchor_at, s.current_period_start,
            s.current_period_end, s.trial_end, s.started_at, s.cancel_at_period_end, s.canceled_at, s.ends_at, s.ended_at,
            s.pause_at_period_end, s.paused_at, s.resumes_at, s.past_due_at, s.discount_id, s.discount_applied_at, s.revision
         from subscription s
         join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
         where s.organization_id = $1 and s.customer_id = $2 and s.started_at is not null
         order by s.ended_at is not null, s.started_at desc, s.subscription_id desc
         limit $3",
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        SUBSCRIPTIONS_MAX,
    )
    .fetch_all(db)
    .await?;
    rows.into_iter().map(|row| Ok(row.try_into()?)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::subscription::{CancelSubscription, cancel, get, run_due};
    use crate::test_support::billing::subscribed;
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;
    use time::Duration;

    #[tokio::test]
    async fn each_sees_its_own_and_running_ones_come_first() {
        let db = TestDb::new().await;
        let owner =
            fixtures::team_owner(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let colleague =
            fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let neighbour = fixtures::member(&db, owner.organization_id, "eve@example.com").await;
        let stranger =
            fixtures::member(&db, fixtures::organization(&db, "other").await, "ada@example.com")
                .await;
        let running = subscribed(&db, &owner).await.subscription_id;
        db.clock.advance(Duration::hours(1));
        let ended = subscribed(&db, &owner).await.subscription_id;
        let input = CancelSubscription { subscription_id: ended, reason: None, comment: None };
        cancel(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap();
        db.clock.advance(Duration::days(32));
        run_due(&db.pool, &mut db.cx(), 10).await.unwrap();

        for actor in [&owner, &colleague] {
            let ids: Vec<_> = list(&db.pool, actor)
                .await
                .unwrap()
                .iter()
                .map(|summary| summary.subscription_id)
                .collect();
            assert_eq!(ids, [running, ended]);
        }
        for actor in [neighbour, stranger] {
            assert_eq!(list(&db.pool, &actor).await.unwrap(), vec![]);
            assert_eq!(get(&db.pool, &actor.into(), running).await.unwrap(), None);
        }
        let organization = Actor::System { organization_id: Some(owner.organization_id) };
        assert!(get(&db.pool, &organization, running).await.unwrap().is_some());
    }
}
