//! `POST /v1/checkouts/`

use axum::{Json, extract::State, http::StatusCode};
use backend::{
    api_session::Whom,
    checkout::{self, CreateCheckout},
};
use domain::{
    id::{CustomerId, ProductId},
    money::Currency,
    scope::Scope,
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{
    body::{CheckoutStaffFields, CheckoutUpdatePublic},
    one,
    refusal::refused,
};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::Body,
        schema::{
            checkout::Checkout,
            error::{NotPermitted, Unauthorized, ValidationError},
        },
    },
    state::AppState,
};

/// What is offered, and what is known of whoever buys.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CheckoutCreate {
    /// What can be chosen, the first one to begin with: products that are sold again and again.
    #[schema(value_type = Vec<Uuid>, min_items = 1, max_items = 50)]
    products: Vec<ProductId>,
    #[schema(value_type = Option<Uuid>)]
    customer_id: Option<CustomerId>,
    /// Your own id of whoever buys. Where no customer has it, the customer who is made gets it.
    #[serde(alias = "customer_external_id")]
    external_customer_id: Option<String>,
    /// That of the first product's newest price when absent.
    #[schema(example = "eur")]
    currency: Option<String>,
    #[schema(minimum = 1, maximum = 10_000)]
    min_seats: Option<i32>,
    #[schema(minimum = 1, maximum = 10_000)]
    max_seats: Option<i32>,
    /// Prices of one checkout alone are not supported: absent or null.
    #[schema(value_type = Option<Object>)]
    prices: Option<Value>,
    /// Prices that the buyer chooses are not supported: not looked at.
    #[serde(rename = "amount")]
    #[schema(value_type = Option<i64>)]
    _amount: Option<Value>,
    /// Changing a subscription by a checkout is not supported: absent or null.
    #[schema(value_type = Option<Uuid>)]
    subscription_id: Option<Value>,
    #[serde(flatten)]
    details: CheckoutUpdatePublic,
    #[serde(flatten)]
    staff: CheckoutStaffFields,
}

/// Begin a checkout: its `url` leads whoever buys through it, within 24 hours.
#[utoipa::path(
    post,
    path = "/v1/checkouts",
    operation_id = "checkouts:create",
    tag = "checkouts",
    security(("access_token" = ["checkouts:write"])),
    request_body = CheckoutCreate,
    responses(
        (status = 201, body = Checkout),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`DiscountRedemptionLimitReached`.", body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<CheckoutCreate>, ApiError>,
) -> Result<(StatusCode, Json<Checkout>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CheckoutsWrite)?;
    let Body(body) = body?;
    let unsupported =
        [("prices", body.prices.is_some()), ("subscription_id", body.subscription_id.is_some())];
    if let Some((field, _)) = unsupported.iter().find(|(_, is_given)| *is_given) {
        return Err(invalid(field, "This is not supported yet."));
    }
    let currency = body.currency.as_deref().map(Currency::parse).transpose();
    let input = CreateCheckout {
        organization_id,
        product_ids: body.products,
        currency: currency.map_err(|_| invalid("currency", "This is no currency."))?,
        customer: match (body.customer_id, body.external_customer_id) {
            (Some(id), _) => Some(Whom::Id(id)),
            (None, Some(id)) => Some(Whom::External(id)),
            (None, None) => None,
        },
        min_seats: body.min_seats,
        max_seats: body.max_seats,
        details: body.staff.into_change(body.details.into())?,
    };
    let db = &state.portal.db;
    let mut cx = context(&state, actor, call);
    let checkout_id =
        cx.once(async |cx| checkout::create(db, cx, input).await).await.map_err(refused)?;
    Ok((StatusCode::CREATED, Json(one(&state, organization_id, checkout_id).await?)))
}

fn invalid(field: &str, msg: &str) -> ApiError {
    ApiError::Invalid(vec![Issue::body("value_error", field, msg)])
}
