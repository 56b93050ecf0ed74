//! What a customer still has to pay although it was tried: what the portal says on top of every page.

use domain::id::{CustomerId, OrderId, SubscriptionId};
use domain::money::{Currency, Money};
use domain::payment::{DeclineCode, PaymentAttemptState};
use sqlx::PgPool;
use time::OffsetDateTime;

use super::dunning::DunningRules;
use crate::actor::Actor;
use crate::error::{Forbidden, InconsistencyError, QueryError};

/// More are not told at once.
const OVERDUE_MAX: i64 = 10;

/// An open order whose charge failed, or waits for the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overdue {
    pub order_id: OrderId,
    pub subscription_id: Option<SubscriptionId>,
    pub product_name: String,
    pub amount: Money,
    /// Why the last charge failed; `None` when none has failed yet.
    pub decline_code: Option<DeclineCode>,
    /// When it is tried again by itself.
    pub next_attempt_at: Option<OffsetDateTime>,
    /// When the benefits end, if it is not paid by then.
    pub access_ends_at: Option<OffsetDateTime>,
    /// When the subscription ends, if it is not paid by then.
    pub ends_at: Option<OffsetDateTime>,
    /// Where a charge waits to be approved by the customer.
    pub action_url: Option<String>,
    /// A charge runs and has no answer yet.
    pub is_running: bool,
    /// It is tried again by itself; otherwise it waits for another payment method.
    pub has_next_try: bool,
}

/// What is overdue of the actor's customer (of an organization's own side: of all of them), the oldest first, at most ten.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn overdue(db: &PgPool, actor: &Actor) -> Result<Vec<Overdue>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_reader(organization_id)?;
    let rows = sqlx::query!(
        r#"select o.order_id, o.subscription_id, p.name as product_name, o.total_minor, o.currency, o.created_at, o.next_payment_attempt_at,
            s.past_due_at as "past_due_at?", org.dunning_retry_days, org.benefit_grace_days, failed.decline_code as "decline_code?",
            open.state as "open_state?", open.action_url as "action_url?"
         from orders o
         join organization org on org.organization_id = o.organization_id
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         left join subscription s on s.organization_id = o.organization_id and s.subscription_id = o.subscription_id
         left join payment_attempt open on open.organization_id = o.organization_id and open.order_id = o.order_id and open.settled_at is null
         left join lateral (
            select a.decline_code, true as is_there from payment_attempt a
            where a.organization_id = o.organization_id and a.order_id = o.order_id
              and (a.state = 'declined' or (a.state = 'abandoned' and a.sent_at is not null))
            order by a.settled_at desc
            limit 1) failed on true
         where o.organization_id = $1 and ($2::uuid is null or o.customer_id = $2) and o.status = 'pending'
           and (failed.is_there or open.state = 'requires_action')
         order by o.created_at, o.order_id
         limit $3"#,
        organization_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
        OVERDUE_MAX,
    )
    .fetch_all(db)
    .await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        let bad = |column| InconsistencyError::new("orders", column, row.order_id);
        let rules =
            DunningRules::parse(organization_id, row.dunning_retry_days, row.benefit_grace_days)?;
        let waits = row.open_state.as_deref() == Some(PaymentAttemptState::RequiresAction.as_str());
        let since = row.past_due_at.unwrap_or(row.created_at);
        let next_attempt_at = rules.next_try(row.next_payment_attempt_at, since);
        found.push(Overdue {
            order_id: row.order_id.into(),
            subscription_id: row.subscription_id.map(Into::into),
            product_name: row.product_name,
            amount: Money::new(
                row.total_minor,
                Currency::parse(&row.currency).map_err(|_| bad("currency"))?,
            ),
            decline_code: row.decline_code.as_deref().and_then(DeclineCode::parse),
            next_attempt_at,
            access_ends_at: row.past_due_at.map(|since| rules.access_ends_at(since)),
            ends_at: row.past_due_at.map(|since| rules.ends_at(since)),
            action_url: row.action_url.filter(|_| waits),
            is_running: row.open_state.is_some() && !waits,
            has_next_try: next_attempt_at.is_some(),
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment::test_helpers::Case;
    use crate::test_support::fixtures;
    use domain::role::MemberRole;
    use time::Duration;

    async fn told(case: &Case) -> Vec<Overdue> {
        overdue(&case.db.pool, &case.owner.clone().into()).await.unwrap()
    }

    #[tokio::test]
    async fn what_failed_and_what_comes_next() {
        let case = Case::absent(SandboxBehavior::DeclineGeneric).await;
        assert_eq!(told(&case).await, vec![], "not tried yet");
        case.work().await;
        let now = case.db.now();
        let expected = Overdue {
            order_id: case.order_id,
            subscription_id: Some(case.subscription_id),
            product_name: "Pro".into(),
            amount: Money::new(2_900, Currency::EUR),
            decline_code: Some(DeclineCode::GenericDecline),
            next_attempt_at: Some(now + Duration::days(2)),
            access_ends_at: Some(now + Duration::days(7)),
            ends_at: Some(now + Duration::days(21) + Duration::MINUTE),
            action_url: None,
            is_running: false,
            has_next_try: true,
        };
        assert_eq!(told(&case).await, vec![expected.clone()]);
        let card = case.another_card(SandboxBehavior::RequiresAction).await;
        case.pay(Some(card)).await.unwrap();
        let waiting = &told(&case).await[0];
        assert!(waiting.action_url.is_some() && !waiting.is_running);
        let organization = Actor::System { organization_id: Some(case.organization_id) };
        assert_eq!(overdue(&case.db.pool, &organization).await.unwrap().len(), 1);

        let case = Case::absent(SandboxBehavior::DeclineLostCard).await;
        case.work().await;
        let lost = Overdue {
            order_id: case.order_id,
            subscription_id: Some(case.subscription_id),
            decline_code: Some(DeclineCode::LostCard),
            next_attempt_at: None,
            has_next_try: false,
            ..expected
        };
        assert_eq!(told(&case).await, vec![lost]);
        let card = case.another_card(SandboxBehavior::Approve).await;
        case.pay(Some(card)).await.unwrap();
        assert_eq!(told(&case).await, vec![]);
    }

    #[tokio::test]
    async fn a_charge_without_answer_is_running() {
        let case = Case::absent(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        let card = case.another_card(SandboxBehavior::Slow).await;
        case.pay(Some(card)).await.unwrap();
        assert!(told(&case).await[0].is_running);
    }

    #[tokio::test]
    async fn others_see_nothing_of_it() {
        let case = Case::absent(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        let eve = fixtures::member(&case.db, case.organization_id, "eve@example.com").await;
        assert_eq!(overdue(&case.db.pool, &eve.into()).await.unwrap(), vec![]);
        let plain = Actor::Member(crate::actor::MemberActor {
            role: MemberRole::Member,
            ..case.owner.clone()
        });
        for actor in [plain, case.payer()] {
            let refused = overdue(&case.db.pool, &actor).await;
            assert!(matches!(refused, Err(QueryError::Forbidden(_))));
        }
    }
}
