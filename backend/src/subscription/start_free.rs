//! Starting a subscription that costs nothing, without a checkout.

use domain::id::{CustomerId, OrganizationId, ProductId, SubscriptionId};
use domain::metadata::Metadata;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::start::{self, StartError, StartSubscription};
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event;

/// A free subscription to start now.
#[derive(Debug, Clone)]
pub struct StartFree {
    pub organization_id: OrganizationId,
    pub customer: FreeCustomer,
    pub product_id: ProductId,
    pub metadata: Metadata,
}

/// For whom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FreeCustomer {
    Id(CustomerId),
    /// By the id by which the organization knows the customer.
    External(String),
}

#[derive(Debug, Error)]
pub enum StartFreeError {
    #[error("there is no such customer")]
    UnknownCustomer,
    #[error("there is no such product on sale")]
    UnknownProduct,
    #[error("the product is not free: the customer has to check out")]
    NotFree,
    #[error("only the organization itself may start a subscription")]
    Forbidden(#[from] Forbidden),
    #[error("the subscription could not be started")]
    Start(#[source] Box<StartError>),
    #[error("the subscription could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for StartFreeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<StartError> for StartFreeError {
    fn from(error: StartError) -> Self {
        match error {
            StartError::UnknownCustomer => Self::UnknownCustomer,
            StartError::UnknownPrice | StartError::NotRecurring => Self::UnknownProduct,
            error => Self::Start(Box::new(error)),
        }
    }
}

/// Starts a subscription to a product whose every price on sale is nothing. It is active at once; its first order, over nothing, counts
/// as paid.
pub async fn start_free(
    db: &PgPool,
    cx: &mut Context,
    input: StartFree,
) -> Result<SubscriptionId, StartFreeError> {
    let organization_id = input.organization_id;
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let customer_id = match &input.customer {
        FreeCustomer::Id(id) => *id,
        FreeCustomer::External(id) => known_as(&mut tx, organization_id, id).await?,
    };
    let price = sqlx::query!(
        r#"select r.price_id, bool_and(r.amount_type = 'free' or coalesce(r.amount_minor, 1) = 0) over () as "is_free!"
         from product p
         join price r on r.organization_id = p.organization_id and r.product_id = p.product_id and not r.is_archived
         where p.organization_id = $1 and p.product_id = $2 and not p.is_archived and p.deleted_at is null
           and p.recurring_interval is not null
         order by r.created_at desc, r.price_id desc
         limit 1"#,
        organization_id.as_uuid(),
        input.product_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(StartFreeError::UnknownProduct)?;
    if !price.is_free {
        return Err(StartFreeError::NotFree);
    }
    let start = StartSubscription {
        organization_id,
        customer_id,
        product_id: input.product_id,
        price_id: price.price_id.into(),
        seats: None,
        discount_id: None,
    };
    let subscription_id = start::start_in(&mut tx, cx, &start).await?.subscription_id;
    sqlx::query!(
        "update subscription set metadata = $3 where organization_id = $1 and subscription_id = $2",
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        Json(&input.metadata) as _,
    )
    .execute(&mut *tx)
    .await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &subscription_id).await?;
    Ok(subscription_id)
}

async fn known_as(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    external_id: &str,
) -> Result<CustomerId, StartFreeError> {
    let found = sqlx::query_scalar!(
        "select customer_id from customer where organization_id = $1 and external_id = $2 and deleted_at is null",
        organization_id.as_uuid(),
        external_id,
    )
    .fetch_optional(tx)
    .await?;
    found.map(Into::into).ok_or(StartFreeError::UnknownCustomer)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::invariants;
    use crate::subscription::records;
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, fixtures};
    use domain::interval::RecurringInterval;
    use domain::price::PriceAmount;
    use domain::subscription::SubscriptionStatus;

    #[tokio::test]
    async fn only_what_is_free_starts_without_a_checkout() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        sqlx::query("update customer set external_id = 'ada'").execute(&db.pool).await.unwrap();
        let every = Some(RecurringInterval::MONTHLY);
        let free = Offer::new(&db, organization_id, PriceAmount::Free, every, None).await;
        let pro = Offer::business(&db, organization_id).await;
        let once = Offer::new(&db, organization_id, PriceAmount::Free, None, None).await;
        let actor = Actor::System { organization_id: Some(organization_id) };
        let start = async |customer, product_id| {
            let metadata = Metadata::default();
            let input = StartFree { organization_id, customer, product_id, metadata };
            let started = start_free(&db.pool, &mut db.cx_of(actor.clone()), input).await;
            db.settled().await;
            started
        };
        let ada = || FreeCustomer::Id(owner.customer_id);
        let id = start(ada(), free.product_id).await.unwrap();
        let found = records(&db.pool, organization_id, &[id]).await.unwrap();
        assert_eq!(found[&id].status, SubscriptionStatus::Active);
        assert!(start(FreeCustomer::External("ada".into()), free.product_id).await.is_ok());
        let refused = start(ada(), pro.product_id).await;
        assert!(matches!(refused, Err(StartFreeError::NotFree)));
        for unknown in [once.product_id, uuid::Uuid::nil().into()] {
            let refused = start(ada(), unknown).await;
            assert!(matches!(refused, Err(StartFreeError::UnknownProduct)));
        }
        for unknown in
            [FreeCustomer::External("x".into()), FreeCustomer::Id(uuid::Uuid::nil().into())]
        {
            let refused = start(unknown, free.product_id).await;
            assert!(matches!(refused, Err(StartFreeError::UnknownCustomer)));
        }
        let input = StartFree {
            organization_id,
            customer: ada(),
            product_id: free.product_id,
            metadata: Metadata::default(),
        };
        let refused = start_free(&db.pool, &mut db.cx_of(owner.clone()), input).await;
        assert!(matches!(refused, Err(StartFreeError::Forbidden(_))));
        assert_eq!(invariants::check(&db.pool, organization_id).await.unwrap(), []);
    }
}
