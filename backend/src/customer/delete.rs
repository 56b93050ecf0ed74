//! Deleting a customer.

use domain::event_type::EventType;
use domain::id::{CustomerId, MemberId, OrganizationId};
use serde_json::json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::anonymize::anonymize;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::event::{self, NewEvent};
use crate::subscription::EndAllRefusal;
use crate::{member, payment_method, seat, session, subscription};

#[derive(Debug, Error)]
pub enum DeleteCustomerError {
    #[error("there is no such customer")]
    Unknown,
    #[error("a change of one of the customer's subscriptions waits for its charge")]
    ChangePending,
    #[error("only the organization's own side deletes customers")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the deletion could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for DeleteCustomerError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QueryError> for DeleteCustomerError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(error) => error.into(),
        }
    }
}

/// Deletes a customer: its subscriptions end at once, without a refund, its seats are taken back, its payment methods forgotten, its
/// members go and are signed out everywhere. Address and external id are free for another one. `anonymizes` also erases its personal
/// values, but for what the law keeps on orders.
///
/// # Errors
/// `ChangePending` while a change waits for its charge.
pub async fn delete(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    anonymizes: bool,
) -> Result<(), DeleteCustomerError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    sqlx::query_scalar!(
        "select customer_id from customer where organization_id = $1 and customer_id = $2 and deleted_at is null for no key update",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_optional(&mut *tx)
    .await?
    .ok_or(DeleteCustomerError::Unknown)?;
    match subscription::end_all_of(&mut tx, cx, organization_id, customer_id).await {
        Ok(()) => {}
        Err(EndAllRefusal::ChangePending) => return Err(DeleteCustomerError::ChangePending),
        Err(EndAllRefusal::Query(error)) => return Err(error.into()),
    }
    seat::revoke_all(&mut tx, cx, organization_id, customer_id, None).await?;
    payment_method::forget_all(&mut tx, cx, organization_id, customer_id).await?;
    session::end_all(&mut tx, cx, organization_id, customer_id, None).await?;
    delete_rows(&mut tx, cx, organization_id, customer_id).await?;
    if anonymizes {
        anonymize(&mut tx, cx.now, organization_id, customer_id).await?;
    }
    let deleted = NewEvent {
        organization_id,
        event_type: EventType::CustomerDeleted,
        subject_kind: "customer",
        subject_id: customer_id.into(),
        customer_id: Some(customer_id),
        snapshot: json!({ "is_anonymized": anonymizes }),
    };
    event::record(&mut tx, cx, deleted).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

async fn delete_rows(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<(), DatabaseError> {
    let (organization, customer) = (organization_id.as_uuid(), customer_id.as_uuid());
    let members = sqlx::query_scalar!(
        "update member set deleted_at = $3, modified_at = $3
         where organization_id = $1 and customer_id = $2 and deleted_at is null
         returning member_id",
        organization,
        customer,
        cx.now,
    )
    .fetch_all(&mut *tx)
    .await?;
    for member_id in members {
        member::record_deleted(tx, cx, organization_id, customer_id, MemberId::from(member_id))
            .await?;
    }
    sqlx::query!(
        "update customer set deleted_at = $3, modified_at = $3 where organization_id = $1 and customer_id = $2",
        organization,
        customer,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api_session::{self, CreateApiSession, Whom};
    use crate::customer::{CustomerKey, find, records};
    use crate::payment::SandboxBehavior;
    use crate::payment_method::test_helpers::Case;
    use crate::test_support::billing::{self, change_pending};
    use crate::test_support::{TestDb, fixtures};
    use domain::role::MemberRole;

    const GONE: &str = "select (select count(*) from subscription where ended_at is null)
        + (select count(*) from payment_method where deleted_at is null or detach_due_at is null)
        + (select count(*) from customer_seat where status <> 'revoked')
        + (select count(*) from session where ended_at is null)
        + (select count(*) from orders where status = 'pending')
        + (select count(*) from member where deleted_at is null)
        + (select count(*) from customer where default_payment_method_id is not null)";

    #[tokio::test]
    async fn all_that_it_has_ends_and_its_card_is_forgotten() {
        let case = Case::new(SandboxBehavior::Approve).await;
        let (db, owner) = (&case.db, &case.owner);
        fixtures::session(db, owner).await;
        let input = CreateApiSession {
            organization_id: owner.organization_id,
            customer: Whom::Id(owner.customer_id),
            member: None,
            return_url: None,
        };
        let token = api_session::create(&db.pool, &mut db.cx(), input).await.unwrap().token;
        delete(&db.pool, &mut db.cx(), owner.organization_id, owner.customer_id, false)
            .await
            .unwrap();
        assert_eq!(case.count(GONE).await, 0);
        let call = api_session::authenticate(&db.pool, token.expose(), db.now()).await.unwrap();
        assert_eq!(call, None);
        assert_eq!(case.events("customer.deleted").await, 1);
        assert_eq!(case.events("member.deleted").await, 1);
        assert_eq!(case.events("subscription.revoked").await, 1);
        assert_eq!(case.events("payment_method.deleted").await, 1);
        case.work().await;
        let kept = "select count(*) from sandbox.method where detached_at is null";
        assert_eq!(case.count(kept).await, 0, "the processor forgot the card");
        let again =
            delete(&db.pool, &mut db.cx(), owner.organization_id, owner.customer_id, false).await;
        assert!(matches!(again, Err(DeleteCustomerError::Unknown)));
        fixtures::member(db, owner.organization_id, "ada@example.com").await;
    }

    #[tokio::test]
    async fn erased_nothing_personal_is_left_anywhere() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::team_owner(&db, organization_id, "ada.secret@example.com").await;
        let bob =
            fixtures::colleague(&db, &ada, "bob.secret@example.com", MemberRole::Member).await;
        let eve = fixtures::member(&db, organization_id, "eve@example.com").await;
        billing::subscribed(&db, &ada).await;
        sqlx::query(
            "update customer set name = 'Secret', billing_name = 'Secret', company = 'Secret', billing_address = '{\"line1\": \"Secret\", \"country\": \"DE\"}'
             where customer_id = $1",
        )
        .bind(ada.customer_id.as_uuid())
        .execute(&db.pool)
        .await
        .unwrap();
        fixtures::session(&db, &bob).await;
        for secret in [
            "update subscription set cancellation_comment = 'Secret'",
            "update session set user_agent = 'Secret'",
        ] {
            sqlx::query(secret).execute(&db.pool).await.unwrap();
        }
        delete(&db.pool, &mut db.cx(), organization_id, ada.customer_id, true).await.unwrap();
        let tables: Vec<String> = sqlx::query_scalar(
            "select table_name::text from information_schema.tables where table_schema = 'public' and table_type = 'BASE TABLE'",
        )
        .fetch_all(&db.pool)
        .await
        .unwrap();
        for table in tables {
            let left: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(format!(
                "select count(*) from \"{table}\" t where t::text ilike '%secret@%' or t::text like '%Secret%'"
            )))
            .fetch_one(&db.pool)
            .await
            .unwrap();
            assert_eq!(left, 0, "{table}");
        }
        let record = records(&db.pool, organization_id, &[ada.customer_id]).await.unwrap();
        let record = &record[&ada.customer_id];
        assert!(record.deleted_at.is_some() && record.metadata["__anonymized_at"].is_string());
        assert!(record.email.ends_with("@anonymized.invalid"), "{}", record.email);
        let key = CustomerKey::Id(eve.customer_id);
        let other = find(&db.pool, &eve.clone().into(), organization_id, &key).await.unwrap();
        assert_eq!(other.unwrap().email.as_str(), "eve@example.com");
    }

    #[tokio::test]
    async fn a_charge_under_way_and_strangers_refuse_it() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let other = fixtures::organization(&db, "other").await;
        let id = ada.customer_id;
        let started = billing::subscribed(&db, &ada).await;
        change_pending(&db, started.subscription_id).await;
        let waits = delete(&db.pool, &mut db.cx(), organization_id, id, true).await;
        assert!(matches!(waits, Err(DeleteCustomerError::ChangePending)));
        let foreign = delete(&db.pool, &mut db.cx(), other, id, false).await;
        assert!(matches!(foreign, Err(DeleteCustomerError::Unknown)));
        let own = delete(&db.pool, &mut db.cx_of(ada), organization_id, id, false).await;
        assert!(matches!(own, Err(DeleteCustomerError::Forbidden(_))));
        let live = "select count(*) from customer where deleted_at is null";
        assert_eq!(sqlx::query_scalar::<_, i64>(live).fetch_one(&db.pool).await.unwrap(), 1);
    }
}
