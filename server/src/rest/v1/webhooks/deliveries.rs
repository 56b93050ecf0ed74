//! `GET /v1/webhooks/deliveries`

use axum::{Json, extract::State};
use backend::{
    page::Page,
    webhook::{self, AttemptSearch, HttpCodeClass},
};
use domain::{scope::Scope, webhook::WebhookEventType};

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{Unauthorized, ValidationError},
            webhook::WebhookDelivery,
        },
    },
    state::AppState,
};

const CLASSES: &[(&str, HttpCodeClass)] = &[
    ("2xx", HttpCodeClass::Success),
    ("3xx", HttpCodeClass::Redirect),
    ("4xx", HttpCodeClass::ClientError),
    ("5xx", HttpCodeClass::ServerError),
];

/// List every try to tell an endpoint, of the last 90 days.
#[utoipa::path(
    get,
    path = "/v1/webhooks/deliveries",
    operation_id = "webhooks:list_webhook_deliveries",
    tag = "webhooks",
    security(("access_token" = ["webhooks:read"])),
    params(
        ("endpoint_id" = Option<Vec<uuid::Uuid>>, Query, description = "To one of these endpoints."),
        ("start_timestamp" = Option<String>, Query, description = "Begun at this instant or later, in RFC 3339."),
        ("end_timestamp" = Option<String>, Query, description = "Begun at this instant or earlier."),
        ("succeeded" = Option<bool>, Query, description = "Those that arrived, or those that did not."),
        ("query" = Option<String>, Query, description = "The id of the event or of its object, or somewhere in the event's type."),
        ("http_code_class" = Option<String>, Query, description = "`2xx`, `3xx`, `4xx` or `5xx`."),
        ("event_type" = Option<Vec<String>>, Query, description = "About one of these."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`; with `-` before it, descending. `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<WebhookDelivery>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<WebhookDelivery>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::WebhooksRead)?;
    let types: Vec<_> =
        WebhookEventType::ALL.iter().map(|event_type| (event_type.as_str(), *event_type)).collect();
    let search = AttemptSearch {
        endpoint_ids: query.ids("endpoint_id"),
        event_types: query.choices("event_type", &types),
        since: query.instant("start_timestamp"),
        until: query.instant("end_timestamp"),
        succeeded: query.flag("succeeded"),
        http_code_class: query.choices("http_code_class", CLASSES).pop(),
        text: query.text("query").filter(|text| !text.is_empty()).map(ToOwned::to_owned),
    };
    let sorting = query.sorting(&[("created_at", ())], ((), true));
    let page = query.page();
    query.done()?;
    let db = &state.portal.db;
    let is_newest_first = sorting.first().is_some_and(|((), descends)| *descends);
    let ids =
        webhook::page_of_attempts(db, &actor, organization_id, &search, is_newest_first, page)
            .await?;
    let items = webhook::attempts(db, organization_id, &ids.items).await?;
    let found = Page { items, total: ids.total, page: ids.page, limit: ids.limit };
    Ok(Json(ListResource::of(found, Into::into)))
}
