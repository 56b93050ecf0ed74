//! `PATCH /v1/customer-portal/customers/me`

use axum::{Json, extract::State};
use backend::{
    context::Context,
    customer::{self, UpdateBillingDetails, UpdateBillingDetailsError},
    payment_method::{self, ChooseMethodError},
};
use domain::{
    address::{Address, AddressInput as TypedAddress},
    field_errors::FieldErrors,
    id::{CustomerId, OrganizationId, PaymentMethodId},
};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, BILLING_ONLY, Issue},
        extract::{Body, Given},
        schema::{
            address::AddressInput,
            customer::CustomerPortalCustomer,
            error::{NotPermitted, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerPortalCustomerUpdate {
    /// Stands on invoices. Empty: as it was.
    #[schema(max_length = 256)]
    billing_name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<AddressInput>)]
    billing_address: Given<AddressInput>,
    /// Checked by the country's rules; empty or null: none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    tax_id: Given<String>,
    /// Charged from now on; orders whose payment failed are tried again at once.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    default_payment_method_id: Given<PaymentMethodId>,
}

/// Change the customer's billing details, or how it pays.
#[utoipa::path(
    patch,
    path = "/v1/customer-portal/customers/me",
    operation_id = "customer_portal:customers:update",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    request_body = CustomerPortalCustomerUpdate,
    responses(
        (status = 200, body = CustomerPortalCustomer),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<CustomerPortalCustomerUpdate>, ApiError>,
) -> Result<Json<CustomerPortalCustomer>, ApiError> {
    let actor = caller.billing()?;
    let Body(update) = body?;
    let (organization_id, customer_id) = (actor.organization_id, actor.customer_id);
    let mut cx = context(&state, actor.clone().into(), call);
    let method = update.default_payment_method_id.not_null("default_payment_method_id")?;
    let address = update.billing_address.not_null("billing_address")?;
    let db = &state.portal.db;
    let name = update.billing_name.filter(|name| !name.trim().is_empty());
    if name.is_some() || address.is_some() || !matches!(update.tax_id, Given::Missing) {
        let changes = Changes { name, address, tax_id: update.tax_id };
        change_details(&state, &mut cx, organization_id, customer_id, changes).await?;
    }
    if let Some(method) = method {
        cx.once(async |cx| payment_method::set_default(db, cx, method).await)
            .await
            .map_err(method_refused)?;
    }
    let found = customer::portal_customer(db, &actor).await?;
    Ok(Json(found.ok_or_else(ApiError::unauthorized)?.into()))
}

struct Changes {
    name: Option<String>,
    address: Option<AddressInput>,
    tax_id: Given<String>,
}

async fn change_details(
    state: &AppState,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    changes: Changes,
) -> Result<(), ApiError> {
    let db = &state.portal.db;
    let before = customer::billing_details(db, &cx.actor, organization_id, customer_id)
        .await?
        .ok_or_else(ApiError::not_found)?;
    let Some(address) =
        changes.address.map(Into::into).or_else(|| before.address.as_ref().map(as_typed))
    else {
        let msg = "The rest goes with an address.";
        return Err(ApiError::Invalid(vec![Issue::body("missing", "billing_address", msg)]));
    };
    let name = changes.name.or(before.name).or_else(|| before.company.clone()).unwrap_or_default();
    let tax_id = match changes.tax_id {
        Given::Missing => before.tax_id.unwrap_or_default(),
        Given::Null => String::new(),
        Given::Value(tax_id) => tax_id,
    };
    let company = before.company.unwrap_or_default();
    let input = UpdateBillingDetails { name, company, address, tax_id };
    cx.once(async |cx| {
        customer::update_billing_details(db, cx, organization_id, customer_id, input)
            .await
            .map(drop)
    })
    .await
    .map_err(details_refused)
}

fn as_typed(address: &Address) -> TypedAddress {
    TypedAddress {
        line1: address.line1.clone(),
        line2: address.line2.clone().unwrap_or_default(),
        postal_code: address.postal_code.clone().unwrap_or_default(),
        city: address.city.clone().unwrap_or_default(),
        state: address.state.clone().unwrap_or_default(),
        country: address.country.to_string(),
    }
}

fn details_refused(error: UpdateBillingDetailsError) -> ApiError {
    match error {
        UpdateBillingDetailsError::Invalid(errors) => ApiError::Invalid(issues(&errors)),
        UpdateBillingDetailsError::Unknown => ApiError::not_found(),
        UpdateBillingDetailsError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        error @ UpdateBillingDetailsError::Database(_) => {
            ApiError::internal("billing details could not be changed", &error)
        }
    }
}

fn issues(errors: &FieldErrors) -> Vec<Issue> {
    let issue = |field: &str, code: &str| {
        let place: &[&str] = match field {
            "name" => &["billing_name"],
            "tax_id" => &["tax_id"],
            field => &["billing_address", field],
        };
        let kind = if code == "required" { "missing" } else { "invalid" };
        let loc = std::iter::once("body").chain(place.iter().copied()).map(Into::into).collect();
        Issue { kind, loc, msg: code.replace('_', " "), input: serde_json::Value::Null }
    };
    errors.0.iter().map(|error| issue(&error.field, &error.code)).collect()
}

fn method_refused(error: ChooseMethodError) -> ApiError {
    match error {
        ChooseMethodError::Unknown | ChooseMethodError::IsDefault => {
            let msg = "Payment method not found.";
            ApiError::Invalid(vec![Issue::body("invalid", "default_payment_method_id", msg)])
        }
        ChooseMethodError::Forbidden(_) => ApiError::not_permitted(BILLING_ONLY),
        error => ApiError::internal("the default method could not be chosen", &error),
    }
}
