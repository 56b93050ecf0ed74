//! The plans that a subscription can be changed into.

use std::collections::BTreeMap;

use domain::change::ChangeRefusal;
use domain::id::{CustomerId, OrganizationId, PriceId, ProductId, SubscriptionId};
use domain::interval::RecurringInterval;
use domain::money::{Currency, Money};
use domain::price::PriceAmount;
use domain::quote::PlanTerms;
use sqlx::{PgConnection, PgPool};
use uuid::Uuid;

use super::plan;
use crate::actor::Actor;
use crate::error::{Forbidden, InconsistencyError, QueryError};

/// No more are offered beside the present one.
const PLANS_MAX: i64 = 50;

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
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_reader(organization_id)?;
    let mut connection = db.acquire().await?;
    let subscription = sqlx::query!(
        "select product_id, price_id, currency, seats, amount_minor from subscription
         where organization_id = $1 and subscription_id = $2 and ($3::uuid is null or customer_id = $3) and started_at is not null",
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(&mut *connection)
    .await?;
    let Some(subscription) = subscription else { return Ok(None) };
    let currency = Currency::parse(&subscription.currency)
        .map_err(|_| InconsistencyError::new("subscription", "currency", subscription_id))?;
    let current_id: ProductId = subscription.product_id.into();
    let mut plan =
        plan::of_price(&mut connection, organization_id, current_id, subscription.price_id.into())
            .await?;
    plan.seats = subscription.seats;
    let mut terms = vec![plan];
    terms.extend(on_sale(&mut connection, organization_id, current_id, currency).await?);
    let ids: Vec<Uuid> = terms.iter().map(|plan| plan.product_id.as_uuid()).collect();
    let mut benefits = benefits(&mut connection, organization_id, &ids).await?;
    let mut plans: Vec<OfferedPlan> = terms
        .into_iter()
        .filter_map(|plan| {
            let is_current = plan.product_id == current_id;
            let (description, benefits) = benefits.remove(&plan.product_id.as_uuid())?;
            let Ok(seats) = seats_for(&plan, subscription.seats) else { return None };
            let plan = PlanTerms { seats, ..plan };
            let amount_minor =
                if is_current { subscription.amount_minor } else { plan.amount_minor().ok()? };
            Some(OfferedPlan {
                product_id: plan.product_id,
                price_id: plan.price_id,
                name: plan.product_name,
                description,
                price: plan.price,
                amount: Money::new(amount_minor, currency),
                seats,
                interval: plan.interval,
                benefits,
                is_current,
            })
        })
        .collect();
    plans.sort_by_key(|plan| (!plan.is_current, plan.amount.minor));
    Ok(Some(plans))
}

/// With how many seats a change into the plan begins; refused when it has none, but the subscription has.
fn seats_for(plan: &PlanTerms, present: Option<i32>) -> Result<Option<i32>, ChangeRefusal> {
    match (&plan.price, present) {
        (PriceAmount::SeatBased { seat_tiers }, _) => {
            let least = seat_tiers.minimum_seats();
            Ok(Some(present.map_or(least, |seats| seats.max(least))))
        }
        (_, Some(_)) => Err(ChangeRefusal::PlanWithoutSeats),
        (_, None) => Ok(None),
    }
}

/// What is sold in this currency besides the present product.
async fn on_sale(
    connection: &mut PgConnection,
    organization_id: OrganizationId,
    current_id: ProductId,
    currency: Currency,
) -> Result<Vec<PlanTerms>, QueryError> {
    let rows = sqlx::query!(
        r#"select p.product_id, r.price_id as "price_id!"
         from product p
         cross join lateral (select price_id from price
            where price.organization_id = p.organization_id and price.product_id = p.product_id and currency = $3 and not price.is_archived
            order by created_at desc, price_id desc limit 1) as r
         where p.organization_id = $1 and p.product_id <> $2 and not p.is_archived and p.deleted_at is null and p.visibility = 'public'
           and p.recurring_interval is not null
         order by p.created_at, p.product_id
         limit $4"#,
        organization_id.as_uuid(),
        current_id.as_uuid(),
        currency.as_str(),
        PLANS_MAX,
    )
    .fetch_all(&mut *connection)
    .await?;
    let mut plans = Vec::with_capacity(rows.len());
    for row in rows {
        let (product_id, price_id) = (row.product_id.into(), row.price_id.into());
        plans.push(plan::of_price(connection, organization_id, product_id, price_id).await?);
    }
    Ok(plans)
}

/// Description and benefits of each product.
async fn benefits(
    connection: &mut PgConnection,
    organization_id: OrganizationId,
    product_ids: &[Uuid],
) -> Result<BTreeMap<Uuid, (Option<String>, Vec<String>)>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"select p.product_id, p.description,
            coalesce(array_agg(b.description order by pb.position) filter (where b.benefit_id is not null), '{}') as "benefits!"
         from product p
         left join product_benefit pb on pb.organization_id = p.organization_id and pb.product_id = p.product_id
         left join benefit b on b.organization_id = pb.organization_id and b.benefit_id = pb.benefit_id and b.deleted_at is null
            and b.visibility = 'public'
         where p.organization_id = $1 and p.product_id = any ($2)
         group by p.organization_id, p.product_id"#,
        organization_id.as_uuid(),
        product_ids,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.product_id, (row.description, row.benefits))).collect())
}
