//! An organization's refunds, as the API shows them.

use std::collections::HashMap;

use domain::id::{CustomerId, OrderId, OrganizationId, RefundId, SubscriptionId};
use domain::money::{Currency, Money};
use domain::payment::RefundReason;
use sqlx::{PgPool, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use super::RefundState;
use crate::actor::Actor;
use crate::error::{Forbidden, InconsistencyError, QueryError};
use crate::page::{Page, PageRequest};
use crate::sorting::{of_external_customers, one_of, page_of_ids};

/// A refund as the organization sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MerchantRefund {
    pub refund_id: RefundId,
    pub organization_id: OrganizationId,
    pub order_id: OrderId,
    pub subscription_id: Option<SubscriptionId>,
    pub customer_id: CustomerId,
    pub state: RefundState,
    pub reason: RefundReason,
    /// The tax included.
    pub amount: Money,
    pub tax_minor: i64,
    /// What the organization notes at it: a JSON object.
    pub metadata: serde_json::Value,
    pub created_at: OffsetDateTime,
    pub settled_at: Option<OffsetDateTime>,
}

/// Which refunds; everything given must hold. Lists: one of these; any when empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RefundSearch {
    pub refund_ids: Vec<RefundId>,
    pub order_ids: Vec<OrderId>,
    pub subscription_ids: Vec<SubscriptionId>,
    pub customer_ids: Vec<CustomerId>,
    pub external_customer_ids: Vec<String>,
    pub is_succeeded: Option<bool>,
}

/// By what refunds can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefundSort {
    CreatedAt,
    /// Without tax.
    Amount,
}

impl RefundSort {
    const fn column(self) -> &'static str {
        match self {
            Self::CreatedAt => "r.created_at",
            Self::Amount => "(r.amount_minor - r.tax_minor)",
        }
    }
}

/// A page of an organization's refunds; each sort with whether it descends.
///
/// # Errors
/// `Forbidden` for all but the organization itself.
pub async fn refund_search(
    db: &PgPool,
    actor: &Actor,
    search: &RefundSearch,
    sorting: &[(RefundSort, bool)],
    page: PageRequest,
) -> Result<Page<RefundId>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.staff(organization_id)?;
    let columns: Vec<_> =
        sorting.iter().map(|(sort, descends)| (sort.column(), *descends)).collect();
    let matching = |query: &mut QueryBuilder<Postgres>| matching(query, organization_id, search);
    Ok(page_of_ids(db, "r.refund_id", &columns, page, matching).await?)
}

fn matching(
    query: &mut QueryBuilder<Postgres>,
    organization_id: OrganizationId,
    search: &RefundSearch,
) {
    query.push(" from refund r join orders o on o.organization_id = r.organization_id and o.order_id = r.order_id");
    query.push(" where r.organization_id = ").push_bind(organization_id.as_uuid());
    one_of(query, "r.refund_id", search.refund_ids.iter().map(|id| id.as_uuid()).collect());
    one_of(query, "r.order_id", search.order_ids.iter().map(|id| id.as_uuid()).collect());
    let subscription_ids = search.subscription_ids.iter().map(|id| id.as_uuid()).collect();
    one_of(query, "o.subscription_id", subscription_ids);
    one_of(query, "o.customer_id", search.customer_ids.iter().map(|id| id.as_uuid()).collect());
    of_external_customers(query, "o", organization_id, &search.external_customer_ids);
    if let Some(is_succeeded) = search.is_succeeded {
        query.push(" and (r.state = 'succeeded') = ").push_bind(is_succeeded);
    }
}

