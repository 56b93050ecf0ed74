//! `GET /v1/customer-portal/orders/`

use axum::{Json, extract::State};
use backend::{
    order::{self, OrderSearch, OrderSort},
    page::Page,
};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{NotPermitted, Unauthorized, ValidationError},
            order::CustomerOrder,
        },
    },
    state::AppState,
};

const SORTS: &[(&str, OrderSort)] = &[
    ("created_at", OrderSort::CreatedAt),
    ("amount", OrderSort::NetAmount),
    ("net_amount", OrderSort::NetAmount),
    ("product", OrderSort::Product),
    ("subscription", OrderSort::Subscription),
];

/// List the customer's orders.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/orders",
    operation_id = "customer_portal:orders:list",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(
        ("product_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these products."),
        ("product_billing_type" = Option<Vec<String>>, Query, description = "`one_time` or `recurring`."),
        ("subscription_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these subscriptions."),
        ("query" = Option<String>, Query, description = "Somewhere in the product's name."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, `amount`, `net_amount`, `product` or `subscription`; with `-` before it, descending. `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<CustomerOrder>),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<CustomerOrder>>, ApiError> {
    let actor = caller.billing()?;
    let billing_types =
        query.choices("product_billing_type", &[("one_time", false), ("recurring", true)]);
    let search = OrderSearch {
        product_ids: query.ids("product_id"),
        subscription_ids: query.ids("subscription_id"),
        // Both are the same as none.
        is_recurring: match billing_types.as_slice() {
            [first, rest @ ..] if rest.iter().all(|other| other == first) => Some(*first),
            _ => None,
        },
        text: query.text("query").map(ToOwned::to_owned),
    };
    let sorting = query.sorting(SORTS, (OrderSort::CreatedAt, true));
    let page = query.page();
    query.done()?;
    let ids = order::page_of(&state.portal.db, &actor, &search, &sorting, page).await?;
    let items = whole(&state, actor.organization_id, &ids.items).await?;
    Ok(Json(ListResource::of(
        Page { items, total: ids.total, page: ids.page, limit: ids.limit },
        |item| item,
    )))
}
