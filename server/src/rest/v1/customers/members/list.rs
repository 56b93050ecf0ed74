//! `GET /v1/customers/{id}/members` and `GET /v1/customers/external/{external_id}/members`

use axum::{Json, extract::State};
use backend::{
    actor::Actor,
    member::{self, MemberSearch},
    page::PageRequest,
};
use domain::{
    id::{CustomerId, OrganizationId},
    scope::Scope,
};
use sqlx::PgPool;

use super::{by_external_id, members_whole};
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::{ExternalId, Id, Query},
        list::ListResource,
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            member::Member,
        },
        v1::customers,
    },
    state::AppState,
};

/// List the people who act for a customer.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/members",
    operation_id = "customers:members:list",
    tag = "members",
    security(("access_token" = ["members:read"])),
    params(
        ("id" = Uuid, Path, description = "Of the customer."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, or `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<Member>),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<CustomerId>, ApiError>,
    mut query: Query,
) -> Result<Json<ListResource<Member>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::MembersRead)?;
    let Id(id) = id?;
    let wish = wish(&mut query);
    query.done()?;
    let db = &state.portal.db;
    customers::one(db, organization_id, id).await?;
    members_of(db, &actor, organization_id, id, wish).await.map(Json)
}

/// List the people who act for a customer that is named by your own id of it.
#[utoipa::path(
    get,
    path = "/v1/customers/external/{external_id}/members",
    operation_id = "customers:members:list_external",
    tag = "members",
    security(("access_token" = ["members:read"])),
    params(
        ("external_id" = String, Path, description = "Your own id of the customer."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, or `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<Member>),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list_external(
    State(state): State<AppState>,
    caller: Caller,
    external_id: Result<ExternalId, ApiError>,
    mut query: Query,
) -> Result<Json<ListResource<Member>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::MembersRead)?;
    let external_id = external_id?;
    let wish = wish(&mut query);
    query.done()?;
    let db = &state.portal.db;
    let id = by_external_id(db, &actor, organization_id, external_id).await?;
    members_of(db, &actor, organization_id, id, wish).await.map(Json)
}

/// Whether the newest come first, and the page.
fn wish(query: &mut Query) -> (bool, PageRequest) {
    let sorting = query.sorting(&[("created_at", ())], ((), true));
    (sorting.first().is_some_and(|((), descends)| *descends), query.page())
}

async fn members_of(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    id: CustomerId,
    (descends, page): (bool, PageRequest),
) -> Result<ListResource<Member>, ApiError> {
    let search = MemberSearch { customer_id: Some(id), ..MemberSearch::default() };
    let ids = member::page_of(db, actor, organization_id, &search, descends, page).await?;
    let items = members_whole(db, organization_id, &ids.items).await?;
    Ok(ListResource::filled(&ids, items))
}
