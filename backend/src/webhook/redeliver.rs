//! Telling something again.

use domain::id::{OrganizationId, WebhookEndpointId, WebhookEventId};
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event;

/// Why nothing is told again.
#[derive(Debug, Error)]
pub enum RedeliverError {
    #[error("there is no such event, or no live endpoint it was for")]
    Unknown,
    #[error("only the organization itself may have events told again")]
    Forbidden(#[from] Forbidden),
    #[error("the deliveries could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RedeliverError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Tells an event again, with the same id and body, to each enabled endpoint it was for, or to one of them. What fails is tried again
/// as at first; it holds back nothing else.
pub async fn redeliver(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    webhook_event_id: WebhookEventId,
    only: Option<WebhookEndpointId>,
) -> Result<(), RedeliverError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let due = sqlx::query!(
        "update webhook_delivery d
         set state = 'pending', due_at = $4, ended_at = null, tries = 0, first_tried_at = coalesce(d.first_tried_at, $4)
         from webhook_endpoint endpoint
         where d.organization_id = $1 and d.webhook_event_id = $2
           and endpoint.organization_id = $1 and endpoint.webhook_endpoint_id = d.webhook_endpoint_id
           and endpoint.enabled and endpoint.deleted_at is null
           and ($3::uuid is null or d.webhook_endpoint_id = $3)",
        organization_id.as_uuid(),
        webhook_event_id.as_uuid(),
        only.map(WebhookEndpointId::as_uuid),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if due.rows_affected() == 0 {
        return Err(RedeliverError::Unknown);
    }
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::fixtures;
    use crate::webhook::send_test;
    use crate::webhook::test_helpers::{Case, endpoint_for};

    #[tokio::test]
    async fn what_was_delivered_is_told_again_and_holds_back_nothing() {
        let case = Case::start().await;
        let id = case.put(1).await;
        let delivery = case.first(1).await.remove(0);
        case.answer(&delivery, 200).await;
        let again = async |organization_id, only| {
            redeliver(&case.db.pool, &mut case.db.cx(), organization_id, id.into(), only).await
        };
        again(case.organization_id, None).await.unwrap();
        again(case.organization_id, Some(case.endpoint_id)).await.unwrap();
        let newer = case.put(1).await;
        assert_eq!(case.first(5).await[0].webhook_event_id.as_uuid(), newer);
        let retried = case.retries(5).await;
        assert_eq!(retried.len(), 1, "twice asked for at once is told once");
        assert_eq!((retried[0].webhook_event_id.as_uuid(), retried[0].tries), (id, 1));

        let other = fixtures::organization(&case.db, "other").await;
        let not_told = endpoint_for(&case.db, case.organization_id, &[]).await;
        for refused in [again(other, None).await, again(case.organization_id, Some(not_told)).await]
        {
            assert!(matches!(refused, Err(RedeliverError::Unknown)), "{refused:?}");
        }
    }

    #[tokio::test]
    async fn a_test_goes_to_one_endpoint_once_even_switched_off() {
        let case = Case::start().await;
        endpoint_for(&case.db, case.organization_id, &[]).await;
        sqlx::query("update webhook_endpoint set enabled = false")
            .execute(&case.db.pool)
            .await
            .unwrap();
        send_test(&case.db.pool, &mut case.db.cx(), case.organization_id, case.endpoint_id)
            .await
            .unwrap();
        assert_eq!(case.told().await, ["organization.updated"]);
        let delivery = case.first(5).await.remove(0);
        case.answer(&delivery, 500).await;
        assert_eq!(case.only().await, ("failed".into(), 1, None));
        let other = fixtures::organization(&case.db, "other").await;
        let foreign = send_test(&case.db.pool, &mut case.db.cx(), other, case.endpoint_id).await;
        assert!(matches!(foreign, Err(crate::webhook::SendTestError::Unknown)), "{foreign:?}");
    }
}
