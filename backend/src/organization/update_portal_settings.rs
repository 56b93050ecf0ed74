//! Choosing what customers may do in the portal, and how their changes are billed.

use domain::change::{ChangeRules, ProrationBehavior};
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::OrganizationId;
use domain::refund_policy::RefundPolicy;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

/// What customers may do. All of it is replaced.
#[derive(Debug, Clone, Copy)]
pub struct UpdatePortalSettings {
    pub organization_id: OrganizationId,
    pub pause: bool,
    pub allow_email_change: bool,
    pub changes: ChangeRules,
}

impl UpdatePortalSettings {
    /// Everything allowed: pauses, another e-mail address, changes of plan and seats billed at once, and an end at once that gives the unused
    /// time back.
    pub const fn everything(organization_id: OrganizationId) -> Self {
        let changes = ChangeRules {
            plans_can_change: true,
            seats_can_change: true,
            can_cancel_now: true,
            proration: ProrationBehavior::Invoice,
            downgrade_proration: None,
            refund: RefundPolicy::Prorated,
        };
        Self { organization_id, pause: true, allow_email_change: true, changes }
    }
}

#[derive(Debug, Error)]
pub enum UpdatePortalSettingsError {
    #[error("the settings have mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such organization")]
    Unknown,
    #[error("only the organization itself may change its portal")]
    Forbidden(#[from] Forbidden),
    #[error("the settings could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdatePortalSettingsError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Replaces what customers may do. Quotes that are open keep what they were made with, until they expire.
pub async fn update_portal_settings(
    db: &PgPool,
    cx: &mut Context,
    input: UpdatePortalSettings,
) -> Result<(), UpdatePortalSettingsError> {
    cx.actor.staff(input.organization_id)?;
    let changes = input.changes;
    RefundPolicy::parse(changes.refund.as_str(), changes.refund.days())
        .map_err(|error| UpdatePortalSettingsError::Invalid(error.into()))?;
    let mut tx = db.begin().await?;
    let updated = sqlx::query!(
        "update portal_setting
         set pause = $2, update_plan = $3, update_seats = $4, cancel_now = $5, proration_behavior = $6,
            downgrade_proration_behavior = $7, refund_policy = $8, refund_full_within_days = $9, allow_email_change = $11, modified_at = $10
         where organization_id = $1",
        input.organization_id.as_uuid(),
        input.pause,
        changes.plans_can_change,
        changes.seats_can_change,
        changes.can_cancel_now,
        changes.proration.as_str(),
        changes.downgrade_proration.map(ProrationBehavior::as_str),
        changes.refund.as_str(),
        changes.refund.days(),
        cx.now,
        input.allow_email_change,
    )
    .execute(&mut *tx)
    .await?;
    if updated.rows_affected() == 0 {
        return Err(UpdatePortalSettingsError::Unknown);
    }
    let happened = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::OrganizationSettingsUpdated,
        subject_kind: "organization",
        subject_id: input.organization_id.into(),
        customer_id: None,
        snapshot: json!({
            "pause": input.pause,
            "allow_email_change": input.allow_email_change,
            "changes": changes,
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
    use uuid::Uuid;

    async fn stored(
        db: &TestDb,
    ) -> (bool, bool, bool, String, Option<String>, String, Option<i32>) {
        sqlx::query_as(
            "select pause, update_plan, cancel_now, proration_behavior, downgrade_proration_behavior, refund_policy, refund_full_within_days
             from portal_setting",
        )
        .fetch_one(&db.pool)
        .await
        .unwrap()
    }

    #[tokio::test]
    async fn all_of_the_settings_are_replaced() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let everything = UpdatePortalSettings::everything(organization_id);
        update_portal_settings(&db.pool, &mut db.cx(), everything).await.unwrap();
        assert_eq!(
            stored(&db).await,
            (true, true, true, "invoice".into(), None, "prorated".into(), None)
        );
        let changes = ChangeRules {
            plans_can_change: false,
            proration: ProrationBehavior::Prorate,
            downgrade_proration: Some(ProrationBehavior::NextPeriod),
            refund: RefundPolicy::FullWithinDays { days: 14 },
            ..everything.changes
        };
        let fewer = UpdatePortalSettings { pause: false, changes, ..everything };
        update_portal_settings(&db.pool, &mut db.cx(), fewer).await.unwrap();
        assert_eq!(
            stored(&db).await,
            (
                false,
                false,
                true,
                "prorate".into(),
                Some("next_period".into()),
                "full_within_days".into(),
                Some(14)
            )
        );
        let events = fixtures::event_types(&db).await;
        assert_eq!(events.last().unwrap(), "organization.settings_updated");
    }

    #[tokio::test]
    async fn refund_days_have_a_range_and_customers_change_nothing() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let before = stored(&db).await;
        let everything = UpdatePortalSettings::everything(organization_id);
        for days in [0, 367] {
            let refund = RefundPolicy::FullWithinDays { days };
            let changes = ChangeRules { refund, ..everything.changes };
            let input = UpdatePortalSettings { changes, ..everything };
            let refused = update_portal_settings(&db.pool, &mut db.cx(), input).await;
            let Err(UpdatePortalSettingsError::Invalid(errors)) = refused else {
                panic!("{days} days")
            };
            assert_eq!(errors.first("refund_full_within_days"), Some("refund_days_range"));
        }
        let forbidden = update_portal_settings(&db.pool, &mut db.cx_of(owner), everything).await;
        assert!(matches!(forbidden, Err(UpdatePortalSettingsError::Forbidden(_))));
        let unknown = UpdatePortalSettings::everything(Uuid::nil().into());
        let unknown = update_portal_settings(&db.pool, &mut db.cx(), unknown).await;
        assert!(matches!(unknown, Err(UpdatePortalSettingsError::Unknown)));
        assert_eq!(stored(&db).await, before);
    }
}
