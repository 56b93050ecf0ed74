//! An endpoint as its organization sees it.

use domain::id::{OrganizationId, WebhookEndpointId};
use domain::webhook::WebhookEventType;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::{InconsistencyError, QueryError};
use crate::page::{Count, Page, PageRequest};

/// The version of the API in whose form an endpoint is told. All have the same form so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ApiVersion {
    #[default]
    V2026_04,
    V2026_10,
    V2027_01,
}

impl ApiVersion {
    pub const ALL: [Self; 3] = [Self::V2026_04, Self::V2026_10, Self::V2027_01];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::V2026_04 => "2026-04",
            Self::V2026_10 => "2026-10",
            Self::V2027_01 => "2027-01",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|version| version.as_str() == text)
    }
}

/// An address that is told what happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    pub webhook_endpoint_id: WebhookEndpointId,
    pub url: String,
    pub name: Option<String>,
    pub events: Vec<WebhookEventType>,
    pub enabled: bool,
    /// From what its secret is derived.
    pub secret_id: Uuid,
    pub api_version: ApiVersion,
    pub uses_standard_webhook_signature: bool,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
}

struct EndpointRow {
    webhook_endpoint_id: Uuid,
    url: String,
    name: Option<String>,
    events: Vec<String>,
    enabled: bool,
    secret_id: Uuid,
    api_version: String,
    uses_standard_webhook_signature: bool,
    created_at: OffsetDateTime,
    modified_at: Option<OffsetDateTime>,
}

impl TryFrom<EndpointRow> for Endpoint {
    type Error = InconsistencyError;

    fn try_from(row: EndpointRow) -> Result<Self, InconsistencyError> {
        let bad =
            |column| InconsistencyError::new("webhook_endpoint", column, row.webhook_endpoint_id);
        let events = row.events.iter().map(|event| WebhookEventType::parse(event));
        Ok(Self {
            webhook_endpoint_id: row.webhook_endpoint_id.into(),
            url: row.url,
            name: row.name,
            events: events.collect::<Option<_>>().ok_or_else(|| bad("events"))?,
            enabled: row.enabled,
            secret_id: row.secret_id,
            api_version: ApiVersion::parse(&row.api_version).ok_or_else(|| bad("api_version"))?,
            uses_standard_webhook_signature: row.uses_standard_webhook_signature,
            created_at: row.created_at,
            modified_at: row.modified_at,
        })
    }
}

/// One endpoint.
pub async fn endpoint(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    webhook_endpoint_id: WebhookEndpointId,
) -> Result<Option<Endpoint>, QueryError> {
    actor.staff(organization_id)?;
    let row = sqlx::query_as!(
        EndpointRow,
        "select webhook_endpoint_id, url, name, events, enabled, secret_id, api_version, uses_standard_webhook_signature,
            created_at, modified_at
         from webhook_endpoint
         where organization_id = $1 and webhook_endpoint_id = $2 and deleted_at is null",
        organization_id.as_uuid(),
        webhook_endpoint_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    Ok(row.map(Endpoint::try_from).transpose()?)
}

/// A page of the organization's endpoints, by when they were made.
pub async fn endpoints(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    is_newest_first: bool,
    page: PageRequest,
) -> Result<Page<Endpoint>, QueryError> {
    actor.staff(organization_id)?;
    let rows = sqlx::query_as!(
        EndpointRow,
        "select webhook_endpoint_id, url, name, events, enabled, secret_id, api_version, uses_standard_webhook_signature,
            created_at, modified_at
         from webhook_endpoint
         where organization_id = $1 and deleted_at is null
         order by case when $2 then created_at end desc, case when not $2 then created_at end, webhook_endpoint_id
         limit $3 offset $4",
        organization_id.as_uuid(),
        is_newest_first,
        page.limit(),
        page.offset(),
    )
    .fetch_all(db)
    .await?;
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from webhook_endpoint where organization_id = $1 and deleted_at is null"#,
        organization_id.as_uuid(),
    )
    .fetch_one(db)
    .await?;
    let items = rows.into_iter().map(Endpoint::try_from).collect::<Result<_, _>>()?;
    Ok(Page::new(items, Count::Exact(count), page))
}
