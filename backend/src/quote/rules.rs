//! What an organization lets its customers change.

use domain::change::{ChangeRules, ProrationBehavior};
use domain::id::OrganizationId;
use domain::refund_policy::RefundPolicy;
use sqlx::PgConnection;

use crate::actor::Actor;
use crate::error::{InconsistencyError, QueryError};

/// The organization's settings; its switches bind its customers, not itself.
pub(crate) async fn rules(
    connection: &mut PgConnection,
    actor: &Actor,
    organization_id: OrganizationId,
) -> Result<ChangeRules, QueryError> {
    let row = sqlx::query!(
        "select update_plan, update_seats, cancel_now, proration_behavior, downgrade_proration_behavior, refund_policy,
            refund_full_within_days
         from portal_setting where organization_id = $1",
        organization_id.as_uuid(),
    )
    .fetch_one(connection)
    .await?;
    let bad = |column| InconsistencyError::new("portal_setting", column, organization_id);
    let is_staff = actor.member().is_none();
    Ok(ChangeRules {
        plans_can_change: is_staff || row.update_plan,
        seats_can_change: is_staff || row.update_seats,
        can_cancel_now: is_staff || row.cancel_now,
        proration: ProrationBehavior::parse(&row.proration_behavior)
            .ok_or_else(|| bad("proration_behavior"))?,
        downgrade_proration: row
            .downgrade_proration_behavior
            .map(|text| ProrationBehavior::parse(&text).ok_or_else(|| bad("downgrade_proration")))
            .transpose()?,
        refund: RefundPolicy::parse(&row.refund_policy, row.refund_full_within_days)
            .map_err(|_| bad("refund_policy"))?,
    })
}
