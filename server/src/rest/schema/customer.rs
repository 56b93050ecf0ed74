//! Customers on the wire: as they see themselves, and as the organization sees them.

use std::collections::BTreeMap;

use backend::customer::{CustomerRecord, PortalCustomer};
use domain::{
    customer_type::CustomerType,
    id::{CustomerId, OrganizationId, PaymentMethodId},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::address::Address;
use crate::rest::timestamp::Timestamp;

/// The customer that a session belongs to.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerPortalCustomer {
    #[schema(value_type = Uuid)]
    pub id: CustomerId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    pub email: Option<String>,
    pub email_verified: bool,
    pub name: Option<String>,
    /// The customer's name where none is given for invoices.
    pub billing_name: Option<String>,
    pub billing_address: Option<Address>,
    /// The number and its kind, such as `["DE123456789", "eu_vat"]`.
    #[schema(value_type = Option<Vec<String>>)]
    pub tax_id: Option<(String, &'static str)>,
    pub oauth_accounts: BTreeMap<String, OAuthAccount>,
    #[schema(value_type = Option<Uuid>)]
    pub default_payment_method_id: Option<PaymentMethodId>,
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "individual")]
    pub kind: CustomerType,
    pub locale: Option<String>,
}

/// An account elsewhere that is linked.
#[derive(Debug, Serialize, ToSchema)]
pub struct OAuthAccount {
    pub account_id: String,
    pub account_username: Option<String>,
}

impl From<PortalCustomer> for CustomerPortalCustomer {
    fn from(customer: PortalCustomer) -> Self {
        Self {
            id: customer.customer_id,
            created_at: customer.created_at.into(),
            modified_at: customer.modified_at.map(Into::into),
            email: Some(customer.email),
            email_verified: customer.is_email_verified,
            billing_name: customer.billing_name.or_else(|| customer.name.clone()),
            name: customer.name,
            billing_address: customer.billing_address.map(Into::into),
            tax_id: customer.tax_id.map(|tax_id| (tax_id, "eu_vat")),
            oauth_accounts: BTreeMap::new(),
            default_payment_method_id: customer.default_payment_method_id,
            kind: customer.customer_type,
            locale: customer.locale,
        }
    }
}

/// A customer, as its organization sees it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Customer {
    #[schema(value_type = Uuid)]
    pub id: CustomerId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    /// Up to 50 entries of the organization's own.
    #[schema(value_type = Object)]
    pub metadata: serde_json::Value,
    /// The id by which the organization knows the customer.
    pub external_id: Option<String>,
    pub email: Option<String>,
    pub email_verified: bool,
    #[serde(rename = "type")]
    #[schema(value_type = String, example = "individual")]
    pub kind: CustomerType,
    pub name: Option<String>,
    pub billing_name: Option<String>,
    pub billing_address: Option<Address>,
    /// The number and its kind, such as `["DE123456789", "eu_vat"]`.
    #[schema(value_type = Option<Vec<String>>)]
    pub tax_id: Option<(String, &'static str)>,
    pub locale: Option<String>,
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
    #[schema(value_type = Option<Uuid>)]
    pub default_payment_method_id: Option<PaymentMethodId>,
    pub deleted_at: Option<Timestamp>,
    pub first_user_event_at: Option<Timestamp>,
    pub avatar_url: Option<String>,
}

impl From<CustomerRecord> for Customer {
    fn from(customer: CustomerRecord) -> Self {
        Self {
            id: customer.customer_id,
            created_at: customer.created_at.into(),
            modified_at: customer.modified_at.map(Into::into),
            metadata: customer.metadata,
            external_id: customer.external_id,
            email: Some(customer.email),
            email_verified: customer.is_email_verified,
            kind: customer.customer_type,
            name: customer.name,
            billing_name: customer.billing_name,
            billing_address: customer.billing_address.map(Into::into),
            tax_id: customer.tax_id.map(|tax_id| (tax_id, "eu_vat")),
            locale: customer.locale,
            organization_id: customer.organization_id,
            default_payment_method_id: customer.default_payment_method_id,
            deleted_at: None,
            first_user_event_at: None,
            avatar_url: None,
        }
    }
}
