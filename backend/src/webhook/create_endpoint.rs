//! A new endpoint.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{OrganizationId, WebhookEndpointId};
use domain::webhook::WebhookEventType;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;
use uuid::Uuid;

use super::address::{Reach, UrlRefusal, check_url};
use super::endpoint::ApiVersion;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};
use crate::input;

/// Live endpoints of one organization; each costs deliveries.
const ENDPOINTS_MAX: i64 = 50;
pub(super) const NAME_CHARS_MAX: usize = 128;

/// An endpoint to be made.
#[derive(Debug, Clone)]
pub struct CreateEndpoint {
    pub organization_id: OrganizationId,
    pub url: String,
    /// At most 128 characters.
    pub name: Option<String>,
    /// What it is told; each once, whatever is repeated.
    pub events: Vec<WebhookEventType>,
    pub api_version: ApiVersion,
    pub uses_standard_webhook_signature: bool,
    /// What the installation allows.
    pub reach: Reach,
}

/// Why no endpoint was made.
#[derive(Debug, Error)]
pub enum CreateEndpointError {
    #[error("the endpoint has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("the endpoint's URL is refused")]
    Url(#[source] UrlRefusal),
    #[error("the organization has {ENDPOINTS_MAX} endpoints already")]
    TooMany,
    #[error("only the organization itself has endpoints")]
    Forbidden(#[from] Forbidden),
    #[error("the endpoint could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for CreateEndpointError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Makes an endpoint; it is told what happens from now on.
pub async fn create_endpoint(
    db: &PgPool,
    cx: &mut Context,
    input: CreateEndpoint,
) -> Result<WebhookEndpointId, CreateEndpointError> {
    let organization_id = input.organization_id;
    cx.actor.staff(organization_id)?;
    let mut errors = FieldErrors::new();
    let name = input::optional(&mut errors, "name", input.name.as_deref(), NAME_CHARS_MAX);
    errors.result(()).map_err(CreateEndpointError::Invalid)?;
    let url = check_url(&input.url, input.reach).map_err(CreateEndpointError::Url)?;
    let webhook_endpoint_id: WebhookEndpointId = cx.new_id();
    let secret_id: Uuid = cx.new_id();
    let events = once_each(&input.events);
    let mut tx = db.begin().await?;
    let made = sqlx::query!(
        "insert into webhook_endpoint (organization_id, webhook_endpoint_id, url, name, events, secret_id, api_version,
            uses_standard_webhook_signature, created_at)
         select $1, $2, $3, $4, $5, $6, $7, $8, $9
         where (select count(*) from webhook_endpoint where organization_id = $1 and deleted_at is null) < $10",
        organization_id.as_uuid(),
        webhook_endpoint_id.as_uuid(),
        url,
        name,
        &events,
        secret_id,
        input.api_version.as_str(),
        input.uses_standard_webhook_signature,
        cx.now,
        ENDPOINTS_MAX,
    )
    .execute(&mut *tx)
    .await?;
    if made.rows_affected() == 0 {
        return Err(CreateEndpointError::TooMany);
    }
    let created = NewEvent {
        organization_id,
        event_type: EventType::WebhookEndpointCreated,
        subject_kind: "webhook_endpoint",
        subject_id: webhook_endpoint_id.into(),
        customer_id: None,
        snapshot: json!({ "url": url, "events": events }),
    };
    event::record(&mut tx, cx, created).await?;
    cx.commit(tx, &webhook_endpoint_id).await?;
    Ok(webhook_endpoint_id)
}

pub(super) fn once_each(events: &[WebhookEventType]) -> Vec<String> {
    let all = WebhookEventType::ALL.iter().filter(|event| events.contains(event));
    all.map(|event| event.as_str().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};
    use crate::webhook::{endpoint, endpoints};

    fn input(organization_id: OrganizationId) -> CreateEndpoint {
        CreateEndpoint {
            organization_id,
            url: "https://hooks.example.com".into(),
            name: Some(" Books ".into()),
            events: vec![WebhookEventType::OrderPaid, WebhookEventType::OrderPaid],
            api_version: ApiVersion::V2026_10,
            uses_standard_webhook_signature: true,
            reach: Reach::PublicOnly,
        }
    }

    #[tokio::test]
    async fn it_is_as_it_was_asked_for() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let id = create_endpoint(&db.pool, &mut db.cx(), input(organization_id)).await.unwrap();
        let actor = db.cx().actor;
        let found = endpoint(&db.pool, &actor, organization_id, id).await.unwrap().unwrap();
        assert_eq!(found.url, "https://hooks.example.com/");
        assert_eq!(found.name.as_deref(), Some("Books"));
        assert_eq!(found.events, [WebhookEventType::OrderPaid]);
        assert_eq!(found.api_version, ApiVersion::V2026_10);
        assert!(found.enabled && found.uses_standard_webhook_signature);
        assert_eq!(endpoint(&db.pool, &actor, other, id).await.unwrap(), None);
        let page = PageRequest::FIRST;
        assert_eq!(endpoints(&db.pool, &actor, other, true, page).await.unwrap().items, []);
        let listed = endpoints(&db.pool, &actor, organization_id, true, page).await.unwrap();
        assert_eq!((listed.items.as_slice(), listed.total.known()), ([found].as_slice(), 1));
    }

    use crate::page::PageRequest;

    #[tokio::test]
    async fn mistakes_members_and_the_fifty_first_are_refused() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let try_one = async |change: fn(&mut CreateEndpoint)| {
            let mut input = input(organization_id);
            change(&mut input);
            create_endpoint(&db.pool, &mut db.cx(), input).await.map(|_| ())
        };
        let long = try_one(|input| input.name = Some("x".repeat(129))).await.unwrap_err();
        assert!(matches!(long, CreateEndpointError::Invalid(_)), "{long:?}");
        let private = try_one(|input| input.url = "https://10.0.0.1".into()).await.unwrap_err();
        assert!(matches!(private, CreateEndpointError::Url(UrlRefusal::NotPublic)), "{private:?}");
        let forbidden = create_endpoint(&db.pool, &mut db.cx_of(ada), input(organization_id)).await;
        assert!(matches!(forbidden.unwrap_err(), CreateEndpointError::Forbidden(_)));
        for _ in 0..ENDPOINTS_MAX {
            try_one(|_| ()).await.unwrap();
        }
        assert!(matches!(try_one(|_| ()).await.unwrap_err(), CreateEndpointError::TooMany));
    }
}
