//! Giving a member a seat.

use domain::event_type::EventType;
use domain::id::{CustomerId, CustomerSeatId, MemberId, SubscriptionId};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, violated_constraint};
use crate::event::{self, NewEvent};
use crate::subscription::row::{self, SubscriptionRow};

const METADATA_KEYS_MAX: usize = 10;
const METADATA_BYTES_MAX: usize = 1_024;

/// Which member shall use a seat of which subscription.
#[derive(Debug, Clone)]
pub struct AssignSeat {
    pub subscription_id: SubscriptionId,
    pub member_id: MemberId,
    /// What whoever gives it notes at it: at most ten keys, a kilobyte.
    pub metadata: Option<serde_json::Map<String, serde_json::Value>>,
}

/// Why no seat was given.
#[derive(Debug, Error)]
pub enum AssignSeatError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("the subscription has no seats")]
    NotSeatBased,
    #[error("the subscription has ended")]
    Ended,
    #[error("there is no such member of this customer")]
    UnknownMember,
    #[error("the member has a seat already")]
    AlreadyAssigned,
    #[error("none of the {seats} seats is free")]
    NoFreeSeat { seats: i32 },
    #[error(
        "the note has more than {METADATA_KEYS_MAX} keys, or more than {METADATA_BYTES_MAX} bytes"
    )]
    NoteTooLong,
    #[error("a change of this subscription waits for its payment")]
    ChangePending,
    #[error("this role may not change subscriptions")]
    Forbidden(#[from] Forbidden),
    #[error("the seat could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for AssignSeatError {
    fn from(error: sqlx::Error) -> Self {
        match violated_constraint(&error) {
            Some("customer_seat_member_key") => Self::AlreadyAssigned,
            _ => Self::Database(error.into()),
        }
    }
}

/// Gives a member of the subscription's customer a free seat; it is claimed at once. Seats that a scheduled change will
/// take away are not free.
pub async fn assign(
    db: &PgPool,
    cx: &mut Context,
    input: AssignSeat,
) -> Result<CustomerSeatId, AssignSeatError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    if input.metadata.as_ref().is_some_and(is_too_long) {
        return Err(AssignSeatError::NoteTooLong);
    }
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let customer_seat_id: CustomerSeatId = cx.new_id();
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, input.subscription_id.into())
        .await?
        .ok_or(AssignSeatError::Unknown)?;
    check(&mut tx, &row, input.member_id).await?;
    sqlx::query!(
        "insert into customer_seat (organization_id, customer_seat_id, subscription_id, member_id, status, created_at, claimed_at, metadata)
         values ($1, $2, $3, $4, 'claimed', $5, $5, $6)",
        row.organization_id,
        customer_seat_id.as_uuid(),
        row.subscription_id,
        input.member_id.as_uuid(),
        cx.now,
        input.metadata.map(serde_json::Value::Object),
    )
    .execute(&mut *tx)
    .await?;
    let assigned = NewEvent {
        organization_id,
        event_type: EventType::CustomerSeatAssigned,
        subject_kind: "customer_seat",
        subject_id: customer_seat_id.into(),
        customer_id: Some(row.customer_id.into()),
        snapshot: json!({ "subscription_id": row.subscription_id, "member_id": input.member_id }),
    };
    event::record(&mut tx, cx, assigned).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &customer_seat_id).await?;
    Ok(customer_seat_id)
}

fn is_too_long(metadata: &serde_json::Map<String, serde_json::Value>) -> bool {
    let bytes = serde_json::to_string(metadata).map_or(usize::MAX, |text| text.len());
    metadata.len() > METADATA_KEYS_MAX || bytes > METADATA_BYTES_MAX
}

