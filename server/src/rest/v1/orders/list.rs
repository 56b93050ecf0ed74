//! `GET /v1/orders/`

use axum::{Json, extract::State};
use backend::order::{self, MerchantOrderSearch, MerchantOrderSort as Sort};
use domain::{order::OrderStatus, scope::Scope};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{Unauthorized, ValidationError},
            order::Order,
        },
    },
    state::AppState,
};

const SORTS: &[(&str, Sort)] = &[
    ("created_at", Sort::CreatedAt),
    ("status", Sort::Status),
    ("invoice_number", Sort::InvoiceNumber),
    ("amount", Sort::NetAmount),
    ("net_amount", Sort::NetAmount),
    ("customer", Sort::Customer),
    ("product", Sort::Product),
    ("discount", Sort::Discount),
    ("subscription", Sort::Subscription),
];

/// List orders.
#[utoipa::path(
    get,
    path = "/v1/orders",
    operation_id = "orders:list",
    tag = "orders",
    security(("access_token" = ["orders:read"])),
    params(
        ("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Yours; of another there are none."),
        ("product_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these products."),
        ("product_billing_type" = Option<Vec<String>>, Query, description = "`one_time` or `recurring`."),
        ("discount_id" = Option<Vec<uuid::Uuid>>, Query, description = "With one of these discounts."),
        ("customer_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these customers."),
        ("external_customer_id" = Option<Vec<String>>, Query, description = "The same, by your own ids."),
        ("subscription_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these subscriptions."),
        ("checkout_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these checkouts."),
        ("status" = Option<Vec<String>>, Query, description = "One of these."),
        ("created_after" = Option<String>, Query, description = "Made then or later.", format = DateTime),
        ("created_before" = Option<String>, Query, description = "Made then or before.", format = DateTime),
        ("metadata" = Option<Object>, Query, style = DeepObject, description = "`metadata[key]=value`: what you noted."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, `status`, `invoice_number`, `amount`, `net_amount`, `customer`, `product`, `discount` or `subscription`; with `-` before it, descending. `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<Order>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Order>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::OrdersRead)?;
    let search = search_of(&mut query);
    let is_elsewhere = query.is_elsewhere(organization_id);
    let sorting = query.sorting(SORTS, (Sort::CreatedAt, true));
    let page = query.page();
    query.done()?;
    if is_elsewhere {
        return Ok(Json(ListResource::empty(page)));
    }
    let db = &state.portal.db;
    let ids = order::search(db, &actor, &search, &sorting, page).await?;
    let items = whole(db, organization_id, &ids.items).await?;
    Ok(Json(ListResource::filled(&ids, items)))
}

fn search_of(query: &mut Query) -> MerchantOrderSearch {
    let statuses: Vec<_> =
        OrderStatus::ALL.iter().map(|status| (status.as_str(), *status)).collect();
    let billing_types =
        query.choices("product_billing_type", &[("one_time", false), ("recurring", true)]);
    MerchantOrderSearch {
        product_ids: query.ids("product_id"),
        // Both are the same as none.
        is_recurring: match billing_types.as_slice() {
            [first, rest @ ..] if rest.iter().all(|other| other == first) => Some(*first),
            _ => None,
        },
        discount_ids: query.ids("discount_id"),
        customer_ids: query.ids("customer_id"),
        external_customer_ids: query.texts("external_customer_id"),
        subscription_ids: query.ids("subscription_id"),
        checkout_ids: query.ids("checkout_id"),
        statuses: query.choices("status", &statuses),
        created_from: query.instant("created_after"),
        created_to: query.instant("created_before"),
        metadata: query.metadata(),
    }
}
