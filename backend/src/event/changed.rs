//! What changed lately for the customers who have a page open.

use domain::id::{CustomerId, EventId, OrganizationId};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::QueryError;

/// The most changes told at once; a page that missed some refetches all it shows anyway.
const CHANGES_MAX: i64 = 1_000;

/// A thing of a customer that changed. Says what, never the data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub event_id: EventId,
    pub occurred_at: OffsetDateTime,
    pub subject_kind: String,
    pub subject_id: Uuid,
}

/// The changes of these customers since an instant, oldest first.
///
/// Events commit out of order, so the caller asks again for the last seconds and drops the event ids it has told.
pub async fn changed(
    db: &PgPool,
    customers: &[(OrganizationId, CustomerId)],
    since: OffsetDateTime,
) -> Result<Vec<Change>, QueryError> {
    let (organization_ids, customer_ids): (Vec<Uuid>, Vec<Uuid>) = customers
        .iter()
        .map(|(organization, customer)| (organization.as_uuid(), customer.as_uuid()))
        .unzip();
    let rows = sqlx::query!(
        r#"select e.organization_id, e.customer_id as "customer_id!", e.event_id, e.occurred_at, e.subject_kind, e.subject_id
         from unnest($1::uuid[], $2::uuid[]) as watched (organization_id, customer_id)
         join event e on e.organization_id = watched.organization_id and e.customer_id = watched.customer_id
         where e.occurred_at >= $3
         order by e.occurred_at, e.sequence
         limit $4"#,
        &organization_ids,
        &customer_ids,
        since,
        CHANGES_MAX,
    )
    .fetch_all(db)
    .await?;
    let changes = rows.into_iter().map(|row| Change {
        organization_id: row.organization_id.into(),
        customer_id: row.customer_id.into(),
        event_id: row.event_id.into(),
        occurred_at: row.occurred_at,
        subject_kind: row.subject_kind,
        subject_id: row.subject_id,
    });
    Ok(changes.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session;
    use crate::test_support::{TestDb, fixtures};
    use time::Duration;

    #[tokio::test]
    async fn tells_the_watched_customers_changes_from_an_instant_on() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let bob = fixtures::member(&db, organization_id, "bob@example.com").await;
        db.clock.advance(Duration::hours(1));
        let since = db.now();
        let session = fixtures::session(&db, &ada).await;
        fixtures::session(&db, &bob).await;
        db.clock.advance(Duration::hours(1));
        session::sign_out(&db.pool, &mut db.cx_of(session.actor.clone())).await.unwrap();
        let watched = [(organization_id, ada.customer_id), (other, bob.customer_id)];
        let told = changed(&db.pool, &watched, since).await.unwrap();
        let told: Vec<_> =
            told.iter().map(|change| (change.customer_id, change.subject_kind.as_str())).collect();
        assert_eq!(told, [(ada.customer_id, "session"), (ada.customer_id, "session")]);
        assert_eq!(
            changed(&db.pool, &watched, since + Duration::microseconds(1)).await.unwrap().len(),
            1
        );
        assert_eq!(changed(&db.pool, &[], since).await.unwrap(), []);
    }
}
