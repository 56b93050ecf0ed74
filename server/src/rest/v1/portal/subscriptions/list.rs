//! `GET /v1/customer-portal/subscriptions/`

use axum::{Json, extract::State};
use backend::{
    page::Page,
    subscription::{self, SubscriptionFilter, SubscriptionSort},
};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{Unauthorized, ValidationError},
            subscription::CustomerSubscription,
        },
    },
    state::AppState,
};

const SORTS: &[(&str, SubscriptionSort)] = &[
    ("started_at", SubscriptionSort::StartedAt),
    ("amount", SubscriptionSort::Amount),
    ("status", SubscriptionSort::Status),
    ("organization", SubscriptionSort::Organization),
    ("product", SubscriptionSort::Product),
];

/// List the customer's subscriptions.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/subscriptions",
    operation_id = "customer_portal:subscriptions:list",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(
        ("product_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these products."),
        ("active" = Option<bool>, Query, description = "`true`: trialing or active. `false`: ended. Without it, all."),
        ("query" = Option<String>, Query, description = "Somewhere in the product's name."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`started_at`, `amount`, `status`, `organization` or `product`; with `-` before it, descending. `-started_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<CustomerSubscription>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<CustomerSubscription>>, ApiError> {
    let actor = caller.portal()?.actor;
    let filter = SubscriptionFilter {
        product_ids: query.ids("product_id"),
        is_active: query.flag("active"),
        text: query.text("query").map(ToOwned::to_owned),
    };
    let sorting = query.sorting(SORTS, (SubscriptionSort::StartedAt, true));
    let page = query.page();
    query.done()?;
    let ids = subscription::page_of(&state.portal.db, &actor, &filter, &sorting, page).await?;
    let items = whole(&state, actor.organization_id, &ids.items).await?;
    Ok(Json(ListResource::of(
        Page { items, total: ids.total, page: ids.page, limit: ids.limit },
        |item| item,
    )))
}
