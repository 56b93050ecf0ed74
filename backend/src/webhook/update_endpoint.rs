//! Changing an endpoint, and its secret.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::{OrganizationId, WebhookEndpointId};
use domain::webhook::WebhookEventType;
use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::Duration;
use uuid::Uuid;

use super::address::{Reach, UrlRefusal, check_url};
use super::create_endpoint::{NAME_CHARS_MAX, once_each};
use super::endpoint::ApiVersion;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};
use crate::input;

/// So long the previous secret signs beside the new one.
pub const SECRET_OVERLAP: Duration = Duration::hours(24);

/// What to change; what is missing stays as it is.
#[derive(Debug, Clone)]
pub struct UpdateEndpoint {
    pub organization_id: OrganizationId,
    pub webhook_endpoint_id: WebhookEndpointId,
    pub url: Option<String>,
    /// `Some(None)` takes the name away.
    pub name: Option<Option<String>>,
    pub events: Option<Vec<WebhookEventType>>,
    pub enabled: Option<bool>,
    pub api_version: Option<ApiVersion>,
    pub uses_standard_webhook_signature: Option<bool>,
    pub reach: Reach,
}

impl UpdateEndpoint {
    /// A change of nothing, to be filled in.
    pub const fn of(
        organization_id: OrganizationId,
        webhook_endpoint_id: WebhookEndpointId,
        reach: Reach,
    ) -> Self {
        Self {
            organization_id,
            webhook_endpoint_id,
            url: None,
            name: None,
            events: None,
            enabled: None,
            api_version: None,
            uses_standard_webhook_signature: None,
            reach,
        }
    }
}

