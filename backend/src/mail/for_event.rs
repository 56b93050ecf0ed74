//! The mails an event causes.

use domain::event_type::EventType;
use domain::id::EventId;
use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

use crate::context::Context;
use crate::error::DatabaseError;
use crate::event::NewEvent;

/// A notice that could not be delivered for so long is dropped and counted.
const NOTICE_EXPIRES_AFTER: Duration = Duration::days(7);

/// Owner and billing managers of one customer who are written to; more would be a mailing list.
const RECIPIENTS_MAX: usize = 16;

/// The template of the mail that this kind of event causes.
pub(crate) fn template_of(event_type: EventType) -> Option<&'static str> {
    match event_type {
        EventType::SubscriptionCreated => Some("subscription_confirmation"),
        EventType::SubscriptionCanceled => Some("subscription_cancellation"),
        EventType::SubscriptionUncanceled => Some("subscription_uncanceled"),
        EventType::SubscriptionRevoked => Some("subscription_revoked"),
        _ => None,
    }
}

/// Inserts the mails that an event causes: to the customer's owner, of a team also to its billing managers, unless
/// the organization switched that mail off or history is being loaded.
///
/// Amounts and dates are kept as they are now; names and addresses are looked up when the mail is sent.
pub(crate) async fn for_event(
    tx: &mut PgConnection,
    cx: &mut Context,
    event: &NewEvent,
    event_id: EventId,
) -> Result<(), DatabaseError> {
    let Some(template) = template_of(event.event_type).filter(|_| !cx.quiet) else {
        return Ok(());
    };
    let mail_ids: Vec<Uuid> = (0..RECIPIENTS_MAX).map(|_| cx.new_id()).collect();
    sqlx::query!(
        "insert into mail (organization_id, mail_id, template, parameters, member_id, event_id, created_at, expires_at, due_at)
         select $1, ids.mail_id, $2,
            jsonb_build_object(
                'subscription_id', s.subscription_id, 'product_name', p.name, 'seats', s.seats,
                'amount_minor', s.amount_minor, 'currency', s.currency,
                'recurring_interval', s.recurring_interval, 'recurring_interval_count', s.recurring_interval_count,
                'occurred_at_us', (extract(epoch from $3::timestamptz) * 1000000)::bigint,
                'period_end_us', (extract(epoch from s.current_period_end) * 1000000)::bigint,
                'trial_end_us', (extract(epoch from s.trial_end) * 1000000)::bigint,
                'ends_at_us', (extract(epoch from s.ends_at) * 1000000)::bigint,
                'ended_at_us', (extract(epoch from s.ended_at) * 1000000)::bigint),
            recipient.member_id, $4, $3, $5, $3
         from subscription s
         join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
         join customer c on c.organization_id = s.organization_id and c.customer_id = s.customer_id and c.deleted_at is null
         join lateral (
            select m.member_id, row_number() over (order by m.role = 'owner' desc, m.created_at, m.member_id) as position
            from member m
            where m.organization_id = c.organization_id and m.customer_id = c.customer_id and m.deleted_at is null
              and (m.role = 'owner' or (m.role = 'billing_manager' and c.type = 'team'))
         ) recipient on true
         join unnest($6::uuid[]) with ordinality as ids (mail_id, position) on ids.position = recipient.position
         where s.organization_id = $1 and s.subscription_id = $7
           and not exists (
            select from portal_setting setting
            where setting.organization_id = $1 and setting.mail_switches -> $2 = 'false')",
        event.organization_id.as_uuid(),
        template,
        cx.now,
        event_id.as_uuid(),
        cx.now + NOTICE_EXPIRES_AFTER,
        &mail_ids,
        event.subject_id,
    )
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::actor::MemberActor;
    use crate::subscription;
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, billing, fixtures};
    use domain::role::MemberRole;

    async fn recipients(db: &TestDb) -> Vec<String> {
        sqlx::query_scalar(
            "select template || ' ' || m.email from mail join member m using (organization_id, member_id) order by 1",
        )
        .fetch_all(&db.pool)
        .await
        .unwrap()
    }

    async fn team(db: &TestDb) -> MemberActor {
        let organization_id = fixtures::organization(db, "acme").await;
        let owner = fixtures::team_owner(db, organization_id, "owner@example.com").await;
        fixtures::colleague(db, &owner, "billing@example.com", MemberRole::BillingManager).await;
        fixtures::colleague(db, &owner, "plain@example.com", MemberRole::Member).await;
        fixtures::member(db, organization_id, "stranger@example.com").await;
        owner
    }

    #[tokio::test]
    async fn owner_and_billing_managers_are_written_to_once_each() {
        let db = TestDb::new().await;
        let owner = team(&db).await;
        billing::subscribed(&db, &owner).await;
        assert_eq!(
            recipients(&db).await,
            [
                "subscription_confirmation billing@example.com",
                "subscription_confirmation owner@example.com"
            ]
        );
    }

    #[tokio::test]
    async fn a_mail_that_is_switched_off_is_not_written_and_others_are() {
        let db = TestDb::new().await;
        let ada =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        sqlx::query(r#"update portal_setting set mail_switches = '{"subscription_confirmation": false, "subscription_cancellation": true}'"#)
            .execute(&db.pool)
            .await
            .unwrap();
        let started = billing::subscribed(&db, &ada).await;
        assert_eq!(recipients(&db).await, Vec::<String>::new());
        let input = subscription::CancelSubscription {
            subscription_id: started.subscription_id,
            reason: None,
            comment: None,
        };
        subscription::cancel(&db.pool, &mut db.cx_of(ada), input).await.unwrap();
        assert_eq!(recipients(&db).await, ["subscription_cancellation ada@example.com"]);
    }

    #[tokio::test]
    async fn nobody_is_written_to_while_history_is_loaded() {
        let db = TestDb::new().await;
        let ada =
            fixtures::member(&db, fixtures::organization(&db, "acme").await, "ada@example.com")
                .await;
        let offer = Offer::monthly(&db, ada.organization_id).await;
        let mut cx = db.cx();
        cx.quiet = true;
        subscription::start(&db.pool, &mut cx, offer.start_for(&ada, None)).await.unwrap();
        assert_eq!(recipients(&db).await, Vec::<String>::new());
        assert!(fixtures::event_types(&db).await.contains(&"subscription.created".to_owned()));
    }
}
