//! What everybody may know of an organization.

use domain::change::ProrationBehavior;
use domain::id::OrganizationId;
use sqlx::PgPool;
use time::OffsetDateTime;

use super::PortalSettings;
use crate::error::{InconsistencyError, QueryError};

/// An organization as the API shows it to its customers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicOrganization {
    pub organization_id: OrganizationId,
    pub slug: String,
    pub name: String,
    pub logo_url: Option<String>,
    pub settings: PortalSettings,
    pub proration: ProrationBehavior,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
}

/// The live organization of this id, as its customers see it.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn public(
    db: &PgPool,
    organization_id: OrganizationId,
) -> Result<Option<PublicOrganization>, QueryError> {
    let row = sqlx::query!(
        "select o.slug, o.name, o.logo_url, s.show_usage, s.update_plan, s.update_seats, s.pause, s.cancel_now, s.allow_email_change,
            s.proration_behavior, o.created_at, greatest(o.modified_at, s.modified_at) as modified_at
         from organization o
         join portal_setting s on s.organization_id = o.organization_id
         where o.organization_id = $1 and o.deleted_at is null",
        organization_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let proration = ProrationBehavior::parse(&row.proration_behavior).ok_or_else(|| {
        InconsistencyError::new("portal_setting", "proration_behavior", organization_id)
    })?;
    Ok(Some(PublicOrganization {
        organization_id,
        slug: row.slug,
        name: row.name,
        logo_url: row.logo_url,
        settings: PortalSettings {
            show_usage: row.show_usage,
            update_plan: row.update_plan,
            update_seats: row.update_seats,
            pause: row.pause,
            cancel_now: row.cancel_now,
            allow_email_change: row.allow_email_change,
        },
        proration,
        created_at: row.created_at,
        modified_at: row.modified_at,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};
    use uuid::Uuid;

    #[tokio::test]
    async fn an_organization_is_public_until_it_is_deleted() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let found = public(&db.pool, organization_id).await.unwrap().unwrap();
        assert_eq!(found.slug, "acme");
        assert_eq!(public(&db.pool, Uuid::nil().into()).await.unwrap(), None);
        sqlx::query("update organization set deleted_at = now()").execute(&db.pool).await.unwrap();
        assert_eq!(public(&db.pool, organization_id).await.unwrap(), None);
    }
}