async fn check(
    tx: &mut PgConnection,
    row: &SubscriptionRow,
    member_id: MemberId,
) -> Result<(), AssignSeatError> {
    let seats = row.seats.ok_or(AssignSeatError::NotSeatBased)?;
    if row.ended_at.is_some() {
        return Err(AssignSeatError::Ended);
    }
    let facts = sqlx::query!(
        r#"select
            exists (select from member m
                where m.organization_id = $1 and m.member_id = $4 and m.customer_id = $3 and m.deleted_at is null) as "is_member!",
            exists (select from customer_seat t
                where t.organization_id = $1 and t.subscription_id = $2 and t.member_id = $4 and t.status <> 'revoked') as "is_assigned!",
            exists (select from subscription_change c
                where c.organization_id = $1 and c.subscription_id = $2 and c.state = 'pending') as "is_changing!",
            (select count(*) from customer_seat t
                where t.organization_id = $1 and t.subscription_id = $2 and t.status <> 'revoked') as "assigned!",
            (select u.seats from subscription_pending_update u
                where u.organization_id = $1 and u.subscription_id = $2) as later_seats"#,
        row.organization_id,
        row.subscription_id,
        row.customer_id,
        member_id.as_uuid(),
    )
    .fetch_one(tx)
    .await?;
    let usable = facts.later_seats.map_or(seats, |later| later.min(seats));
    if !facts.is_member {
        Err(AssignSeatError::UnknownMember)
    } else if facts.is_assigned {
        Err(AssignSeatError::AlreadyAssigned)
    } else if facts.is_changing {
        Err(AssignSeatError::ChangePending)
    } else if facts.assigned >= i64::from(usable) {
        Err(AssignSeatError::NoFreeSeat { seats: usable })
    } else {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::MemberActor;
    use crate::seat::revoke;
    use crate::test_support::{TestDb, billing, fixtures};
    use domain::role::MemberRole;

    /// A team with two seats.
    async fn team(db: &TestDb) -> (MemberActor, SubscriptionId) {
        let organization_id = fixtures::organization(db, "acme").await;
        let owner = fixtures::team_owner(db, organization_id, "owner@example.com").await;
        let started = billing::subscribed_with_seats(db, &owner, 2).await;
        (owner, started.subscription_id)
    }

    async fn try_assign(
        db: &TestDb,
        actor: &MemberActor,
        subscription_id: SubscriptionId,
        member_id: MemberId,
    ) -> Result<CustomerSeatId, AssignSeatError> {
        let input = AssignSeat { subscription_id, member_id, metadata: None };
        assign(&db.pool, &mut db.cx_of(actor.clone()), input).await
    }

    #[tokio::test]
    async fn seats_are_given_until_none_is_free_and_one_taken_back_is_free_again() {
        let db = TestDb::new().await;
        let (owner, subscription) = team(&db).await;
        let ann = fixtures::colleague(&db, &owner, "ann@example.com", MemberRole::Member).await;
        let bob = fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
        try_assign(&db, &owner, subscription, owner.member_id).await.unwrap();
        let seat = try_assign(&db, &owner, subscription, ann.member_id).await.unwrap();
        let again = try_assign(&db, &owner, subscription, ann.member_id).await;
        assert!(matches!(again, Err(AssignSeatError::AlreadyAssigned)));
        let full = try_assign(&db, &owner, subscription, bob.member_id).await;
        assert!(matches!(full, Err(AssignSeatError::NoFreeSeat { seats: 2 })));
        revoke(&db.pool, &mut db.cx_of(owner.clone()), seat).await.unwrap();
        try_assign(&db, &owner, subscription, bob.member_id).await.unwrap();
        let events = fixtures::event_types(&db).await;
        assert_eq!(
            events[events.len() - 4..],
            [
                "customer_seat.assigned",
                "customer_seat.assigned",
                "customer_seat.revoked",
                "customer_seat.assigned"
            ]
        );
    }

    #[tokio::test]
    async fn seats_that_a_scheduled_change_takes_away_are_not_free() {
        let db = TestDb::new().await;
        let (owner, subscription) = team(&db).await;
        let ann = fixtures::colleague(&db, &owner, "ann@example.com", MemberRole::Member).await;
        sqlx::query(
            "insert into subscription_pending_update (organization_id, subscription_id, pending_update_id, seats, applies_at, created_at)
             select organization_id, subscription_id, subscription_id, 1, current_period_end, created_at from subscription",
        )
        .execute(&db.pool)
        .await
        .unwrap();
        try_assign(&db, &owner, subscription, owner.member_id).await.unwrap();
        let full = try_assign(&db, &owner, subscription, ann.member_id).await;
        assert!(matches!(full, Err(AssignSeatError::NoFreeSeat { seats: 1 })));
    }

    #[tokio::test]
    async fn only_who_may_change_billing_gives_seats_and_only_to_own_members() {
        let db = TestDb::new().await;
        let (owner, subscription) = team(&db).await;
        let plain = fixtures::colleague(&db, &owner, "ann@example.com", MemberRole::Member).await;
        let stranger = fixtures::team_owner(&db, owner.organization_id, "eve@example.com").await;
        let flat = billing::subscribed(&db, &stranger).await.subscription_id;
        let forbidden = try_assign(&db, &plain, subscription, plain.member_id).await;
        assert!(matches!(forbidden, Err(AssignSeatError::Forbidden(_))));
        let foreign = try_assign(&db, &stranger, subscription, stranger.member_id).await;
        assert!(matches!(foreign, Err(AssignSeatError::Unknown)));
        let unknown = try_assign(&db, &owner, subscription, stranger.member_id).await;
        assert!(matches!(unknown, Err(AssignSeatError::UnknownMember)));
        let flat = try_assign(&db, &stranger, flat, stranger.member_id).await;
        assert!(matches!(flat, Err(AssignSeatError::NotSeatBased)));
    }

    #[tokio::test]
    async fn ten_at_once_never_take_more_seats_than_are_paid() {
        let db = TestDb::new().await;
        let (owner, subscription) = team(&db).await;
        let mut attempts = Vec::new();
        for number in 0..10 {
            let address = format!("m{number}@example.com");
            let member = fixtures::colleague(&db, &owner, &address, MemberRole::Member).await;
            let (pool, mut cx) = (db.pool.clone(), db.cx_of(owner.clone()));
            let input = AssignSeat {
                subscription_id: subscription,
                member_id: member.member_id,
                metadata: None,
            };
            attempts.push(tokio::spawn(async move { assign(&pool, &mut cx, input).await.is_ok() }));
        }
        let mut given = 0;
        for attempt in attempts {
            given += usize::from(attempt.await.unwrap());
        }
        assert_eq!(given, 2);
    }
}
