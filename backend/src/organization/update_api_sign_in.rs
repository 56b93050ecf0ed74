//! Choosing what who signs in through the API is asked.

use domain::event_type::EventType;
use domain::id::OrganizationId;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

#[derive(Debug, Error)]
pub enum UpdateApiSignInError {
    #[error("there is no such organization")]
    Unknown,
    #[error("only the organization itself may change its settings")]
    Forbidden(#[from] Forbidden),
    #[error("the setting could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateApiSignInError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Whether an address of several customers is asked which one is meant before its code is mailed (as the API's clients expect), which
/// tells strangers that it has some; else each of them gets a mail.
pub async fn update_api_sign_in(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    asks_which_customer: bool,
) -> Result<(), UpdateApiSignInError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let updated = sqlx::query!(
        "update organization set asks_which_customer = $2 where organization_id = $1",
        organization_id.as_uuid(),
        asks_which_customer,
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(UpdateApiSignInError::Unknown);
    }
    let happened = NewEvent {
        organization_id,
        event_type: EventType::OrganizationSettingsUpdated,
        subject_kind: "organization",
        subject_id: organization_id.into(),
        customer_id: None,
        snapshot: json!({ "asks_which_customer": asks_which_customer }),
    };
    event::record(&mut tx, cx, happened).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn the_organization_itself_chooses() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let refused =
            update_api_sign_in(&db.pool, &mut db.cx_of(owner), organization_id, false).await;
        assert!(matches!(refused, Err(UpdateApiSignInError::Forbidden(_))));
        update_api_sign_in(&db.pool, &mut db.cx(), organization_id, false).await.unwrap();
        let asks: bool = sqlx::query_scalar("select asks_which_customer from organization")
            .fetch_one(&db.pool)
            .await
            .unwrap();
        assert!(!asks);
        let nobody = uuid::Uuid::nil().into();
        let unknown = update_api_sign_in(&db.pool, &mut db.cx(), nobody, true).await;
        assert!(matches!(unknown, Err(UpdateApiSignInError::Unknown)));
    }
}
