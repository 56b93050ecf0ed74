//! `POST /v1/customers`

use axum::{Json, extract::State, http::StatusCode};
use backend::customer::{self, CreateCustomer, CreateCustomerError, CustomerExtras};
use domain::{
    customer_type::CustomerType, email::EmailAddress, id::OrganizationId, locale::Locale,
    metadata::Metadata, scope::Scope,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{issues, one, only_own};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::Body,
        schema::{
            address::AddressInput,
            customer::Customer,
            error::{Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// A new customer.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CustomerCreate {
    /// `individual`: one person. `team`: several people act for it.
    #[serde(rename = "type")]
    #[schema(value_type = Option<String>, example = "individual")]
    kind: Option<CustomerType>,
    /// Each address belongs to one customer. A team without one gets its owner's.
    #[schema(value_type = Option<String>, format = Email, example = "ada@example.com")]
    email: Option<EmailAddress>,
    #[schema(max_length = 256)]
    name: Option<String>,
    /// The id by which you know the customer; given once.
    #[schema(example = "user-1001")]
    external_id: Option<String>,
    billing_address: Option<AddressInput>,
    /// Checked by the rules of the address's country.
    tax_id: Option<String>,
    /// A language that the portal speaks; your own when it does not speak it.
    #[schema(example = "de")]
    locale: Option<String>,
    /// Yours.
    #[schema(value_type = Option<Uuid>)]
    organization_id: Option<OrganizationId>,
    /// Who acts for it first; of a person it is the person.
    owner: Option<MemberOwnerCreate>,
    /// Up to 50 entries of your own.
    #[serde(default)]
    #[schema(value_type = Object)]
    metadata: Option<Metadata>,
}

/// The first person who acts for a customer.
#[derive(Debug, Deserialize, ToSchema)]
pub struct MemberOwnerCreate {
    #[schema(value_type = String, format = Email, example = "ada@example.com")]
    email: EmailAddress,
    #[schema(max_length = 256)]
    name: Option<String>,
    external_id: Option<String>,
}

/// Make a customer, with the member that owns it.
#[utoipa::path(
    post,
    path = "/v1/customers",
    operation_id = "customers:create",
    tag = "customers",
    security(("access_token" = ["customers:write"])),
    request_body = CustomerCreate,
    responses(
        (status = 201, body = Customer),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<CustomerCreate>, ApiError>,
) -> Result<(StatusCode, Json<Customer>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomersWrite)?;
    let Body(body) = body?;
    only_own(body.organization_id, organization_id)?;
    let input = input_of(body, organization_id)?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let customer_id = cx
        .once(async |cx| customer::create(db, cx, input).await.map(|made| made.id))
        .await
        .map_err(refused)?;
    Ok((StatusCode::CREATED, Json(one(db, organization_id, customer_id).await?)))
}

fn input_of(
    body: CustomerCreate,
    organization_id: OrganizationId,
) -> Result<CreateCustomer, ApiError> {
    let customer_type = body.kind.unwrap_or(CustomerType::Individual);
    let (mut owner_email, mut owner_name, mut owner_external_id) = (None, None, None);
    if let Some(owner) = body.owner {
        (owner_email, owner_name, owner_external_id) =
            (Some(owner.email), owner.name, owner.external_id);
    }
    let of_owner = owner_email.clone().filter(|_| customer_type == CustomerType::Team);
    let Some(email) = body.email.or(of_owner) else {
        let issue = Issue::body("missing", "email", "A customer has an e-mail address.");
        return Err(ApiError::Malformed(vec![issue]));
    };
    // One person is the customer.
    if customer_type == CustomerType::Individual {
        owner_email = None;
    }
    Ok(CreateCustomer {
        organization_id,
        external_id: body.external_id,
        email,
        name: body.name,
        customer_type,
        locale: body.locale.as_deref().and_then(Locale::from_tag),
        time_zone: None,
        owner_email,
        owner_name,
        extras: CustomerExtras {
            metadata: body.metadata.unwrap_or_default(),
            billing_address: body.billing_address.map(Into::into),
            tax_id: body.tax_id,
            owner_external_id,
        },
    })
}

fn refused(error: CreateCustomerError) -> ApiError {
    match error {
        CreateCustomerError::Invalid(errors) => ApiError::Invalid(issues(&errors)),
        CreateCustomerError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a customer could not be made", &error),
    }
}
