//! `POST /v1/products/`

use axum::{Json, extract::State, http::StatusCode};
use backend::product::{self, CreateProduct, CreateProductError};
use domain::{
    field_errors::FieldErrors,
    id::OrganizationId,
    interval::{Interval, RecurringInterval},
    metadata::Metadata,
    product::ProductVisibility,
    scope::Scope,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{on_wire, price_create::ProductPriceCreate, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        checks::{field_issues, own_organization},
        error::ApiError,
        extract::Body,
        schema::{
            error::{Unauthorized, ValidationError},
            product::Product,
        },
    },
    state::AppState,
};

/// Something to sell, once or as a subscription.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ProductCreate {
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    metadata: Metadata,
    #[schema(min_length = 3, max_length = 64, example = "Pro")]
    name: String,
    #[schema(max_length = 4000)]
    description: Option<String>,
    /// `draft`: nobody; `private`: whom you sell it to yourself; `public`: everybody.
    #[schema(value_type = Option<String>, example = "public")]
    visibility: Option<ProductVisibility>,
    /// One for each currency.
    #[schema(min_items = 1, max_items = 200)]
    prices: Vec<ProductPriceCreate>,
    /// `day`, `week`, `month` or `year`; null or missing: sold once.
    #[schema(value_type = Option<String>, example = "month")]
    recurring_interval: Option<Interval>,
    #[schema(minimum = 1, maximum = 999, default = 1)]
    recurring_interval_count: Option<i32>,
    /// How long nothing is charged at first, with its number.
    #[schema(value_type = Option<String>, example = "day")]
    trial_interval: Option<Interval>,
    #[schema(minimum = 1, maximum = 999)]
    trial_interval_count: Option<i32>,
    /// Pictures are not kept: empty or missing.
    medias: Option<Vec<Uuid>>,
    /// There are no custom fields: empty or missing.
    #[schema(value_type = Option<Vec<Object>>)]
    attached_custom_fields: Option<Vec<serde_json::Value>>,
    /// Your own, if any.
    #[schema(value_type = Option<Uuid>)]
    organization_id: Option<OrganizationId>,
}

/// Create a product with its prices.
#[utoipa::path(
    post,
    path = "/v1/products",
    operation_id = "products:create",
    tag = "products",
    security(("access_token" = ["products:write"])),
    request_body = ProductCreate,
    responses(
        (status = 201, body = Product),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<ProductCreate>, ApiError>,
) -> Result<(StatusCode, Json<Product>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::ProductsWrite)?;
    let Body(body) = body?;
    own_organization(body.organization_id, organization_id)?;
    let input = checked(body, organization_id).map_err(|e| field_issues(&e, on_wire))?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let product_id =
        cx.once(async |cx| product::create(db, cx, input).await).await.map_err(refused)?;
    let created = whole(db, organization_id, &[product_id]).await?.pop();
    Ok((StatusCode::CREATED, Json(created.ok_or_else(ApiError::not_found)?)))
}

fn checked(
    body: ProductCreate,
    organization_id: OrganizationId,
) -> Result<CreateProduct, FieldErrors> {
    let mut errors = FieldErrors::new();
    super::check_extras(
        &mut errors,
        body.medias.as_deref(),
        body.attached_custom_fields.as_deref(),
    );
    if body.prices.is_empty() {
        errors.push("prices", "required");
    }
    let prices = body.prices.into_iter().enumerate();
    let prices = prices.filter_map(|(place, price)| price.checked(place, &mut errors)).collect();
    let recurring = body.recurring_interval.and_then(|interval| {
        let count = body.recurring_interval_count.unwrap_or(1);
        let every = RecurringInterval::new(interval, count);
        errors.take(every.map_err(|error| error.at("recurring_interval_count")))
    });
    let trial = super::trial_of(&mut errors, body.trial_interval, body.trial_interval_count);
    errors.result(CreateProduct {
        description: body.description,
        recurring,
        trial,
        visibility: body.visibility.unwrap_or(ProductVisibility::Public),
        metadata: body.metadata,
        prices,
        ..CreateProduct::of(organization_id, body.name)
    })
}

fn refused(error: CreateProductError) -> ApiError {
    match error {
        CreateProductError::Invalid(errors) => field_issues(&errors, on_wire),
        CreateProductError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a product could not be created", &error),
    }
}
