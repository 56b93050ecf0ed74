//! `GET /v1/benefits/`

use axum::{Json, extract::State};
use backend::{
    benefit::{self, BenefitSearch, BenefitSort},
    page::{Count, Page},
};
use domain::scope::Scope;

use super::{KINDS, whole};
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            benefit::Benefit,
            error::{Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

const SORTS: &[(&str, BenefitSort)] = &[
    ("created_at", BenefitSort::CreatedAt),
    ("description", BenefitSort::Description),
    ("type", BenefitSort::Type),
    ("user_order", BenefitSort::CreatedAt),
];

/// List your benefits.
#[utoipa::path(
    get,
    path = "/v1/benefits",
    operation_id = "benefits:list",
    tag = "benefits",
    security(("access_token" = ["benefits:read"])),
    params(
        ("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Your own, if any."),
        ("type" = Option<Vec<String>>, Query, description = "Of one of these types: `custom`; of others there are none yet."),
        ("id" = Option<Vec<uuid::Uuid>>, Query, description = "One of these."),
        ("exclude_id" = Option<Vec<uuid::Uuid>>, Query, description = "None of these."),
        ("query" = Option<String>, Query, description = "Somewhere in the description."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, `description`, `type` or `user_order` (as `created_at`); with `-` before it, descending. `-created_at` when absent."),
        ("metadata" = Option<Object>, Query, style = DeepObject, explode, description = "`metadata[key]=value`: values of one key are alternatives, keys are conditions."),
    ),
    responses(
        (status = 200, body = ListResource<Benefit>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Benefit>>, ApiError> {
    let (_, organization_id) = caller.organization(Scope::BenefitsRead)?;
    let kinds: Vec<(&str, &'static str)> = KINDS.iter().map(|kind| (*kind, *kind)).collect();
    let search = BenefitSearch {
        benefit_ids: query.ids("id"),
        but_not: query.ids("exclude_id"),
        kinds: query.choices("type", &kinds),
        text: query.text("query").map(ToOwned::to_owned),
        metadata: query.metadata(),
    };
    let is_elsewhere = query.is_elsewhere(organization_id);
    let sorting = query.sorting(SORTS, (BenefitSort::CreatedAt, true));
    let page = query.page();
    query.done()?;
    let db = &state.portal.db;
    let ids = if is_elsewhere {
        Page::new(vec![], Count::Exact(0), page)
    } else {
        benefit::page_of(db, organization_id, &search, &sorting, page).await?
    };
    let items = whole(db, organization_id, &ids.items).await?;
    Ok(Json(ListResource::of(
        Page { items, total: ids.total, page: ids.page, limit: ids.limit },
        |item| item,
    )))
}
