//! Reading all that a quote is worked out from, in the transaction that holds the subscription's row.

use domain::change::{ChangeRefusal, ProrationBehavior};
use domain::id::{CustomerId, OrganizationId, PriceId, ProductId, SubscriptionId};
use domain::money::Currency;
use domain::quote::{Change, PlanTerms, QuoteFacts, QuoteRefusal, Quoted, quote};
use domain::subscription::Subscription;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::paid::paid_orders;
use super::plan::{self, Offered};
use super::rules::rules;
use super::{QuoteError, QuoteRequest};
use crate::actor::Actor;
use crate::discount;
use crate::error::QueryError;
use crate::proration;
use crate::subscription::row::SubscriptionRow;
use crate::tax;

/// Works a request out at `at`, from the rows as they are; billed as `behavior` says, else as the organization's settings do.
pub(crate) async fn work_out(
    tx: &mut PgConnection,
    actor: &Actor,
    row: &SubscriptionRow,
    request: &QuoteRequest,
    behavior: Option<ProrationBehavior>,
    at: OffsetDateTime,
) -> Result<Quoted, QuoteError> {
    let mut facts = facts(tx, actor, row, at).await?;
    if let Some(behavior) = behavior {
        facts.rules.proration = behavior;
        facts.rules.downgrade_proration = None;
    }
    let change = change(tx, row, request, &facts).await?;
    quote(&facts, &change).map_err(|refusal| match refusal {
        QuoteRefusal::Refused(refusal) => QuoteError::Refused(refusal),
        QuoteRefusal::Money(error) => QuoteError::Money(error),
    })
}

async fn facts(
    tx: &mut PgConnection,
    actor: &Actor,
    row: &SubscriptionRow,
    at: OffsetDateTime,
) -> Result<QuoteFacts, QuoteError> {
    let organization_id: OrganizationId = row.organization_id.into();
    let customer_id: CustomerId = row.customer_id.into();
    let subscription_id: SubscriptionId = row.subscription_id.into();
    let (product_id, price_id): (ProductId, PriceId) = (row.product_id.into(), row.price_id.into());
    let mut plan = plan::of_price(tx, organization_id, product_id, price_id).await?;
    plan.seats = row.seats;
    let scheduled = scheduled(tx, row).await?;
    let tax = tax::terms(tx, organization_id, customer_id, price_id).await?;
    let waiting = proration::open(tx, organization_id, &[row.subscription_id]).await?;
    let standing = standing(tx, row).await?;
    Ok(QuoteFacts {
        at,
        subscription: Subscription::try_from(row)?,
        plan,
        scheduled,
        trial_start: row.trial_start,
        discount: discount::applied(row)?.map(|(_, applied)| applied),
        rate: tax.rate,
        rules: rules(tx, actor, organization_id).await?,
        assigned_seats: standing.assigned_seats,
        paid: paid_orders(tx, organization_id, subscription_id).await?,
        waiting: waiting.into_iter().map(|entry| entry.line).collect(),
        has_open_change: row.open_change_kind.is_some(),
        has_open_order: standing.has_open_order,
        is_resubscribed: standing.is_resubscribed,
    })
}

/// What it is set to have from the next period on.
async fn scheduled(
    tx: &mut PgConnection,
    row: &SubscriptionRow,
) -> Result<Option<PlanTerms>, QueryError> {
    let Some(update) = row.pending_update()? else { return Ok(None) };
    let plan =
        plan::of_price(tx, row.organization_id.into(), update.product_id, update.price_id).await?;
    Ok(Some(PlanTerms { seats: update.seats, ..plan }))
}

struct Standing {
    assigned_seats: i32,
    has_open_order: bool,
    is_resubscribed: bool,
}

async fn standing(tx: &mut PgConnection, row: &SubscriptionRow) -> Result<Standing, sqlx::Error> {
    sqlx::query_as!(
        Standing,
        r#"select
            (select count(*)::int from customer_seat
                where organization_id = $1 and subscription_id = $2 and status <> 'revoked') as "assigned_seats!",
            exists (select from orders
                where organization_id = $1 and subscription_id = $2 and status = 'pending' and total_minor > 0) as "has_open_order!",
            exists (select from subscription_change c
                join subscription s on s.organization_id = c.organization_id and s.subscription_id = c.new_subscription_id
                where c.organization_id = $1 and c.subscription_id = $2 and c.kind = 'resubscribe' and c.state = 'applied'
                  and s.ended_at is null) as "is_resubscribed!""#,
        row.organization_id,
        row.subscription_id,
    )
    .fetch_one(tx)
    .await
}

/// Finds what the request asks for.
async fn change(
    tx: &mut PgConnection,
    row: &SubscriptionRow,
    request: &QuoteRequest,
    facts: &QuoteFacts,
) -> Result<Change, QuoteError> {
    let currency = facts.subscription.amount.currency;
    Ok(match *request {
        QuoteRequest::Plan { product_id, seats: Some(seats) }
            if product_id == facts.plan.product_id =>
        {
            Change::Seats { seats }
        }
        QuoteRequest::Plan { product_id, .. } if product_id == facts.plan.product_id => {
            Change::Plan { to: facts.plan.clone() }
        }
        QuoteRequest::Plan { product_id, seats } => {
            let to = offered(tx, row, product_id, None, currency).await?;
            Change::Plan { to: PlanTerms { seats, ..to } }
        }
        QuoteRequest::Seats { seats } => Change::Seats { seats },
        QuoteRequest::Resume => Change::Resume,
        QuoteRequest::Resubscribe => {
            let preferred = Some(row.price_id.into());
            let to = offered(tx, row, row.product_id.into(), preferred, currency).await?;
            Change::Resubscribe { to }
        }
        QuoteRequest::CancelNow { .. } => Change::CancelNow,
    })
}

async fn offered(
    tx: &mut PgConnection,
    row: &SubscriptionRow,
    product_id: ProductId,
    preferred: Option<PriceId>,
    currency: Currency,
) -> Result<PlanTerms, QuoteError> {
    match plan::offered(tx, row.organization_id.into(), product_id, preferred, currency).await? {
        Offered::Plan(plan) => Ok(plan),
        Offered::OtherCurrency => Err(QuoteError::Refused(ChangeRefusal::OtherCurrency)),
        Offered::No => Err(QuoteError::Refused(ChangeRefusal::NotOffered)),
    }
}
