//! Many at once: one change, one charge.

use std::sync::Arc;

use domain::change::ChangeRefusal;
use domain::money::Money;
use domain::payment::RefundReason;
use domain::refund_policy::RefundPolicy;
use time::Duration;

use super::shop::{Shop, to};
use super::{ConfirmError, Confirmed};
use crate::invariants;
use crate::payment::{NewRefund, Processors, SandboxBehavior, prepare_refund};
use crate::quote::{QuoteError, QuoteRequest};
use crate::subscription;
use crate::test_support::billing::Offer;

async fn business(shop: &Shop) -> Offer {
    Offer::business(&shop.db, shop.owner.organization_id).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_confirms_make_one_change_and_one_charge() {
    let shop = Arc::new(Shop::new().await);
    let id = shop.pro().await;
    let business = business(&shop).await;
    let quote = shop.quote(id, to(business)).await.unwrap();
    let tasks: Vec<_> = (0..50)
        .map(|_| {
            let (shop, quote_id) = (Arc::clone(&shop), quote.quote_id);
            tokio::spawn(async move { shop.confirm(quote_id).await })
        })
        .collect();
    let (mut applied, mut redeemed) = (0, 0);
    for task in tasks {
        match task.await.unwrap() {
            Ok(Confirmed::Applied { .. }) => applied += 1,
            Err(ConfirmError::Redeemed) => redeemed += 1,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((applied, redeemed), (1, 49));
    assert_eq!(shop.count("select count(*) from subscription_change").await, 1);
    assert_eq!(
        shop.count("select count(*) from sandbox.payment").await,
        2,
        "the first order, and this"
    );
    assert_eq!(shop.count("select count(*) from orders").await, 2);
    assert_eq!(shop.events("subscription.updated").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_tabs_make_one_change() {
    let shop = Arc::new(Shop::new().await);
    let offer = Offer::per_seat(&shop.db, shop.owner.organization_id).await;
    let id = shop.subscribe(offer, Some(5)).await;
    for round in 0..5 {
        let seats = 6 + 2 * round;
        let one = shop.quote(id, QuoteRequest::Seats { seats }).await.unwrap();
        let other = shop.quote(id, QuoteRequest::Seats { seats: seats + 1 }).await.unwrap();
        let (shop_one, shop_other) = (Arc::clone(&shop), Arc::clone(&shop));
        let (one, other) = tokio::join!(
            tokio::spawn(async move { shop_one.confirm(one.quote_id).await }),
            tokio::spawn(async move { shop_other.confirm(other.quote_id).await }),
        );
        let outcomes = [one.unwrap(), other.unwrap()];
        let applied =
            outcomes.iter().filter(|o| matches!(o, Ok(Confirmed::Applied { .. }))).count();
        let refused = outcomes.iter().filter(|o| {
            matches!(
                o,
                Err(ConfirmError::Stale { .. }
                    | ConfirmError::Refused(
                        ChangeRefusal::ChangePending | ChangeRefusal::NothingChanges
                    ))
            )
        });
        assert_eq!((applied, refused.count()), (1, 1), "{outcomes:?}");
    }
    assert_eq!(
        shop.count("select count(*) from subscription_change where state = 'applied'").await,
        5
    );
    assert_eq!(shop.count("select count(*) from sandbox.payment").await, 6);
    let violations = invariants::check(&shop.db.pool, shop.owner.organization_id).await.unwrap();
    assert_eq!(violations, vec![]);
}

/// Whoever is first, the customer has the seats and pays for them once.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_seat_change_while_the_renewal_runs() {
    let shop = Arc::new(Shop::new().await);
    let offer = Offer::per_seat(&shop.db, shop.owner.organization_id).await;
    let id = shop.subscribe(offer, Some(5)).await;
    shop.db.clock.advance(Duration::days(31) - Duration::minutes(20));
    let quote = shop.quote(id, QuoteRequest::Seats { seats: 8 }).await.unwrap();
    let end = shop.read(id).await.summary.facts.current_period.end;
    assert_eq!(quote.expires_at, end, "it does not outlive the period");
    // The renewal is due; the browser's clock is a moment behind.
    let mut early = shop.db.cx_of(shop.owner.clone());
    shop.db.clock.advance(Duration::minutes(20));
    early.now = end - Duration::microseconds(1);
    let (one, two) = (Arc::clone(&shop), Arc::clone(&shop));
    let confirmed = tokio::spawn(async move {
        super::confirm(&one.db.pool, &one.processors(), &mut early, quote.quote_id).await
    });
    let renewed = tokio::spawn(async move {
        subscription::run_due(&two.db.pool, &mut two.db.cx(), 10).await.unwrap()
    });
    let (confirmed, _) = (confirmed.await.unwrap(), renewed.await.unwrap());
    shop.pay().await;
    let seats = match confirmed {
        Ok(Confirmed::Applied { .. } | Confirmed::Pending { .. }) => 8,
        Err(ConfirmError::Stale { .. }) => 5,
        other => panic!("{other:?}"),
    };
    let facts = shop.read(id).await.summary.facts;
    assert_eq!((facts.seats, facts.current_period.start), (Some(seats), end));
    let cycles = "select count(*) from orders where billing_reason = 'subscription_cycle' and status = 'paid'";
    assert_eq!(shop.count(cycles).await, 1);
    let total = "select total_minor from orders where billing_reason = 'subscription_cycle'";
    assert_eq!(shop.count(total).await, i64::from(seats) * 1_000);
}

/// A confirm that died after its commit: the worker charges and applies, with the same attempt.
#[tokio::test]
async fn the_worker_finishes_what_a_crash_left() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let business = business(&shop).await;
    let quote = shop.quote(id, to(business)).await.unwrap();
    let mut cx = shop.db.cx_of(shop.owner.clone());
    {
        let sandbox = shop.sandbox().with_latency(std::time::Duration::from_mins(1));
        let processors = Processors::default().with(sandbox);
        let confirm = super::confirm(&shop.db.pool, &processors, &mut cx, quote.quote_id);
        let cut = tokio::time::timeout(std::time::Duration::from_millis(700), confirm).await;
        assert!(cut.is_err(), "it was still waiting for the processor");
    }
    assert_eq!(
        shop.count("select count(*) from subscription_change where state = 'pending'").await,
        1
    );
    let pending = shop.quote(id, to(business)).await;
    assert!(matches!(pending, Err(QuoteError::Refused(ChangeRefusal::ChangePending))));
    let renewed = subscription::cancel(
        &shop.db.pool,
        &mut shop.db.cx_of(shop.owner.clone()),
        subscription::CancelSubscription { subscription_id: id, reason: None, comment: None },
    )
    .await;
    assert!(renewed.is_err(), "a change is open");
    shop.after(Duration::minutes(3)).await;
    assert_eq!(shop.read(id).await.summary.product_name, "Business");
    assert_eq!(
        shop.count("select count(*) from sandbox.payment where state = 'succeeded'").await,
        2
    );
}

#[tokio::test]
async fn money_for_a_subscription_that_has_ended_goes_back() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let business = business(&shop).await;
    shop.card(SandboxBehavior::Slow).await;
    shop.change(id, to(business)).await;
    // Dunning of another order ended it meanwhile.
    sqlx::query("update subscription set status = 'canceled', ended_at = $1, due_at = null")
        .bind(shop.db.now())
        .execute(&shop.db.pool)
        .await
        .unwrap();
    for _ in 0..3 {
        shop.after(Duration::minutes(5)).await;
    }
    assert_eq!(shop.changes().await, [("refused".into(), Some("subscription_ended".into()))]);
    assert_eq!(shop.count("select sum(amount_minor)::bigint from sandbox.refund").await, 3_000);
}

#[tokio::test]
async fn ending_now_gives_back_what_was_not_used() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    shop.after(Duration::hours(15 * 24 + 12)).await;
    let request = QuoteRequest::CancelNow { reason: None, comment: Some(" Bye\u{0} ".into()) };
    let (quote, confirmed) = shop.change(id, request).await;
    assert_eq!(confirmed, Confirmed::Applied { subscription_id: id });
    assert_eq!(quote.result.refund.unwrap().amount.minor, 1_450);
    let read = shop.read(id).await;
    assert_eq!(read.summary.facts.ended_at, Some(shop.db.now()));
    assert_eq!(read.cancellation_comment.as_deref(), Some("Bye"));
    shop.pay().await;
    assert_eq!(shop.count("select sum(amount_minor)::bigint from sandbox.refund").await, 1_450);
    assert_eq!(shop.orders().await[0].0, "partially_refunded");
    assert_eq!(shop.events("subscription.revoked").await, 1);
    let again = QuoteRequest::CancelNow { reason: None, comment: None };
    let again = shop.quote(id, again).await;
    assert!(matches!(again, Err(QuoteError::Refused(ChangeRefusal::Ended))));
}

#[tokio::test]
async fn refunds_follow_the_settings_and_never_exceed_what_is_left() {
    let shop = Shop::new().await;
    let cancel = || QuoteRequest::CancelNow { reason: None, comment: None };
    let id = shop.pro().await;
    shop.after(Duration::days(2)).await;
    let refund = async |policy| {
        shop.refunds(policy).await;
        let quote = shop.quote(id, cancel()).await.unwrap();
        quote.result.refund.map_or(0, |refund| refund.amount.minor)
    };
    assert_eq!(refund(RefundPolicy::None).await, 0);
    assert_eq!(refund(RefundPolicy::FullWithinDays { days: 2 }).await, 0, "two days are over");
    assert_eq!(refund(RefundPolicy::FullWithinDays { days: 3 }).await, 2_900);
    assert_eq!(refund(RefundPolicy::Prorated).await, 2_713);
    let order_id: uuid::Uuid =
        sqlx::query_scalar("select order_id from orders").fetch_one(&shop.db.pool).await.unwrap();
    let mut tx = shop.db.pool.begin().await.unwrap();
    let given = NewRefund {
        organization_id: shop.owner.organization_id,
        order_id: order_id.into(),
        amount: Money::new(2_000, domain::money::Currency::EUR),
        tax_minor: 0,
        reason: RefundReason::Cancellation,
        comment: None,
    };
    prepare_refund(&mut tx, &mut shop.db.cx(), given).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(refund(RefundPolicy::Prorated).await, 900, "the rest is on its way back");
    assert_eq!(refund(RefundPolicy::FullWithinDays { days: 3 }).await, 900);
}

#[tokio::test]
async fn going_on_and_buying_anew_cost_a_whole_period() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let input = subscription::PauseSubscription { subscription_id: id, resumes_at: None };
    let mut cx = shop.db.cx_of(shop.owner.clone());
    subscription::pause(&shop.db.pool, &mut cx, input).await.unwrap();
    shop.after(Duration::days(40)).await;
    shop.card(SandboxBehavior::DeclineExpiredCard).await;
    let quote = shop.quote(id, QuoteRequest::Resume).await.unwrap();
    assert!(matches!(shop.confirm(quote.quote_id).await, Err(ConfirmError::Declined { .. })));
    assert!(shop.read(id).await.summary.facts.paused_at.is_some(), "it stays paused");
    shop.card(SandboxBehavior::Approve).await;
    let (quote, _) = shop.change(id, QuoteRequest::Resume).await;
    assert_eq!(quote.result.due_now.totals.total.minor, 2_900);
    let facts = shop.read(id).await.summary.facts;
    assert_eq!((facts.paused_at, facts.current_period.start), (None, shop.db.now()));
    assert_eq!(shop.events("subscription.resumed").await, 1);
    shop.change(id, QuoteRequest::CancelNow { reason: None, comment: None }).await;
    let (one, two) = (
        shop.quote(id, QuoteRequest::Resubscribe).await.unwrap(),
        shop.quote(id, QuoteRequest::Resubscribe).await.unwrap(),
    );
    let Ok(Confirmed::Applied { subscription_id }) = shop.confirm(one.quote_id).await else {
        panic!("applied")
    };
    assert_ne!(subscription_id, id);
    assert_eq!(shop.read(subscription_id).await.summary.facts.current_period.start, shop.db.now());
    let second = shop.confirm(two.quote_id).await;
    assert!(
        matches!(second, Err(ConfirmError::Refused(ChangeRefusal::Resubscribed))),
        "{second:?}"
    );
    let paid = "select count(*) from orders where billing_reason = 'subscription_create' and status = 'paid' and subscription_id is not null";
    assert_eq!(shop.count(paid).await, 2);
}

