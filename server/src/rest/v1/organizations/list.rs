//! `GET /v1/organizations/`

use axum::{Json, extract::State};
use backend::page::{Count, Page};
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
            organization::Organization,
        },
    },
    state::AppState,
};

/// There is one at most: every order is the same.
const SORTS: &[(&str, ())] = &[
    ("created_at", ()),
    ("slug", ()),
    ("name", ()),
    ("next_review_threshold", ()),
    ("days_in_status", ()),
];

/// List the organizations of the token: there is one.
#[utoipa::path(
    get,
    path = "/v1/organizations",
    operation_id = "organizations:list",
    tag = "organizations",
    security(("access_token" = ["organizations:read"])),
    params(
        ("slug" = Option<String>, Query, description = "With this slug."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, `slug` or `name`, with `-` before it or not: all the same."),
    ),
    responses(
        (status = 200, body = ListResource<Organization>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Organization>>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::OrganizationsRead)?;
    let slug = query.text("slug").map(ToOwned::to_owned);
    query.sorting(SORTS, ((), true));
    let page = query.page();
    query.done()?;
    let found = whole(&state.portal.db, organization_id).await?;
    let found = found.filter(|one| slug.is_none_or(|slug| one.slug == slug));
    let total = Count::Exact(i64::from(found.is_some()));
    let items = if page.page() == 1 { found.into_iter().collect() } else { vec![] };
    Ok(Json(ListResource::of(Page::new(items, total, page), |item| item)))
}
