//! Errors that many operations share.

use thiserror::Error;
use uuid::Uuid;

/// The actor may not do this. What belongs to another customer or organization is not forbidden but unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("the actor may not do this")]
pub struct Forbidden;

/// A stored row that breaks a rule of the domain: a defect, or somebody wrote into the table by hand.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{table}.{column} holds a value that breaks a rule, at {key}")]
pub struct InconsistencyError {
    pub table: &'static str,
    pub column: &'static str,
    pub key: String,
}

impl InconsistencyError {
    /// Names the place of the bad value.
    pub fn new(table: &'static str, column: &'static str, key: impl Into<Uuid>) -> Self {
        Self { table, column, key: key.into().to_string() }
    }
}

/// The database did not answer, or not as expected.
#[derive(Debug, Error)]
#[error("the database did not answer as expected")]
pub struct DatabaseError(#[from] pub sqlx::Error);

/// Why a question has no answer. "Not found" is no error but `None`.
#[derive(Debug, Error)]
pub enum QueryError {
    #[error("the question could not be put to the database")]
    Database(#[from] sqlx::Error),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the actor may not ask this")]
    Forbidden(#[from] Forbidden),
}

impl From<DatabaseError> for QueryError {
    fn from(error: DatabaseError) -> Self {
        Self::Database(error.0)
    }
}

/// The name of the constraint that refused a statement, if one did.
pub fn violated_constraint(error: &sqlx::Error) -> Option<&str> {
    error.as_database_error().and_then(|error| error.constraint())
}

/// Turns the violation of one named constraint into the caller's error; every other error goes through `otherwise`.
pub fn on_constraint<E>(
    error: sqlx::Error,
    constraint: &str,
    refusal: E,
    otherwise: impl FnOnce(sqlx::Error) -> E,
) -> E {
    if violated_constraint(&error) == Some(constraint) { refusal } else { otherwise(error) }
}
