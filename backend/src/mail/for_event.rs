//! The mails an event causes.

use domain::event_type::EventType;
use domain::id::EventId;
use domain::order::BillingReason;
use serde_json::Value;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::facts::{self, Facts, OrderFacts};
use super::failure;
use crate::actor::Actor;
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event::NewEvent;
use crate::subscription::IS_ADJUSTMENT;

/// A notice that could not be delivered for so long is dropped and counted.
const NOTICE_EXPIRES_AFTER: Duration = Duration::days(7);

/// Owner and billing managers of one customer who are written to; more would be a mailing list.
const RECIPIENTS_MAX: usize = 16;

/// The notice that an event of a subscription causes. One happening has one notice: a charge that a change or a resumption
/// brings stands in the change's own notice, and who sees a refusal on the page is not written to as well.
fn notice_of_subscription(event_type: EventType, actor: &Actor) -> Option<&'static str> {
    match event_type {
        EventType::SubscriptionCreated => Some("subscription_confirmation"),
        EventType::SubscriptionCanceled => Some("subscription_cancellation"),
        EventType::SubscriptionUncanceled => Some("subscription_uncanceled"),
        EventType::SubscriptionRevoked => Some("subscription_revoked"),
        EventType::SubscriptionUpdated => Some("subscription_updated"),
        EventType::SubscriptionPauseScheduled => Some("subscription_paused"),
        EventType::SubscriptionResumed => Some("subscription_resumed"),
        EventType::TrialReminderDue => Some("subscription_trial_conversion_reminder"),
        EventType::RenewalReminderDue => Some("subscription_renewal_reminder"),
        EventType::SubscriptionChangeRefused => {
            matches!(actor, Actor::System { .. }).then_some("subscription_change_refused")
        }
        _ => None,
    }
}

/// The notice that an event of an order causes.
fn notice_of_order(event: &NewEvent, actor: &Actor, order: &OrderFacts) -> Option<&'static str> {
    let is_by_system = matches!(actor, Actor::System { .. });
    match event.event_type {
        EventType::OrderRefunded => Some("order_refunded"),
        EventType::OrderRefundFailed => Some("order_refund_failed"),
        EventType::OrderPaymentFailed => failure::notice(&event.snapshot),
        // A subscription that ends for want of a payment says so itself.
        EventType::OrderVoided if is_by_system && order.was_declined && !order.has_subscription => {
            Some("order_payment_ended")
        }
        EventType::OrderPaid if order.total_minor > 0 && !order.is_of_change => {
            match BillingReason::parse(&order.billing_reason)? {
                BillingReason::SubscriptionCycle if order.is_after_trial => {
                    Some("subscription_cycled_after_trial")
                }
                BillingReason::SubscriptionCycle => Some("subscription_cycled"),
                // Of an update: what was left of a period when no further one followed.
                BillingReason::Purchase | BillingReason::SubscriptionUpdate => {
                    Some("order_confirmation")
                }
                // The confirmation was sent when it started; that a failed payment was made up for is news.
                BillingReason::SubscriptionCreate => {
                    order.was_declined.then_some("order_confirmation")
                }
            }
        }
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
    if cx.quiet {
        return Ok(());
    }
    let organization_id = event.organization_id.as_uuid();
    if is_of_order(event.event_type) {
        let order = facts::of_order(tx, organization_id, event.subject_id, cx.now).await?;
        let Some(mut order) = order else { return Ok(()) };
        let template = notice_of_order(event, &cx.actor, &order);
        let Some(template) = template else { return Ok(()) };
        if event.event_type == EventType::OrderPaymentFailed {
            failure::add(&mut order.facts.parameters, &event.snapshot);
        }
        if let Some(amount_minor) = event.snapshot["refund_amount_minor"].as_i64() {
            order.facts.parameters["refunded_minor"] = amount_minor.into();
        }
        let notice =
            Notice { template, facts: order.facts, expires_at: cx.now + NOTICE_EXPIRES_AFTER };
        return insert(tx, cx, organization_id, event_id, notice).await;
    }
    if event.event_type == EventType::PaymentMethodExpiring {
        let Some(facts) = facts::of_method(tx, organization_id, event.subject_id).await? else {
            return Ok(());
        };
        let expires_at = cx.now + NOTICE_EXPIRES_AFTER;
        let notice = Notice { template: "card_expiring", facts, expires_at };
        return insert(tx, cx, organization_id, event_id, notice).await;
    }
    if event.snapshot.get(IS_ADJUSTMENT).is_some() {
        return Ok(());
    }
    let Some(template) = notice_of_subscription(event.event_type, &cx.actor) else {
        return Ok(());
    };
    let facts = facts::of_subscription(tx, organization_id, event.subject_id, cx.now).await?;
    let Some(mut facts) = facts else { return Ok(()) };
    if !matches!(cx.actor, Actor::System { .. }) {
        // Who ended it himself knows what became of the open orders.
        facts.parameters["unpaid_minor"] = Value::Null;
    }
    if is_reminder(event.event_type) {
        for name in ["total_minor", "tax_minor"] {
            facts.parameters[name] = event
                .snapshot
                .get("next_charge")
                .map_or(Value::Null, |charge| charge[name].clone());
        }
    }
    let expires_at = expires_at(cx.now, event.event_type, &facts.parameters);
    insert(tx, cx, organization_id, event_id, Notice { template, facts, expires_at }).await
}

