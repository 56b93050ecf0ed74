//! What was tried to be charged, page by page.

use domain::id::{CustomerId, OrderId, PaymentAttemptId};
use domain::money::{Currency, Money};
use domain::payment::{DeclineCode, PaymentAttemptState, PaymentTrigger};
use domain::payment_method::{CardExpiry, MethodDetails};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::{Forbidden, InconsistencyError, QueryError};
use crate::page::{Count, EXACT_COUNT_MAX, Page, PageRequest};

/// One try to charge an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentRecord {
    pub payment_attempt_id: PaymentAttemptId,
    pub order_id: OrderId,
    pub product_name: String,
    pub amount: Money,
    pub state: PaymentAttemptState,
    pub decline_code: Option<DeclineCode>,
    pub trigger: PaymentTrigger,
    /// What was charged; `None` when there was no method.
    pub method: Option<MethodDetails>,
    /// When it was settled; of one that is not yet, when it was written down.
    pub at: OffsetDateTime,
}

struct Row {
    payment_attempt_id: Uuid,
    order_id: Uuid,
    product_name: String,
    amount_minor: i64,
    currency: String,
    state: String,
    decline_code: Option<String>,
    trigger: String,
    kind: Option<String>,
    brand: Option<String>,
    last4: Option<String>,
    exp_month: Option<i16>,
    exp_year: Option<i16>,
    wallet: Option<String>,
    at: OffsetDateTime,
}

impl TryFrom<Row> for PaymentRecord {
    type Error = InconsistencyError;

    fn try_from(row: Row) -> Result<Self, InconsistencyError> {
        let bad =
            |column| InconsistencyError::new("payment_attempt", column, row.payment_attempt_id);
        let expiry =
            row.exp_year.zip(row.exp_month).map(|(year, month)| CardExpiry { year, month });
        Ok(Self {
            payment_attempt_id: row.payment_attempt_id.into(),
            order_id: row.order_id.into(),
            amount: Money::new(
                row.amount_minor,
                Currency::parse(&row.currency).map_err(|_| bad("currency"))?,
            ),
            state: PaymentAttemptState::parse(&row.state).ok_or_else(|| bad("state"))?,
            decline_code: row.decline_code.as_deref().and_then(DeclineCode::parse),
            trigger: PaymentTrigger::parse(&row.trigger).ok_or_else(|| bad("trigger"))?,
            method: row.kind.map(|kind| MethodDetails {
                kind,
                brand: row.brand,
                last4: row.last4,
                expiry,
                wallet: row.wallet,
            }),
            at: row.at,
            product_name: row.product_name,
        })
    }
}

/// The tries to charge the actor's customer (of an organization's own side: all of its customers), or one order; newest first. Those
/// that stepped back before anybody was asked are not told.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn history(
    db: &PgPool,
    actor: &Actor,
    order_id: Option<OrderId>,
    page: PageRequest,
) -> Result<Page<PaymentRecord>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_reader(organization_id)?;
    let (customer_id, order_id) =
        (actor.customer_id().map(CustomerId::as_uuid), order_id.map(OrderId::as_uuid));
    let rows = sqlx::query_as!(
        Row,
        r#"select a.payment_attempt_id, a.order_id, p.name as product_name, a.amount_minor, a.currency, a.state, a.decline_code, a.trigger,
            m.kind as "kind?", m.brand as "brand?", m.last4 as "last4?", m.exp_month as "exp_month?", m.exp_year as "exp_year?",
            m.wallet as "wallet?", coalesce(a.settled_at, a.created_at) as "at!"
         from payment_attempt a
         join orders o on o.organization_id = a.organization_id and o.order_id = a.order_id
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         left join payment_method m on m.organization_id = a.organization_id and m.payment_method_id = a.payment_method_id
         where a.organization_id = $1 and ($2::uuid is null or a.customer_id = $2) and ($3::uuid is null or a.order_id = $3)
           and not (a.state = 'abandoned' and a.sent_at is null)
         order by a.created_at desc, a.payment_attempt_id desc
         limit $4 offset $5"#,
        organization_id.as_uuid(),
        customer_id,
        order_id,
        page.limit(),
        page.offset(),
    )
    .fetch_all(db)
    .await?;
    let counted = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
            select from payment_attempt a
            where a.organization_id = $1 and ($2::uuid is null or a.customer_id = $2) and ($3::uuid is null or a.order_id = $3)
              and not (a.state = 'abandoned' and a.sent_at is null)
            limit $4) as counted"#,
        organization_id.as_uuid(),
        customer_id,
        order_id,
        EXACT_COUNT_MAX + 1,
    )
    .fetch_one(db)
    .await?;
    let items = rows.into_iter().map(PaymentRecord::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(items, Count::from_bounded(counted), page))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment::test_helpers::Case;
    use crate::test_support::fixtures;

    fn page(page: i64, limit: i64) -> PageRequest {
        PageRequest::new(page, limit).unwrap()
    }

    #[tokio::test]
    async fn every_try_is_told_with_its_card_and_its_reason() {
        let case = Case::absent(SandboxBehavior::DeclineInsufficientFunds).await;
        case.work().await;
        case.db.clock.advance(time::Duration::HOUR);
        let card = case.another_card(SandboxBehavior::Approve).await;
        case.pay(Some(card)).await.unwrap();
        let owner = Actor::from(case.owner.clone());
        let all = history(&case.db.pool, &owner, None, page(1, 10)).await.unwrap();
        let told: Vec<_> = all
            .items
            .iter()
            .map(|record| (record.state, record.decline_code, record.trigger))
            .collect();
        let expected = [
            (PaymentAttemptState::Succeeded, None, PaymentTrigger::RetryCustomer),
            (
                PaymentAttemptState::Declined,
                Some(DeclineCode::InsufficientFunds),
                PaymentTrigger::Purchase,
            ),
        ];
        assert_eq!((told.as_slice(), all.total), (expected.as_slice(), Count::Exact(2)));
        let newest = &all.items[0];
        assert_eq!((newest.order_id, newest.at), (case.order_id, case.db.now()));
        assert_eq!(newest.amount, Money::new(2_900, Currency::EUR));
        let method = newest.method.clone().unwrap();
        assert_eq!(
            (method.brand.as_deref(), method.last4.as_deref()),
            (Some("visa"), Some("4242"))
        );
        let second = history(&case.db.pool, &owner, Some(case.order_id), page(2, 1)).await.unwrap();
        assert_eq!(second.items, all.items[1..]);
        let none = Some(Uuid::nil().into());
        assert_eq!(history(&case.db.pool, &owner, none, page(1, 10)).await.unwrap().items, vec![]);
    }

    #[tokio::test]
    async fn what_stepped_back_is_not_told_and_others_see_nothing() {
        let case = Case::absent(SandboxBehavior::Approve).await;
        case.pay(None).await.unwrap();
        let owner = Actor::from(case.owner.clone());
        let all = history(&case.db.pool, &owner, None, page(1, 10)).await.unwrap();
        assert_eq!((all.items.len(), all.total), (1, Count::Exact(1)));
        let eve = fixtures::member(&case.db, case.organization_id, "eve@example.com").await;
        let hers = history(&case.db.pool, &eve.into(), Some(case.order_id), page(1, 10)).await;
        assert_eq!(hers.unwrap().items, vec![]);
        let by_link = history(&case.db.pool, &case.payer(), None, page(1, 10)).await;
        assert!(matches!(by_link, Err(QueryError::Forbidden(_))));
    }
}
