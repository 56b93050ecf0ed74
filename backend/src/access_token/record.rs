//! The live access tokens of an organization, without their secrets.

use domain::id::{AccessTokenId, OrganizationId};
use domain::scope::Scope;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::QueryError;
use crate::page::{Count, EXACT_COUNT_MAX, Page, PageRequest};

/// An access token, as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessTokenRecord {
    pub organization_id: OrganizationId,
    pub access_token_id: AccessTokenId,
    pub name: String,
    /// Scopes that this version does not know are left out.
    pub scopes: Vec<Scope>,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
    /// Without end when missing.
    pub expires_at: Option<OffsetDateTime>,
    /// Written every five minutes at most.
    pub last_used_at: Option<OffsetDateTime>,
}

struct Row {
    access_token_id: Uuid,
    name: String,
    scopes: Vec<String>,
    created_at: OffsetDateTime,
    modified_at: Option<OffsetDateTime>,
    expires_at: Option<OffsetDateTime>,
    last_used_at: Option<OffsetDateTime>,
}

impl Row {
    fn record(self, organization_id: OrganizationId) -> AccessTokenRecord {
        AccessTokenRecord {
            organization_id,
            access_token_id: self.access_token_id.into(),
            name: self.name,
            scopes: self.scopes.iter().filter_map(|scope| Scope::parse(scope)).collect(),
            created_at: self.created_at,
            modified_at: self.modified_at,
            expires_at: self.expires_at,
            last_used_at: self.last_used_at,
        }
    }
}

/// A page of an organization's tokens that are not revoked, newest first.
///
/// # Errors
/// [`QueryError::Database`].
pub async fn list(
    db: &PgPool,
    organization_id: OrganizationId,
    page: PageRequest,
) -> Result<Page<AccessTokenRecord>, QueryError> {
    let rows = sqlx::query_as!(
        Row,
        "select access_token_id, name, scopes, created_at, modified_at, expires_at, last_used_at
         from access_token where organization_id = $1 and revoked_at is null
         order by created_at desc, access_token_id desc limit $2 offset $3",
        organization_id.as_uuid(),
        page.limit(),
        page.offset(),
    )
    .fetch_all(db)
    .await?;
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
            select from access_token where organization_id = $1 and revoked_at is null limit $2) as counted"#,
        organization_id.as_uuid(),
        EXACT_COUNT_MAX + 1,
    )
    .fetch_one(db)
    .await?;
    let items = rows.into_iter().map(|row| row.record(organization_id)).collect();
    Ok(Page::new(items, Count::from_bounded(count), page))
}

/// The token with this id, if it is not revoked.
///
/// # Errors
/// [`QueryError::Database`].
pub async fn get(
    db: &PgPool,
    organization_id: OrganizationId,
    access_token_id: AccessTokenId,
) -> Result<Option<AccessTokenRecord>, QueryError> {
    let row = sqlx::query_as!(
        Row,
        "select access_token_id, name, scopes, created_at, modified_at, expires_at, last_used_at
         from access_token where organization_id = $1 and access_token_id = $2 and revoked_at is null",
        organization_id.as_uuid(),
        access_token_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(|row| row.record(organization_id)))
}
