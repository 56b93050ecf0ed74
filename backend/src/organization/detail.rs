//! An organization with all that the API shows to itself.

use std::collections::BTreeMap;

use domain::change::ProrationBehavior;
use domain::id::OrganizationId;
use domain::tax::TaxBehavior;
use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;

use super::PortalSettings;
use crate::error::{InconsistencyError, QueryError};

/// An organization as its own backend sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationDetail {
    pub organization_id: OrganizationId,
    pub slug: String,
    pub name: String,
    pub logo_url: Option<String>,
    pub support_email: Option<String>,
    pub website_url: Option<String>,
    /// Of the seller, as ISO 3166 code.
    pub country: Option<String>,
    pub tax_behavior: TaxBehavior,
    /// Of its first price; `None` while it has none.
    pub currency: Option<String>,
    pub settings: PortalSettings,
    pub proration: ProrationBehavior,
    pub benefit_grace_days: i16,
    /// Mails by template; those that are missing are sent.
    pub mail_switches: BTreeMap<String, bool>,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
}

/// The live organization of this id, whole.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn detail(
    db: &PgPool,
    organization_id: OrganizationId,
) -> Result<Option<OrganizationDetail>, QueryError> {
    let row = sqlx::query!(
        r#"select o.slug, o.name, o.logo_url, o.support_email, o.website_url, o.address ->> 'country' as country, o.tax_behavior,
            o.benefit_grace_days, s.show_usage, s.update_plan, s.update_seats, s.pause, s.cancel_now, s.allow_email_change,
            s.proration_behavior, s.mail_switches as "mail_switches: Json<BTreeMap<String, bool>>", o.created_at,
            greatest(o.modified_at, s.modified_at) as modified_at,
            (select p.currency from price p where p.organization_id = o.organization_id order by p.created_at, p.price_id limit 1) as currency
         from organization o
         join portal_setting s on s.organization_id = o.organization_id
         where o.organization_id = $1 and o.deleted_at is null"#,
        organization_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let bad = |table, column| InconsistencyError::new(table, column, organization_id);
    Ok(Some(OrganizationDetail {
        organization_id,
        slug: row.slug,
        name: row.name,
        logo_url: row.logo_url,
        support_email: row.support_email,
        website_url: row.website_url,
        country: row.country,
        tax_behavior: TaxBehavior::parse(&row.tax_behavior)
            .ok_or_else(|| bad("organization", "tax_behavior"))?,
        currency: row.currency,
        settings: PortalSettings {
            show_usage: row.show_usage,
            update_plan: row.update_plan,
            update_seats: row.update_seats,
            pause: row.pause,
            cancel_now: row.cancel_now,
            allow_email_change: row.allow_email_change,
        },
        proration: ProrationBehavior::parse(&row.proration_behavior)
            .ok_or_else(|| bad("portal_setting", "proration_behavior"))?,
        benefit_grace_days: row.benefit_grace_days,
        mail_switches: row.mail_switches.0,
        created_at: row.created_at,
        modified_at: row.modified_at,
    }))
}