/// These refunds of one organization: one statement. Who may see them is for the caller to have asked.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn refunds_whole(
    db: &PgPool,
    organization_id: OrganizationId,
    refund_ids: &[RefundId],
) -> Result<HashMap<RefundId, MerchantRefund>, QueryError> {
    let ids: Vec<Uuid> = refund_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query!(
        "select r.refund_id, r.order_id, o.subscription_id, o.customer_id, r.state, r.reason, r.amount_minor, r.tax_minor, r.currency,
            r.metadata, r.created_at, r.settled_at
         from refund r
         join orders o on o.organization_id = r.organization_id and o.order_id = r.order_id
         where r.organization_id = $1 and r.refund_id = any ($2)",
        organization_id.as_uuid(),
        &ids,
    )
    .fetch_all(db)
    .await?;
    let mut refunds = HashMap::with_capacity(rows.len());
    for row in rows {
        let bad = |column| InconsistencyError::new("refund", column, row.refund_id);
        let currency = Currency::parse(&row.currency).map_err(|_| bad("currency"))?;
        let refund = MerchantRefund {
            refund_id: row.refund_id.into(),
            organization_id,
            order_id: row.order_id.into(),
            subscription_id: row.subscription_id.map(Into::into),
            customer_id: row.customer_id.into(),
            state: RefundState::of_column(&row.state).ok_or_else(|| bad("state"))?,
            reason: RefundReason::parse(&row.reason).ok_or_else(|| bad("reason"))?,
            amount: Money::new(row.amount_minor, currency),
            tax_minor: row.tax_minor,
            metadata: row.metadata,
            created_at: row.created_at,
            settled_at: row.settled_at,
        };
        refunds.insert(refund.refund_id, refund);
    }
    Ok(refunds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::test_helpers::Case;
    use crate::payment::{RefundNet, RefundOrderError, SandboxBehavior, refund_net};
    use domain::metadata::{Metadata, MetadataValue};
    use time::Duration;

    const OLDEST: &[(RefundSort, bool)] = &[(RefundSort::CreatedAt, false)];

    fn input(case: &Case, net_minor: i64) -> RefundNet {
        let metadata: Metadata =
            std::collections::BTreeMap::from([("ticket".to_owned(), MetadataValue::Whole(7))])
                .try_into()
                .unwrap();
        RefundNet {
            organization_id: case.organization_id,
            order_id: case.order_id,
            net_minor,
            reason: RefundReason::Duplicate,
            comment: None,
            metadata,
        }
    }

    #[tokio::test]
    async fn amounts_without_tax_take_their_tax_along_and_are_found_again() {
        let case = Case::new(SandboxBehavior::Approve).await;
        sqlx::query("update orders set tax_minor = 463, tax_behavior = 'inclusive'")
            .execute(&case.db.pool)
            .await
            .unwrap();
        case.work().await;
        let refund = async |net_minor| {
            let result =
                refund_net(&case.db.pool, &mut case.db.cx(), input(&case, net_minor)).await;
            case.db.settled().await;
            result
        };
        let first = refund(1_000).await.unwrap();
        let left = refund(1_438).await;
        assert!(matches!(left, Err(RefundOrderError::TooMuch { left }) if left.minor == 1_710));
        assert!(matches!(refund(0).await, Err(RefundOrderError::Invalid(_))));
        case.db.clock.advance(Duration::seconds(1));
        case.work().await;
        let second = refund(1_437).await.unwrap();
        assert!(matches!(refund(1).await, Err(RefundOrderError::AllGivenBack)));

        let found = refunds_whole(&case.db.pool, case.organization_id, &[first, second]).await;
        let found = found.unwrap();
        let amounts = |id| (found[&id].amount.minor, found[&id].tax_minor, found[&id].state);
        assert_eq!(amounts(first), (1_190, 190, RefundState::Succeeded));
        assert_eq!(amounts(second), (1_710, 273, RefundState::Pending));
        assert_eq!(found[&first].metadata, serde_json::json!({ "ticket": 7 }));
        assert!(found[&first].subscription_id.is_some());

        let actor = Actor::System { organization_id: Some(case.organization_id) };
        let ids = async |filter: RefundSearch, sorting: &[(RefundSort, bool)]| {
            let page = refund_search(&case.db.pool, &actor, &filter, sorting, PageRequest::FIRST);
            page.await.unwrap().items
        };
        let all = RefundSearch::default;
        assert_eq!(ids(all(), OLDEST).await, [first, second]);
        assert_eq!(ids(all(), &[(RefundSort::Amount, true)]).await, [second, first]);
        for (filter, expected) in [
            (RefundSearch { refund_ids: vec![second], ..all() }, second),
            (RefundSearch { is_succeeded: Some(true), ..all() }, first),
            (RefundSearch { is_succeeded: Some(false), ..all() }, second),
        ] {
            assert_eq!(ids(filter.clone(), OLDEST).await, [expected], "{filter:?}");
        }
        let here = RefundSearch {
            order_ids: vec![case.order_id],
            customer_ids: vec![case.owner.customer_id],
            ..all()
        };
        assert_eq!(ids(here, OLDEST).await.len(), 2);
        for none in [
            RefundSearch { order_ids: vec![Uuid::nil().into()], ..all() },
            RefundSearch { subscription_ids: vec![Uuid::nil().into()], ..all() },
            RefundSearch { customer_ids: vec![Uuid::nil().into()], ..all() },
            RefundSearch { external_customer_ids: vec!["x".into()], ..all() },
        ] {
            assert_eq!(ids(none.clone(), OLDEST).await, [], "{none:?}");
        }
        let owner = case.owner.clone().into();
        let refused =
            refund_search(&case.db.pool, &owner, &all(), OLDEST, PageRequest::FIRST).await;
        assert!(matches!(refused, Err(QueryError::Forbidden(_))));
    }
}
