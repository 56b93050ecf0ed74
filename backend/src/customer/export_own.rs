//! All that is kept of a customer, for the customer.

use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use super::record::{CustomerRecord, records};
use crate::actor::MemberActor;
use crate::error::QueryError;
use crate::payment_method::{self, PaymentMethod};

/// More rows of one kind are not told; the lists page through them.
const ROWS_MAX: i64 = 10_000;

/// What is kept of a customer.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnExport {
    pub customer: CustomerRecord,
    pub subscriptions: Vec<ExportedSubscription>,
    pub orders: Vec<ExportedOrder>,
    pub payment_methods: Vec<PaymentMethod>,
}

/// A subscription as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedSubscription {
    pub subscription_id: Uuid,
    pub status: String,
    pub product_id: Uuid,
    pub product_name: String,
    pub amount_minor: i64,
    pub currency: String,
    pub recurring_interval: String,
    pub started_at: Option<OffsetDateTime>,
    pub ended_at: Option<OffsetDateTime>,
    pub current_period_start: OffsetDateTime,
    pub current_period_end: OffsetDateTime,
    pub cancel_at_period_end: bool,
    pub canceled_at: Option<OffsetDateTime>,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
}

/// An order as its row has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportedOrder {
    pub order_id: Uuid,
    pub status: String,
    pub invoice_number: Option<String>,
    pub product_id: Uuid,
    pub product_name: String,
    pub subtotal_minor: i64,
    pub discount_minor: i64,
    pub tax_minor: i64,
    pub total_minor: i64,
    pub currency: String,
    pub billing_reason: String,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
}

/// All that is kept of the customer for whom the member acts; drafts of orders are not carried out and not told. `None` when it is gone.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn export_own(db: &PgPool, actor: &MemberActor) -> Result<Option<OwnExport>, QueryError> {
    actor.billing_reader()?;
    let found = records(db, actor.organization_id, &[actor.customer_id]).await?;
    let live = |customer: &CustomerRecord| customer.deleted_at.is_none();
    let Some(customer) = found.into_values().next().filter(live) else { return Ok(None) };
    let subscriptions = sqlx::query_as!(
        ExportedSubscription,
        "select s.subscription_id, s.status, s.product_id, p.name as product_name, s.amount_minor, s.currency, s.recurring_interval,
            s.started_at, s.ended_at, s.current_period_start, s.current_period_end, s.cancel_at_period_end, s.canceled_at, s.created_at,
            s.modified_at
         from subscription s
         join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
         where s.organization_id = $1 and s.customer_id = $2
         order by s.created_at, s.subscription_id
         limit $3",
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        ROWS_MAX,
    )
    .fetch_all(db)
    .await?;
    let orders = sqlx::query_as!(
        ExportedOrder,
        r#"select o.order_id, o.status, i.number as "invoice_number?", o.product_id, p.name as product_name, o.subtotal_minor, o.discount_minor,
            o.tax_minor, o.total_minor, o.currency, o.billing_reason, o.created_at, o.modified_at
         from orders o
         join product p on p.organization_id = o.organization_id and p.product_id = o.product_id
         left join invoice i on i.organization_id = o.organization_id and i.order_id = o.order_id
         where o.organization_id = $1 and o.customer_id = $2 and o.status <> 'draft'
         order by o.created_at, o.order_id
         limit $3"#,
        actor.organization_id.as_uuid(),
        actor.customer_id.as_uuid(),
        ROWS_MAX,
    )
    .fetch_all(db)
    .await?;
    let payment_methods = payment_method::list(db, &actor.clone().into()).await?;
    Ok(Some(OwnExport { customer, subscriptions, orders, payment_methods }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, billing, fixtures};
    use domain::role::MemberRole;

    #[tokio::test]
    async fn a_customer_gets_its_own_and_nothing_of_others() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
        let plain = fixtures::colleague(&db, &ada, "bob@example.com", MemberRole::Member).await;
        let eve = fixtures::member(&db, organization_id, "eve@example.com").await;
        billing::subscribed(&db, &ada).await;
        let own = export_own(&db.pool, &ada).await.unwrap().unwrap();
        assert_eq!(own.customer.customer_id, ada.customer_id);
        assert_eq!((own.subscriptions.len(), own.orders.len()), (1, 1));
        let hers = export_own(&db.pool, &eve).await.unwrap().unwrap();
        assert_eq!((hers.subscriptions.len(), hers.orders.len()), (0, 0));
        assert!(matches!(export_own(&db.pool, &plain).await, Err(QueryError::Forbidden(_))));
    }
}
