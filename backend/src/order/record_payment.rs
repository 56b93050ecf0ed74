//! Noting that the money for an order arrived outside Foyer, by bank transfer for example.

use domain::id::{OrderId, OrganizationId};
use domain::order::OrderStatus;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::event;
use crate::payment;

use super::transition::mark_paid;

#[derive(Debug, Error)]
pub enum RecordPaymentError {
    #[error("there is no such order")]
    Unknown,
    #[error("the order is paid already")]
    AlreadyPaid,
    #[error("the order is not open")]
    NotOpen,
    #[error("the order is being charged")]
    InFlight,
    #[error("only the organization itself may note a payment")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the payment could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<QueryError> for RecordPaymentError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(error) => error.into(),
        }
    }
}

impl From<sqlx::Error> for RecordPaymentError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Marks a pending order as paid now. A charge of it that was not sent yet is given up; while one is in flight the money may be on its
/// way already, and nothing is noted. One that waits for a person is resolved by this.
pub async fn record_payment(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    order_id: OrderId,
) -> Result<(), RecordPaymentError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let (subscription, order) = payment::lock(&mut tx, organization_id, order_id)
        .await?
        .ok_or(RecordPaymentError::Unknown)?;
    match order.status {
        OrderStatus::Pending => {}
        status if status.is_paid() => return Err(RecordPaymentError::AlreadyPaid),
        _ => return Err(RecordPaymentError::NotOpen),
    }
    if !payment::close_unsent(&mut tx, cx, organization_id, order_id, true).await? {
        return Err(RecordPaymentError::InFlight);
    }
    mark_paid(&mut tx, cx, &order).await?;
    if let Some(subscription) = &subscription {
        payment::recover(&mut tx, cx, subscription).await?;
    }
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::order::get;
    use crate::test_support::billing::{Offer, subscribed};
    use crate::test_support::{TestDb, fixtures};
    use time::Duration;
    use uuid::Uuid;

    async fn payments(db: &TestDb) -> usize {
        fixtures::event_types(db).await.iter().filter(|event| *event == "order.paid").count()
    }

    #[tokio::test]
    async fn the_order_is_paid_once() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let (organization_id, order_id) =
            (owner.organization_id, subscribed(&db, &owner).await.order_id);
        db.clock.advance(Duration::days(2));
        record_payment(&db.pool, &mut db.cx(), organization_id, order_id).await.unwrap();
        let order = get(&db.pool, &owner.into(), order_id).await.unwrap().unwrap();
        assert_eq!(
            (order.summary.status, order.summary.paid_at),
            (OrderStatus::Paid, Some(db.now()))
        );
        let again = record_payment(&db.pool, &mut db.cx(), organization_id, order_id).await;
        assert!(matches!(again, Err(RecordPaymentError::AlreadyPaid)));
        assert_eq!(payments(&db).await, 1);
    }

    #[tokio::test]
    async fn a_trials_order_is_paid_and_a_void_one_is_not_open() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let free = Offer::with_trial(&db, owner.organization_id)
            .await
            .subscribe(&db, &owner)
            .await
            .order_id;
        let refused = record_payment(&db.pool, &mut db.cx(), owner.organization_id, free).await;
        assert!(matches!(refused, Err(RecordPaymentError::AlreadyPaid)));
        let open = subscribed(&db, &owner).await.order_id;
        sqlx::query("update orders set status = 'void' where order_id = $1")
            .bind(open.as_uuid())
            .execute(&db.pool)
            .await
            .unwrap();
        let refused = record_payment(&db.pool, &mut db.cx(), owner.organization_id, open).await;
        assert!(matches!(refused, Err(RecordPaymentError::NotOpen)));
    }

    #[tokio::test]
    async fn customers_and_other_organizations_note_no_payment() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let other = fixtures::organization(&db, "other").await;
        let order_id = subscribed(&db, &owner).await.order_id;
        for actor in [Actor::Member(owner.clone()), Actor::System { organization_id: Some(other) }]
        {
            let refused =
                record_payment(&db.pool, &mut db.cx_of(actor), owner.organization_id, order_id)
                    .await;
            assert!(matches!(refused, Err(RecordPaymentError::Forbidden(_))));
        }
        for (organization_id, order_id) in
            [(other, order_id), (owner.organization_id, Uuid::nil().into())]
        {
            let unknown = record_payment(&db.pool, &mut db.cx(), organization_id, order_id).await;
            assert!(matches!(unknown, Err(RecordPaymentError::Unknown)));
        }
        assert_eq!(payments(&db).await, 0);
    }

    #[tokio::test]
    async fn ten_at_once_pay_it_once() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let order_id = subscribed(&db, &owner).await.order_id;
        let attempts: Vec<_> = (0..10)
            .map(|_| {
                let (pool, mut cx, organization_id) =
                    (db.pool.clone(), db.cx(), owner.organization_id);
                tokio::spawn(async move {
                    record_payment(&pool, &mut cx, organization_id, order_id).await.is_ok()
                })
            })
            .collect();
        let mut accepted = 0;
        for attempt in attempts {
            accepted += usize::from(attempt.await.unwrap());
        }
        assert_eq!((accepted, payments(&db).await), (1, 1));
    }
}
