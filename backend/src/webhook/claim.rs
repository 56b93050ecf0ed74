//! Taking deliveries, so that no other worker takes the same ones.
//!
//! First tries and repeated ones are claimed apart, so that an endpoint's old failures never hold back what is new. Of each endpoint
//! only a few are on their way at once, so that a slow one holds back nobody else.

use domain::id::{OrganizationId, WebhookEndpointId, WebhookEventId};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::error::DatabaseError;

/// A claim whose outcome is not written by then comes due again: its worker has died. Far more than a try takes.
pub const CLAIM_LASTS: Duration = Duration::seconds(45);

/// First tries on their way to one endpoint at once; one while it is failing.
const FIRST_PER_ENDPOINT: i64 = 4;
/// Repeated tries on their way to one endpoint at once.
const RETRIES_PER_ENDPOINT: i64 = 2;

/// A delivery that this worker is to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimedDelivery {
    pub organization_id: OrganizationId,
    pub webhook_event_id: WebhookEventId,
    pub webhook_endpoint_id: WebhookEndpointId,
    /// Tries, this one included.
    pub tries: i32,
}

/// How many of this worker's deliveries are on their way to which endpoint.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Busy {
    endpoint_ids: Vec<Uuid>,
    counts: Vec<i64>,
}

impl FromIterator<(WebhookEndpointId, i64)> for Busy {
    fn from_iter<I: IntoIterator<Item = (WebhookEndpointId, i64)>>(iter: I) -> Self {
        let (endpoint_ids, counts) =
            iter.into_iter().map(|(id, count)| (id.as_uuid(), count)).unzip();
        Self { endpoint_ids, counts }
    }
}

struct ClaimedRow {
    organization_id: Uuid,
    webhook_event_id: Uuid,
    webhook_endpoint_id: Uuid,
    tries: i32,
}

impl From<ClaimedRow> for ClaimedDelivery {
    fn from(row: ClaimedRow) -> Self {
        Self {
            organization_id: row.organization_id.into(),
            webhook_event_id: row.webhook_event_id.into(),
            webhook_endpoint_id: row.webhook_endpoint_id.into(),
            tries: row.tries,
        }
    }
}

