//! When a charge fails: the subscription is past due, the order is tried again by its organization's schedule, and at last it ends.

mod failed;
mod recover;
mod retry;
mod rules;

pub(super) use failed::{Failure, failed};
pub(crate) use recover::recover;
pub(super) use retry::{next_due, retry};
pub(crate) use rules::DunningRules;

use domain::event_type::EventType;
use domain::subscription::Subscription;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::attempt::PaymentError;
use super::settle::void_open_orders;
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event;
use crate::subscription::row::{self, SubscriptionRow};
use crate::subscription::{snapshot, unschedule_update};

/// The subscription ends at once, and nothing of it is asked for any more.
async fn give_up(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    before: &Subscription,
) -> Result<(), PaymentError> {
    void_open_orders(tx, cx, row.organization_id.into(), row.subscription_id.into()).await?;
    if before.is_ended() {
        return Ok(());
    }
    let after = before.ended(cx.now);
    row::write(tx, cx.now, row, &after).await?;
    unschedule_update::forget(tx, row).await?;
    let previous = json!({ "status": before.status, "ended_at_us": null });
    record(tx, cx, row, &after, EventType::SubscriptionRevoked, previous).await?;
    Ok(())
}

async fn record(
    tx: &mut PgConnection,
    cx: &mut Context,
    row: &SubscriptionRow,
    after: &Subscription,
    event_type: EventType,
    previous: Value,
) -> Result<(), DatabaseError> {
    event::record(tx, cx, snapshot::event(event_type, row, after, previous)).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use crate::order::{RecordPaymentError, record_payment};
    use crate::payment::test_helpers::{Case, stands};
    use crate::payment::{SandboxBehavior, UpdateDunning, update_dunning};
    use serde_json::json;
    use time::Duration;

    #[tokio::test]
    async fn a_decline_is_tried_again_and_heals() {
        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        assert_eq!(case.standing().await, stands("declined", "pending", "past_due"));
        assert_eq!(case.after(Duration::days(2) - Duration::seconds(1)).await, 0);
        case.card(SandboxBehavior::Approve).await;
        assert_eq!(case.after(Duration::seconds(1)).await, 2, "the order, then the charge");
        assert_eq!(case.standing().await, stands("declined succeeded", "paid", "active"));
        assert_eq!(
            case.count("select count(*) from subscription where past_due_at is null").await,
            1
        );
        for event in ["subscription.past_due", "order.payment_failed", "subscription.recovered"] {
            assert_eq!(case.events(event).await, 1, "{event}");
        }
        assert_eq!(case.after(Duration::days(20)).await, 0);
    }

    #[tokio::test]
    async fn after_the_fifth_failure_the_subscription_ends() {
        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        sqlx::query(
            "insert into customer_seat (organization_id, customer_seat_id, subscription_id, member_id, status, created_at)
             select organization_id, gen_random_uuid(), subscription_id, member_id, 'pending', now() from subscription join member using (organization_id, customer_id)",
        ).execute(&case.db.pool).await.unwrap();
        case.work().await;
        for days in [2, 5, 7] {
            case.after(Duration::days(days)).await;
            assert_eq!(case.standing().await.2, "past_due");
        }
        case.after(Duration::days(7)).await;
        let declined = "declined declined declined declined declined";
        assert_eq!(case.standing().await, stands(declined, "void", "canceled"));
        for (event, times) in [
            ("subscription.past_due", 1),
            ("order.payment_failed", 5),
            ("subscription.revoked", 1),
            ("order.voided", 1),
        ] {
            assert_eq!(case.events(event).await, times, "{event}");
        }
        let ended = "select count(*) from subscription where due_at is null and ended_at is not null and not cancel_at_period_end";
        assert_eq!(case.count(ended).await, 1);
        let freed = "select count(*) from customer_seat where status = 'revoked'";
        assert_eq!(case.count(freed).await, 1);
        assert_eq!(case.after(Duration::days(60)).await, 0, "nothing is left to do");
    }

    #[tokio::test]
    async fn a_lost_card_is_not_tried_again_but_has_three_weeks() {
        let case = Case::new(SandboxBehavior::DeclineLostCard).await;
        case.work().await;
        assert_eq!(case.standing().await, stands("declined", "pending", "past_due"));
        assert_eq!(case.after(Duration::days(21)).await, 0);
        assert_eq!(case.after(Duration::minutes(1)).await, 1);
        assert_eq!(case.standing().await, stands("declined", "void", "canceled"));
        assert_eq!(case.count("select count(*) from sandbox.payment").await, 1);
    }

    #[tokio::test]
    async fn a_worker_that_was_away_for_a_month_still_tries_again() {
        let case = Case::new(SandboxBehavior::DeclineExpiredCard).await;
        case.work().await;
        case.card(SandboxBehavior::Approve).await;
        case.after(Duration::days(29)).await;
        assert_eq!(case.standing().await, stands("declined succeeded", "paid", "active"));
    }

    #[tokio::test]
    async fn without_a_processor_nothing_is_charged_and_nothing_is_overdue() {
        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        crate::payment::choose_processor(
            &case.db.pool,
            &mut case.db.cx(),
            case.organization_id,
            crate::payment::ProcessorChoice::None,
        )
        .await
        .unwrap();
        case.after(Duration::days(2)).await;
        assert_eq!(case.standing().await, stands("declined", "pending", "past_due"));
        assert_eq!(case.after(Duration::days(60)).await, 0);
    }

    #[tokio::test]
    async fn a_transfer_heals_what_is_past_due_unless_a_charge_is_in_flight() {
        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        let pay = async || {
            let mut cx = case.db.cx();
            record_payment(&case.db.pool, &mut cx, case.organization_id, case.order_id).await
        };
        case.card(SandboxBehavior::Slow).await;
        case.after(Duration::days(2)).await;
        assert!(matches!(pay().await, Err(RecordPaymentError::InFlight)));
        case.db.settled().await;
        assert_eq!(case.standing().await, stands("declined unknown", "pending", "past_due"));
        case.after(Duration::minutes(5)).await;
        assert_eq!(case.standing().await, stands("declined succeeded", "paid", "active"));

        let case = Case::new(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        let mut cx = case.db.cx();
        record_payment(&case.db.pool, &mut cx, case.organization_id, case.order_id).await.unwrap();
        assert_eq!(case.standing().await, stands("declined", "paid", "active"));
        assert_eq!(case.after(Duration::days(60)).await, 0, "it is not asked for again");
    }

    #[tokio::test]
    async fn a_person_ends_what_no_program_can() {
        let case = Case::new(SandboxBehavior::Never).await;
        case.run_attempt().await;
        case.after(Duration::hours(21)).await;
        assert_eq!(case.standing().await.0, "for_a_person");
        let mut cx = case.db.cx();
        record_payment(&case.db.pool, &mut cx, case.organization_id, case.order_id).await.unwrap();
        assert_eq!(case.standing().await, stands("abandoned", "paid", "active"));
    }

    #[tokio::test]
    async fn the_backup_pays_and_nobody_hears_of_a_failure() {
        let case = Case::absent(SandboxBehavior::DeclineInsufficientFunds).await;
        case.backup_card(SandboxBehavior::Approve).await;
        case.work().await;
        assert_eq!(case.standing().await, stands("declined succeeded", "paid", "active"));
        let triggers = "select string_agg(trigger, ' ' order by trigger) from payment_attempt";
        assert_eq!(case.text(triggers).await, "purchase retry_backup");
        for event in ["subscription.past_due", "order.payment_failed"] {
            assert_eq!(case.events(event).await, 0, "{event}");
        }
        assert_eq!(case.after(Duration::days(20)).await, 0);
    }

    #[tokio::test]
    async fn both_cards_declined_are_one_failure_each_time() {
        let case = Case::absent(SandboxBehavior::DeclineGeneric).await;
        case.backup_card(SandboxBehavior::DeclineInsufficientFunds).await;
        case.work().await;
        for days in [2, 5, 7] {
            assert_eq!(case.standing().await.2, "past_due");
            case.after(Duration::days(days)).await;
        }
        assert_eq!(case.standing().await.2, "past_due");
        case.after(Duration::days(7)).await;
        assert_eq!(case.standing().await.2, "canceled");
        assert_eq!(case.count("select count(*) from payment_attempt").await, 10);
        assert_eq!(case.events("order.payment_failed").await, 5);
        assert_eq!(case.events("subscription.past_due").await, 1);
    }

    #[tokio::test]
    async fn a_lost_card_with_a_backup_that_may_recover_goes_on_with_the_backup() {
        let case = Case::absent(SandboxBehavior::DeclineLostCard).await;
        case.backup_card(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        assert_eq!(case.events("order.payment_failed").await, 1);
        for days in [2, 5, 7, 7] {
            case.after(Duration::days(days)).await;
        }
        assert_eq!(case.standing().await.2, "canceled");
        let lost = "select count(*) from sandbox.payment where decline_code = 'lost_card'";
        assert_eq!(case.count(lost).await, 1, "never asked again");
        assert_eq!(case.count("select count(*) from sandbox.payment").await, 6);
    }

    #[tokio::test]
    async fn a_missing_method_has_a_backup_too() {
        let case = Case::absent(SandboxBehavior::Approve).await;
        for sql in [
            "update customer set backup_payment_method_id = default_payment_method_id, default_payment_method_id = null",
            "update payment_attempt set payment_method_id = null",
        ] {
            sqlx::query(sql).execute(&case.db.pool).await.unwrap();
        }
        case.work().await;
        assert_eq!(case.standing().await, stands("declined succeeded", "paid", "active"));
    }

    #[tokio::test]
    async fn each_organization_has_days_of_its_own() {
        let case = Case::absent(SandboxBehavior::DeclineGeneric).await;
        let input = UpdateDunning {
            organization_id: case.organization_id,
            retry_days: vec![3],
            benefit_grace_days: 1,
        };
        update_dunning(&case.db.pool, &mut case.db.cx(), input).await.unwrap();
        case.work().await;
        let told: serde_json::Value =
            sqlx::query_scalar("select snapshot from event where type = 'order.payment_failed'")
                .fetch_one(&case.db.pool)
                .await
                .unwrap();
        let day = |days| domain::micros::of(case.db.now() + Duration::days(days));
        for (name, value) in [
            ("decline_code", json!("generic_decline")),
            ("trigger", json!("purchase")),
            ("amount_minor", json!(2_900)),
            ("failures", json!(1)),
            ("next_payment_attempt_at_us", json!(day(3))),
            ("is_last_try", json!(true)),
            ("access_ends_at_us", json!(day(1))),
            ("ends_at_us", json!(day(3) + 60_000_000)),
        ] {
            assert_eq!(told[name], value, "{name}");
        }
        case.after(Duration::days(3)).await;
        assert_eq!(case.standing().await, stands("declined declined", "void", "canceled"));
    }

    #[tokio::test]
    async fn an_empty_account_is_asked_in_the_morning() {
        let case = Case::absent(SandboxBehavior::DeclineInsufficientFunds).await;
        case.work().await;
        // 3 May, nine o'clock in Berlin.
        let next = time::macros::datetime!(2026-05-03 07:00 UTC);
        assert_eq!(crate::payment::next_due_at(&case.db.pool, None).await.unwrap(), Some(next));
    }

    #[tokio::test]
    async fn a_new_card_that_is_declined_leaves_the_plan_and_a_good_one_heals() {
        let case = Case::absent(SandboxBehavior::DeclineLostCard).await;
        case.work().await;
        let choose = async |card| {
            let mut cx = case.db.cx_of(case.owner.clone());
            crate::payment_method::set_default(&case.db.pool, &mut cx, card).await.unwrap();
            case.work().await;
        };
        choose(case.another_card(SandboxBehavior::DeclineGeneric).await).await;
        assert_eq!(case.standing().await, stands("declined declined", "pending", "past_due"));
        assert_eq!(case.after(Duration::days(20)).await, 0, "the plan is the last day");
        choose(case.another_card(SandboxBehavior::Approve).await).await;
        let tries = "declined declined succeeded";
        assert_eq!(case.standing().await, stands(tries, "paid", "active"));
    }
}