#[tokio::test]
async fn a_trial_moves_its_end_or_is_over() {
    let shop = Shop::new().await;
    let own = shop.owner.organization_id;
    let id = shop.subscribe(Offer::with_trial(&shop.db, own).await, None).await;
    shop.after(Duration::days(3)).await;
    let start = shop.read(id).await.summary.trial_start.unwrap();
    let monthly = Some(domain::interval::RecurringInterval::MONTHLY);
    let amount = domain::price::PriceAmount::Fixed { amount_minor: 5_000 };
    let longer = Offer::new(&shop.db, own, amount.clone(), monthly, Some(30)).await;
    let (quote, _) = shop.change(id, to(longer)).await;
    assert!(quote.result.due_now.lines.is_empty());
    let facts = shop.read(id).await.summary.facts;
    let end = start + Duration::days(30);
    assert_eq!((facts.trial_end, facts.due_at()), (Some(end), Some(end)));
    assert_eq!(quote.result.next_charge.unwrap().at, end);
    // A trial of two days is over by now.
    let shorter = Offer::new(&shop.db, own, amount, monthly, Some(2)).await;
    let (quote, _) = shop.change(id, to(shorter)).await;
    assert_eq!(quote.result.due_now.totals.total.minor, 5_000);
    let facts = shop.read(id).await.summary.facts;
    assert_eq!(facts.status, domain::subscription::SubscriptionStatus::Active);
    assert_eq!((facts.current_period.start, facts.trial_end), (shop.db.now(), Some(shop.db.now())));
    assert_eq!(shop.events("subscription.activated").await, 1);
}
