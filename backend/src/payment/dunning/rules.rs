//! How an organization asks again for money that did not come.

use domain::id::{CustomerId, OrganizationId};
use domain::payment::{RetryMoments, RetrySchedule};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};

use crate::error::{InconsistencyError, QueryError};
use crate::local_time::offset_in;

/// An organization's schedule of retries, and how long benefits outlive a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DunningRules {
    pub schedule: RetrySchedule,
    grace: Duration,
}

impl DunningRules {
    /// From the columns `dunning_retry_days` and `benefit_grace_days` of an organization.
    pub(crate) fn parse(
        organization_id: OrganizationId,
        retry_days: Vec<i16>,
        benefit_grace_days: i16,
    ) -> Result<Self, InconsistencyError> {
        let schedule = RetrySchedule::new(retry_days).map_err(|_| {
            InconsistencyError::new("organization", "dunning_retry_days", organization_id)
        })?;
        Ok(Self { schedule, grace: Duration::days(benefit_grace_days.into()) })
    }

    /// When what is past due since then ends.
    pub(crate) fn ends_at(&self, past_due_at: OffsetDateTime) -> OffsetDateTime {
        self.schedule.deadline(past_due_at)
    }

    /// When the benefits of what is past due since then end: at the latest with it.
    pub(crate) fn access_ends_at(&self, past_due_at: OffsetDateTime) -> OffsetDateTime {
        (past_due_at + self.grace).min(self.ends_at(past_due_at))
    }

    /// When an order is tried again by itself, of what is planned for it; what is planned for the very end is no try: then it is given up.
    pub(crate) fn next_try(
        &self,
        planned_at: Option<OffsetDateTime>,
        past_due_at: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        planned_at.filter(|planned_at| *planned_at < self.ends_at(past_due_at))
    }
}

/// The rules for a customer of an organization, and the moments that suit the customer's clock.
pub(super) async fn of_customer(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    now: OffsetDateTime,
) -> Result<(DunningRules, RetryMoments), QueryError> {
    let row = sqlx::query!(
        r#"select org.dunning_retry_days, org.benefit_grace_days, coalesce(c.time_zone, org.time_zone) as "time_zone!"
         from organization org
         join customer c on c.organization_id = org.organization_id
         where org.organization_id = $1 and c.customer_id = $2"#,
        organization_id.as_uuid(),
        customer_id.as_uuid(),
    )
    .fetch_one(tx)
    .await?;
    let rules =
        DunningRules::parse(organization_id, row.dunning_retry_days, row.benefit_grace_days)?;
    let zone_offset = offset_in(&row.time_zone, now);
    Ok((rules, RetryMoments::Better { zone_offset }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn access_ends_after_the_grace_and_at_the_latest_with_the_subscription() {
        let since = datetime!(2026-05-01 09:00 UTC);
        let rules = |days, grace| DunningRules::parse(uuid::Uuid::nil().into(), days, grace);
        let usual = rules(vec![2, 5, 7, 7], 7).unwrap();
        assert_eq!(usual.ends_at(since), datetime!(2026-05-22 09:01 UTC));
        assert_eq!(usual.access_ends_at(since), datetime!(2026-05-08 09:00 UTC));
        let end = usual.ends_at(since);
        assert_eq!(usual.next_try(Some(end), since), None);
        assert_eq!(
            usual.next_try(Some(end - Duration::MINUTE), since),
            Some(end - Duration::MINUTE)
        );
        let short = rules(vec![1], 60).unwrap();
        assert_eq!(short.access_ends_at(since), short.ends_at(since));
        assert!(rules(vec![], 7).is_err());
    }
}
