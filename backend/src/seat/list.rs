//! The seats of a subscription, with whoever uses them.

use std::collections::HashMap;

use domain::id::{CustomerId, CustomerSeatId, MemberId, OrganizationId, SubscriptionId};
use domain::role::MemberRole;
use domain::seat_status::SeatStatus;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::{Forbidden, InconsistencyError, QueryError};

/// No more seats of one subscription are told.
const SEATS_MAX: i64 = 10_000;

/// A seat, in use or taken back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatRecord {
    pub customer_seat_id: CustomerSeatId,
    pub subscription_id: SubscriptionId,
    /// Who pays for it.
    pub customer_id: CustomerId,
    pub status: SeatStatus,
    pub member: SeatMember,
    /// What whoever gave it noted: a JSON object.
    pub metadata: Option<serde_json::Value>,
    pub created_at: OffsetDateTime,
    pub claimed_at: Option<OffsetDateTime>,
    pub revoked_at: Option<OffsetDateTime>,
}

/// Who uses a seat, or did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatMember {
    pub member_id: MemberId,
    pub email: String,
    pub name: Option<String>,
    pub external_id: Option<String>,
    pub role: MemberRole,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
}

/// All seats of a subscription, those taken back among them, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionSeats {
    /// The oldest first.
    pub seats: Vec<CustomerSeatId>,
    /// Paid for; 0 of a subscription without seats.
    pub total: i32,
    /// Free to be given. Those that a scheduled change will take away are not.
    pub available: i32,
}

/// The seats of a subscription in the actor's reach; `None` when there is none. Every role may look.
///
/// # Errors
/// `Forbidden` for whoever holds a pay link only.
pub async fn of_subscription(
    db: &PgPool,
    actor: &Actor,
    subscription_id: SubscriptionId,
) -> Result<Option<SubscriptionSeats>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.reader(organization_id)?;
    let subscription = sqlx::query!(
        r#"select coalesce(s.seats, 0) as "total!",
            coalesce(least(s.seats, u.seats), 0) as "usable!",
            (select count(*)::integer from customer_seat t
                where t.organization_id = s.organization_id and t.subscription_id = s.subscription_id and t.status <> 'revoked')
                as "taken!"
         from subscription s
         left join subscription_pending_update u on u.organization_id = s.organization_id and u.subscription_id = s.subscription_id
         where s.organization_id = $1 and s.subscription_id = $2 and ($3::uuid is null or s.customer_id = $3)"#,
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    let Some(subscription) = subscription else { return Ok(None) };
    let seats = sqlx::query_scalar!(
        "select customer_seat_id from customer_seat
         where organization_id = $1 and subscription_id = $2
         order by created_at, customer_seat_id limit $3",
        organization_id.as_uuid(),
        subscription_id.as_uuid(),
        SEATS_MAX,
    )
    .fetch_all(db)
    .await?;
    Ok(Some(SubscriptionSeats {
        seats: seats.into_iter().map(Into::into).collect(),
        total: subscription.total,
        available: (subscription.usable - subscription.taken).max(0),
    }))
}

/// Whether the seat belongs to a subscription in the actor's reach.
///
/// # Errors
/// `Forbidden` for whoever holds a pay link only.
pub async fn is_in_reach(
    db: &PgPool,
    actor: &Actor,
    customer_seat_id: CustomerSeatId,
) -> Result<bool, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.reader(organization_id)?;
    let found = sqlx::query_scalar!(
        r#"select exists (select from customer_seat t
            join subscription s on s.organization_id = t.organization_id and s.subscription_id = t.subscription_id
            where t.organization_id = $1 and t.customer_seat_id = $2 and ($3::uuid is null or s.customer_id = $3)) as "found!""#,
        organization_id.as_uuid(),
        customer_seat_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_one(db)
    .await?;
    Ok(found)
}

