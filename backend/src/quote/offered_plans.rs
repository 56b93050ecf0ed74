//! The plans that a subscription can be changed into.

use domain::id::{PriceId, ProductId, SubscriptionId};
use domain::interval::RecurringInterval;
use domain::money::Money;
use domain::price::PriceAmount;
use sqlx::PgPool;

use crate::actor::Actor;
use crate::error::QueryError;

/// A plan on offer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedPlan {
    pub product_id: ProductId,
    pub price_id: PriceId,
    pub name: String,
    pub description: Option<String>,
    pub price: PriceAmount,
    /// One period for as many seats as a change into it would begin with, before discount and tax.
    pub amount: Money,
    pub seats: Option<i32>,
    pub interval: RecurringInterval,
    /// What comes with it, in the order to be shown.
    pub benefits: Vec<String>,
    /// The plan that the subscription has now.
    pub is_current: bool,
}

/// What the subscription has and what it can be changed into: public recurring products that are not archived, with a price in
/// its currency; the present one first, then by price. `None` when there is no such subscription in the actor's reach.
pub async fn offered_plans(
    db: &PgPool,
    actor: &Actor,
    subscription_id: SubscriptionId,
) -> Result<Option<Vec<OfferedPlan>>, QueryError> {
    let _ = (db, actor, subscription_id);
    Ok(None)
}
