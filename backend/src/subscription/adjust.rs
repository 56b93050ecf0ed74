//! What only the organization itself changes about a subscription: its notes, its discount, and when its trial ends.

use domain::discount::RedemptionRefusal;
use domain::event_type::EventType;
use domain::id::{DiscountId, SubscriptionId};
use domain::metadata::Metadata;
use domain::period::Period;
use domain::subscription::{Subscription, SubscriptionStatus};
use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use super::carry_on::carry_on;
use super::row::{self, SubscriptionRow};
use super::run_due::RunDueError;
use super::snapshot;
use crate::context::Context;
use crate::discount::{self, RedeemError};
use crate::error::{DatabaseError, Forbidden, InconsistencyError};
use crate::event;

/// A trial does not end later than this from now on.
const TRIAL_DAYS_MAX: i64 = 3_660;

/// What changes; what is not given stays.
#[derive(Debug, Clone)]
pub struct AdjustSubscription {
    pub subscription_id: SubscriptionId,
    pub metadata: Option<Metadata>,
    /// `Some(None)`: it has none any more. A new one comes off from the next period on.
    pub discount: Option<Option<DiscountId>>,
    pub trial_end: Option<TrialEnd>,
}

/// When a trial ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrialEnd {
    /// At once: the first period begins, and is charged.
    Now,
    At(OffsetDateTime),
}