/// These seats of one organization: one statement. Who may see them is for the caller to have asked.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn records(
    db: &PgPool,
    organization_id: OrganizationId,
    seat_ids: &[CustomerSeatId],
) -> Result<HashMap<CustomerSeatId, SeatRecord>, QueryError> {
    let ids: Vec<Uuid> = seat_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query!(
        "select t.customer_seat_id, t.subscription_id, t.member_id, t.status, t.metadata, t.created_at, t.claimed_at, t.revoked_at,
            s.customer_id, m.email, m.name, m.external_id, m.role, m.created_at as member_created_at, m.modified_at as member_modified_at
         from customer_seat t
         join subscription s on s.organization_id = t.organization_id and s.subscription_id = t.subscription_id
         join member m on m.organization_id = t.organization_id and m.member_id = t.member_id
         where t.organization_id = $1 and t.customer_seat_id = any ($2)",
        organization_id.as_uuid(),
        &ids,
    )
    .fetch_all(db)
    .await?;
    let mut seats = HashMap::with_capacity(rows.len());
    for row in rows {
        let seat = SeatRecord {
            customer_seat_id: row.customer_seat_id.into(),
            subscription_id: row.subscription_id.into(),
            customer_id: row.customer_id.into(),
            status: SeatStatus::parse(&row.status).ok_or_else(|| {
                InconsistencyError::new("customer_seat", "status", row.customer_seat_id)
            })?,
            member: SeatMember {
                member_id: row.member_id.into(),
                email: row.email,
                name: row.name,
                external_id: row.external_id,
                role: MemberRole::parse(&row.role)
                    .ok_or_else(|| InconsistencyError::new("member", "role", row.member_id))?,
                created_at: row.member_created_at,
                modified_at: row.member_modified_at,
            },
            metadata: row.metadata,
            created_at: row.created_at,
            claimed_at: row.claimed_at,
            revoked_at: row.revoked_at,
        };
        seats.insert(seat.customer_seat_id, seat);
    }
    Ok(seats)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seat::{AssignSeat, assign, revoke};
    use crate::test_support::{TestDb, billing, fixtures};

    #[tokio::test]
    async fn seats_are_counted_and_told_to_every_role_of_their_customer() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
        let plain = fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        let neighbour = fixtures::member(&db, organization_id, "eve@example.com").await;
        let id = billing::subscribed_with_seats(&db, &owner, 3).await.subscription_id;
        let give = async |member_id| {
            let input = AssignSeat { subscription_id: id, member_id, metadata: None };
            assign(&db.pool, &mut db.cx_of(owner.clone()), input).await.unwrap()
        };
        let first = give(owner.member_id).await;
        revoke(&db.pool, &mut db.cx_of(owner.clone()), first).await.unwrap();
        db.clock.advance(time::Duration::minutes(1));
        let second = give(plain.member_id).await;
        let seats = of_subscription(&db.pool, &plain.clone().into(), id).await.unwrap().unwrap();
        assert_eq!((seats.total, seats.available), (3, 2));
        assert_eq!(seats.seats, [first, second]);
        let found = records(&db.pool, organization_id, &seats.seats).await.unwrap();
        assert_eq!(found[&first].status, SeatStatus::Revoked);
        assert_eq!(found[&second].member.email, "bob@example.com");
        assert_eq!(
            (found[&second].status, found[&second].claimed_at),
            (SeatStatus::Claimed, Some(db.now()))
        );

        billing::update_scheduled(&db, id, None, Some(2)).await;
        let seats = of_subscription(&db.pool, &owner.clone().into(), id).await.unwrap().unwrap();
        assert_eq!((seats.total, seats.available), (3, 1), "one goes with the period");
        let stranger = Actor::from(neighbour);
        assert_eq!(of_subscription(&db.pool, &stranger, id).await.unwrap(), None);
        assert!(is_in_reach(&db.pool, &owner.into(), second).await.unwrap());
        assert!(!is_in_reach(&db.pool, &stranger, second).await.unwrap());
        let other = fixtures::organization(&db, "other").await;
        assert!(records(&db.pool, other, &[second]).await.unwrap().is_empty());
    }
}
