//! `POST /v1/refunds/`

use axum::{Json, extract::State, http::StatusCode};
use backend::{
    order,
    payment::{self, RefundNet, RefundOrderError},
};
use domain::{id::OrderId, metadata::Metadata, payment::RefundReason, scope::Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::whole;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::Body,
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            refund::Refund,
        },
    },
    state::AppState,
};

/// What goes back, and why.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RefundCreate {
    /// What you note at it.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    metadata: Metadata,
    #[schema(value_type = Uuid)]
    order_id: OrderId,
    reason: Reason,
    /// Without tax, in minor units; the tax in proportion goes back on top.
    #[schema(minimum = 1, example = 2_900)]
    amount: i64,
    /// For yourself; customers do not see it.
    #[schema(max_length = 1000)]
    comment: Option<String>,
    /// Not for orders of subscriptions: their benefits end with the subscription.
    #[serde(default)]
    revoke_benefits: bool,
}

#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Reason {
    Duplicate,
    Fraudulent,
    CustomerRequest,
    ServiceDisruption,
    SatisfactionGuarantee,
    Other,
}

impl From<Reason> for RefundReason {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Duplicate => Self::Duplicate,
            Reason::Fraudulent => Self::Fraudulent,
            Reason::CustomerRequest => Self::CustomerRequest,
            Reason::ServiceDisruption => Self::ServiceDisruption,
            Reason::SatisfactionGuarantee => Self::SatisfactionGuarantee,
            Reason::Other => Self::Other,
        }
    }
}

/// Give an order's money back, in whole or in part. It is carried out right after; until then it is `pending`.
#[utoipa::path(
    post,
    path = "/v1/refunds",
    operation_id = "refunds:create",
    tag = "refunds",
    security(("access_token" = ["refunds:write"])),
    request_body = RefundCreate,
    responses(
        (status = 201, body = Refund),
        (status = 400, description = "`RevokeSubscriptionBenefitsProhibited`.", body = NotPermitted),
        (status = 401, body = Unauthorized),
        (status = 403, description = "`RefundedAlready`: nothing is left of the order.", body = NotPermitted),
        (status = 404, description = "The order was not paid.", body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    body: Result<Body<RefundCreate>, ApiError>,
) -> Result<(StatusCode, Json<Refund>), ApiError> {
    let (actor, organization_id) = caller.organization(Scope::RefundsWrite)?;
    let Body(body) = body?;
    let db = &state.portal.db;
    if body.revoke_benefits {
        let order = order::get(db, &actor, body.order_id).await?.ok_or_else(unknown_order)?;
        if order.summary.subscription_id.is_some() {
            return Err(ApiError::typed(
                StatusCode::BAD_REQUEST,
                "RevokeSubscriptionBenefitsProhibited",
                "Benefits of a subscription end with it: revoke the subscription.",
            ));
        }
    }
    let input = RefundNet {
        organization_id,
        order_id: body.order_id,
        net_minor: body.amount,
        reason: body.reason.into(),
        comment: body.comment,
        metadata: body.metadata,
    };
    let mut cx = context(&state, actor, call);
    let refund_id =
        cx.once(async |cx| payment::refund_net(db, cx, input).await).await.map_err(refused)?;
    let refund = whole(db, organization_id, &[refund_id]).await?.pop();
    Ok((StatusCode::CREATED, Json(refund.ok_or_else(ApiError::not_found)?)))
}

fn unknown_order() -> ApiError {
    ApiError::Invalid(vec![Issue::body("value_error", "order_id", "Order not found.")])
}

fn refused(error: RefundOrderError) -> ApiError {
    match error {
        RefundOrderError::Unknown => unknown_order(),
        RefundOrderError::Invalid(errors) => {
            let field = |field: &str| if field == "comment" { "comment" } else { "amount" };
            let issue = |error: &domain::field_errors::FieldError| {
                Issue::body("value_error", field(&error.field), error.code.replace('_', " "))
            };
            ApiError::Invalid(errors.0.iter().map(issue).collect())
        }
        RefundOrderError::TooMuch { .. } => {
            ApiError::Invalid(vec![Issue::body("value_error", "amount", error.to_string())])
        }
        RefundOrderError::NotPaid => {
            ApiError::typed(StatusCode::NOT_FOUND, "ResourceNotFound", error.to_string())
        }
        RefundOrderError::AllGivenBack => {
            ApiError::typed(StatusCode::FORBIDDEN, "RefundedAlready", error.to_string())
        }
        RefundOrderError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("money could not be given back", &error),
    }
}
