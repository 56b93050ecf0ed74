//! `PUT /v1/customer-portal/customers/me/billing-details`

use axum::{Json, extract::State};
use backend::customer::{self, UpdateBillingDetails, UpdateBillingDetailsError};
use domain::field_errors::FieldErrors;
use serde::Deserialize;
use utoipa::ToSchema;

use super::BillingDetails;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY, Issue},
        extract::Body,
        schema::{
            address::AddressInput,
            error::{NotPermitted, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// All of it; what is missing is removed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct BillingDetailsInput {
    #[schema(max_length = 256, example = "Ada Lovelace")]
    name: String,
    /// Null for a person.
    #[schema(max_length = 256)]
    company: Option<String>,
    address: AddressInput,
    /// Checked by the country's rules.
    #[schema(example = "DE123456789")]
    tax_id: Option<String>,
}

/// Replace what stands on the customer's invoices. Orders that wait for it are invoiced next. Foyer's own: Polar has no such operation.
#[utoipa::path(
    put,
    path = "/v1/customer-portal/customers/me/billing-details",
    operation_id = "customer_portal:customers:replace_billing_details",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    request_body = BillingDetailsInput,
    responses(
        (status = 200, body = BillingDetails),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn replace(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<BillingDetailsInput>, ApiError>,
) -> Result<Json<BillingDetails>, ApiError> {
    let actor = caller.billing()?;
    let Body(body) = body?;
    let (organization_id, customer_id) = (actor.organization_id, actor.customer_id);
    let input = UpdateBillingDetails {
        name: body.name,
        company: body.company.unwrap_or_default(),
        address: body.address.into(),
        tax_id: body.tax_id.unwrap_or_default(),
    };
    let mut cx = context(&state, actor.into(), call);
    let db = &state.portal.db;
    cx.once(async |cx| {
        customer::update_billing_details(db, cx, organization_id, customer_id, input)
            .await
            .map(drop)
    })
    .await
    .map_err(refused)?;
    let found = customer::billing_details(db, &cx.actor, organization_id, customer_id).await?;
    Ok(Json(found.ok_or_else(ApiError::unauthorized)?.into()))
}

fn refused(error: UpdateBillingDetailsError) -> ApiError {
    match error {
        UpdateBillingDetailsError::Invalid(errors) => ApiError::Invalid(issues(&errors)),
        UpdateBillingDetailsError::Unknown => ApiError::unauthorized(),
        UpdateBillingDetailsError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        error @ UpdateBillingDetailsError::Database(_) => {
            ApiError::internal("billing details could not be replaced", &error)
        }
    }
}

fn issues(errors: &FieldErrors) -> Vec<Issue> {
    let of = |field: &str, code: &str| {
        let place: &[&str] = match field {
            "name" | "company" | "tax_id" => &[field],
            field => &["address", field],
        };
        let kind = if code == "required" { "missing" } else { "value_error" };
        let loc = std::iter::once("body").chain(place.iter().copied()).map(Into::into).collect();
        Issue { kind, loc, msg: code.replace('_', " "), input: serde_json::Value::Null }
    };
    errors.0.iter().map(|error| of(&error.field, &error.code)).collect()
}
