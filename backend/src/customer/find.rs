//! Finding a customer.

use domain::customer_type::CustomerType;
use domain::email::EmailAddress;
use domain::id::{CustomerId, OrganizationId};
use domain::locale::Locale;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::{InconsistencyError, QueryError};

/// Who pays an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Customer {
    pub organization_id: OrganizationId,
    pub id: CustomerId,
    pub external_id: Option<String>,
    pub customer_type: CustomerType,
    pub email: EmailAddress,
    pub name: Option<String>,
    pub locale: Option<Locale>,
    pub time_zone: Option<String>,
    pub created_at: OffsetDateTime,
}

/// By what a customer is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CustomerKey {
    Id(CustomerId),
    ExternalId(String),
    Email(EmailAddress),
}

struct Row {
    organization_id: Uuid,
    customer_id: Uuid,
    external_id: Option<String>,
    r#type: String,
    email: String,
    name: Option<String>,
    locale: Option<String>,
    time_zone: Option<String>,
    created_at: OffsetDateTime,
}

/// A live customer that the actor may see; a member sees its own only.
pub async fn get(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    id: CustomerId,
) -> Result<Option<Customer>, QueryError> {
    find(db, actor, organization_id, &CustomerKey::Id(id)).await
}

/// A live customer that the actor may see, by any of its keys.
pub async fn find(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    key: &CustomerKey,
) -> Result<Option<Customer>, QueryError> {
    if actor.reader(organization_id).is_err() {
        return Ok(None);
    }
    let (id, external_id, email) = match key {
        CustomerKey::Id(id) => (Some(id.as_uuid()), None, None),
        CustomerKey::ExternalId(external_id) => (None, Some(external_id.as_str()), None),
        CustomerKey::Email(email) => (None, None, Some(email.as_str())),
    };
    let row = sqlx::query_as!(
        Row,
        "select organization_id, customer_id, external_id, type, email, name, locale, time_zone, created_at
         from customer
         where organization_id = $1 and deleted_at is null
           and (customer_id = $2 or external_id = $3 or lower(email) = lower($4))
           and ($5::uuid is null or customer_id = $5)",
        organization_id.as_uuid(),
        id,
        external_id,
        email,
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Customer::try_from).transpose()?)
}

impl TryFrom<Row> for Customer {
    type Error = InconsistencyError;

    fn try_from(row: Row) -> Result<Self, InconsistencyError> {
        let bad = |column| InconsistencyError::new("customer", column, row.customer_id);
        let locale = row
            .locale
            .as_deref()
            .map(|tag| Locale::from_tag(tag).ok_or_else(|| bad("locale")))
            .transpose()?;
        Ok(Self {
            organization_id: row.organization_id.into(),
            id: row.customer_id.into(),
            customer_type: CustomerType::parse(&row.r#type).ok_or_else(|| bad("type"))?,
            email: EmailAddress::parse(&row.email).map_err(|_| bad("email"))?,
            locale,
            external_id: row.external_id,
            name: row.name,
            time_zone: row.time_zone,
            created_at: row.created_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn is_found_by_each_key_and_only_within_reach() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let bob = fixtures::member(&db, organization_id, "bob@example.com").await;
        let system = Actor::System { organization_id: None };
        let by_email = CustomerKey::Email(EmailAddress::parse("ADA@example.com").unwrap());
        let found = find(&db.pool, &system, organization_id, &by_email).await.unwrap().unwrap();
        assert_eq!(found.id, ada.customer_id);
        assert!(
            get(&db.pool, &Actor::Member(ada.clone()), organization_id, ada.customer_id)
                .await
                .unwrap()
                .is_some()
        );
        assert!(
            get(&db.pool, &Actor::Member(bob), organization_id, ada.customer_id)
                .await
                .unwrap()
                .is_none()
        );
        assert!(get(&db.pool, &system, other, ada.customer_id).await.unwrap().is_none());
        let elsewhere = Actor::System { organization_id: Some(other) };
        assert!(
            get(&db.pool, &elsewhere, organization_id, ada.customer_id).await.unwrap().is_none()
        );
    }
}