/// Why an endpoint stays as it is.
#[derive(Debug, Error)]
pub enum UpdateEndpointError {
    #[error("there is no such endpoint")]
    Unknown,
    #[error("the endpoint has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("the endpoint's URL is refused")]
    Url(#[source] UrlRefusal),
    #[error("only the organization itself changes its endpoints")]
    Forbidden(#[from] Forbidden),
    #[error("the endpoint could not be changed")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateEndpointError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Changes an endpoint. Switched off, what waits for it is skipped; switched on, it begins anew, as if it had never failed.
pub async fn update_endpoint(
    db: &PgPool,
    cx: &mut Context,
    input: UpdateEndpoint,
) -> Result<(), UpdateEndpointError> {
    cx.actor.staff(input.organization_id)?;
    let mut errors = FieldErrors::new();
    let is_named = input.name.is_some();
    let name =
        input::optional(&mut errors, "name", input.name.flatten().as_deref(), NAME_CHARS_MAX);
    errors.result(()).map_err(UpdateEndpointError::Invalid)?;
    let url = input.url.map(|url| check_url(&url, input.reach)).transpose();
    let url = url.map_err(UpdateEndpointError::Url)?;
    let events = input.events.as_deref().map(once_each);
    let mut tx = db.begin().await?;
    let updated = sqlx::query!(
        "update webhook_endpoint
         set url = coalesce($3, url), name = case when $4 then $5 else name end, events = coalesce($6, events),
            enabled = coalesce($7, enabled), api_version = coalesce($8, api_version),
            uses_standard_webhook_signature = coalesce($9, uses_standard_webhook_signature),
            disabled_reason = case when $7 is null then disabled_reason end,
            failing_since = case when $7 and not enabled then null else failing_since end,
            modified_at = $10
         where organization_id = $1 and webhook_endpoint_id = $2 and deleted_at is null",
        input.organization_id.as_uuid(),
        input.webhook_endpoint_id.as_uuid(),
        url,
        is_named,
        name,
        events.as_deref(),
        input.enabled,
        input.api_version.map(ApiVersion::as_str),
        input.uses_standard_webhook_signature,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(UpdateEndpointError::Unknown);
    }
    if input.enabled == Some(false) {
        skip_pending(&mut tx, cx, input.organization_id, input.webhook_endpoint_id).await?;
    }
    let snapshot = json!({ "url": url, "events": events, "enabled": input.enabled });
    let changed = about(
        input.organization_id,
        input.webhook_endpoint_id,
        EventType::WebhookEndpointUpdated,
        snapshot,
    );
    event::record(&mut tx, cx, changed).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

/// Gives an endpoint a new secret. For a day the previous one signs beside it, so that receivers can change over.
pub async fn change_secret(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    webhook_endpoint_id: WebhookEndpointId,
) -> Result<(), UpdateEndpointError> {
    cx.actor.staff(organization_id)?;
    let secret_id: Uuid = cx.new_id();
    let mut tx = db.begin().await?;
    let updated = sqlx::query!(
        "update webhook_endpoint
         set previous_secret_id = secret_id, previous_secret_until = $4, secret_id = $3, modified_at = $5
         where organization_id = $1 and webhook_endpoint_id = $2 and deleted_at is null",
        organization_id.as_uuid(),
        webhook_endpoint_id.as_uuid(),
        secret_id,
        cx.now + SECRET_OVERLAP,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(UpdateEndpointError::Unknown);
    }
    let event_type = EventType::WebhookEndpointSecretChanged;
    let changed = about(organization_id, webhook_endpoint_id, event_type, json!({}));
    event::record(&mut tx, cx, changed).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

/// What still waits for an endpoint that is told nothing any more.
pub(super) async fn skip_pending(
    tx: &mut PgConnection,
    cx: &Context,
    organization_id: OrganizationId,
    webhook_endpoint_id: WebhookEndpointId,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update webhook_delivery set state = 'skipped', due_at = null, ended_at = $3
         where organization_id = $1 and webhook_endpoint_id = $2 and due_at is not null",
        organization_id.as_uuid(),
        webhook_endpoint_id.as_uuid(),
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) fn about(
    organization_id: OrganizationId,
    webhook_endpoint_id: WebhookEndpointId,
    event_type: EventType,
    snapshot: Value,
) -> NewEvent {
    NewEvent {
        organization_id,
        event_type,
        subject_kind: "webhook_endpoint",
        subject_id: webhook_endpoint_id.into(),
        customer_id: None,
        snapshot,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::SecretKey;
    use crate::test_support::fixtures;
    use crate::webhook::test_helpers::Case;
    use crate::webhook::{delete_endpoint, endpoint, letter};

    fn of(case: &Case) -> UpdateEndpoint {
        UpdateEndpoint::of(case.organization_id, case.endpoint_id, Reach::PublicOnly)
    }

    #[tokio::test]
    async fn what_is_given_changes_and_the_rest_stays() {
        let case = Case::start().await;
        let (pool, actor) = (&case.db.pool, case.db.cx().actor);
        let read = async || {
            endpoint(pool, &actor, case.organization_id, case.endpoint_id).await.unwrap().unwrap()
        };
        let before = read().await;
        let mut input = of(&case);
        input.name = Some(Some("Books".into()));
        input.events = Some(vec![]);
        update_endpoint(pool, &mut case.db.cx(), input).await.unwrap();
        let after = read().await;
        assert_eq!((after.name.as_deref(), after.events.len()), (Some("Books"), 0));
        assert_eq!((&after.url, after.enabled), (&before.url, true));
        assert_eq!(after.modified_at, Some(case.db.now()));
        let mut input = of(&case);
        input.name = Some(None);
        input.url = Some("https://other.example/hook".into());
        update_endpoint(pool, &mut case.db.cx(), input).await.unwrap();
        assert_eq!(
            (read().await.name, read().await.url.as_str()),
            (None, "https://other.example/hook")
        );
        let mut input = of(&case);
        input.url = Some("https://localhost".into());
        let refused = update_endpoint(pool, &mut case.db.cx(), input).await.unwrap_err();
        assert!(matches!(refused, UpdateEndpointError::Url(UrlRefusal::NotPublic)), "{refused:?}");
    }

    #[tokio::test]
    async fn both_secrets_sign_for_a_day_after_a_change() {
        let case = Case::start().await;
        case.put(1).await;
        let delivery = case.first(1).await.remove(0);
        let key = SecretKey::from_hex(&"5e".repeat(32)).unwrap();
        let secrets = async || {
            let letter = letter(&case.db.pool, &key, &delivery, case.db.now()).await.unwrap();
            letter.unwrap().secrets
        };
        let old = secrets().await;
        change_secret(&case.db.pool, &mut case.db.cx(), case.organization_id, case.endpoint_id)
            .await
            .unwrap();
        let both = secrets().await;
        assert_eq!((old.len(), both.len(), &both[1]), (1, 2, &old[0]));
        case.db.clock.advance(SECRET_OVERLAP - Duration::microseconds(1));
        assert_eq!(secrets().await, both);
        case.db.clock.advance(Duration::microseconds(1));
        assert_eq!(secrets().await, both[..1]);
    }

    #[tokio::test]
    async fn switched_off_or_deleted_nothing_waits_for_it() {
        let case = Case::start().await;
        case.put(1).await;
        let mut off = of(&case);
        off.enabled = Some(false);
        update_endpoint(&case.db.pool, &mut case.db.cx(), off).await.unwrap();
        assert_eq!(case.only().await, ("skipped".into(), 0, None));
        let delete = async || {
            delete_endpoint(
                &case.db.pool,
                &mut case.db.cx(),
                case.organization_id,
                case.endpoint_id,
            )
            .await
        };
        delete().await.unwrap();
        assert!(delete().await.is_err(), "it is gone");
        let unknown = update_endpoint(&case.db.pool, &mut case.db.cx(), of(&case)).await;
        assert!(matches!(unknown, Err(UpdateEndpointError::Unknown)), "{unknown:?}");
    }

    #[tokio::test]
    async fn nobody_else_changes_an_endpoint() {
        let case = Case::start().await;
        let ada = fixtures::member(&case.db, case.organization_id, "ada@example.com").await;
        let other = fixtures::organization(&case.db, "other").await;
        let by_member = update_endpoint(&case.db.pool, &mut case.db.cx_of(ada), of(&case)).await;
        assert!(matches!(by_member, Err(UpdateEndpointError::Forbidden(_))), "{by_member:?}");
        let input = UpdateEndpoint { organization_id: other, ..of(&case) };
        let foreign = update_endpoint(&case.db.pool, &mut case.db.cx(), input).await;
        assert!(matches!(foreign, Err(UpdateEndpointError::Unknown)), "{foreign:?}");
        let foreign =
            change_secret(&case.db.pool, &mut case.db.cx(), other, case.endpoint_id).await;
        assert!(matches!(foreign, Err(UpdateEndpointError::Unknown)), "{foreign:?}");
    }
}
