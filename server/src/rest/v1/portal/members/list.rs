//! `GET /v1/customer-portal/members`

use axum::{Json, extract::State};
use backend::member::{self, MemberSearch};

use super::{caretaker, only_teams, whole};
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{NotPermitted, Unauthorized, ValidationError},
            member::CustomerPortalMember,
        },
    },
    state::AppState,
};

/// List the people who act for the team, newest first.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/members",
    operation_id = "customer_portal:members:list_members",
    tag = "customer_portal",
    security(("member_session" = [])),
    params(
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, or `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<CustomerPortalMember>),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`NotPermitted`: only owners and billing managers of teams.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<CustomerPortalMember>>, ApiError> {
    let actor = caretaker(caller)?;
    let sorting = query.sorting(&[("created_at", ())], ((), true));
    let descends = sorting.first().is_some_and(|((), descends)| *descends);
    let page = query.page();
    query.done()?;
    let db = &state.portal.db;
    only_teams(db, &actor).await?;
    let organization_id = actor.organization_id;
    let search = MemberSearch::default();
    let ids = member::page_of(db, &actor.into(), organization_id, &search, descends, page).await?;
    let items = whole(db, organization_id, &ids.items).await?;
    Ok(Json(ListResource::filled(&ids, items)))
}
