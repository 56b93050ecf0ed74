//! `PATCH /v1/products/{id}`

use axum::{Json, extract::State};
use backend::{
    edit::Edit,
    product::{self, OfferedPrice as Offered, ProductDetail, UpdateProduct, UpdateProductError},
};
use domain::{
    field_errors::FieldErrors,
    id::ProductId,
    interval::{Interval, RecurringInterval},
    metadata::Metadata,
    product::ProductVisibility,
    scope::Scope,
};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{on_wire, price_create::OfferedPrice, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        checks::field_issues,
        error::{ApiError, Issue},
        extract::{Body, Given, Id},
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            product::Product,
        },
    },
    state::AppState,
};

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ProductUpdate {
    /// All of it.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    #[schema(min_length = 3, max_length = 64)]
    name: Option<String>,
    /// Null or empty: none.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 4000)]
    description: Given<String>,
    #[schema(value_type = Option<String>)]
    visibility: Option<ProductVisibility>,
    /// An archived product is no longer sold; its subscriptions run on.
    is_archived: Option<bool>,
    /// All prices at which it is sold from now on; others are archived, and subscriptions keep them.
    #[schema(min_items = 1, max_items = 200)]
    prices: Option<Vec<OfferedPrice>>,
    /// It cannot change: as it is, or missing.
    #[schema(value_type = Option<String>)]
    recurring_interval: Option<Interval>,
    #[schema(minimum = 1, maximum = 999)]
    recurring_interval_count: Option<i32>,
    /// Of subscriptions that begin from now on; null: none.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    trial_interval: Given<Interval>,
    #[serde(default)]
    #[schema(value_type = Option<i32>, minimum = 1, maximum = 999)]
    trial_interval_count: Given<i32>,
    /// Pictures are not kept: empty or missing.
    medias: Option<Vec<Uuid>>,
    /// There are no custom fields: empty or missing.
    #[schema(value_type = Option<Vec<Object>>)]
    attached_custom_fields: Option<Vec<serde_json::Value>>,
}

/// Change a product, archive it, or sell it at other prices.
#[utoipa::path(
    patch,
    path = "/v1/products/{id}",
    operation_id = "products:update",
    tag = "products",
    security(("access_token" = ["products:write"])),
    params(("id" = Uuid, Path, description = "Of the product.")),
    request_body = ProductUpdate,
    responses(
        (status = 200, body = Product),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<ProductId>, ApiError>,
    body: Result<Body<ProductUpdate>, ApiError>,
) -> Result<Json<Product>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::ProductsWrite)?;
    let Id(id) = id?;
    let Body(body) = body?;
    let db = &state.portal.db;
    let before = product::get(db, organization_id, id).await?.ok_or_else(ApiError::not_found)?;
    let input = checked(body, &before).map_err(|errors| field_issues(&errors, on_wire))?;
    let mut cx = context(&state, actor, call);
    cx.once(async |cx| product::update(db, cx, input).await).await.map_err(refused)?;
    let updated = whole(db, organization_id, &[id]).await?.pop();
    Ok(Json(updated.ok_or_else(ApiError::not_found)?))
}

fn checked(body: ProductUpdate, before: &ProductDetail) -> Result<UpdateProduct, FieldErrors> {
    let mut errors = FieldErrors::new();
    super::check_extras(
        &mut errors,
        body.medias.as_deref(),
        body.attached_custom_fields.as_deref(),
    );
    let every = before.recurring;
    if body
        .recurring_interval
        .is_some_and(|other| every.map(RecurringInterval::interval) != Some(other))
    {
        errors.push("recurring_interval", "it_cannot_change");
    }
    if body
        .recurring_interval_count
        .is_some_and(|other| every.map(|every| i32::from(every.count())) != Some(other))
    {
        errors.push("recurring_interval_count", "it_cannot_change");
    }
    let prices = body.prices.map(|prices| offered(prices, &mut errors));
    let trial = trial(&mut errors, body.trial_interval, body.trial_interval_count, before.trial);
    errors.result(UpdateProduct {
        name: body.name,
        description: body.description.into(),
        trial,
        visibility: body.visibility,
        is_archived: body.is_archived,
        metadata: body.metadata,
        prices,
        ..UpdateProduct::of(before.organization_id, before.product_id)
    })
}

fn offered(prices: Vec<OfferedPrice>, errors: &mut FieldErrors) -> Vec<Offered> {
    let prices = prices.into_iter().enumerate();
    let offered = |(place, price)| match price {
        OfferedPrice::Existing { id } => Some(Offered::Existing(id)),
        OfferedPrice::New(price) => price.checked(place, errors).map(Offered::New),
    };
    prices.filter_map(offered).collect()
}

/// The trial afterwards: either field alone changes that one.
fn trial(
    errors: &mut FieldErrors,
    interval: Given<Interval>,
    count: Given<i32>,
    before: Option<RecurringInterval>,
) -> Edit<RecurringInterval> {
    if matches!((&interval, &count), (Given::Missing, Given::Missing)) {
        return Edit::Keep;
    }
    let interval = Edit::from(interval).of(before.map(RecurringInterval::interval));
    let count = Edit::from(count).of(before.map(|before| i32::from(before.count())));
    super::trial_of(errors, interval, count).map_or(Edit::Clear, Edit::Set)
}

pub(super) fn refused(error: UpdateProductError) -> ApiError {
    match error {
        UpdateProductError::Invalid(errors) => field_issues(&errors, on_wire),
        UpdateProductError::Unknown => ApiError::not_found(),
        UpdateProductError::UnknownBenefit => {
            let msg = "There is no such benefit.";
            ApiError::Invalid(vec![Issue::body("value_error", "benefits", msg)])
        }
        UpdateProductError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a product could not be changed", &error),
    }
}
