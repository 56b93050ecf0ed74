//! `GET /v1/customers`

use axum::{Json, extract::State};
use backend::customer::{self, CustomerSearch, CustomerSort as Sort};
use domain::scope::Scope;

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            customer::Customer,
            error::{Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

const SORTS: &[(&str, Sort)] =
    &[("created_at", Sort::CreatedAt), ("email", Sort::Email), ("name", Sort::Name)];

/// List customers.
#[utoipa::path(
    get,
    path = "/v1/customers",
    operation_id = "customers:list",
    tag = "customers",
    security(("access_token" = ["customers:read"])),
    params(
        ("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Yours; of another there are none."),
        ("email" = Option<String>, Query, description = "With exactly this address; capitals make no difference."),
        ("query" = Option<String>, Query, description = "Somewhere in the address or a name, or at the start of your own id."),
        ("active" = Option<bool>, Query, description = "Whether it has a subscription that is active, in trial or past due."),
        ("metadata" = Option<Object>, Query, style = DeepObject, description = "`metadata[key]=value`: what you noted."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, `email` or `name`; with `-` before it, descending. `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<Customer>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Customer>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomersRead)?;
    let search = CustomerSearch {
        email: query.text("email").map(ToOwned::to_owned),
        text: query.text("query").map(ToOwned::to_owned),
        is_active: query.flag("active"),
        metadata: query.metadata(),
    };
    let is_elsewhere = query.is_elsewhere(organization_id);
    let sorting = query.sorting(SORTS, (Sort::CreatedAt, true));
    let page = query.page();
    query.done()?;
    if is_elsewhere {
        return Ok(Json(ListResource::empty(page)));
    }
    let db = &state.portal.db;
    let ids = customer::page_of(db, &actor, organization_id, &search, &sorting, page).await?;
    let items = whole(db, organization_id, &ids.items).await?;
    Ok(Json(ListResource::filled(&ids, items)))
}
