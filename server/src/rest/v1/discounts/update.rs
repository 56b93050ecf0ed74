//! `PATCH /v1/discounts/{id}`

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use backend::discount::{self, DiscountDetail, UpdateDiscount, UpdateDiscountError};
use domain::{
    discount::{DiscountAmount, DiscountDuration},
    field_errors::FieldErrors,
    id::{DiscountId, ProductId},
    metadata::Metadata,
    money::Currency,
    scope::Scope,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{
    input::{DiscountKind, DurationKind, FixedInput, duration_of},
    whole,
};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        checks::field_issues,
        error::ApiError,
        extract::{Body, Given, Id},
        schema::{
            discount::Discount,
            error::{ResourceNotFound, Unauthorized, ValidationError},
        },
        timestamp::Timestamp,
    },
    state::AppState,
};

/// What changes; what is not named stays.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DiscountUpdate {
    /// All of it.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    #[schema(min_length = 1, max_length = 128)]
    name: Option<String>,
    /// Null: only you give it.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 256)]
    code: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<Timestamp>)]
    starts_at: Given<Timestamp>,
    #[serde(default)]
    #[schema(value_type = Option<Timestamp>)]
    ends_at: Given<Timestamp>,
    #[serde(default)]
    #[schema(value_type = Option<i32>, minimum = 1)]
    max_redemptions: Given<i32>,
    #[serde(default)]
    #[schema(value_type = Option<i32>, minimum = 1)]
    max_redemptions_per_customer: Given<i32>,
    /// All of them; every product when empty.
    #[schema(value_type = Option<Vec<Uuid>>, max_items = 500)]
    products: Option<Vec<ProductId>>,
    /// It cannot change: as it is, or missing.
    #[serde(rename = "type")]
    kind: Option<DiscountKind>,
    /// This and how much comes off cannot change once somebody has it.
    duration: Option<DurationKind>,
    #[schema(minimum = 1, maximum = 999)]
    duration_in_months: Option<i32>,
    #[schema(minimum = 1, maximum = 10_000)]
    basis_points: Option<i32>,
    #[schema(minimum = 1, maximum = 99_999_999_999_i64)]
    amount: Option<i64>,
    #[schema(value_type = Option<String>)]
    currency: Option<Currency>,
    #[schema(value_type = Option<Object>)]
    amounts: Option<BTreeMap<String, i64>>,
}

/// Change a discount.
#[utoipa::path(
    patch,
    path = "/v1/discounts/{id}",
    operation_id = "discounts:update",
    tag = "discounts",
    security(("access_token" = ["discounts:write"])),
    params(("id" = Uuid, Path, description = "Of the discount.")),
    request_body = DiscountUpdate,
    responses(
        (status = 200, body = Discount),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<DiscountId>, ApiError>,
    body: Result<Body<DiscountUpdate>, ApiError>,
) -> Result<Json<Discount>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::DiscountsWrite)?;
    let Id(id) = id?;
    let Body(body) = body?;
    let db = &state.portal.db;
    let before = discount::get(db, organization_id, id).await?.ok_or_else(ApiError::not_found)?;
    let input = checked(body, &before).map_err(|errors| field_issues(&errors, str::to_owned))?;
    let mut cx = context(&state, actor, call);
    cx.once(async |cx| discount::update(db, cx, input).await).await.map_err(refused)?;
    let updated = whole(db, organization_id, &[id]).await?.pop();
    Ok(Json(updated.ok_or_else(ApiError::not_found)?))
}

fn checked(body: DiscountUpdate, before: &DiscountDetail) -> Result<UpdateDiscount, FieldErrors> {
    let mut errors = FieldErrors::new();
    let is_percentage = matches!(before.amount, DiscountAmount::Percentage { .. });
    let kind = if is_percentage { DiscountKind::Percentage } else { DiscountKind::Fixed };
    if body.kind.is_some_and(|other| other != kind) {
        errors.push("type", "it_cannot_change");
    }
    let fixed = FixedInput { amount: body.amount, currency: body.currency, amounts: body.amounts };
    let amount = match (kind, body.basis_points) {
        (DiscountKind::Percentage, Some(basis_points)) => {
            Some(DiscountAmount::Percentage { basis_points })
        }
        (DiscountKind::Fixed, None) if fixed.amount.is_some() || fixed.amounts.is_some() => {
            fixed.checked(&mut errors)
        }
        (DiscountKind::Fixed, Some(_)) => {
            errors.push("basis_points", "this_goes_with_percentages");
            None
        }
        _ => None,
    };
    let duration = duration(&mut errors, body.duration, body.duration_in_months, before.duration);
    errors.result(UpdateDiscount {
        name: body.name,
        code: body.code.into(),
        amount,
        duration,
        starts_at: body.starts_at.map(|at| at.0).into(),
        ends_at: body.ends_at.map(|at| at.0).into(),
        max_redemptions: body.max_redemptions.into(),
        max_redemptions_per_customer: body.max_redemptions_per_customer.into(),
        product_ids: body.products,
        metadata: body.metadata,
        ..UpdateDiscount::of(before.organization_id, before.discount_id)
    })
}

fn duration(
    errors: &mut FieldErrors,
    kind: Option<DurationKind>,
    months: Option<i32>,
    before: DiscountDuration,
) -> Option<DiscountDuration> {
    let (kind_before, months_before) = match before {
        DiscountDuration::Once => (DurationKind::Once, None),
        DiscountDuration::Forever => (DurationKind::Forever, None),
        DiscountDuration::Repeating { months } => (DurationKind::Repeating, Some(months)),
    };
    if kind.is_none() && months.is_none() {
        return None;
    }
    duration_of(errors, kind.unwrap_or(kind_before), months.or(months_before))
}

fn refused(error: UpdateDiscountError) -> ApiError {
    match error {
        UpdateDiscountError::Invalid(errors) => field_issues(&errors, str::to_owned),
        UpdateDiscountError::Unknown => ApiError::not_found(),
        UpdateDiscountError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a discount could not be changed", &error),
    }
}
