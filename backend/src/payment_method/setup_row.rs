//! A setup as the table holds it.

use domain::id::{OrganizationId, PaymentMethodSetupId};
use domain::payment::DeclineCode;
use sqlx::{PgConnection, PgPool};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{FinishSetupError, SetupState};
use crate::error::InconsistencyError;

/// A customer on the way to the processor with a new method, and what is to follow.
#[derive(Debug)]
pub(super) struct SetupRow {
    pub organization_id: Uuid,
    pub payment_method_setup_id: Uuid,
    pub customer_id: Uuid,
    pub processor: String,
    pub processor_setup_id: Option<String>,
    pub state: String,
    pub set_default: bool,
    pub is_kept: bool,
    pub subscription_id: Option<Uuid>,
    pub order_id: Option<Uuid>,
    pub checkout_id: Option<Uuid>,
    pub checkout_revision: Option<i32>,
    pub return_path: String,
    pub decline_code: Option<String>,
    pub payment_method_id: Option<Uuid>,
    pub payment_attempt_id: Option<Uuid>,
    pub created_at: OffsetDateTime,
}

impl SetupRow {
    pub(super) fn age(&self, now: OffsetDateTime) -> Duration {
        now - self.created_at
    }

    pub(super) fn stands(&self) -> Result<SetupState, InconsistencyError> {
        let id = self.payment_method_setup_id;
        let bad = |column| InconsistencyError::new("payment_method_setup", column, id);
        Ok(match self.state.as_str() {
            "prepared" | "open" => SetupState::Open,
            "succeeded" => SetupState::Succeeded {
                payment_method_id: self
                    .payment_method_id
                    .ok_or_else(|| bad("payment_method_id"))?
                    .into(),
            },
            "failed" => SetupState::Failed {
                code: self
                    .decline_code
                    .as_deref()
                    .and_then(DeclineCode::parse)
                    .unwrap_or(DeclineCode::GenericDecline),
            },
            "expired" => SetupState::Expired,
            _ => return Err(bad("state")),
        })
    }
}

pub(super) async fn read(
    db: &PgPool,
    organization_id: OrganizationId,
    payment_method_setup_id: PaymentMethodSetupId,
) -> Result<SetupRow, FinishSetupError> {
    sqlx::query_as!(
        SetupRow,
        r#"select organization_id, payment_method_setup_id, customer_id, processor, processor_setup_id, state, set_default, is_kept,
            subscription_id, order_id, checkout_id, checkout_revision, coalesce(return_url, return_path) as "return_path!", decline_code, payment_method_id, payment_attempt_id,
            created_at
         from payment_method_setup
         where organization_id = $1 and payment_method_setup_id = $2"#,
        organization_id.as_uuid(),
        payment_method_setup_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?
    .ok_or(FinishSetupError::Unknown)
}

/// It came to nothing.
pub(super) async fn close(
    db: &PgPool,
    now: OffsetDateTime,
    setup: &SetupRow,
    state: &str,
    code: Option<DeclineCode>,
) -> Result<(), FinishSetupError> {
    sqlx::query!(
        "update payment_method_setup set state = $3, decline_code = $4, settled_at = $5, due_at = null
         where organization_id = $1 and payment_method_setup_id = $2 and settled_at is null",
        setup.organization_id,
        setup.payment_method_setup_id,
        state,
        code.map(DeclineCode::as_str),
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Closes a setup that the processor never answered for: nobody can finish it.
pub(super) async fn close_unsent(
    db: &PgPool,
    now: OffsetDateTime,
    organization_id: OrganizationId,
    payment_method_setup_id: PaymentMethodSetupId,
) -> Result<bool, FinishSetupError> {
    let closed = sqlx::query!(
        "update payment_method_setup set state = 'expired', settled_at = $3, due_at = null
         where organization_id = $1 and payment_method_setup_id = $2 and state = 'prepared'",
        organization_id.as_uuid(),
        payment_method_setup_id.as_uuid(),
        now,
    )
    .execute(db)
    .await?;
    Ok(closed.rows_affected() == 1)
}

/// Locks the setup if it is still open, and answers under which id the processor knows its customer.
pub(super) async fn lock_open(
    tx: &mut PgConnection,
    setup: &SetupRow,
) -> Result<Option<String>, FinishSetupError> {
    let found = sqlx::query!(
        r#"select s.state, k.processor_customer_id as "processor_customer_id?"
         from payment_method_setup s
         left join processor_customer k on k.organization_id = s.organization_id and k.customer_id = s.customer_id
            and k.processor = s.processor
         where s.organization_id = $1 and s.payment_method_setup_id = $2
         for no key update of s"#,
        setup.organization_id,
        setup.payment_method_setup_id,
    )
    .fetch_optional(tx)
    .await?;
    let Some(found) = found.filter(|found| found.state == "open") else { return Ok(None) };
    let id = setup.payment_method_setup_id;
    let missing = || InconsistencyError::new("payment_method_setup", "customer_id", id);
    Ok(Some(found.processor_customer_id.ok_or_else(missing)?))
}
