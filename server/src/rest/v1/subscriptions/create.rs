//! `POST /v1/subscriptions/`

use axum::{Json, extract::State, http::StatusCode};
use backend::subscription::{self, FreeCustomer, StartFree, StartFreeError};
use domain::{
    id::{CustomerId, ProductId},
    metadata::Metadata,
    scope::Scope,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::whole;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::Body,
        schema::{
            error::{Unauthorized, ValidationError},
            subscription::Subscription,
        },
    },
    state::AppState,
};

/// Which free product, and for whom, by exactly one of the two ids of a customer.
#[derive(Debug, Deserialize, ToSchema)]
pub struct SubscriptionCreate {
    /// What you note at it.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Metadata,
    #[schema(value_type = Uuid)]
    product_id: ProductId,
    #[schema(value_type = Option<Uuid>)]
    customer_id: Option<CustomerId>,
    /// The id by which you know the customer.
    external_customer_id: Option<String>,
}

/// Start a subscription to a free product. For others the customer has to check out.
#[utoipa::path(
    post,
    path = "/v1/subscriptions",
    operation_id = "subscriptions:create",
    tag = "subscriptions",
    security(("access_token" = ["subscriptions:write"])),
    request_body = SubscriptionCreate,
    responses(
        (status = 201, body = Subscription),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<SubscriptionCreate>, ApiError>,
) -> Result<(StatusCode, Json<Subscription>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::SubscriptionsWrite)?;
    let Body(body) = body?;
    let (customer, customer_field) = match (body.customer_id, body.external_customer_id) {
        (Some(id), None) => (FreeCustomer::Id(id), "customer_id"),
        (None, Some(id)) => (FreeCustomer::External(id), "external_customer_id"),
        _ => {
            let msg = "Give either customer_id or external_customer_id.";
            return Err(ApiError::Malformed(vec![Issue::body("missing", "customer_id", msg)]));
        }
    };
    let (product_id, metadata) = (body.product_id, body.metadata);
    let input = StartFree { organization_id, customer, product_id, metadata };
    let mut cx = context(&state, actor, call);
    let db = &state.portal.db;
    let id = cx
        .once(async |cx| subscription::start_free(db, cx, input).await)
        .await
        .map_err(|error| refused(error, customer_field))?;
    let found = whole(db, organization_id, &[id]).await?.pop();
    Ok((StatusCode::CREATED, Json(found.ok_or_else(ApiError::not_found)?)))
}

fn refused(error: StartFreeError, customer_field: &str) -> ApiError {
    let invalid = |field: &str, error: &StartFreeError| {
        ApiError::Invalid(vec![Issue::body("value_error", field, error.to_string())])
    };
    match error {
        StartFreeError::UnknownCustomer => invalid(customer_field, &error),
        StartFreeError::UnknownProduct | StartFreeError::NotFree => invalid("product_id", &error),
        StartFreeError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a subscription could not be started", &error),
    }
}
