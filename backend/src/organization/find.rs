//! Finding an organization by the first segment of its portal's address, or by its id.

use domain::id::OrganizationId;
use domain::locale::Locale;
use sqlx::PgPool;
use uuid::Uuid;

use crate::error::{InconsistencyError, QueryError};

/// What the portal shows and obeys of an organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationView {
    pub id: OrganizationId,
    pub slug: String,
    pub name: String,
    pub default_locale: Locale,
    /// A name of the IANA time zone database.
    pub time_zone: String,
    pub support_email: Option<String>,
    pub website_url: Option<String>,
    /// `#rrggbb`.
    pub accent_color: String,
    pub logo_url: Option<String>,
    /// Origins that may show the portal in a frame; none by default.
    pub frame_ancestors: Vec<String>,
    /// A processor charges its customers; else they pay it directly.
    pub has_processor: bool,
    /// Which one, by the name in the table.
    pub payment_processor: Option<String>,
    pub settings: PortalSettings,
}

/// What an organization lets its customers do. Orders, cancelling and payment methods have no switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, as in the table")]
pub struct PortalSettings {
    pub show_usage: bool,
    pub update_plan: bool,
    pub update_seats: bool,
    pub pause: bool,
    /// Ending a subscription at once.
    pub cancel_now: bool,
    pub allow_email_change: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "independent switches, as in the table")]
struct Row {
    organization_id: Uuid,
    slug: String,
    name: String,
    default_locale: String,
    time_zone: String,
    support_email: Option<String>,
    website_url: Option<String>,
    accent_color: String,
    logo_url: Option<String>,
    frame_ancestors: Vec<String>,
    payment_processor: Option<String>,
    show_usage: bool,
    update_plan: bool,
    update_seats: bool,
    pause: bool,
    cancel_now: bool,
    allow_email_change: bool,
}

/// The live organization of this slug. Any text may be asked for.
pub async fn find_by_slug(db: &PgPool, slug: &str) -> Result<Option<OrganizationView>, QueryError> {
    // Postgres takes no NUL in a text.
    if slug.len() > 64 || slug.contains('\0') {
        return Ok(None);
    }
    load(db, None, Some(slug)).await
}

/// The live organization of this id.
pub async fn find(
    db: &PgPool,
    organization_id: OrganizationId,
) -> Result<Option<OrganizationView>, QueryError> {
    load(db, Some(organization_id), None).await
}

async fn load(
    db: &PgPool,
    id: Option<OrganizationId>,
    slug: Option<&str>,
) -> Result<Option<OrganizationView>, QueryError> {
    let row = sqlx::query_as!(
        Row,
        r#"select o.organization_id, o.slug, o.name, o.default_locale, o.time_zone, o.support_email, o.website_url,
            o.accent_color, o.logo_url, o.frame_ancestors, o.payment_processor,
            s.show_usage, s.update_plan, s.update_seats, s.pause, s.cancel_now, s.allow_email_change
         from organization o
         join portal_setting s on s.organization_id = o.organization_id
         where o.deleted_at is null and (o.slug = $1 or o.organization_id = $2)"#,
        slug,
        id.map(OrganizationId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(OrganizationView::try_from).transpose()?)
}

impl TryFrom<Row> for OrganizationView {
    type Error = InconsistencyError;

    fn try_from(row: Row) -> Result<Self, InconsistencyError> {
        let default_locale = Locale::from_tag(&row.default_locale).ok_or_else(|| {
            InconsistencyError::new("organization", "default_locale", row.organization_id)
        })?;
        Ok(Self {
            id: row.organization_id.into(),
            slug: row.slug,
            name: row.name,
            default_locale,
            time_zone: row.time_zone,
            support_email: row.support_email,
            website_url: row.website_url,
            accent_color: row.accent_color,
            logo_url: row.logo_url,
            frame_ancestors: row.frame_ancestors,
            has_processor: row.payment_processor.is_some(),
            payment_processor: row.payment_processor,
            settings: PortalSettings {
                show_usage: row.show_usage,
                update_plan: row.update_plan,
                update_seats: row.update_seats,
                pause: row.pause,
                cancel_now: row.cancel_now,
                allow_email_change: row.allow_email_change,
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn any_text_may_be_asked_for() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        for slug in ["", "a\0b", "../etc", &"x".repeat(10_000), "' or true --", "ACME"] {
            assert!(find_by_slug(&db.pool, slug).await.unwrap().is_none(), "{slug:?}");
        }
        assert_eq!(find(&db.pool, organization_id).await.unwrap().unwrap().slug, "acme");
    }

    #[tokio::test]
    async fn a_bad_row_is_named_and_a_deleted_one_unknown() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        sqlx::query("update organization set default_locale = 'tlh'")
            .execute(&db.pool)
            .await
            .unwrap();
        let Err(QueryError::Inconsistency(error)) = find(&db.pool, organization_id).await else {
            panic!("a bad row was read");
        };
        assert_eq!(
            (error.table, error.column, error.key),
            ("organization", "default_locale", organization_id.to_string())
        );
        sqlx::query("update organization set deleted_at = now()").execute(&db.pool).await.unwrap();
        assert!(find(&db.pool, organization_id).await.unwrap().is_none());
    }
}