/// Claims up to `limit` deliveries that were never tried: of each object only the oldest, until its first try has ended. The claim
/// commits at once.
///
/// Goes from endpoint to endpoint by the index, so it costs by the number of endpoints that wait, not of deliveries.
pub async fn claim_first(
    db: &PgPool,
    now: OffsetDateTime,
    busy: &Busy,
    limit: i64,
) -> Result<Vec<ClaimedDelivery>, DatabaseError> {
    let rows = sqlx::query_as!(
        ClaimedRow,
        "with recursive waiting as (
            (select organization_id, webhook_endpoint_id from webhook_delivery
             where due_at is not null and first_tried_at is null
             order by organization_id, webhook_endpoint_id limit 1)
            union all
            select further.organization_id, further.webhook_endpoint_id
            from waiting
            cross join lateral (
                select d.organization_id, d.webhook_endpoint_id from webhook_delivery d
                where d.due_at is not null and d.first_tried_at is null
                  and (d.organization_id, d.webhook_endpoint_id) > (waiting.organization_id, waiting.webhook_endpoint_id)
                order by d.organization_id, d.webhook_endpoint_id limit 1) further
         ), due as materialized (
            select picked.organization_id, picked.webhook_event_id, picked.webhook_endpoint_id
            from waiting
            join webhook_endpoint endpoint
                on endpoint.organization_id = waiting.organization_id and endpoint.webhook_endpoint_id = waiting.webhook_endpoint_id
            left join unnest($3::uuid[], $4::bigint[]) as busy (webhook_endpoint_id, count)
                on busy.webhook_endpoint_id = waiting.webhook_endpoint_id
            cross join lateral (
                select d.organization_id, d.webhook_event_id, d.webhook_endpoint_id, d.due_at
                from webhook_delivery d
                where d.organization_id = waiting.organization_id and d.webhook_endpoint_id = waiting.webhook_endpoint_id
                  and d.due_at <= $1 and d.first_tried_at is null
                  and not exists (
                    select from webhook_delivery earlier
                    where earlier.organization_id = d.organization_id and earlier.webhook_endpoint_id = d.webhook_endpoint_id
                      and earlier.subject_id = d.subject_id and earlier.sequence < d.sequence
                      and earlier.due_at is not null and earlier.first_tried_at is null)
                order by d.due_at, d.sequence
                limit greatest(0, case when endpoint.failing_since is null then $6::bigint else 1 end - coalesce(busy.count, 0))
                for update skip locked) picked
            order by picked.due_at
            limit $5
         )
         update webhook_delivery set due_at = $2, tries = tries + 1
         from due
         where webhook_delivery.organization_id = due.organization_id
           and webhook_delivery.webhook_event_id = due.webhook_event_id
           and webhook_delivery.webhook_endpoint_id = due.webhook_endpoint_id
         returning webhook_delivery.organization_id, webhook_delivery.webhook_event_id, webhook_delivery.webhook_endpoint_id,
            webhook_delivery.tries",
        now,
        now + CLAIM_LASTS,
        &busy.endpoint_ids,
        &busy.counts,
        limit,
        FIRST_PER_ENDPOINT,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

/// Claims up to `limit` deliveries that are to be tried again, in no order among the objects. The claim commits at once.
pub async fn claim_retries(
    db: &PgPool,
    now: OffsetDateTime,
    busy: &Busy,
    limit: i64,
) -> Result<Vec<ClaimedDelivery>, DatabaseError> {
    let rows = sqlx::query_as!(
        ClaimedRow,
        "with recursive waiting as (
            (select organization_id, webhook_endpoint_id from webhook_delivery
             where due_at is not null and first_tried_at is not null
             order by organization_id, webhook_endpoint_id limit 1)
            union all
            select further.organization_id, further.webhook_endpoint_id
            from waiting
            cross join lateral (
                select d.organization_id, d.webhook_endpoint_id from webhook_delivery d
                where d.due_at is not null and d.first_tried_at is not null
                  and (d.organization_id, d.webhook_endpoint_id) > (waiting.organization_id, waiting.webhook_endpoint_id)
                order by d.organization_id, d.webhook_endpoint_id limit 1) further
         ), due as materialized (
            select picked.organization_id, picked.webhook_event_id, picked.webhook_endpoint_id
            from waiting
            left join unnest($3::uuid[], $4::bigint[]) as busy (webhook_endpoint_id, count)
                on busy.webhook_endpoint_id = waiting.webhook_endpoint_id
            cross join lateral (
                select d.organization_id, d.webhook_event_id, d.webhook_endpoint_id, d.due_at
                from webhook_delivery d
                where d.organization_id = waiting.organization_id and d.webhook_endpoint_id = waiting.webhook_endpoint_id
                  and d.due_at <= $1 and d.first_tried_at is not null
                order by d.due_at, d.sequence
                limit greatest(0, $6::bigint - coalesce(busy.count, 0))
                for update skip locked) picked
            order by picked.due_at
            limit $5
         )
         update webhook_delivery set due_at = $2, tries = tries + 1
         from due
         where webhook_delivery.organization_id = due.organization_id
           and webhook_delivery.webhook_event_id = due.webhook_event_id
           and webhook_delivery.webhook_endpoint_id = due.webhook_endpoint_id
         returning webhook_delivery.organization_id, webhook_delivery.webhook_event_id, webhook_delivery.webhook_endpoint_id,
            webhook_delivery.tries",
        now,
        now + CLAIM_LASTS,
        &busy.endpoint_ids,
        &busy.counts,
        limit,
        RETRIES_PER_ENDPOINT,
    )
    .fetch_all(db)
    .await?;
    Ok(rows.into_iter().map(Into::into).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::fixtures;
    use crate::webhook::test_helpers::{Case, endpoint_for, put};

    fn ids(claimed: &[ClaimedDelivery]) -> Vec<Uuid> {
        claimed.iter().map(|delivery| delivery.webhook_event_id.as_uuid()).collect()
    }

    #[tokio::test]
    async fn first_tries_about_one_object_go_one_after_the_other() {
        let case = Case::start().await;
        let (one, two) = (case.put(1).await, case.put(1).await);
        let other = case.put(2).await;
        let claimed = case.first(10).await;
        assert_eq!(ids(&claimed), [one, other]);
        assert_eq!(case.first(10).await, [], "the first one is still on its way");
        case.answer(&claimed[0], 500).await;
        assert_eq!(ids(&case.first(10).await), [two], "a failure holds back nothing");
        case.wait();
        assert_eq!(ids(&case.retries(10).await), [one]);
    }

    #[tokio::test]
    async fn what_a_dead_worker_took_comes_back_first() {
        let case = Case::start().await;
        let (one, two) = (case.put(1).await, case.put(1).await);
        assert_eq!(ids(&case.first(10).await), [one]);
        case.db.clock.advance(CLAIM_LASTS - Duration::microseconds(1));
        assert_eq!(case.first(10).await, []);
        case.db.clock.advance(Duration::microseconds(1));
        let again = case.first(10).await;
        assert_eq!((ids(&again), again[0].tries), (vec![one], 2));
        case.answer(&again[0], 200).await;
        assert_eq!(ids(&case.first(10).await), [two]);
    }

    #[tokio::test]
    async fn of_each_endpoint_only_a_few_are_on_their_way() {
        let case = Case::start().await;
        let other = endpoint_for(&case.db, case.organization_id, &[]).await;
        let elsewhere = fixtures::organization(&case.db, "other").await;
        let third = endpoint_for(&case.db, elsewhere, &[]).await;
        for subject in 0..20 {
            case.put(subject).await;
        }
        put(&case.db, case.organization_id, other, 1).await;
        put(&case.db, elsewhere, third, 1).await;
        let claimed = case.first(50).await;
        let of = |id| claimed.iter().filter(|one| one.webhook_endpoint_id == id).count();
        assert_eq!((of(case.endpoint_id), of(other), of(third)), (4, 1, 1));
        let busy = Busy::from_iter([(case.endpoint_id, 3)]);
        let more = claim_first(&case.db.pool, case.db.now(), &busy, 50).await.unwrap();
        assert_eq!(more.len(), 1, "three of this worker's are still on their way");
        case.answer(&claimed[0], 500).await;
        let failing = case.first(50).await;
        assert!(failing.len() <= 1, "one at a time while it fails: {failing:?}");
    }

    #[tokio::test]
    async fn two_workers_never_take_the_same_one() {
        let case = Case::start().await;
        for subject in 0..3 {
            case.put(subject).await;
        }
        let (pool, now, busy) = (&case.db.pool, case.db.now(), Busy::default());
        let (one, two) =
            tokio::join!(claim_first(pool, now, &busy, 10), claim_first(pool, now, &busy, 10));
        let all = [ids(&one.unwrap()), ids(&two.unwrap())].concat();
        let rest = ids(&case.first(10).await);
        let distinct: std::collections::BTreeSet<_> = all.iter().chain(&rest).collect();
        assert_eq!((distinct.len(), all.len() + rest.len()), (3, 3));
    }
}
