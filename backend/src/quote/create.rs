//! Making a quote.

use domain::change::{ChangeRefusal, ProrationBehavior};
use domain::field_errors::FieldErrors;
use domain::id::{CustomerId, QuoteId, SubscriptionId};
use domain::money::MoneyError;
use domain::quote::QuoteResult;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::OffsetDateTime;

use super::QuoteRequest;
use super::load::work_out;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, InconsistencyError, QueryError};
use crate::subscription::row::{self, SubscriptionRow};

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

impl From<QueryError> for QuoteError {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::Database(error) => error.into(),
            QueryError::Inconsistency(error) => error.into(),
            QueryError::Forbidden(error) => error.into(),
        }
    }
}

/// Works out what a change would cost now, and keeps it for half an hour, at most to the end of the period.
///
/// # Errors
/// A named refusal, mistakes in the comment, or nothing of that kind in the actor's reach.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    subscription_id: SubscriptionId,
    request: QuoteRequest,
) -> Result<Quote, QuoteError> {
    create_billed(db, cx, subscription_id, request, None).await
}

/// The same, billed as the organization says for this once; `None`: as its settings say.
///
/// # Errors
/// As [`create`]; `Forbidden` when a customer says how to bill.
pub async fn create_billed(
    db: &PgPool,
    cx: &mut Context,
    subscription_id: SubscriptionId,
    request: QuoteRequest,
    behavior: Option<ProrationBehavior>,
) -> Result<Quote, QuoteError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.billing_writer(organization_id)?;
    if behavior.is_some() {
        cx.actor.staff(organization_id)?;
    }
    let request = request.cleaned().map_err(|error| QuoteError::Invalid(error.into()))?;
    let customer_id = cx.actor.customer_id().map(CustomerId::as_uuid);
    let mut tx = db.begin().await?;
    let row = row::lock(&mut tx, organization_id.into(), customer_id, subscription_id.into())
        .await?
        .ok_or(QuoteError::Unknown)?;
    let quote = make(&mut tx, cx, &row, request, behavior).await?;
    tx.commit().await?;
    Ok(quote)
}

/// Works out and stores a quote, in the transaction that holds the subscription's row.
pub(crate) async fn make(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    request: QuoteRequest,
    behavior: Option<ProrationBehavior>,
) -> Result<Quote, QuoteError> {
    let quoted = work_out(tx, &cx.actor, row, &request, behavior, cx.now).await?;
    let quote_id: QuoteId = cx.new_id();
    sqlx::query!(
        "insert into quote
            (organization_id, quote_id, customer_id, subscription_id, kind, request, result, subscription_revision, due_now_minor, currency,
             created_at, expires_at, proration_behavior)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        row.organization_id,
        quote_id.as_uuid(),
        row.customer_id,
        row.subscription_id,
        request.kind().as_str(),
        serde_json::to_value(&request).unwrap_or_default(),
        serde_json::to_value(&quoted).unwrap_or_default(),
        row.revision,
        quoted.result.due_now.totals.total.minor,
        row.currency,
        cx.now,
        quoted.expires_at,
        behavior.map(ProrationBehavior::as_str),
    )
    .execute(tx)
    .await?;
    Ok(Quote {
        quote_id,
        subscription_id: row.subscription_id.into(),
        request,
        created_at: cx.now,
        expires_at: quoted.expires_at,
        result: quoted.result,
    })
}
