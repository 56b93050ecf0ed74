//! `GET /v1/checkouts/`

use axum::{Json, extract::State};
use backend::checkout::{self, CheckoutFilter, CheckoutSort};
use domain::{checkout::CheckoutState, scope::Scope};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            checkout::Checkout,
            error::{Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

const SORTS: &[(&str, CheckoutSort)] = &[
    ("created_at", CheckoutSort::CreatedAt),
    ("expires_at", CheckoutSort::ExpiresAt),
    ("status", CheckoutSort::State),
];

/// List checkouts.
#[utoipa::path(
    get,
    path = "/v1/checkouts",
    operation_id = "checkouts:list",
    tag = "checkouts",
    security(("access_token" = ["checkouts:read"])),
    params(
        ("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Yours; of another there are none."),
        ("product_id" = Option<Vec<uuid::Uuid>>, Query, description = "With one of these chosen."),
        ("customer_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these customers."),
        ("external_customer_id" = Option<Vec<String>>, Query, description = "The same, by your own ids."),
        ("status" = Option<Vec<String>>, Query, description = "`open`, `confirmed`, `succeeded`, `failed` or `expired`."),
        ("query" = Option<String>, Query, description = "Somewhere in the buyer's e-mail address."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, `expires_at` or `status`; with `-` before it, descending. `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<Checkout>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Checkout>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CheckoutsRead)?;
    let states: Vec<_> = CheckoutState::ALL.iter().map(|state| (state.as_str(), *state)).collect();
    let filter = CheckoutFilter {
        product_ids: query.ids("product_id"),
        customer_ids: query.ids("customer_id"),
        external_customer_ids: query.texts("external_customer_id"),
        states: query.choices("status", &states),
        text: query.text("query").map(ToOwned::to_owned).filter(|text| !text.is_empty()),
    };
    let is_elsewhere = query.is_elsewhere(organization_id);
    let sorting = query.sorting(SORTS, (CheckoutSort::CreatedAt, true));
    let page = query.page();
    query.done()?;
    if is_elsewhere {
        return Ok(Json(ListResource::empty(page)));
    }
    let db = &state.portal.db;
    let ids = checkout::page_of(db, &actor, organization_id, &filter, &sorting, page).await?;
    let now = state.portal.clock.now();
    let items = whole(db, (&state).into(), organization_id, &ids.items, now).await?;
    Ok(Json(ListResource::filled(&ids, items)))
}
