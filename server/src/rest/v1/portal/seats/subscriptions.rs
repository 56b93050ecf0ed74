//! `GET /v1/customer-portal/seats/subscriptions`

use axum::{Json, extract::State};
use backend::subscription;

use super::super::subscriptions::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{Unauthorized, ValidationError},
            subscription::CustomerSubscription,
        },
    },
    state::AppState,
};

/// List the subscriptions in which the caller uses a seat, the newest first.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/seats/subscriptions",
    operation_id = "customer_portal:seats:list_claimed_subscriptions",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "None yet: the newest come first."),
    ),
    responses(
        (status = 200, body = ListResource<CustomerSubscription>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn subscriptions(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<CustomerSubscription>>, ApiError> {
    let actor = caller.portal()?.actor;
    let page = query.page();
    query.sorting(&[], ((), true));
    query.done()?;
    let ids = subscription::with_seat_of(&state.portal.db, &actor, page).await?;
    let items = whole(&state, actor.organization_id, &ids.items).await?;
    Ok(Json(ListResource::filled(&ids, items)))
}
