//! Ending all that a customer has, because the customer goes.

use domain::id::{CustomerId, OrganizationId};
use sqlx::PgConnection;

use super::end_at_once::end_at_once;
use super::row::subscription_rows;
use crate::context::Context;
use crate::error::QueryError;

/// Why they were not ended.
#[derive(Debug)]
pub(crate) enum EndAllRefusal {
    /// A change of one of them waits for its charge.
    ChangePending,
    Query(QueryError),
}

impl<E: Into<QueryError>> From<E> for EndAllRefusal {
    fn from(error: E) -> Self {
        Self::Query(error.into())
    }
}

/// Ends every subscription of a customer that has not ended, in a transaction that holds the customer's row.
pub(crate) async fn end_all_of(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<(), EndAllRefusal> {
    let rows = subscription_rows!(
        "where s.organization_id = $1 and s.customer_id = $2 and s.ended_at is null
         order by s.subscription_id
         for update of s",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_all(&mut *tx)
    .await?;
    if rows.iter().any(|row| row.open_change_kind.is_some()) {
        return Err(EndAllRefusal::ChangePending);
    }
    for row in &rows {
        end_at_once(tx, cx, row, None, None).await?;
    }
    Ok(())
}
