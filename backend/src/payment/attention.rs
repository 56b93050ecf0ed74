//! What a customer should see on every page: what is overdue, and a card that ends before its subscription's next charges.

use domain::id::PaymentMethodId;
use domain::payment_method::{CardExpiry, MethodDetails};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::overdue::{Overdue, overdue};
use crate::actor::MemberActor;
use crate::error::QueryError;

/// A card that ends within so long is spoken of.
const SOON: Duration = Duration::days(30);

/// What needs the customer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attention {
    /// The oldest first, at most ten.
    pub overdue: Vec<Overdue>,
    pub expiring: Option<ExpiringCard>,
}

/// The card that ends first of those that subscriptions will be charged with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiringCard {
    pub payment_method_id: PaymentMethodId,
    pub details: MethodDetails,
    /// What it pays for, at most five names.
    pub product_names: Vec<String>,
}

/// What needs the member's customer: one statement where nothing is overdue, else two.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn attention(
    db: &PgPool,
    member: &MemberActor,
    now: OffsetDateTime,
) -> Result<Attention, QueryError> {
    member.billing_reader()?;
    let row = sqlx::query!(
        r#"select
            exists (
                select from orders o
                join payment_attempt a on a.organization_id = o.organization_id and a.order_id = o.order_id
                where o.organization_id = $1 and o.customer_id = $2 and o.status = 'pending'
                  and a.state in ('declined', 'abandoned', 'requires_action')) as "is_overdue!",
            card.payment_method_id as "payment_method_id?", card.kind as "kind?", card.brand as "brand?", card.last4 as "last4?",
            card.exp_month as "exp_month?", card.exp_year as "exp_year?", card.wallet as "wallet?",
            array(
                select cs.product_name from charged_subscription cs
                where cs.organization_id = $1 and cs.customer_id = $2 and cs.payment_method_id = card.payment_method_id
                order by cs.subscription_id
                limit 5) as "product_names!"
         from (values (true)) as one (row)
         left join lateral (
            select m.payment_method_id, m.kind, m.brand, m.last4, m.exp_month, m.exp_year, m.wallet
            from payment_method m
            where m.organization_id = $1 and m.customer_id = $2 and m.deleted_at is null
              and (make_date(m.exp_year::int, m.exp_month::int, 1) + interval '1 month') at time zone 'UTC' <= $3
              and exists (
                select from charged_subscription cs
                where cs.organization_id = $1 and cs.customer_id = $2 and cs.payment_method_id = m.payment_method_id)
            order by m.exp_year, m.exp_month, m.payment_method_id
            limit 1) card on true"#,
        member.organization_id.as_uuid(),
        member.customer_id.as_uuid(),
        now + SOON,
    )
    .fetch_one(db)
    .await?;
    let overdue =
        if row.is_overdue { overdue(db, &member.clone().into()).await? } else { Vec::new() };
    let expiry = row.exp_year.zip(row.exp_month).map(|(year, month)| CardExpiry { year, month });
    let expiring = row.payment_method_id.zip(row.kind).map(|(id, kind)| ExpiringCard {
        payment_method_id: id.into(),
        details: MethodDetails {
            kind,
            brand: row.brand,
            last4: row.last4,
            expiry,
            wallet: row.wallet,
        },
        product_names: row.product_names,
    });
    Ok(Attention { overdue, expiring })
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::payment::SandboxBehavior;
    use crate::payment::test_helpers::Case;
    use crate::test_support::{TestDb, billing, fixtures};

    #[tokio::test]
    async fn a_declined_charge_is_told_until_it_is_paid() {
        let case = Case::new(SandboxBehavior::DeclineExpiredCard).await;
        let owner = case.owner.clone();
        let told = async || attention(&case.db.pool, &owner, case.db.now()).await.unwrap().overdue;
        assert_eq!(told().await, []);
        case.work().await;
        assert_eq!(told().await.len(), 1);
        case.card(SandboxBehavior::Approve).await;
        case.after(Duration::days(2)).await;
        assert_eq!(told().await, []);
    }

    #[tokio::test]
    async fn a_card_is_spoken_of_in_its_last_month_and_when_a_subscription_needs_it() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        billing::charged(&db, organization_id).await;
        sqlx::query("update payment_method set exp_year = 2026, exp_month = 6")
            .execute(&db.pool)
            .await
            .unwrap();
        let at = async |now| attention(&db.pool, &ada, now).await.unwrap().expiring;
        let within = datetime!(2026-06-01 00:00 UTC);
        assert_eq!(at(within).await, None, "nothing is paid with it");
        billing::subscribed(&db, &ada).await;
        assert_eq!(at(within - Duration::seconds(1)).await, None);
        let card = at(within).await.unwrap();
        assert_eq!(card.product_names, ["Pro"]);
        assert_eq!(card.details.expiry, Some(CardExpiry { year: 2026, month: 6 }));
    }
}
