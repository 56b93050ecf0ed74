//! `GET /v1/webhooks/endpoints`

use axum::{Json, extract::State};
use backend::{
    page::{Count, Page},
    webhook,
};
use domain::scope::Scope;

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{Unauthorized, ValidationError},
            webhook::WebhookEndpoint,
        },
    },
    state::AppState,
};

/// List the endpoints.
#[utoipa::path(
    get,
    path = "/v1/webhooks/endpoints",
    operation_id = "webhooks:list_webhook_endpoints",
    tag = "webhooks",
    security(("access_token" = ["webhooks:read"])),
    params(
        ("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these organizations; others than yours have none."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`; with `-` before it, descending. `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<WebhookEndpoint>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<WebhookEndpoint>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::WebhooksRead)?;
    let is_elsewhere = query.is_elsewhere(organization_id);
    let sorting = query.sorting(&[("created_at", ())], ((), true));
    let page = query.page();
    query.done()?;
    let portal = &state.portal;
    let is_newest_first = sorting.first().is_some_and(|((), descends)| *descends);
    let found = if is_elsewhere {
        Page::new(vec![], Count::Exact(0), page)
    } else {
        webhook::endpoints(&portal.db, &actor, organization_id, is_newest_first, page).await?
    };
    let on_wire = |endpoint| WebhookEndpoint::of(endpoint, organization_id, &portal.secret);
    Ok(Json(ListResource::of(found, on_wire)))
}
