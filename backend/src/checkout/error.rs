//! Why a checkout is refused.

use domain::discount::RedemptionRefusal;
use domain::field_errors::FieldErrors;
use thiserror::Error;

use crate::customer::CreateCustomerError;
use crate::discount::RedeemError;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::order::InsertOrderError;
use crate::payment::PrepareRefundError;
use crate::payment_method::BeginSetupError;
use crate::subscription::RunDueError;

/// Why nothing came of a checkout, or of a change of one.
#[derive(Debug, Error)]
pub enum CheckoutError {
    #[error("there is no such checkout")]
    Unknown,
    #[error("the actor may not do this with the checkout")]
    Forbidden(#[from] Forbidden),
    #[error("the checkout has expired")]
    Expired,
    #[error("the checkout is not open any more")]
    NotOpen,
    #[error("a payment of the checkout is under way")]
    InProgress,
    /// Names the fields `products`, `product_id`, `price_id`, `currency`, `seats`, `customer_id`, `external_customer_id`, `email`, `name`,
    /// `billing_name`, `tax_id`, `discount_id`, `discount_code`, `success_url` … and those of the address.
    #[error("the checkout has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("the discount cannot be had")]
    Discount(#[from] RedemptionRefusal),
    #[error("nobody charges the organization's customers")]
    NoProcessor,
    #[error("the card cannot be asked for")]
    Setup(#[source] Box<BeginSetupError>),
    #[error("the customer could not be made")]
    Customer(#[source] Box<CreateCustomerError>),
    #[error("the order could not be made")]
    Order(#[from] InsertOrderError),
    #[error("the first order could not be made")]
    First(#[source] Box<RunDueError>),
    #[error("money could not be given back")]
    Refund(#[from] PrepareRefundError),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the checkout could not be written down")]
    Database(#[from] DatabaseError),
}

impl CheckoutError {
    pub(super) fn invalid(field: &str, code: &str) -> Self {
        Self::Invalid(FieldErrors::one(field, code))
    }
}

impl From<sqlx::Error> for CheckoutError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QueryError> for CheckoutError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(error) => error.into(),
        }
    }
}

impl From<RedeemError> for CheckoutError {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Unknown => Self::invalid("discount_id", "discount_unknown"),
            RedeemError::Refused(refusal) => refusal.into(),
            RedeemError::Database(error) => error.into(),
        }
    }
}

impl From<BeginSetupError> for CheckoutError {
    fn from(error: BeginSetupError) -> Self {
        match error {
            BeginSetupError::NoProcessor => Self::NoProcessor,
            error => Self::Setup(Box::new(error)),
        }
    }
}

impl From<CreateCustomerError> for CheckoutError {
    fn from(error: CreateCustomerError) -> Self {
        match error {
            CreateCustomerError::Invalid(errors) => Self::Invalid(errors),
            CreateCustomerError::Forbidden(error) => error.into(),
            error => Self::Customer(Box::new(error)),
        }
    }
}

impl From<RunDueError> for CheckoutError {
    fn from(error: RunDueError) -> Self {
        match error {
            RunDueError::Database(error) => error.into(),
            RunDueError::Inconsistency(error) => error.into(),
            error => Self::First(Box::new(error)),
        }
    }
}
