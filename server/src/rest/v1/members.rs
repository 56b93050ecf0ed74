//! `GET /v1/members`: members of all customers, as older clients ask for them.

use axum::{Json, extract::State};
use backend::member::{self, MemberSearch};
use domain::{role::MemberRole, scope::Scope};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::customers::members_whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{Unauthorized, ValidationError},
            member::Member,
        },
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// List the people who act for your customers.
#[utoipa::path(
    get,
    path = "/v1/members",
    operation_id = "members:list_members",
    tag = "members",
    security(("access_token" = ["members:read"])),
    params(
        ("customer_id" = Option<uuid::Uuid>, Query, description = "Of this customer."),
        ("external_customer_id" = Option<String>, Query, description = "The same, by your own id."),
        ("role" = Option<String>, Query, description = "`owner`, `billing_manager` or `member`."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`created_at`, or `-created_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<Member>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Member>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::MembersRead)?;
    let roles: Vec<_> = MemberRole::ALL.iter().map(|role| (role.as_str(), *role)).collect();
    let search = MemberSearch {
        customer_id: query.ids("customer_id").pop(),
        external_customer_id: query.text("external_customer_id").map(ToOwned::to_owned),
        role: query.choices("role", &roles).pop(),
    };
    let sorting = query.sorting(&[("created_at", ())], ((), true));
    let descends = sorting.first().is_some_and(|((), descends)| *descends);
    let page = query.page();
    query.done()?;
    let db = &state.portal.db;
    let ids = member::page_of(db, &actor, organization_id, &search, descends, page).await?;
    let items = members_whole(db, organization_id, &ids.items).await?;
    Ok(Json(ListResource::filled(&ids, items)))
}