const fn is_of_order(event_type: EventType) -> bool {
    matches!(
        event_type,
        EventType::OrderPaid
            | EventType::OrderRefunded
            | EventType::OrderRefundFailed
            | EventType::OrderPaymentFailed
            | EventType::OrderVoided
    )
}

const fn is_reminder(event_type: EventType) -> bool {
    matches!(event_type, EventType::TrialReminderDue | EventType::RenewalReminderDue)
}

/// A reminder is of no use after the charge it is about.
fn expires_at(now: OffsetDateTime, event_type: EventType, parameters: &Value) -> OffsetDateTime {
    let last = now + NOTICE_EXPIRES_AFTER;
    let charged_at = parameters["current_period_end_us"].as_i64().and_then(domain::micros::instant);
    match charged_at {
        Some(charged_at) if is_reminder(event_type) => charged_at.clamp(now, last),
        _ => last,
    }
}

struct Notice {
    template: &'static str,
    facts: Facts,
    expires_at: OffsetDateTime,
}

async fn insert(
    tx: &mut PgConnection,
    cx: &mut Context,
    organization_id: Uuid,
    event_id: EventId,
    notice: Notice,
) -> Result<(), DatabaseError> {
    let mail_ids: Vec<Uuid> = (0..RECIPIENTS_MAX).map(|_| cx.new_id()).collect();
    sqlx::query!(
        "insert into mail (organization_id, mail_id, template, parameters, member_id, event_id, created_at, expires_at, due_at)
         select $1, ids.mail_id, $2, $8, recipient.member_id, $4, $3, $5, $3
         from customer c
         join lateral (
            select m.member_id, row_number() over (order by m.role = 'owner' desc, m.created_at, m.member_id) as position
            from member m
            where m.organization_id = c.organization_id and m.customer_id = c.customer_id and m.deleted_at is null
              and (m.role = 'owner' or (m.role = 'billing_manager' and c.type = 'team'))
         ) recipient on true
         join unnest($6::uuid[]) with ordinality as ids (mail_id, position) on ids.position = recipient.position
         where c.organization_id = $1 and c.customer_id = $7 and c.deleted_at is null
           and not exists (
            select from portal_setting setting
            where setting.organization_id = $1 and setting.mail_switches -> $2 = 'false')",
        organization_id,
        notice.template,
        cx.now,
        event_id.as_uuid(),
        notice.expires_at,
        &mail_ids,
        notice.facts.customer_id,
        notice.facts.parameters,
    )
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::MemberActor;
    use crate::order;
    use crate::payment::{self, SandboxBehavior};
    use crate::quote::{self, QuoteRequest};
    use crate::subscription::{self, PauseSubscription, StartedSubscription};
    use crate::subscription_change;
    use crate::test_support::billing::Offer;
    use crate::test_support::{TestDb, billing, fixtures};
    use domain::interval::RecurringInterval;
    use domain::price::PriceAmount;
    use domain::role::MemberRole;
    use time::macros::datetime;

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

    /// Renews what is due and pays all open orders; the mails of the start are forgotten before.
    async fn renew_and_pay(db: &TestDb, started: &StartedSubscription) -> Vec<String> {
        sqlx::query("delete from mail").execute(&db.pool).await.unwrap();
        db.clock.set(started.facts.current_period.end);
        db.settled().await;
        subscription::run_due(&db.pool, &mut db.cx(), 10).await.unwrap();
        let open: Vec<(Uuid, Uuid)> =
            sqlx::query_as("select organization_id, order_id from orders where status = 'pending' and billing_reason = 'subscription_cycle'")
                .fetch_all(&db.pool)
                .await
                .unwrap();
        for (organization_id, order_id) in open {
            order::record_payment(&db.pool, &mut db.cx(), organization_id.into(), order_id.into())
                .await
                .unwrap();
        }
        recipients(db).await
    }

    #[tokio::test]
    async fn a_renewal_is_told_when_it_is_paid_and_a_free_one_is_not() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let bob = fixtures::member(&db, organization_id, "bob@example.com").await;
        let every = Some(RecurringInterval::MONTHLY);
        let free = Offer::new(&db, organization_id, PriceAmount::Free, every, None).await;
        free.subscribe(&db, &bob).await;
        let started = billing::subscribed(&db, &ada).await;
        assert_eq!(renew_and_pay(&db, &started).await, ["subscription_cycled ada@example.com"]);
        let (parameters,): (Value,) =
            sqlx::query_as("select parameters from mail").fetch_one(&db.pool).await.unwrap();
        assert_eq!(
            (&parameters["total_minor"], &parameters["currency"]),
            (&2_900.into(), &"eur".into())
        );
        assert_eq!(
            parameters["period_end_us"],
            domain::micros::of(datetime!(2026-07-01 09:00 UTC))
        );
    }

    #[tokio::test]
    async fn the_first_payment_after_a_trial_has_a_notice_of_its_own() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let started = Offer::with_trial(&db, organization_id).await.subscribe(&db, &ada).await;
        let told = renew_and_pay(&db, &started).await;
        assert_eq!(told, ["subscription_cycled_after_trial ada@example.com"]);
    }

    async fn deliver_all(db: &TestDb) -> Vec<String> {
        let told = recipients(db).await;
        sqlx::query("delete from mail").execute(&db.pool).await.unwrap();
        told
    }

    async fn work(db: &TestDb) {
        db.settled().await;
        subscription::run_due(&db.pool, &mut db.cx(), 10).await.unwrap();
        payment::run_due(&db.pool, &billing::processors(db), &mut db.cx(), 10).await.unwrap();
    }

    /// Ada with a paid Pro in an organization that charges and allows everything; nothing is left to be told.
    async fn paying(db: &TestDb) -> (MemberActor, StartedSubscription) {
        let organization_id = fixtures::organization(db, "acme").await;
        let ada = fixtures::member(db, organization_id, "ada@example.com").await;
        billing::charged(db, organization_id).await;
        billing::everything_allowed(db, organization_id).await;
        let started = billing::subscribed(db, &ada).await;
        work(db).await;
        assert_eq!(deliver_all(db).await, ["subscription_confirmation ada@example.com"]);
        (ada, started)
    }

    async fn parameters(db: &TestDb) -> Value {
        sqlx::query_scalar("select parameters from mail").fetch_one(&db.pool).await.unwrap()
    }

    #[tokio::test]
    async fn a_failed_renewal_is_told_once_and_so_is_its_payment() {
        let db = TestDb::new().await;
        let (ada, started) = paying(&db).await;
        let behave = async |behavior| {
            payment::set_behavior(
                &db.pool,
                &mut db.cx(),
                ada.organization_id,
                ada.customer_id,
                behavior,
            )
            .await
            .unwrap();
        };
        behave(SandboxBehavior::DeclineGeneric).await;
        db.clock.set(started.facts.current_period.end);
        work(&db).await;
        let told = parameters(&db).await;
        assert_eq!(told["total_minor"], 2_900);
        let day = |days| domain::micros::of(db.now() + Duration::days(days));
        assert_eq!(told["next_attempt_at_us"], day(2));
        assert_eq!(told["deadline_us"], day(21) + 60_000_000);
        assert_eq!(deliver_all(&db).await, ["subscription_past_due ada@example.com"]);
        db.clock.advance(Duration::days(2));
        work(&db).await;
        assert_eq!(deliver_all(&db).await, ["payment_failed_again ada@example.com"]);
        behave(SandboxBehavior::Approve).await;
        db.clock.advance(Duration::days(5));
        work(&db).await;
        assert_eq!(parameters(&db).await["is_recovered"], true);
        assert_eq!(deliver_all(&db).await, ["subscription_cycled ada@example.com"]);
    }

    #[tokio::test]
    async fn a_subscription_that_ends_for_want_of_a_payment_says_so_once() {
        let db = TestDb::new().await;
        let (ada, started) = paying(&db).await;
        let card = SandboxBehavior::DeclineGeneric;
        let (organization_id, customer_id) = (ada.organization_id, ada.customer_id);
        payment::set_behavior(&db.pool, &mut db.cx(), organization_id, customer_id, card)
            .await
            .unwrap();
        db.clock.set(started.facts.current_period.end);
        let mut told = Vec::new();
        for days in [0, 2, 5, 7, 7] {
            db.clock.advance(Duration::days(days));
            work(&db).await;
            let now = deliver_all(&db).await;
            assert_eq!(now.len(), 1, "{now:?}");
            told.extend(now);
        }
        let names: Vec<&str> = told.iter().filter_map(|mail| mail.split(' ').next()).collect();
        let expected = [
            "subscription_past_due",
            "payment_failed_again",
            "payment_failed_again",
            "payment_last_try",
            "subscription_revoked",
        ];
        assert_eq!(names, expected);
    }

    #[tokio::test]
    async fn a_card_that_expires_is_told_with_what_it_pays_for() {
        let db = TestDb::new().await;
        let (ada, _) = paying(&db).await;
        let (payment_method_id, exp_month): (Uuid, i16) =
            sqlx::query_as("select payment_method_id, exp_month from payment_method")
                .fetch_one(&db.pool)
                .await
                .unwrap();
        let expiring = NewEvent {
            organization_id: ada.organization_id,
            event_type: EventType::PaymentMethodExpiring,
            subject_kind: "payment_method",
            subject_id: payment_method_id,
            customer_id: Some(ada.customer_id),
            snapshot: Value::Null,
        };
        let mut tx = db.pool.begin().await.unwrap();
        crate::event::record(&mut tx, &mut db.cx(), expiring).await.unwrap();
        tx.commit().await.unwrap();
        let told = parameters(&db).await;
        assert_eq!(told["product_names"], serde_json::json!(["Pro"]));
        assert_eq!(told["exp_month"], i64::from(exp_month));
        assert_eq!(deliver_all(&db).await, ["card_expiring ada@example.com"]);
    }

    #[tokio::test]
    async fn a_change_and_its_charge_have_one_notice() {
        let db = TestDb::new().await;
        let (ada, started) = paying(&db).await;
        let business = Offer::business(&db, ada.organization_id).await;
        db.clock.advance(Duration::days(10));
        let mut cx = db.cx_of(ada.clone());
        let request = QuoteRequest::Plan { product_id: business.product_id, seats: None };
        let quote =
            quote::create(&db.pool, &mut cx, started.subscription_id, request).await.unwrap();
        let processors = billing::processors(&db);
        subscription_change::confirm(&db.pool, &processors, &mut cx, quote.quote_id).await.unwrap();
        let told = parameters(&db).await;
        assert_eq!(told["product_name"], "Business");
        assert_eq!(told["total_minor"], quote.result.due_now.totals.total.minor);
        assert_eq!(deliver_all(&db).await, ["subscription_updated ada@example.com"]);
    }

    #[tokio::test]
    async fn a_pause_is_told_when_it_is_asked_for() {
        let db = TestDb::new().await;
        let (ada, started) = paying(&db).await;
        let input =
            PauseSubscription { subscription_id: started.subscription_id, resumes_at: None };
        subscription::pause(&db.pool, &mut db.cx_of(ada), input).await.unwrap();
        assert_eq!(deliver_all(&db).await, ["subscription_paused ada@example.com"]);
        db.clock.set(started.facts.current_period.end);
        work(&db).await;
        assert_eq!(deliver_all(&db).await, Vec::<String>::new());
    }

    #[tokio::test]
    async fn an_end_at_once_and_its_refund_are_told() {
        let db = TestDb::new().await;
        let (ada, started) = paying(&db).await;
        db.clock.advance(Duration::days(10));
        let mut cx = db.cx_of(ada);
        let request = QuoteRequest::CancelNow { reason: None, comment: None };
        let quote =
            quote::create(&db.pool, &mut cx, started.subscription_id, request).await.unwrap();
        let processors = billing::processors(&db);
        subscription_change::confirm(&db.pool, &processors, &mut cx, quote.quote_id).await.unwrap();
        assert_eq!(deliver_all(&db).await, ["subscription_revoked ada@example.com"]);
        work(&db).await;
        let refunded = parameters(&db).await["refunded_minor"].as_i64().unwrap();
        assert!(0 < refunded && refunded < 2_900, "{refunded}");
        assert_eq!(deliver_all(&db).await, ["order_refunded ada@example.com"]);
    }

    #[tokio::test]
    async fn a_trial_is_reminded_of_with_the_charge_to_come_and_not_after_it() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let started = Offer::with_trial(&db, organization_id).await.subscribe(&db, &ada).await;
        deliver_all(&db).await;
        let trial_end = started.facts.current_period.end;
        db.clock.set(trial_end - Duration::days(3));
        work(&db).await;
        assert_eq!(parameters(&db).await["total_minor"], 2_900);
        let expires_at: OffsetDateTime =
            sqlx::query_scalar("select expires_at from mail").fetch_one(&db.pool).await.unwrap();
        assert_eq!(expires_at, trial_end);
        assert_eq!(
            deliver_all(&db).await,
            ["subscription_trial_conversion_reminder ada@example.com"]
        );
    }
}
