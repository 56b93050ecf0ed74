//! `PATCH /v1/customers/{id}` and `PATCH /v1/customers/external/{external_id}`

use axum::{Json, extract::State};
use backend::{
    context::Context,
    customer::{self, Change, UpdateCustomer, UpdateCustomerError},
};
use domain::{
    customer_type::CustomerType,
    email::EmailAddress,
    id::{CustomerId, OrganizationId},
    locale::Locale,
    metadata::Metadata,
    scope::Scope,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{by_external_id, issues, one};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::ApiError,
        extract::{Body, ExternalId, Given, Id},
        schema::{
            address::AddressInput,
            customer::Customer,
            error::{ResourceNotFound, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// What changes; what is not named stays.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct CustomerUpdate {
    /// All entries are replaced.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    /// The owner's address follows; it has to be proved anew.
    #[schema(value_type = Option<String>, format = Email, example = "ada@example.com")]
    email: Option<EmailAddress>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 256)]
    name: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<AddressInput>)]
    billing_address: Given<AddressInput>,
    /// Empty or null: none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    tax_id: Given<String>,
    /// A language that the portal speaks; your own when it does not speak it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    locale: Given<String>,
    /// Can be given once, and not changed.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    external_id: Given<String>,
    /// An `individual` can become a `team`, not the other way round.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>)]
    kind: Option<CustomerType>,
}

/// What changes of a customer that is named by your own id; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerUpdateExternalID {
    /// All entries are replaced.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    /// The owner's address follows; it has to be proved anew.
    #[schema(value_type = Option<String>, format = Email, example = "ada@example.com")]
    email: Option<EmailAddress>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 256)]
    name: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<AddressInput>)]
    billing_address: Given<AddressInput>,
    /// Empty or null: none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    tax_id: Given<String>,
    /// A language that the portal speaks; your own when it does not speak it.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    locale: Given<String>,
}

impl From<CustomerUpdateExternalID> for CustomerUpdate {
    fn from(update: CustomerUpdateExternalID) -> Self {
        Self {
            metadata: update.metadata,
            email: update.email,
            name: update.name,
            billing_address: update.billing_address,
            tax_id: update.tax_id,
            locale: update.locale,
            ..Self::default()
        }
    }
}

/// Change a customer.
#[utoipa::path(
    patch,
    path = "/v1/customers/{id}",
    operation_id = "customers:update",
    tag = "customers",
    security(("access_token" = ["customers:write"])),
    params(("id" = Uuid, Path, description = "Of the customer.")),
    request_body = CustomerUpdate,
    responses(
        (status = 200, body = Customer),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<CustomerId>, ApiError>,
    body: Result<Body<CustomerUpdate>, ApiError>,
) -> Result<Json<Customer>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomersWrite)?;
    let Id(id) = id?;
    let Body(body) = body?;
    let mut cx = context(&state, actor, call);
    change(&state, &mut cx, organization_id, id, body).await.map(Json)
}

/// Change a customer that is named by your own id of it.
#[utoipa::path(
    patch,
    path = "/v1/customers/external/{external_id}",
    operation_id = "customers:update_external",
    tag = "customers",
    security(("access_token" = ["customers:write"])),
    params(("external_id" = String, Path, description = "Your own id of the customer.")),
    request_body = CustomerUpdateExternalID,
    responses(
        (status = 200, body = Customer),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update_external(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    external_id: Result<ExternalId, ApiError>,
    body: Result<Body<CustomerUpdateExternalID>, ApiError>,
) -> Result<Json<Customer>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomersWrite)?;
    let external_id = external_id?;
    let Body(body) = body?;
    let id = by_external_id(&state.portal.db, &actor, organization_id, external_id).await?;
    let mut cx = context(&state, actor, call);
    change(&state, &mut cx, organization_id, id, body.into()).await.map(Json)
}

async fn change(
    state: &AppState,
    cx: &mut Context,
    organization_id: OrganizationId,
    id: CustomerId,
    body: CustomerUpdate,
) -> Result<Customer, ApiError> {
    let address = body.billing_address.not_null("billing_address")?;
    let input = UpdateCustomer {
        metadata: body.metadata,
        email: body.email,
        name: wish(body.name),
        billing_address: address.map(Into::into),
        tax_id: wish(body.tax_id),
        locale: match wish(body.locale) {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::To(tag) => Locale::from_tag(&tag).map_or(Change::Clear, Change::To),
        },
        external_id: wish(body.external_id),
        customer_type: body.kind,
    };
    let db = &state.portal.db;
    cx.once(async |cx| customer::update(db, cx, organization_id, id, input).await)
        .await
        .map_err(refused)?;
    one(db, organization_id, id).await
}

fn wish<T>(given: Given<T>) -> Change<T> {
    match given {
        Given::Missing => Change::Keep,
        Given::Null => Change::Clear,
        Given::Value(value) => Change::To(value),
    }
}

fn refused(error: UpdateCustomerError) -> ApiError {
    match error {
        UpdateCustomerError::Invalid(errors) => ApiError::Invalid(issues(&errors)),
        UpdateCustomerError::Unknown => ApiError::not_found(),
        UpdateCustomerError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a customer could not be changed", &error),
    }
}
