//! Choosing who charges an organization's customers.

use domain::event_type::EventType;
use domain::id::OrganizationId;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use super::Sandbox;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

/// Who charges an organization's customers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessorChoice {
    /// Nobody: orders stay open until a payment is noted.
    None,
    /// Nobody really: for the demo and for tests.
    Sandbox,
    Stripe,
}

#[derive(Debug, Error)]
pub enum ChooseProcessorError {
    #[error("there is no such organization")]
    Unknown,
    #[error("only the organization itself may choose")]
    Forbidden(#[from] Forbidden),
    #[error("the choice could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for ChooseProcessorError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Sets who charges for orders from now on. Charges under way stay with whom they began.
pub async fn choose_processor(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    choice: ProcessorChoice,
) -> Result<(), ChooseProcessorError> {
    cx.actor.staff(organization_id)?;
    let name = match choice {
        ProcessorChoice::None => None,
        ProcessorChoice::Sandbox => Some(Sandbox::NAME),
        ProcessorChoice::Stripe => Some("stripe"),
    };
    let mut tx = db.begin().await?;
    let updated = sqlx::query!(
        "update organization set payment_processor = $2 where organization_id = $1",
        organization_id.as_uuid(),
        name,
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(ChooseProcessorError::Unknown);
    }
    let chosen = NewEvent {
        organization_id,
        event_type: EventType::OrganizationProcessorChosen,
        subject_kind: "organization",
        subject_id: organization_id.into(),
        customer_id: None,
        snapshot: json!({ "payment_processor": name }),
    };
    event::record(&mut tx, cx, chosen).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn the_organization_chooses_and_nobody_else() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let organization_id = owner.organization_id;
        let chosen = async || {
            sqlx::query_scalar::<_, Option<String>>("select payment_processor from organization")
                .fetch_one(&db.pool)
                .await
                .unwrap()
        };
        assert_eq!(chosen().await, None, "until it is chosen nobody charges");
        let refused = choose_processor(
            &db.pool,
            &mut db.cx_of(Actor::Member(owner)),
            organization_id,
            ProcessorChoice::Sandbox,
        )
        .await;
        assert!(matches!(refused, Err(ChooseProcessorError::Forbidden(_))));
        for (choice, name) in
            [(ProcessorChoice::Sandbox, Some("sandbox".to_owned())), (ProcessorChoice::None, None)]
        {
            choose_processor(&db.pool, &mut db.cx(), organization_id, choice).await.unwrap();
            assert_eq!(chosen().await, name);
        }
        let unknown = choose_processor(
            &db.pool,
            &mut db.cx(),
            uuid::Uuid::nil().into(),
            ProcessorChoice::None,
        )
        .await;
        assert!(matches!(unknown, Err(ChooseProcessorError::Unknown)));
    }
}
