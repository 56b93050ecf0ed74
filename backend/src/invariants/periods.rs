//! The periods of subscriptions, as their orders tell of them.

use sqlx::PgPool;
use uuid::Uuid;

use super::VIOLATIONS_PER_RULE_MAX;

/// Each period of a subscription begins where the one before ended, but for what its log explains: the return from a pause, and a
/// change that began a period of its own or moved the end of a trial. Orders of changes that did not come about do not count. Of a copy
/// there is no log, and nothing is said.
pub(super) async fn with_gaps(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"with counted as (
            select o.order_id, o.subscription_id, o.period_start, o.period_end
            from orders o
            left join subscription_change c on c.organization_id = o.organization_id and c.order_id = o.order_id
            where o.organization_id = $1 and o.subscription_id is not null and o.period_start is not null
              and o.status <> 'draft' and (c.order_id is null or c.state = 'applied')
        ), walked as (
            select order_id, subscription_id, period_start,
                lag(period_start) over subscription_periods as previous_start,
                lag(period_end) over subscription_periods as previous_end
            from counted
            window subscription_periods as (partition by subscription_id order by period_start)
        ), told as (
            select subject_id, type, (snapshot ->> 'current_period_start_us')::bigint as start_us
            from event
            where organization_id = $1 and subject_kind = 'subscription' and type in ('subscription.created', 'subscription.resumed')
        )
        select w.order_id
        from walked w
        where w.previous_end <> w.period_start
          and w.subscription_id in (select subject_id from told)
          and (w.subscription_id, (extract(epoch from w.period_start) * 1000000)::bigint)
            not in (select subject_id, start_us from told where type = 'subscription.resumed')
          and not exists (
            select from subscription_change c
            where c.organization_id = $1 and c.subscription_id = w.subscription_id and c.state = 'applied' and c.kind in ('plan', 'seats')
              and c.created_at between w.previous_start and w.period_start + interval '1 day')
          and not exists (
            select from event e
            where e.organization_id = $1 and e.subject_id = w.subscription_id and e.type = 'subscription.updated'
              and e.snapshot -> 'is_adjustment' is not null
              and e.snapshot -> 'previous' -> 'trial_end_us' is distinct from e.snapshot -> 'trial_end_us'
              and e.occurred_at between w.previous_start and w.period_start + interval '1 day')
        limit $2"#,
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}

/// The period that runs was ordered, and as the last one. The end of a trial may have been moved since.
pub(super) async fn without_order(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select s.subscription_id from subscription s
         left join (
            select distinct on (o.subscription_id) o.organization_id, o.subscription_id, o.period_start, o.period_end
            from orders o
            join subscription own on own.organization_id = o.organization_id and own.subscription_id = o.subscription_id
            left join subscription_change c on c.organization_id = o.organization_id and c.order_id = o.order_id
            where o.organization_id = $1 and o.period_start is not null and o.status <> 'draft'
              and (o.status <> 'void' or own.ended_at is not null) and (c.order_id is null or c.state = 'applied')
            order by o.subscription_id, o.period_start desc) last
            on last.organization_id = s.organization_id and last.subscription_id = s.subscription_id
         where s.organization_id = $1 and s.started_at is not null
           and (last.period_start is distinct from s.current_period_start
            or (last.period_end is distinct from s.current_period_end and s.current_period_end is distinct from s.trial_end))
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}

/// A running one is due when its period ends, a paused one when it goes on by itself, an ended one never.
pub(super) async fn wrong_due_time(
    db: &PgPool,
    organization_id: Uuid,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "select subscription_id from subscription
         where organization_id = $1
           and due_at is distinct from case
            when ended_at is not null then null
            when status in ('trialing', 'active', 'past_due') then current_period_end
            when status = 'paused' then resumes_at end
         limit $2",
        organization_id,
        VIOLATIONS_PER_RULE_MAX,
    )
    .fetch_all(db)
    .await
}
