//! `GET /v1/customers/{id}/payment-methods` and `GET /v1/customers/external/{external_id}/payment-methods`

use axum::{Json, extract::State};
use backend::{
    actor::Actor,
    page::{Count, Page, PageRequest},
    payment_method::{self, PaymentMethod},
};
use domain::{id::CustomerId, scope::Scope};
use serde::Serialize;
use sqlx::PgPool;
use utoipa::ToSchema;

use super::{by_external_id, one};
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::{ExternalId, Id, Query},
        list::ListResource,
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            payment_method::CustomerPaymentMethod,
        },
    },
    state::AppState,
};

/// A saved way to pay, as the organization sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct PaymentMethodOfCustomer {
    #[serde(flatten)]
    method: CustomerPaymentMethod,
    /// What is charged unless a subscription has its own.
    is_default: bool,
}

impl From<PaymentMethod> for PaymentMethodOfCustomer {
    fn from(method: PaymentMethod) -> Self {
        Self { is_default: method.is_default, method: method.into() }
    }
}

/// List a customer's payment methods, newest first; at most 50 are kept.
#[utoipa::path(
    get,
    path = "/v1/customers/{id}/payment-methods",
    operation_id = "customers:list_payment_methods",
    tag = "customers",
    security(("access_token" = ["customers:read"])),
    params(
        ("id" = Uuid, Path, description = "Of the customer."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
    ),
    responses(
        (status = 200, body = ListResource<PaymentMethodOfCustomer>),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list_payment_methods(
    State(state): State<AppState>,
    caller: Caller,
    id: Result<Id<CustomerId>, ApiError>,
    mut query: Query,
) -> Result<Json<ListResource<PaymentMethodOfCustomer>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomersRead)?;
    let Id(id) = id?;
    let page = query.page();
    query.done()?;
    let db = &state.portal.db;
    one(db, organization_id, id).await?;
    methods_of(db, &actor, id, page).await.map(Json)
}

/// List the payment methods of a customer that is named by your own id of it.
#[utoipa::path(
    get,
    path = "/v1/customers/external/{external_id}/payment-methods",
    operation_id = "customers:list_payment_methods_external",
    tag = "customers",
    security(("access_token" = ["customers:read"])),
    params(
        ("external_id" = String, Path, description = "Your own id of the customer."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
    ),
    responses(
        (status = 200, body = ListResource<PaymentMethodOfCustomer>),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list_payment_methods_external(
    State(state): State<AppState>,
    caller: Caller,
    external_id: Result<ExternalId, ApiError>,
    mut query: Query,
) -> Result<Json<ListResource<PaymentMethodOfCustomer>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomersRead)?;
    let external_id = external_id?;
    let page = query.page();
    query.done()?;
    let db = &state.portal.db;
    let id = by_external_id(db, &actor, organization_id, external_id).await?;
    methods_of(db, &actor, id, page).await.map(Json)
}

async fn methods_of(
    db: &PgPool,
    actor: &Actor,
    id: CustomerId,
    page: PageRequest,
) -> Result<ListResource<PaymentMethodOfCustomer>, ApiError> {
    let methods = payment_method::list_of(db, actor, id).await?;
    let total = Count::Exact(methods.len().try_into().unwrap_or(i64::MAX));
    let offset = usize::try_from(page.offset()).unwrap_or(usize::MAX);
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let items = methods.into_iter().skip(offset).take(limit).collect();
    Ok(ListResource::of(Page::new(items, total, page), Into::into))
}
