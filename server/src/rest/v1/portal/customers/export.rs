//! `GET /v1/customer-portal/customers/me/export`

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use backend::customer::{self, ExportedOrder, ExportedSubscription, OwnExport};
use domain::id::CustomerId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        schema::{
            address::Address,
            error::{NotPermitted, Unauthorized, ValidationError},
            payment_method::CustomerPaymentMethod,
        },
        timestamp::Timestamp,
    },
    state::AppState,
};

/// All that is kept of the customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerExport {
    customer: ExportOfCustomer,
    subscriptions: Vec<ExportOfSubscription>,
    orders: Vec<ExportOfOrder>,
    payment_methods: Vec<CustomerPaymentMethod>,
    /// Empty until benefits are granted one by one.
    #[schema(value_type = Vec<Object>)]
    benefit_grants: Vec<serde_json::Value>,
}

/// The customer.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportOfCustomer {
    #[schema(value_type = Uuid)]
    id: CustomerId,
    email: String,
    name: Option<String>,
    billing_name: Option<String>,
    billing_address: Option<Address>,
    /// The number and its kind, such as `["DE123456789", "eu_vat"]`.
    #[schema(value_type = Option<Vec<String>>)]
    tax_id: Option<(String, &'static str)>,
    external_id: Option<String>,
    created_at: Timestamp,
    modified_at: Option<Timestamp>,
}

/// A subscription. The amount is in minor units, for one period.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportOfSubscription {
    id: Uuid,
    #[schema(example = "active")]
    status: String,
    product_id: Uuid,
    product_name: String,
    amount: i64,
    #[schema(example = "eur")]
    currency: String,
    #[schema(example = "month")]
    recurring_interval: String,
    started_at: Option<Timestamp>,
    ended_at: Option<Timestamp>,
    current_period_start: Timestamp,
    current_period_end: Timestamp,
    cancel_at_period_end: bool,
    canceled_at: Option<Timestamp>,
    created_at: Timestamp,
    modified_at: Option<Timestamp>,
}

/// An order. Amounts are in minor units.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExportOfOrder {
    id: Uuid,
    #[schema(example = "paid")]
    status: String,
    invoice_number: Option<String>,
    product_id: Uuid,
    product_name: String,
    subtotal_amount: i64,
    discount_amount: i64,
    /// After discount, without tax.
    net_amount: i64,
    tax_amount: i64,
    total_amount: i64,
    #[schema(example = "eur")]
    currency: String,
    #[schema(example = "subscription_cycle")]
    billing_reason: String,
    created_at: Timestamp,
    modified_at: Option<Timestamp>,
}

/// Get all that is kept of the customer, as a file.
#[utoipa::path(
    get,
    path = "/v1/customer-portal/customers/me/export",
    operation_id = "customer_portal:customers:export",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    responses(
        (status = 200, body = CustomerExport),
        (status = 401, body = Unauthorized),
        (status = 403, body = NotPermitted),
        (status = 422, body = ValidationError),
    )
)]
pub async fn export(State(state): State<AppState>, caller: Caller) -> Result<Response, ApiError> {
    let actor = caller.billing()?;
    let found = customer::export_own(&state.portal.db, &actor).await?;
    let export: CustomerExport = found.ok_or_else(ApiError::unauthorized)?.into();
    let file = format!("attachment; filename=\"customer-export-{}.json\"", actor.customer_id);
    Ok(([(header::CONTENT_DISPOSITION, file)], Json(export)).into_response())
}

impl From<OwnExport> for CustomerExport {
    fn from(export: OwnExport) -> Self {
        let customer = export.customer;
        Self {
            customer: ExportOfCustomer {
                id: customer.customer_id,
                email: customer.email,
                name: customer.name,
                billing_name: customer.billing_name,
                billing_address: customer.billing_address.map(Into::into),
                tax_id: customer.tax_id.map(|tax_id| (tax_id, "eu_vat")),
                external_id: customer.external_id,
                created_at: customer.created_at.into(),
                modified_at: customer.modified_at.map(Into::into),
            },
            subscriptions: export.subscriptions.into_iter().map(Into::into).collect(),
            orders: export.orders.into_iter().map(Into::into).collect(),
            payment_methods: export.payment_methods.into_iter().map(Into::into).collect(),
            benefit_grants: vec![],
        }
    }
}

impl From<ExportedSubscription> for ExportOfSubscription {
    fn from(subscription: ExportedSubscription) -> Self {
        Self {
            id: subscription.subscription_id,
            status: subscription.status,
            product_id: subscription.product_id,
            product_name: subscription.product_name,
            amount: subscription.amount_minor,
            currency: subscription.currency,
            recurring_interval: subscription.recurring_interval,
            started_at: subscription.started_at.map(Into::into),
            ended_at: subscription.ended_at.map(Into::into),
            current_period_start: subscription.current_period_start.into(),
            current_period_end: subscription.current_period_end.into(),
            cancel_at_period_end: subscription.cancel_at_period_end,
            canceled_at: subscription.canceled_at.map(Into::into),
            created_at: subscription.created_at.into(),
            modified_at: subscription.modified_at.map(Into::into),
        }
    }
}

impl From<ExportedOrder> for ExportOfOrder {
    fn from(order: ExportedOrder) -> Self {
        Self {
            id: order.order_id,
            status: order.status,
            invoice_number: order.invoice_number,
            product_id: order.product_id,
            product_name: order.product_name,
            subtotal_amount: order.subtotal_minor,
            discount_amount: order.discount_minor,
            net_amount: order.total_minor - order.tax_minor,
            tax_amount: order.tax_minor,
            total_amount: order.total_minor,
            currency: order.currency,
            billing_reason: order.billing_reason,
            created_at: order.created_at.into(),
            modified_at: order.modified_at.map(Into::into),
        }
    }
}
