//! `DELETE /v1/customers/{id}` and `DELETE /v1/customers/external/{external_id}`

use axum::{extract::State, http::StatusCode};
use backend::customer::{self, CustomerKey, DeleteCustomerError};
use domain::{id::CustomerId, scope::Scope};

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::{ExternalId, Id, Query},
        schema::error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
    },
    state::AppState,
};

/// Delete a customer: its subscriptions end at once, its payment methods are forgotten, its members are signed out.
#[utoipa::path(
    delete,
    path = "/v1/customers/{id}",
    operation_id = "customers:delete",
    tag = "customers",
    security(("access_token" = ["customers:write"])),
    params(
        ("id" = Uuid, Path, description = "Of the customer."),
        ("anonymize" = Option<bool>, Query, description = "Also erase its personal values, but for what the law keeps on orders."),
    ),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`SubscriptionLocked`: a change of a subscription is being charged; try again shortly.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<CustomerId>, ApiError>,
    query: Query,
) -> Result<StatusCode, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomersWrite)?;
    let Id(id) = id?;
    let anonymizes = anonymizes(query)?;
    let db = &state.portal.db;
    context(&state, actor, call)
        .once(async |cx| customer::delete(db, cx, organization_id, id, anonymizes).await)
        .await
        .map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Delete a customer that is named by your own id of it.
#[utoipa::path(
    delete,
    path = "/v1/customers/external/{external_id}",
    operation_id = "customers:delete_external",
    tag = "customers",
    security(("access_token" = ["customers:write"])),
    params(
        ("external_id" = String, Path, description = "Your own id of the customer."),
        ("anonymize" = Option<bool>, Query, description = "Also erase its personal values, but for what the law keeps on orders."),
    ),
    responses(
        (status = 204, description = "It is deleted."),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`SubscriptionLocked`: a change of a subscription is being charged; try again shortly.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn delete_external(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    external_id: Result<ExternalId, ApiError>,
    query: Query,
) -> Result<StatusCode, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomersWrite)?;
    let ExternalId(external_id) = external_id?;
    let anonymizes = anonymizes(query)?;
    let db = &state.portal.db;
    let key = CustomerKey::ExternalId(external_id);
    // Looked up within: the same request once more finds nobody, and is answered all the same.
    context(&state, actor, call)
        .once(async |cx| {
            let found = customer::find(db, &cx.actor, organization_id, &key).await?;
            let id = found.ok_or(DeleteCustomerError::Unknown)?.id;
            customer::delete(db, cx, organization_id, id, anonymizes).await
        })
        .await
        .map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

fn anonymizes(mut query: Query) -> Result<bool, ApiError> {
    let anonymizes = query.flag("anonymize").unwrap_or(false);
    query.done()?;
    Ok(anonymizes)
}

fn refused(error: DeleteCustomerError) -> ApiError {
    match error {
        DeleteCustomerError::Unknown => ApiError::not_found(),
        DeleteCustomerError::Forbidden(_) => ApiError::unauthorized(),
        DeleteCustomerError::ChangePending => ApiError::typed(
            StatusCode::CONFLICT,
            "SubscriptionLocked",
            "A change of one of the customer's subscriptions is being charged. Try again shortly.",
        ),
        error => ApiError::internal("a customer could not be deleted", &error),
    }
}
