//! The subscriptions of the customer for whom a member acts.

use domain::id::{CustomerId, OrganizationId};
use domain::money::{Currency, Money};
use domain::payment::RetrySchedule;
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::row::{SubscriptionRow, subscription_rows};
use super::summary::{PastDue, SubscriptionSummary};
use crate::actor::MemberActor;
use crate::error::{InconsistencyError, QueryError};
use crate::payment::DunningRules;
use crate::{proration, tax};

/// No more are listed; who has more looks for the running ones, which come first.
pub const SUBSCRIPTIONS_MAX: i64 = 100;

/// The customer's subscriptions: running ones first, then the newest first. Every role may look.
pub async fn list(
    db: &PgPool,
    actor: &MemberActor,
) -> Result<Vec<SubscriptionSummary>, QueryError> {
    let rows = subscription_rows!(
        "where s.organization_id = $1 and s.customer_id = $2 and s.started_at is not null
         order by s.ended_at is not null, s.started_at desc, s.subscription_id desc
         limit $3",
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        SUBSCRIPTIONS_MAX,
    )
    .fetch_all(db)
    .await?;
    summaries(db, actor.organization_id, rows).await
}

/// The rows, all of one customer, as pages show them. The same few statements, however many there are.
pub(super) async fn summaries(
    db: &PgPool,
    organization_id: OrganizationId,
    rows: Vec<SubscriptionRow>,
) -> Result<Vec<SubscriptionSummary>, QueryError> {
    let Some(first) = rows.first() else { return Ok(vec![]) };
    let customer_id = first.customer_id.into();
    let mut connection = db.acquire().await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.subscription_id).collect();
    let entries = proration::open(&mut connection, organization_id, &ids).await?;
    let price_id = first.price_id.into();
    let rate = tax::terms(&mut connection, organization_id, customer_id, price_id).await?.rate;
    let is_any_past_due =
        rows.iter().any(|row| row.past_due_at.is_some() && row.ended_at.is_none());
    let owed = if is_any_past_due {
        owed(&mut connection, organization_id, customer_id).await?
    } else {
        vec![]
    };
    rows.into_iter()
        .map(|row| {
            let past_due = past_due(&row, &owed)?;
            Ok(SubscriptionSummary::new(row, &entries, rate, past_due)?)
        })
        .collect()
}

/// What a subscription's open orders come to.
struct Owed {
    subscription_id: Uuid,
    total_minor: i64,
    next_attempt_at: Option<OffsetDateTime>,
    retry_days: Vec<i16>,
    grace_days: i16,
}

async fn owed(
    connection: &mut PgConnection,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<Vec<Owed>, sqlx::Error> {
    sqlx::query_as!(
        Owed,
        r#"select o.subscription_id as "subscription_id!", sum(o.total_minor)::bigint as "total_minor!",
            min(o.next_payment_attempt_at) as next_attempt_at, org.dunning_retry_days as retry_days, org.benefit_grace_days as grace_days
         from orders o
         join organization org on org.organization_id = o.organization_id
         where o.organization_id = $1 and o.customer_id = $2 and o.status = 'pending' and o.subscription_id is not null
         group by o.subscription_id, org.organization_id"#,
        organization_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_all(connection)
    .await
}

fn past_due(row: &SubscriptionRow, owed: &[Owed]) -> Result<Option<PastDue>, InconsistencyError> {
    let Some(since) = row.past_due_at.filter(|_| row.ended_at.is_none()) else { return Ok(None) };
    let currency = Currency::parse(&row.currency)
        .map_err(|_| InconsistencyError::new("subscription", "currency", row.subscription_id))?;
    let owed = owed.iter().find(|owed| owed.subscription_id == row.subscription_id);
    let deadline = match owed {
        Some(owed) => {
            let (days, grace) = (owed.retry_days.clone(), owed.grace_days);
            DunningRules::parse(row.organization_id.into(), days, grace)?.ends_at(since)
        }
        // Nothing is open any more: it recovers with the payment that is being written down.
        None => RetrySchedule::default().deadline(since),
    };
    Ok(Some(PastDue {
        since,
        amount_open: Money::new(owed.map_or(0, |owed| owed.total_minor), currency),
        next_attempt_at: owed.and_then(|owed| owed.next_attempt_at),
        deadline,
    }))
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
