//! `GET /v1/organization-access-tokens/`

use axum::{Json, extract::State};
use backend::{
    access_token,
    page::{Count, Page},
};
use domain::scope::Scope;

use super::OrganizationAccessToken;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::error::{Unauthorized, ValidationError},
    },
    state::AppState,
};

/// They come newest first.
const SORTS: &[(&str, ())] = &[("created_at", ())];

/// List your access tokens that are not revoked, newest first, without their secrets.
///
/// Foyer's own: Polar has no such operation.
#[utoipa::path(
    get,
    path = "/v1/organization-access-tokens",
    operation_id = "organization_access_tokens:list",
    tag = "organization_access_tokens",
    security(("access_token" = ["organization_access_tokens:read"])),
    params(
        ("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Your own, if any."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`-created_at`, which is what they are sorted by."),
    ),
    responses(
        (status = 200, body = ListResource<OrganizationAccessToken>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<OrganizationAccessToken>>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::OrganizationAccessTokensRead)?;
    let is_elsewhere = query.is_elsewhere(organization_id);
    query.sorting(SORTS, ((), true));
    let page = query.page();
    query.done()?;
    let found = if is_elsewhere {
        Page::new(vec![], Count::Exact(0), page)
    } else {
        access_token::list(&state.portal.db, organization_id, page).await?
    };
    Ok(Json(ListResource::of(found, Into::into)))
}