#[derive(Debug, Error)]
pub enum AdjustError {
    #[error("there is no such subscription")]
    Unknown,
    #[error("the subscription has ended")]
    Ended,
    #[error("a change of it waits for its payment")]
    ChangePending,
    #[error("there is no such discount")]
    UnknownDiscount,
    #[error("the discount cannot be given: {0}")]
    DiscountRefused(RedemptionRefusal),
    #[error("it is not in its trial")]
    NotTrialing,
    #[error("a trial ends later than now, and within ten years")]
    TrialEndOutOfRange,
    #[error("only the organization itself changes this")]
    Forbidden(#[from] Forbidden),
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("the first period could not be begun")]
    Begin(#[source] Box<RunDueError>),
    #[error("the change could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for AdjustError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<RedeemError> for AdjustError {
    fn from(error: RedeemError) -> Self {
        match error {
            RedeemError::Unknown => Self::UnknownDiscount,
            RedeemError::Refused(refusal) => Self::DiscountRefused(refusal),
            RedeemError::Database(error) => error.into(),
        }
    }
}

/// Changes a subscription of the organization. The customer is not written to.
pub async fn adjust(
    db: &PgPool,
    cx: &mut Context,
    input: AdjustSubscription,
) -> Result<(), AdjustError> {
    let organization_id = cx.actor.organization_id().ok_or(Forbidden)?;
    cx.actor.staff(organization_id)?;
    let id = input.subscription_id.into();
    let mut tx = db.begin().await?;
    let mut row =
        row::lock(&mut tx, organization_id.into(), None, id).await?.ok_or(AdjustError::Unknown)?;
    let before = Subscription::try_from(&row)?;
    let previous = json!({
        "trial_end_us": before.trial_end.map(snapshot::micros),
        "discount_id": row.discount_id,
    });
    if let Some(metadata) = &input.metadata {
        note(&mut tx, cx, &row, metadata).await?;
    }
    let mut after = before;
    if input.discount.is_some() || input.trial_end.is_some() {
        if before.is_ended() {
            return Err(AdjustError::Ended);
        }
        if row.open_change_kind.is_some() {
            return Err(AdjustError::ChangePending);
        }
        if let Some(trial_end) = input.trial_end {
            after = with_trial_end(&before, trial_end, cx.now)?;
            move_scheduled(&mut tx, &row, &after).await?;
        }
        if let Some(discount_id) = input.discount {
            give(&mut tx, cx, &mut row, &after, discount_id).await?;
        }
        row::write(&mut tx, cx.now, &row, &after).await?;
    }
    let mut adjusted = snapshot::event(EventType::SubscriptionUpdated, &row, &after, previous);
    if let Value::Object(fields) = &mut adjusted.snapshot {
        fields.insert(IS_ADJUSTMENT.to_owned(), Value::Bool(true));
    }
    event::record(&mut tx, cx, adjusted).await?;
    if input.trial_end == Some(TrialEnd::Now) {
        carry_on(&mut tx, cx, row.organization_id, row.subscription_id)
            .await
            .map_err(|error| AdjustError::Begin(Box::new(error)))?;
    }
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

/// Stands in the snapshot of a change that customers are not written to about.
pub(crate) const IS_ADJUSTMENT: &str = "is_adjustment";

async fn note(
    tx: &mut PgConnection,
    cx: &Context,
    row: &SubscriptionRow,
    metadata: &Metadata,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update subscription set metadata = $3, modified_at = $4 where organization_id = $1 and subscription_id = $2",
        row.organization_id,
        row.subscription_id,
        Json(metadata) as _,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The trial is the running period; the paid periods are counted from its end.
fn with_trial_end(
    before: &Subscription,
    trial_end: TrialEnd,
    now: OffsetDateTime,
) -> Result<Subscription, AdjustError> {
    if before.status != SubscriptionStatus::Trialing {
        return Err(AdjustError::NotTrialing);
    }
    let end = match trial_end {
        TrialEnd::Now => now,
        TrialEnd::At(at) if at <= now || at > now + Duration::days(TRIAL_DAYS_MAX) => {
            return Err(AdjustError::TrialEndOutOfRange);
        }
        TrialEnd::At(at) => crate::clock::whole_microseconds(at),
    };
    if end <= before.current_period.start {
        return Err(AdjustError::TrialEndOutOfRange);
    }
    Ok(Subscription {
        current_period: Period { end, ..before.current_period },
        billing_anchor_at: end,
        trial_end: Some(end),
        ends_at: before.ends_at.map(|_| end),
        ..*before
    })
}

/// What waits for the period's end waits for the new one.
async fn move_scheduled(
    tx: &mut PgConnection,
    row: &SubscriptionRow,
    after: &Subscription,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update subscription_pending_update set applies_at = $3 where organization_id = $1 and subscription_id = $2",
        row.organization_id,
        row.subscription_id,
        after.current_period.end,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Puts the discount into the row, counted as redeemed; the same one again changes nothing.
async fn give(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &mut SubscriptionRow,
    after: &Subscription,
    discount_id: Option<DiscountId>,
) -> Result<(), AdjustError> {
    if row.discount_id == discount_id.map(DiscountId::as_uuid) {
        return Ok(());
    }
    if let Some(id) = discount_id {
        let (organization_id, customer_id) = (row.organization_id.into(), row.customer_id.into());
        let product_id = row.product_id.into();
        discount::redeem(tx, cx, organization_id, id, customer_id, product_id).await?;
    }
    row.discount_id = discount_id.map(DiscountId::as_uuid);
    row.discount_applied_at = discount_id.map(|_| after.current_period.end);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::{Actor, MemberActor};
    use crate::invariants;
    use crate::subscription::{SubscriptionRecord, records, run_due};
    use crate::test_support::billing::{Offer, change_pending, percent_off};
    use crate::test_support::{TestDb, fixtures};
    use domain::discount::DiscountDuration;
    use domain::metadata::MetadataValue;

    struct Case {
        db: TestDb,
        owner: MemberActor,
        id: SubscriptionId,
    }

    impl Case {
        async fn new(with_trial: bool) -> Self {
            let db = TestDb::new().await;
            let organization_id = fixtures::organization(&db, "acme").await;
            let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
            let offer = if with_trial {
                Offer::with_trial(&db, organization_id).await
            } else {
                Offer::monthly(&db, organization_id).await
            };
            let id = offer.subscribe(&db, &owner).await.subscription_id;
            db.clock.advance(Duration::days(1));
            Self { db, owner, id }
        }

        fn nothing(&self) -> AdjustSubscription {
            AdjustSubscription {
                subscription_id: self.id,
                metadata: None,
                discount: None,
                trial_end: None,
            }
        }

        async fn adjust(&self, input: AdjustSubscription) -> Result<(), AdjustError> {
            let actor = Actor::System { organization_id: Some(self.owner.organization_id) };
            let result = adjust(&self.db.pool, &mut self.db.cx_of(actor), input).await;
            self.db.settled().await;
            result
        }

        async fn read(&self) -> SubscriptionRecord {
            let found = records(&self.db.pool, self.owner.organization_id, &[self.id]).await;
            found.unwrap().remove(&self.id).unwrap()
        }

        async fn totals(&self) -> Vec<i64> {
            sqlx::query_scalar("select total_minor from orders order by created_at, order_id")
                .fetch_all(&self.db.pool)
                .await
                .unwrap()
        }
    }

    #[tokio::test]
    async fn notes_are_replaced_and_nobody_is_written_to() {
        let case = Case::new(false).await;
        let mails = "select count(*) from mail";
        let before: i64 = sqlx::query_scalar(mails).fetch_one(&case.db.pool).await.unwrap();
        for level in [1, 2] {
            let metadata: Metadata = std::collections::BTreeMap::from([(
                "level".to_owned(),
                MetadataValue::Whole(level),
            )])
            .try_into()
            .unwrap();
            let input = AdjustSubscription { metadata: Some(metadata), ..case.nothing() };
            case.adjust(input).await.unwrap();
            assert_eq!(case.read().await.metadata, json!({ "level": level }));
        }
        let after: i64 = sqlx::query_scalar(mails).fetch_one(&case.db.pool).await.unwrap();
        assert_eq!(after, before);
        let events = fixtures::event_types(&case.db).await;
        assert_eq!(events.iter().filter(|name| *name == "subscription.updated").count(), 2);
    }

    #[tokio::test]
    async fn a_discount_comes_off_from_the_next_period_on_until_it_is_taken_away() {
        let case = Case::new(false).await;
        let (db, organization_id) = (&case.db, case.owner.organization_id);
        let tenth = percent_off(db, organization_id, 1_000, DiscountDuration::Forever).await;
        let give = |discount| AdjustSubscription { discount: Some(discount), ..case.nothing() };
        case.adjust(give(Some(tenth))).await.unwrap();
        case.adjust(give(Some(tenth))).await.unwrap();
        let counted = "select redemptions_count from discount";
        let counted: i32 = sqlx::query_scalar(counted).fetch_one(&db.pool).await.unwrap();
        assert_eq!(counted, 1, "giving the same again is no redemption");
        db.clock.advance(Duration::days(31));
        run_due(&db.pool, &mut db.cx(), 10).await.unwrap();
        case.adjust(give(None)).await.unwrap();
        assert_eq!(case.read().await.discount_id, None);
        db.clock.advance(Duration::days(31));
        run_due(&db.pool, &mut db.cx(), 10).await.unwrap();
        assert_eq!(case.totals().await, [2_900, 2_610, 2_900]);
        let unknown = case.adjust(give(Some(uuid::Uuid::nil().into()))).await;
        assert!(matches!(unknown, Err(AdjustError::UnknownDiscount)));
        assert_eq!(invariants::check(&db.pool, organization_id).await.unwrap(), []);
    }

    #[tokio::test]
    async fn a_trial_is_moved_and_ends_at_once() {
        let case = Case::new(true).await;
        let to = |trial_end| AdjustSubscription { trial_end: Some(trial_end), ..case.nothing() };
        let end = case.db.now() + Duration::days(3);
        case.adjust(to(TrialEnd::At(end))).await.unwrap();
        let moved = case.read().await;
        assert_eq!((moved.trial_end, moved.period.end), (Some(end), end));
        assert_eq!(moved.status, SubscriptionStatus::Trialing);
        for wrong in [case.db.now(), case.db.now() + Duration::days(4_000)] {
            let refused = case.adjust(to(TrialEnd::At(wrong))).await;
            assert!(matches!(refused, Err(AdjustError::TrialEndOutOfRange)));
        }
        case.adjust(to(TrialEnd::Now)).await.unwrap();
        let active = case.read().await;
        assert_eq!(active.status, SubscriptionStatus::Active);
        assert_eq!(active.period.start, case.db.now());
        assert_eq!(case.totals().await, [0, 2_900]);
        let again = case.adjust(to(TrialEnd::Now)).await;
        assert!(matches!(again, Err(AdjustError::NotTrialing)));
        let organization_id = case.owner.organization_id;
        assert_eq!(invariants::check(&case.db.pool, organization_id).await.unwrap(), []);
    }

    #[tokio::test]
    async fn only_the_organization_adjusts_and_open_changes_come_first() {
        let case = Case::new(true).await;
        let mut cx = case.db.cx_of(case.owner.clone());
        let refused = adjust(&case.db.pool, &mut cx, case.nothing()).await;
        assert!(matches!(refused, Err(AdjustError::Forbidden(_))));
        let unknown =
            AdjustSubscription { subscription_id: uuid::Uuid::nil().into(), ..case.nothing() };
        assert!(matches!(case.adjust(unknown).await, Err(AdjustError::Unknown)));
        let other = fixtures::organization(&case.db, "other").await;
        let mut cx = case.db.cx_of(Actor::System { organization_id: Some(other) });
        let foreign = adjust(&case.db.pool, &mut cx, case.nothing()).await;
        assert!(matches!(foreign, Err(AdjustError::Unknown)));
        change_pending(&case.db, case.id).await;
        let input = AdjustSubscription { trial_end: Some(TrialEnd::Now), ..case.nothing() };
        assert!(matches!(case.adjust(input).await, Err(AdjustError::ChangePending)));
        assert_eq!(case.read().await.status, SubscriptionStatus::Trialing);
    }
}
