//! Every try to tell an endpoint, for its owner to look at.

use std::collections::HashMap;

use domain::id::{OrganizationId, WebhookAttemptId, WebhookEndpointId, WebhookEventId};
use domain::webhook::WebhookEventType;
use sqlx::{PgPool, Postgres, QueryBuilder};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::actor::Actor;
use crate::error::{InconsistencyError, QueryError};
use crate::page::{Page, PageRequest};
use crate::sorting::containing;
use crate::sorting::page_of_ids;

/// The hundreds of an answer's code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpCodeClass {
    Success,
    Redirect,
    ClientError,
    ServerError,
}

impl HttpCodeClass {
    const fn first_code(self) -> i32 {
        match self {
            Self::Success => 200,
            Self::Redirect => 300,
            Self::ClientError => 400,
            Self::ServerError => 500,
        }
    }
}

/// Which tries; everything given must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AttemptSearch {
    /// To one of these endpoints; any when empty.
    pub endpoint_ids: Vec<WebhookEndpointId>,
    pub event_types: Vec<WebhookEventType>,
    pub since: Option<OffsetDateTime>,
    pub until: Option<OffsetDateTime>,
    pub succeeded: Option<bool>,
    pub http_code_class: Option<HttpCodeClass>,
    /// The id of the event or of what it is about, or somewhere in the event's type.
    pub text: Option<String>,
}

/// A try, with what was to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a column of its own")]
pub struct Attempt {
    pub webhook_attempt_id: WebhookAttemptId,
    pub webhook_endpoint_id: WebhookEndpointId,
    pub webhook_event_id: WebhookEventId,
    pub succeeded: bool,
    /// `None`: nothing came.
    pub http_code: Option<i32>,
    /// What the endpoint answered, or why nothing came.
    pub response: Option<String>,
    pub started_at: OffsetDateTime,
    pub duration_ms: i32,
    pub event_type: WebhookEventType,
    pub event_created_at: OffsetDateTime,
    pub is_test: bool,
    pub body: Option<String>,
    /// Of the whole delivery, so far.
    pub last_http_code: Option<i32>,
    pub is_delivered: bool,
    pub is_skipped: bool,
}

/// A page of tries, the newest first or the oldest.
pub async fn page_of_attempts(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    search: &AttemptSearch,
    is_newest_first: bool,
    page: PageRequest,
) -> Result<Page<WebhookAttemptId>, QueryError> {
    actor.staff(organization_id)?;
    let columns = [("a.started_at", is_newest_first)];
    let matching = |query: &mut QueryBuilder<Postgres>| matching(query, organization_id, search);
    Ok(page_of_ids(db, "a.webhook_attempt_id", &columns, page, matching).await?)
}

fn matching(
    query: &mut QueryBuilder<Postgres>,
    organization_id: OrganizationId,
    search: &AttemptSearch,
) {
    query.push(
        " from webhook_attempt a
         join webhook_event e on e.organization_id = a.organization_id and e.webhook_event_id = a.webhook_event_id
         where a.organization_id = ",
    );
    query.push_bind(organization_id.as_uuid());
    if !search.endpoint_ids.is_empty() {
        let ids: Vec<Uuid> = search.endpoint_ids.iter().map(|id| id.as_uuid()).collect();
        query.push(" and a.webhook_endpoint_id = any(").push_bind(ids).push(")");
    }
    if !search.event_types.is_empty() {
        let types: Vec<String> = search.event_types.iter().map(ToString::to_string).collect();
        query.push(" and e.type = any(").push_bind(types).push(")");
    }
    if let Some(since) = search.since {
        query.push(" and a.started_at >= ").push_bind(since);
    }
    if let Some(until) = search.until {
        query.push(" and a.started_at <= ").push_bind(until);
    }
    if let Some(succeeded) = search.succeeded {
        query.push(" and a.succeeded = ").push_bind(succeeded);
    }
    if let Some(class) = search.http_code_class {
        let first = class.first_code();
        query.push(" and a.http_code between ").push_bind(first);
        query.push(" and ").push_bind(first + 99);
    }
    if let Some(text) = search.text.as_deref() {
        if let Ok(id) = text.trim().parse::<Uuid>() {
            query.push(" and ").push_bind(id).push(" in (e.webhook_event_id, e.subject_id)");
        } else {
            query.push(" and e.type ilike ").push_bind(containing(text));
        }
    }
}

/// These tries, in the order of the ids.
pub async fn attempts(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[WebhookAttemptId],
) -> Result<Vec<Attempt>, QueryError> {
    let wanted: Vec<Uuid> = ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query!(
        r#"select a.webhook_attempt_id, a.webhook_endpoint_id, a.webhook_event_id, a.succeeded, a.http_code, a.response, a.started_at,
            a.duration_ms, e.type as event_type, e.created_at as event_created_at, e.is_test, e.body, d.last_http_code,
            d.state = 'delivered' as "is_delivered!", d.state = 'skipped' as "is_skipped!"
         from webhook_attempt a
         join webhook_event e on e.organization_id = a.organization_id and e.webhook_event_id = a.webhook_event_id
         join webhook_delivery d on d.organization_id = a.organization_id and d.webhook_event_id = a.webhook_event_id
            and d.webhook_endpoint_id = a.webhook_endpoint_id
         where a.organization_id = $1 and a.webhook_attempt_id = any($2)"#,
        organization_id.as_uuid(),
        &wanted,
    )
    .fetch_all(db)
    .await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in rows {
        let event_type = WebhookEventType::parse(&row.event_type).ok_or_else(|| {
            InconsistencyError::new("webhook_event", "type", row.webhook_event_id)
        })?;
        let attempt = Attempt {
            webhook_attempt_id: row.webhook_attempt_id.into(),
            webhook_endpoint_id: row.webhook_endpoint_id.into(),
            webhook_event_id: row.webhook_event_id.into(),
            succeeded: row.succeeded,
            http_code: row.http_code,
            response: row.response,
            started_at: row.started_at,
            duration_ms: row.duration_ms,
            event_type,
            event_created_at: row.event_created_at,
            is_test: row.is_test,
            body: row.body,
            last_http_code: row.last_http_code,
            is_delivered: row.is_delivered,
            is_skipped: row.is_skipped,
        };
        found.insert(attempt.webhook_attempt_id, attempt);
    }
    Ok(ids.iter().filter_map(|id| found.remove(id)).collect())
}
