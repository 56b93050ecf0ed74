//! `GET /v1/discounts/`

use axum::{Json, extract::State};
use backend::{
    discount::{self, DiscountSort},
    page::{Count, Page},
};
use domain::scope::Scope;

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            discount::Discount,
            error::{Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

const SORTS: &[(&str, DiscountSort)] = &[
    ("created_at", DiscountSort::CreatedAt),
    ("name", DiscountSort::Name),
    ("code", DiscountSort::Code),
    ("redemptions_count", DiscountSort::RedemptionsCount),
    ("ends_at", DiscountSort::EndsAt),
];

/// List your discounts.
#[utoipa::path(
    get,
    path = "/v1/discounts",
    operation_id = "discounts:list",
    tag = "discounts",
    security(("access_token" = ["discounts:read"])),
    params(
        ("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Your own, if any."),
        ("query" = Option<String>, Query, description = "Somewhere in the name or the code."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, `name`, `code`, `redemptions_count` or `ends_at`; with `-` before it, descending. `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<Discount>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Discount>>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::DiscountsRead)?;
    let text = query.text("query").map(ToOwned::to_owned);
    let is_elsewhere = query.is_elsewhere(organization_id);
    let sorting = query.sorting(SORTS, (DiscountSort::CreatedAt, true));
    let page = query.page();
    query.done()?;
    let db = &state.portal.db;
    let ids = if is_elsewhere {
        Page::new(vec![], Count::Exact(0), page)
    } else {
        discount::page_of(db, organization_id, text.as_deref(), &sorting, page).await?
    };
    let items = whole(db, organization_id, &ids.items).await?;
    Ok(Json(ListResource::of(
        Page { items, total: ids.total, page: ids.page, limit: ids.limit },
        |item| item,
    )))
}
