//! `GET /v1/customer-portal/activity`

use axum::{Json, extract::State};
use backend::activity::{self, Activity as Happened, Doer};
use domain::{event_type::EventType, id::MemberId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::error::{Unauthorized, ValidationError},
        timestamp::Timestamp,
    },
    state::AppState,
};

/// Something that happened to the customer's account.
#[derive(Debug, Serialize, ToSchema)]
pub struct Activity {
    pub occurred_at: Timestamp,
    /// What happened; null for a kind that a newer program wrote.
    #[serde(rename = "type")]
    #[schema(example = "subscription.canceled")]
    pub kind: Option<&'static str>,
    /// Who did it: `member`, `organization` or `system`.
    #[schema(example = "member")]
    pub actor: &'static str,
    #[schema(value_type = Option<Uuid>)]
    pub member_id: Option<MemberId>,
    pub member_name: Option<String>,
}

impl From<Happened> for Activity {
    fn from(happened: Happened) -> Self {
        let (actor, member_id, member_name) = match happened.doer {
            Doer::Member { member_id, name } => ("member", Some(member_id), name),
            Doer::Organization => ("organization", None, None),
            Doer::System => ("system", None, None),
        };
        Self {
            occurred_at: happened.occurred_at.into(),
            kind: happened.event_type.map(EventType::as_str),
            actor,
            member_id,
            member_name,
        }
    }
}

/// List what happened to the customer's account, the newest first; no orders for members without a role in billing. Foyer's own: Polar
/// has no such operation.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/activity",
    operation_id = "customer_portal:activity:list",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    params(
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "None yet: the newest come first."),
    ),
    responses(
        (status = 200, body = ListResource<Activity>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Activity>>, ApiError> {
    let actor = caller.portal()?.actor;
    let page = query.page();
    query.sorting(&[], ((), true));
    query.done()?;
    let found = activity::list(&state.portal.db, &actor, page).await?;
    Ok(Json(ListResource::of(found, Into::into)))
}
