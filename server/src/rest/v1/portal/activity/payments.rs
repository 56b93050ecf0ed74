//! `GET /v1/customer-portal/payments`

use axum::{Json, extract::State};
use backend::payment::{self, PaymentRecord};
use domain::{
    id::{OrderId, PaymentAttemptId},
    payment::{PaymentAttemptState, PaymentTrigger},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::error::{NotPermitted, Unauthorized, ValidationError},
        timestamp::Timestamp,
    },
    state::AppState,
};

/// A try to charge an order.
#[derive(Debug, Serialize, ToSchema)]
pub struct Payment {
    #[schema(value_type = Uuid)]
    pub id: PaymentAttemptId,
    /// When it was settled; until then, when it was begun.
    pub at: Timestamp,
    #[schema(value_type = Uuid)]
    pub order_id: OrderId,
    pub product_name: String,
    /// Tax included, in minor units.
    pub amount: i64,
    #[schema(example = "eur")]
    pub currency: String,
    #[schema(value_type = String, example = "succeeded")]
    pub status: PaymentAttemptState,
    /// Why it was asked for.
    #[schema(value_type = String, example = "subscription_cycle")]
    pub trigger: PaymentTrigger,
    /// Why it was declined.
    pub decline_code: Option<String>,
    /// `card`, or the processor's name of another kind; null when there was nothing to charge.
    pub method_type: Option<String>,
    #[schema(example = "visa")]
    pub method_brand: Option<String>,
    #[schema(example = "4242")]
    pub method_last4: Option<String>,
}

impl From<PaymentRecord> for Payment {
    fn from(payment: PaymentRecord) -> Self {
        let method = payment.method;
        let of = |part: fn(&domain::payment_method::MethodDetails) -> Option<String>| {
            method.as_ref().and_then(part)
        };
        Self {
            id: payment.payment_attempt_id,
            at: payment.at.into(),
            order_id: payment.order_id,
            product_name: payment.product_name,
            amount: payment.amount.minor,
            currency: payment.amount.currency.as_str().to_owned(),
            status: payment.state,
            trigger: payment.trigger,
            decline_code: payment.decline_code.map(|code| code.as_str().to_owned()),
            method_type: of(|method| Some(method.kind.clone())),
            method_brand: of(|method| method.brand.clone()),
            method_last4: of(|method| method.last4.clone()),
        }
    }
}

/// List the tries to charge the customer, the newest first. Foyer's own: Polar has no such operation.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/payments",
    operation_id = "customer_portal:payments:list",
    tag = "foyer",
    security(("customer_session" = []), ("member_session" = [])),
    params(
        ("order_id" = Option<uuid::Uuid>, Query, description = "Of this order."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "None yet: the newest come first."),
    ),
    responses(
        (status = 200, body = ListResource<Payment>),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn payments(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Payment>>, ApiError> {
    let actor = caller.billing()?;
    let orders: Vec<OrderId> = query.ids("order_id");
    let page = query.page();
    query.sorting(&[], ((), true));
    query.done()?;
    let order_id = orders.last().copied();
    let found = payment::history(&state.portal.db, &actor.into(), order_id, page).await?;
    Ok(Json(ListResource::of(found, Into::into)))
}
