//! Why a quote is not confirmed.

use domain::change::ChangeRefusal;
use domain::payment::DeclineCode;
use thiserror::Error;

use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::order::InsertOrderError;
use crate::payment::PrepareRefundError;
use crate::quote::{Quote, QuoteError};

#[derive(Debug, Error)]
pub enum ConfirmError {
    #[error("there is no such quote")]
    Unknown,
    #[error("the quote was confirmed already")]
    Redeemed,
    #[error("the subscription has changed since; here is what the change costs now")]
    Stale { fresh: Box<Quote> },
    #[error("the quote has expired; here is what the change costs now")]
    Expired { fresh: Box<Quote> },
    #[error("the change is not possible: {0}")]
    Refused(ChangeRefusal),
    #[error("there is no payment method to charge; the quote stays open")]
    NoPaymentMethod,
    #[error("the charge was declined: {code}")]
    Declined { code: DeclineCode },
    #[error("this role may not change what is billed")]
    Forbidden(#[from] Forbidden),
    #[error("the change could not be worked out")]
    Quote(#[source] QuoteError),
    #[error("the change could not be carried out")]
    Change(#[from] SettleChangeError),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for ConfirmError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QuoteError> for ConfirmError {
    fn from(error: QuoteError) -> Self {
        match error {
            QuoteError::Unknown => Self::Unknown,
            QuoteError::Refused(refusal) => Self::Refused(refusal),
            QuoteError::Forbidden(error) => error.into(),
            other => Self::Quote(other),
        }
    }
}

impl From<QueryError> for ConfirmError {
    fn from(error: QueryError) -> Self {
        QuoteError::from(error).into()
    }
}

impl From<InsertOrderError> for ConfirmError {
    fn from(error: InsertOrderError) -> Self {
        Self::Change(error.into())
    }
}

/// Why a change that was confirmed is not carried out.
#[derive(Debug, Error)]
pub enum SettleChangeError {
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the order of the change could not be made")]
    Order(#[from] InsertOrderError),
    #[error("money could not be given back")]
    Refund(#[from] PrepareRefundError),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for SettleChangeError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<QueryError> for SettleChangeError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            // Nobody is asked here.
            QueryError::Forbidden(_) => sqlx::Error::RowNotFound.into(),
        }
    }
}
