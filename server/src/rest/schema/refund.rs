//! Refunds on the wire.

use backend::payment::{MerchantRefund, RefundState};
use domain::{
    id::{CustomerId, OrderId, OrganizationId, RefundId, SubscriptionId},
    payment::RefundReason,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rest::timestamp::Timestamp;

/// Money that goes back, or went. Amounts are in minor units.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Refund {
    #[schema(value_type = Uuid)]
    pub id: RefundId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    /// What you note at it.
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
    /// `pending`, `succeeded` or `failed`.
    #[schema(example = "pending")]
    pub status: &'static str,
    #[schema(example = "customer_request")]
    pub reason: &'static str,
    /// Without tax.
    pub amount: i64,
    /// What goes back on top of it.
    pub tax_amount: i64,
    #[schema(example = "eur")]
    pub currency: String,
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
    #[schema(value_type = Uuid)]
    pub order_id: OrderId,
    #[schema(value_type = Option<Uuid>)]
    pub subscription_id: Option<SubscriptionId>,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    /// Always false: what was bought stays.
    pub revoke_benefits: bool,
    /// Always null.
    #[schema(value_type = Option<Object>)]
    pub dispute: Option<()>,
}

impl From<&MerchantRefund> for Refund {
    fn from(refund: &MerchantRefund) -> Self {
        Self {
            id: refund.refund_id,
            created_at: refund.created_at.into(),
            modified_at: refund.settled_at.map(Into::into),
            metadata: refund.metadata.clone(),
            status: match refund.state {
                RefundState::Pending => "pending",
                RefundState::Succeeded => "succeeded",
                RefundState::Failed => "failed",
            },
            reason: reason(refund.reason),
            amount: refund.amount.minor - refund.tax_minor,
            tax_amount: refund.tax_minor,
            currency: refund.amount.currency.as_str().to_owned(),
            organization_id: refund.organization_id,
            order_id: refund.order_id,
            subscription_id: refund.subscription_id,
            customer_id: refund.customer_id,
            revoke_benefits: false,
            dispute: None,
        }
    }
}

/// Clients know no names for what Foyer gives back by itself.
const fn reason(reason: RefundReason) -> &'static str {
    match reason {
        RefundReason::Cancellation => RefundReason::CustomerRequest.as_str(),
        RefundReason::OrderVoid => RefundReason::Other.as_str(),
        reason => reason.as_str(),
    }
}
