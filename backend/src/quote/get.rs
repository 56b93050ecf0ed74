//! One quote.

use domain::id::{CustomerId, QuoteId};
use domain::quote::Quoted;
use sqlx::PgPool;

use super::{Quote, QuoteRequest};
use crate::actor::Actor;
use crate::error::{Forbidden, InconsistencyError, QueryError};

/// The quote with this id, whether or not it can still be confirmed; `None` when there is none in the actor's reach.
pub async fn get(
    db: &PgPool,
    actor: &Actor,
    quote_id: QuoteId,
) -> Result<Option<Quote>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_reader(organization_id)?;
    let row = sqlx::query!(
        "select subscription_id, request, result, created_at, expires_at from quote
         where organization_id = $1 and quote_id = $2 and ($3::uuid is null or customer_id = $3)",
        organization_id.as_uuid(),
        quote_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let request: QuoteRequest = serde_json::from_value(row.request)
        .map_err(|_| InconsistencyError::new("quote", "request", quote_id))?;
    let quoted: Quoted = serde_json::from_value(row.result)
        .map_err(|_| InconsistencyError::new("quote", "result", quote_id))?;
    Ok(Some(Quote {
        quote_id,
        subscription_id: row.subscription_id.into(),
        request,
        result: quoted.result,
        created_at: row.created_at,
        expires_at: row.expires_at,
    }))
}
