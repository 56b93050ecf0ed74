//! `PATCH /v1/orders/{id}`

use axum::{Json, extract::State};
use backend::{
    context::Context,
    order::{self, UpdateOrderBilling, UpdateOrderBillingError},
};
use domain::{field_errors::FieldErrors, id::OrderId, scope::Scope};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::whole;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY, Issue},
        extract::{Body, Given, Id},
        schema::{
            address::AddressInput,
            error::{ResourceNotFound, Unauthorized, ValidationError},
            order::Order,
        },
    },
    state::AppState,
};

/// Whom the order is billed to. What is not named stays; null: as the customer's own details say.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OrderUpdate {
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 256)]
    billing_name: Given<String>,
    /// In the country, and the state, for which the tax was worked out.
    #[serde(default)]
    #[schema(value_type = Option<AddressInput>)]
    billing_address: Given<AddressInput>,
}

/// Change whom an order is billed to. An invoice that was issued already stays as it is.
#[utoipa::path(
    patch,
    path = "/v1/orders/{id}",
    operation_id = "orders:update",
    tag = "orders",
    security(("access_token" = ["orders:write"])),
    params(("id" = Uuid, Path, description = "Of the order.")),
    request_body = OrderUpdate,
    responses(
        (status = 200, body = Order),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<OrderId>, ApiError>,
    body: Result<Body<OrderUpdate>, ApiError>,
) -> Result<Json<Order>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::OrdersWrite)?;
    let Id(id) = id?;
    let Body(body) = body?;
    let db = &state.portal.db;
    update_asked_for(db, &mut context(&state, actor, call), id, body).await?;
    let found = whole(db, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}

/// Changes an order in the actor's reach.
pub(in crate::rest::v1) async fn update_asked_for(
    db: &PgPool,
    cx: &mut Context,
    order_id: OrderId,
    body: OrderUpdate,
) -> Result<(), ApiError> {
    let input = UpdateOrderBilling {
        order_id,
        name: match body.billing_name {
            Given::Missing => None,
            Given::Null => Some(None),
            Given::Value(name) => Some(Some(name)),
        },
        address: match body.billing_address {
            Given::Missing => None,
            Given::Null => Some(None),
            Given::Value(address) => Some(Some(address.into())),
        },
    };
    cx.once(async |cx| order::update_billing(db, cx, input).await).await.map_err(refused)
}

fn refused(error: UpdateOrderBillingError) -> ApiError {
    let fixed = |field: &'static str, error: &UpdateOrderBillingError| {
        ApiError::Invalid(vec![issue(
            &["billing_address", field],
            "value_error",
            error.to_string(),
        )])
    };
    match error {
        UpdateOrderBillingError::Unknown => ApiError::not_found(),
        UpdateOrderBillingError::CountryIsFixed => fixed("country", &error),
        UpdateOrderBillingError::StateIsFixed => fixed("state", &error),
        UpdateOrderBillingError::Invalid(errors) => ApiError::Invalid(issues(&errors)),
        UpdateOrderBillingError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        error @ UpdateOrderBillingError::Database(_) => {
            ApiError::internal("an order's billing details could not be changed", &error)
        }
    }
}

fn issues(errors: &FieldErrors) -> Vec<Issue> {
    let of = |field: &str, code: &str| {
        let kind = if code == "required" { "missing" } else { "value_error" };
        let msg = code.replace('_', " ");
        match field {
            "name" => issue(&["billing_name"], kind, msg),
            field => issue(&["billing_address", field], kind, msg),
        }
    };
    errors.0.iter().map(|error| of(&error.field, &error.code)).collect()
}

fn issue(place: &[&str], kind: &'static str, msg: String) -> Issue {
    let loc = std::iter::once("body").chain(place.iter().copied()).map(Into::into).collect();
    Issue { kind, loc, msg, input: serde_json::Value::Null }
}
