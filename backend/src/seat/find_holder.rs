//! Finding the member whom a seat is meant for.

use domain::id::{CustomerId, MemberId, SubscriptionId};
use sqlx::PgPool;

use crate::actor::Actor;
use crate::error::{Forbidden, QueryError};

/// How whoever gives a seat names the member of the subscription's customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeatHolder {
    Member(MemberId),
    /// By the id by which the organization knows the member.
    ExternalMember(String),
    Email(String),
    /// The member with the address of this customer.
    Customer(CustomerId),
    /// The same, by the id by which the organization knows the customer.
    ExternalCustomer(String),
}

/// The live member of the subscription's customer; `None` when there is none, or no such subscription in the actor's reach.
///
/// # Errors
/// `Forbidden` for roles that may not change what is billed.
pub async fn find_holder(
    db: &PgPool,
    actor: &Actor,
    subscription_id: SubscriptionId,
    holder: &SeatHolder,
) -> Result<Option<MemberId>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_writer(organization_id)?;
    let (mut member, mut external_member, mut email) = (None, None, None);
    let (mut customer, mut external_customer) = (None, None);
    match holder {
        SeatHolder::Member(id) => member = Some(id.as_uuid()),
        SeatHolder::ExternalMember(id) => external_member = Some(id.as_str()),
        SeatHolder::Email(address) => email = Some(address.trim()),
        SeatHolder::Customer(id) => customer = Some(id.as_uuid()),
        SeatHolder::ExternalCustomer(id) => external_customer = Some(id.as_str()),
    }
    let found = sqlx::query_scalar!(
        "select m.member_id from subscription s
         join member m on m.organization_id = s.organization_id and m.customer_id = s.customer_id and m.deleted_at is null
         where s.organization_id = $1 and s.subscription_id = $2 and ($3::uuid is null or s.customer_id = $3)
           and (m.member_id = $4 or m.external_id = $5 or lower(m.email) = lower($6)
             or lower(m.email) in (select lower(c.email) from customer c
                where c.organization_id = s.organization_id and c.deleted_at is null and (c.customer_id = $7 or c.external_id = $8)))
         limit 1",
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
        member,
        external_member,
        email,
        customer,
        external_customer,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(Into::into))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, billing, fixtures};
    use domain::role::MemberRole;

    #[tokio::test]
    async fn a_member_is_found_by_each_of_its_names_within_the_customer() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
        let plain = fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let bob = fixtures::member(&db, organization_id, "BOB@example.com").await;
        let eve = fixtures::member(&db, organization_id, "eve@example.com").await;
        let id = billing::subscribed_with_seats(&db, &owner, 2).await.subscription_id;
        for statement in [
            "update member set external_id = 'm-2' where email = 'bob@example.com'",
            "update customer set external_id = 'c-2' where email = 'BOB@example.com'",
        ] {
            sqlx::query(statement).execute(&db.pool).await.unwrap();
        }
        let find = async |actor: &Actor, holder: SeatHolder| {
            find_holder(&db.pool, actor, id, &holder).await.unwrap()
        };
        let actor = Actor::from(owner.clone());
        for holder in [
            SeatHolder::Member(plain.member_id),
            SeatHolder::ExternalMember("m-2".into()),
            SeatHolder::Email(" Bob@Example.com".into()),
            SeatHolder::Customer(bob.customer_id),
            SeatHolder::ExternalCustomer("c-2".into()),
        ] {
            assert_eq!(find(&actor, holder.clone()).await, Some(plain.member_id), "{holder:?}");
            assert_eq!(find(&eve.clone().into(), holder).await, None);
        }
        for holder in [
            SeatHolder::Member(eve.member_id),
            SeatHolder::ExternalMember("x".into()),
            SeatHolder::Email("eve@example.com".into()),
            SeatHolder::Customer(eve.customer_id),
        ] {
            assert_eq!(find(&actor, holder.clone()).await, None, "{holder:?}");
        }
        let holder = SeatHolder::Member(plain.member_id);
        let refused = find_holder(&db.pool, &plain.into(), id, &holder).await;
        assert!(matches!(refused, Err(QueryError::Forbidden(_))));
    }
}
