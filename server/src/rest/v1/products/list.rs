//! `GET /v1/products/`

use axum::{Json, extract::State};
use backend::{
    page::{Count, Page},
    product::{self, ProductSearch, ProductSort},
};
use domain::{product::ProductVisibility, scope::Scope};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{Unauthorized, ValidationError},
            product::Product,
        },
    },
    state::AppState,
};

const SORTS: &[(&str, ProductSort)] = &[
    ("created_at", ProductSort::CreatedAt),
    ("name", ProductSort::Name),
    ("price_amount_type", ProductSort::PriceAmountType),
    ("price_amount", ProductSort::PriceAmount),
];

/// List your products.
#[utoipa::path(
    get,
    path = "/v1/products",
    operation_id = "products:list",
    tag = "products",
    security(("access_token" = ["products:read"])),
    params(
        ("id" = Option<Vec<uuid::Uuid>>, Query, description = "One of these."),
        ("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Your own, if any."),
        ("query" = Option<String>, Query, description = "Somewhere in the name."),
        ("is_archived" = Option<bool>, Query, description = "Archived ones only, or the others only."),
        ("is_recurring" = Option<bool>, Query, description = "Those sold as subscriptions only, or those sold once only."),
        ("benefit_id" = Option<Vec<uuid::Uuid>>, Query, description = "With one of these benefits."),
        ("visibility" = Option<Vec<String>>, Query, description = "`draft`, `private` or `public`."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, `name`, `price_amount_type` or `price_amount`; with `-` before it, descending. `-created_at` when absent."),
        ("metadata" = Option<Object>, Query, style = DeepObject, explode, description = "`metadata[key]=value`: values of one key are alternatives, keys are conditions."),
    ),
    responses(
        (status = 200, body = ListResource<Product>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Product>>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::ProductsRead)?;
    let visibilities: Vec<(&str, ProductVisibility)> =
        ProductVisibility::ALL.iter().map(|one| (one.as_str(), *one)).collect();
    let search = ProductSearch {
        product_ids: query.ids("id"),
        benefit_ids: query.ids("benefit_id"),
        visibilities: query.choices("visibility", &visibilities),
        is_archived: query.flag("is_archived"),
        is_recurring: query.flag("is_recurring"),
        text: query.text("query").map(ToOwned::to_owned),
        metadata: query.metadata(),
    };
    let is_elsewhere = query.is_elsewhere(organization_id);
    let sorting = query.sorting(SORTS, (ProductSort::CreatedAt, true));
    let page = query.page();
    query.done()?;
    let db = &state.portal.db;
    let ids = if is_elsewhere {
        Page::new(vec![], Count::Exact(0), page)
    } else {
        product::page_of(db, organization_id, &search, &sorting, page).await?
    };
    let items = whole(db, organization_id, &ids.items).await?;
    Ok(Json(ListResource::of(
        Page { items, total: ids.total, page: ids.page, limit: ids.limit },
        |item| item,
    )))
}
