//! `GET /v1/refunds/`

use axum::{Json, extract::State};
use backend::payment::{self, RefundSearch, RefundSort};
use domain::scope::Scope;

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{Unauthorized, ValidationError},
            refund::Refund,
        },
    },
    state::AppState,
};

const SORTS: &[(&str, RefundSort)] =
    &[("created_at", RefundSort::CreatedAt), ("amount", RefundSort::Amount)];

/// List refunds.
#[utoipa::path(
    get,
    path = "/v1/refunds",
    operation_id = "refunds:list",
    tag = "refunds",
    security(("access_token" = ["refunds:read"])),
    params(
        ("id" = Option<Vec<uuid::Uuid>>, Query, description = "One of these."),
        ("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Yours; of another there are none."),
        ("order_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these orders."),
        ("subscription_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of an order of one of these subscriptions."),
        ("customer_id" = Option<Vec<uuid::Uuid>>, Query, description = "To one of these customers."),
        ("external_customer_id" = Option<Vec<String>>, Query, description = "The same, by your own ids."),
        ("succeeded" = Option<bool>, Query, description = "Whether the money is on its way."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at` or `amount`; with `-` before it, descending. `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<Refund>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Refund>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::RefundsRead)?;
    let search = RefundSearch {
        refund_ids: query.ids("id"),
        order_ids: query.ids("order_id"),
        subscription_ids: query.ids("subscription_id"),
        customer_ids: query.ids("customer_id"),
        external_customer_ids: query.texts("external_customer_id"),
        is_succeeded: query.flag("succeeded"),
    };
    let is_elsewhere = query.is_elsewhere(organization_id);
    let sorting = query.sorting(SORTS, (RefundSort::CreatedAt, true));
    let page = query.page();
    query.done()?;
    if is_elsewhere {
        return Ok(Json(ListResource::empty(page)));
    }
    let db = &state.portal.db;
    let ids = payment::refund_search(db, &actor, &search, &sorting, page).await?;
    let items = whole(db, organization_id, &ids.items).await?;
    Ok(Json(ListResource::filled(&ids, items)))
}
