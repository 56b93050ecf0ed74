//! `POST /v1/discounts/`

use std::collections::BTreeMap;

use axum::{Json, extract::State, http::StatusCode};
use backend::discount::{self, CreateDiscount, CreateDiscountError};
use domain::{
    discount::{DiscountAmount, RedemptionTerms},
    field_errors::FieldErrors,
    id::{OrganizationId, ProductId},
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
        checks::{field_issues, own_organization},
        error::ApiError,
        extract::Body,
        schema::{
            discount::Discount,
            error::{Unauthorized, ValidationError},
        },
        timestamp::Timestamp,
    },
    state::AppState,
};

/// A price reduction, fixed or a percentage.
#[derive(Debug, Deserialize, ToSchema)]
pub struct DiscountCreate {
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    metadata: Metadata,
    /// What customers read beside the amount.
    #[schema(min_length = 1, max_length = 128, example = "Spring")]
    name: String,
    /// What customers type, in capitals or not; null: only you give it.
    #[schema(min_length = 3, max_length = 256, example = "SPRING26")]
    code: Option<String>,
    starts_at: Option<Timestamp>,
    /// From then on it can no longer be redeemed; what was redeemed runs on.
    ends_at: Option<Timestamp>,
    #[schema(minimum = 1)]
    max_redemptions: Option<i32>,
    #[schema(minimum = 1)]
    max_redemptions_per_customer: Option<i32>,
    /// The only ones it is for; every product when empty or missing.
    #[schema(value_type = Option<Vec<Uuid>>, max_items = 500)]
    products: Option<Vec<ProductId>>,
    /// Your own, if any.
    #[schema(value_type = Option<Uuid>)]
    organization_id: Option<OrganizationId>,
    /// When it is missing, `basis_points` say `percentage`.
    #[serde(rename = "type")]
    kind: Option<DiscountKind>,
    /// The first charged period, the periods that begin within some months, or all.
    duration: DurationKind,
    /// With `repeating`.
    #[schema(minimum = 1, maximum = 999)]
    duration_in_months: Option<i32>,
    /// Of a percentage: 2,500 is a quarter.
    #[schema(minimum = 1, maximum = 10_000, example = 2500)]
    basis_points: Option<i32>,
    /// Of a fixed one in one currency, in minor units.
    #[schema(minimum = 1, maximum = 99_999_999_999_i64)]
    amount: Option<i64>,
    #[schema(value_type = Option<String>, default = "usd")]
    currency: Option<Currency>,
    /// Of a fixed one, by currency, in minor units.
    #[schema(value_type = Option<Object>)]
    amounts: Option<BTreeMap<String, i64>>,
}

/// Create a discount.
#[utoipa::path(
    post,
    path = "/v1/discounts",
    operation_id = "discounts:create",
    tag = "discounts",
    security(("access_token" = ["discounts:write"])),
    request_body = DiscountCreate,
    responses(
        (status = 201, body = Discount),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<DiscountCreate>, ApiError>,
) -> Result<(StatusCode, Json<Discount>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::DiscountsWrite)?;
    let Body(body) = body?;
    own_organization(body.organization_id, organization_id)?;
    let input = checked(body, organization_id).map_err(|e| field_issues(&e, str::to_owned))?;
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let discount_id =
        cx.once(async |cx| discount::create(db, cx, input).await).await.map_err(refused)?;
    let created = whole(db, organization_id, &[discount_id]).await?.pop();
    Ok((StatusCode::CREATED, Json(created.ok_or_else(ApiError::not_found)?)))
}

fn checked(
    body: DiscountCreate,
    organization_id: OrganizationId,
) -> Result<CreateDiscount, FieldErrors> {
    let mut errors = FieldErrors::new();
    let implied =
        if body.basis_points.is_some() { DiscountKind::Percentage } else { DiscountKind::Fixed };
    let amount = match body.kind.unwrap_or(implied) {
        DiscountKind::Percentage => {
            if body.basis_points.is_none() {
                errors.push("basis_points", "required");
            }
            body.basis_points.map(|basis_points| DiscountAmount::Percentage { basis_points })
        }
        DiscountKind::Fixed => {
            let fixed =
                FixedInput { amount: body.amount, currency: body.currency, amounts: body.amounts };
            fixed.checked(&mut errors)
        }
    };
    let duration = duration_of(&mut errors, body.duration, body.duration_in_months);
    let (Some(amount), Some(duration), true) = (amount, duration, errors.is_empty()) else {
        return Err(errors);
    };
    let terms = RedemptionTerms {
        starts_at: body.starts_at.map(|at| at.0),
        ends_at: body.ends_at.map(|at| at.0),
        max_redemptions: body.max_redemptions,
        max_redemptions_per_customer: body.max_redemptions_per_customer,
        product_ids: body.products.unwrap_or_default(),
    };
    Ok(CreateDiscount {
        code: body.code,
        terms,
        metadata: body.metadata,
        ..CreateDiscount::of(organization_id, body.name, amount, duration)
    })
}

fn refused(error: CreateDiscountError) -> ApiError {
    match error {
        CreateDiscountError::Invalid(errors) => field_issues(&errors, str::to_owned),
        CreateDiscountError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a discount could not be created", &error),
    }
}
