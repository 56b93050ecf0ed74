//! Choosing how an organization's failed charges are tried again.

use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::OrganizationId;
use domain::payment::{RetrySchedule, RetryScheduleError};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

/// The longest time that benefits may outlive a payment.
const GRACE_DAYS_MAX: i16 = 60;

/// How failed charges are tried again. All of it is replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpdateDunning {
    pub organization_id: OrganizationId,
    /// Days from one failed charge to the next try: 1 to 8 of them, 1 to 30 days each.
    pub retry_days: Vec<i16>,
    /// So many days benefits stay after a subscription became past due: 0 to 60.
    pub benefit_grace_days: i16,
}

#[derive(Debug, Error)]
pub enum UpdateDunningError {
    #[error("the settings have mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such organization")]
    Unknown,
    #[error("only the organization itself may change how its charges are retried")]
    Forbidden(#[from] Forbidden),
    #[error("the settings could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateDunningError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Replaces the schedule of retries. What is planned already stays planned; the deadlines are those of the new one.
///
/// # Errors
/// `Invalid`: on `retry_days` `retry_days_count` or `retry_days_range`, on `benefit_grace_days` `grace_days_range`.
pub async fn update_dunning(
    db: &PgPool,
    cx: &mut Context,
    input: UpdateDunning,
) -> Result<(), UpdateDunningError> {
    cx.actor.staff(input.organization_id)?;
    let mut errors = FieldErrors::new();
    match RetrySchedule::new(input.retry_days.clone()) {
        Ok(_) => {}
        Err(RetryScheduleError::Count) => errors.push("retry_days", "retry_days_count"),
        Err(RetryScheduleError::Days) => errors.push("retry_days", "retry_days_range"),
    }
    if !(0..=GRACE_DAYS_MAX).contains(&input.benefit_grace_days) {
        errors.push("benefit_grace_days", "grace_days_range");
    }
    errors.result(()).map_err(UpdateDunningError::Invalid)?;
    let mut tx = db.begin().await?;
    let updated = sqlx::query!(
        "update organization set dunning_retry_days = $2, benefit_grace_days = $3 where organization_id = $1",
        input.organization_id.as_uuid(),
        &input.retry_days,
        input.benefit_grace_days,
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(UpdateDunningError::Unknown);
    }
    let happened = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::OrganizationSettingsUpdated,
        subject_kind: "organization",
        subject_id: input.organization_id.into(),
        customer_id: None,
        snapshot: json!({
            "dunning_retry_days": input.retry_days,
            "benefit_grace_days": input.benefit_grace_days,
        }),
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
    async fn a_schedule_is_replaced_by_the_organization_and_checked() {
        let db = TestDb::new().await;
        let owner =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let input = UpdateDunning {
            organization_id: owner.organization_id,
            retry_days: vec![1, 3],
            benefit_grace_days: 0,
        };
        let as_owner = update_dunning(&db.pool, &mut db.cx_of(owner), input.clone()).await;
        assert!(matches!(as_owner, Err(UpdateDunningError::Forbidden(_))));
        update_dunning(&db.pool, &mut db.cx(), input.clone()).await.unwrap();
        let stored: (Vec<i16>, i16) =
            sqlx::query_as("select dunning_retry_days, benefit_grace_days from organization")
                .fetch_one(&db.pool)
                .await
                .unwrap();
        assert_eq!(stored, (vec![1, 3], 0));
        for (retry_days, grace, field, code) in [
            (vec![], 0, "retry_days", "retry_days_count"),
            (vec![1; 9], 0, "retry_days", "retry_days_count"),
            (vec![0], 0, "retry_days", "retry_days_range"),
            (vec![31], 0, "retry_days", "retry_days_range"),
            (vec![1], -1, "benefit_grace_days", "grace_days_range"),
            (vec![1], 61, "benefit_grace_days", "grace_days_range"),
        ] {
            let bad = UpdateDunning { retry_days, benefit_grace_days: grace, ..input.clone() };
            match update_dunning(&db.pool, &mut db.cx(), bad).await {
                Err(UpdateDunningError::Invalid(errors)) => {
                    assert_eq!(errors.first(field), Some(code));
                }
                other => panic!("{other:?}"),
            }
        }
        let nobody = UpdateDunning { organization_id: uuid::Uuid::nil().into(), ..input };
        let unknown = update_dunning(&db.pool, &mut db.cx(), nobody).await;
        assert!(matches!(unknown, Err(UpdateDunningError::Unknown)));
    }
}
