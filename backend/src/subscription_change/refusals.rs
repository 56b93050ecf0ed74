//! Each thing that is not possible is refused by its name, and changes nothing.

use domain::change::{ChangeRefusal, ProrationBehavior};
use domain::id::SubscriptionId;
use domain::interval::RecurringInterval;
use domain::money::Currency;
use domain::price::PriceAmount;
use domain::role::MemberRole;
use time::Duration;
use uuid::Uuid;

use super::shop::{Shop, to};
use super::{ConfirmError, Confirmed, confirm};
use crate::payment::SandboxBehavior;
use crate::quote::{self, QuoteError, QuoteRequest};
use crate::subscription::{self, CancelSubscription, PauseSubscription};
use crate::test_support::billing::Offer;
use crate::test_support::fixtures;

async fn refusal(shop: &Shop, id: SubscriptionId, request: QuoteRequest) -> ChangeRefusal {
    match shop.quote(id, request).await {
        Err(QuoteError::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn plans_that_are_not_offered() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let own = shop.owner.organization_id;
    let dollars = Offer::in_dollars(&shop.db, own).await;
    assert_eq!(refusal(&shop, id, to(dollars)).await, ChangeRefusal::OtherCurrency);
    let elsewhere = fixtures::organization(&shop.db, "other").await;
    let foreign = Offer::business(&shop.db, elsewhere).await;
    assert_eq!(refusal(&shop, id, to(foreign)).await, ChangeRefusal::NotOffered);
    let once = PriceAmount::Fixed { amount_minor: 100 };
    let once = Offer::new(&shop.db, own, once, None, None).await;
    assert_eq!(refusal(&shop, id, to(once)).await, ChangeRefusal::NotOffered);
    for damage in ["is_archived = true", "visibility = 'private'", "deleted_at = created_at"] {
        let business = Offer::business(&shop.db, own).await;
        let sql =
            format!("update product set {damage} where product_id = '{}'", business.product_id);
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&shop.db.pool).await.unwrap();
        assert_eq!(refusal(&shop, id, to(business)).await, ChangeRefusal::NotOffered, "{damage}");
    }
    let gone = QuoteRequest::Plan { product_id: Uuid::nil().into(), seats: None };
    assert_eq!(refusal(&shop, id, gone).await, ChangeRefusal::NotOffered);
    let same =
        QuoteRequest::Plan { product_id: shop.read(id).await.summary.product_id, seats: None };
    assert_eq!(refusal(&shop, id, same).await, ChangeRefusal::NothingChanges);
}

#[tokio::test]
async fn seats_below_above_assigned_and_not_sold() {
    let shop = Shop::new().await;
    let offer = Offer::per_seat(&shop.db, shop.owner.organization_id).await;
    let id = shop.subscribe(offer, Some(5)).await;
    let seats = |seats| QuoteRequest::Seats { seats };
    for few in [1, 0, -3, i32::MIN] {
        let expected = ChangeRefusal::BelowMinimum { minimum: 2 };
        assert_eq!(refusal(&shop, id, seats(few)).await, expected);
    }
    for many in [51, i32::MAX] {
        let expected = ChangeRefusal::AboveMaximum { maximum: 50 };
        assert_eq!(refusal(&shop, id, seats(many)).await, expected);
    }
    assert_eq!(refusal(&shop, id, seats(5)).await, ChangeRefusal::NothingChanges);
    for email in ["b@example.com", "c@example.com", "d@example.com"] {
        let member =
            fixtures::colleague(&shop.db, &shop.owner, email, MemberRole::Member).await.member_id;
        let input =
            crate::seat::AssignSeat { subscription_id: id, member_id: member, metadata: None };
        let mut cx = shop.db.cx_of(shop.owner.clone());
        crate::seat::assign(&shop.db.pool, &mut cx, input).await.unwrap();
    }
    let expected = ChangeRefusal::SeatsAssigned { assigned: 3 };
    assert_eq!(refusal(&shop, id, seats(2)).await, expected);
    assert!(shop.quote(id, seats(3)).await.is_ok());
    let pro = Offer::monthly(&shop.db, shop.owner.organization_id).await;
    assert_eq!(refusal(&shop, id, to(pro)).await, ChangeRefusal::PlanWithoutSeats);
    let plain = shop.subscribe(pro, None).await;
    assert_eq!(refusal(&shop, plain, seats(3)).await, ChangeRefusal::NotSeatBased);
}

#[tokio::test]
async fn switches_of_the_organization() {
    let shop = Shop::new().await;
    let offer = Offer::per_seat(&shop.db, shop.owner.organization_id).await;
    let id = shop.subscribe(offer, Some(5)).await;
    let business = Offer::business(&shop.db, shop.owner.organization_id).await;
    shop.rules(|rules| {
        rules.plans_can_change = false;
        rules.seats_can_change = false;
        rules.can_cancel_now = false;
    })
    .await;
    let cancel = QuoteRequest::CancelNow { reason: None, comment: None };
    assert_eq!(refusal(&shop, id, to(business)).await, ChangeRefusal::PlanChangesOff);
    let more = QuoteRequest::Seats { seats: 6 };
    assert_eq!(refusal(&shop, id, more.clone()).await, ChangeRefusal::SeatChangesOff);
    assert_eq!(refusal(&shop, id, cancel).await, ChangeRefusal::CancelNowOff);
    // They bind customers, not the organization itself.
    let staff = crate::actor::Actor::System { organization_id: Some(shop.owner.organization_id) };
    assert!(quote::create(&shop.db.pool, &mut shop.db.cx_of(staff), id, more).await.is_ok());
}

#[tokio::test]
async fn subscriptions_that_are_not_simply_running() {
    let shop = Shop::new().await;
    let business = Offer::business(&shop.db, shop.owner.organization_id).await;
    let cancel =
        |subscription_id| CancelSubscription { subscription_id, reason: None, comment: None };
    let canceling = shop.pro().await;
    let mut cx = shop.db.cx_of(shop.owner.clone());
    subscription::cancel(&shop.db.pool, &mut cx, cancel(canceling)).await.unwrap();
    assert_eq!(refusal(&shop, canceling, to(business)).await, ChangeRefusal::Canceling);
    let pausing = shop.pro().await;
    let input = PauseSubscription { subscription_id: pausing, resumes_at: None };
    subscription::pause(&shop.db.pool, &mut cx, input).await.unwrap();
    assert_eq!(refusal(&shop, pausing, to(business)).await, ChangeRefusal::PauseScheduled);
    assert_eq!(refusal(&shop, pausing, QuoteRequest::Resume).await, ChangeRefusal::NotPaused);
    assert_eq!(refusal(&shop, pausing, QuoteRequest::Resubscribe).await, ChangeRefusal::NotEnded);
    let late = shop.pro().await;
    shop.db.clock.advance(Duration::days(31));
    assert_eq!(refusal(&shop, late, to(business)).await, ChangeRefusal::RenewalDue);
    shop.card(SandboxBehavior::DeclineInsufficientFunds).await;
    shop.pay().await;
    assert_eq!(refusal(&shop, late, to(business)).await, ChangeRefusal::PastDue);
    assert_eq!(refusal(&shop, pausing, to(business)).await, ChangeRefusal::Paused);
    assert_eq!(refusal(&shop, canceling, to(business)).await, ChangeRefusal::Ended);
    let now = QuoteRequest::CancelNow { reason: None, comment: None };
    assert_eq!(refusal(&shop, canceling, now).await, ChangeRefusal::Ended);
    assert_eq!(refusal(&shop, canceling, QuoteRequest::Resume).await, ChangeRefusal::Ended);
}

#[tokio::test]
async fn an_open_order_hides_what_was_paid() {
    let shop = Shop::new().await;
    shop.card(SandboxBehavior::Never).await;
    let offer = Offer::per_seat(&shop.db, shop.owner.organization_id).await;
    let id = shop.subscribe(offer, Some(5)).await;
    assert_eq!(
        refusal(&shop, id, QuoteRequest::Seats { seats: 4 }).await,
        ChangeRefusal::OrderOpen
    );
    assert!(shop.quote(id, QuoteRequest::Seats { seats: 6 }).await.is_ok(), "nothing is credited");
    shop.bill(ProrationBehavior::NextPeriod).await;
    assert!(shop.quote(id, QuoteRequest::Seats { seats: 4 }).await.is_ok(), "nor later");
}

#[tokio::test]
async fn what_belongs_to_others_is_unknown() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let business = Offer::business(&shop.db, shop.owner.organization_id).await;
    let quote = shop.quote(id, to(business)).await.unwrap();
    let neighbour = fixtures::member(&shop.db, shop.owner.organization_id, "eve@example.com").await;
    let elsewhere = fixtures::organization(&shop.db, "other").await;
    let stranger = fixtures::member(&shop.db, elsewhere, "ada@example.com").await;
    for actor in [neighbour, stranger] {
        let mut cx = shop.db.cx_of(actor.clone());
        let asked = quote::create(&shop.db.pool, &mut cx, id, to(business)).await;
        assert!(matches!(asked, Err(QuoteError::Unknown)));
        let confirmed = confirm(&shop.db.pool, &shop.processors(), &mut cx, quote.quote_id).await;
        assert!(matches!(confirmed, Err(ConfirmError::Unknown)));
        let actor = actor.into();
        assert_eq!(quote::get(&shop.db.pool, &actor, quote.quote_id).await.unwrap(), None);
        assert_eq!(quote::offered_plans(&shop.db.pool, &actor, id).await.unwrap(), None);
    }
    let colleague =
        fixtures::colleague(&shop.db, &shop.owner, "bob@example.com", MemberRole::Member).await;
    let mut cx = shop.db.cx_of(colleague);
    let forbidden = confirm(&shop.db.pool, &shop.processors(), &mut cx, quote.quote_id).await;
    assert!(matches!(forbidden, Err(ConfirmError::Forbidden(_))));
    let forbidden = quote::create(&shop.db.pool, &mut cx, id, to(business)).await;
    assert!(matches!(forbidden, Err(QuoteError::Forbidden(_))));
    let unknown = shop.confirm(Uuid::nil().into()).await;
    assert!(matches!(unknown, Err(ConfirmError::Unknown)));
    let mine = quote::get(&shop.db.pool, &shop.owner.clone().into(), quote.quote_id).await.unwrap();
    assert_eq!(mine, Some(quote));
}

#[tokio::test]
async fn a_quote_that_no_longer_holds_comes_back_fresh() {
    let shop = Shop::new().await;
    let id = shop.pro().await;
    let own = shop.owner.organization_id;
    let (business, starter) =
        (Offer::business(&shop.db, own).await, Offer::starter(&shop.db, own).await);
    // Expired.
    let quote = shop.quote(id, to(business)).await.unwrap();
    assert_eq!(quote.expires_at - quote.created_at, Duration::minutes(30));
    shop.db.clock.advance(Duration::minutes(30));
    let Err(ConfirmError::Expired { fresh }) = shop.confirm(quote.quote_id).await else {
        panic!("expired")
    };
    assert_eq!(fresh.created_at, shop.db.now());
    // Another change was quicker.
    let other = shop.quote(id, to(starter)).await.unwrap();
    assert!(matches!(shop.confirm(fresh.quote_id).await, Ok(Confirmed::Applied { .. })));
    let Err(ConfirmError::Stale { fresh }) = shop.confirm(other.quote_id).await else {
        panic!("stale")
    };
    assert_eq!(fresh.request, other.request);
    assert_ne!(fresh.result, other.result);
    // Somebody changed the stored row: what was shown is not what it would be.
    for damage in [
        "due_now_minor = 1",
        "result = jsonb_set(result, '{result,new_amount,minor}', '1')",
        "expires_at = expires_at + interval '1 day'",
    ] {
        let quote = shop.quote(id, to(starter)).await.unwrap();
        let sql = format!("update quote set {damage} where quote_id = '{}'", quote.quote_id);
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&shop.db.pool).await.unwrap();
        let refused = shop.confirm(quote.quote_id).await;
        assert!(matches!(refused, Err(ConfirmError::Stale { .. })), "{damage}: {refused:?}");
    }
    // The price's tax, the plan's place in the shop: worked out again from what is.
    let quote = shop.quote(id, to(starter)).await.unwrap();
    sqlx::query("update product set visibility = 'private'").execute(&shop.db.pool).await.unwrap();
    let refused = shop.confirm(quote.quote_id).await;
    assert!(
        matches!(refused, Err(ConfirmError::Refused(ChangeRefusal::NotOffered))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn plans_on_offer() {
    let shop = Shop::new().await;
    let own = shop.owner.organization_id;
    let id = shop.pro().await;
    let (business, starter) =
        (Offer::business(&shop.db, own).await, Offer::starter(&shop.db, own).await);
    Offer::in_dollars(&shop.db, own).await;
    let team = Offer::per_seat(&shop.db, own).await;
    let cheaper =
        business.and_price(&shop.db, PriceAmount::Fixed { amount_minor: 4_900 }, Currency::EUR);
    shop.db.clock.advance(Duration::seconds(1));
    cheaper.await;
    let actor = shop.owner.clone().into();
    let plans = quote::offered_plans(&shop.db.pool, &actor, id).await.unwrap().unwrap();
    let seen: Vec<_> =
        plans.iter().map(|plan| (plan.name.as_str(), plan.amount.minor, plan.seats)).collect();
    assert_eq!(seen[0], ("Pro", 2_900, None));
    assert!(plans[0].is_current && !plans[1].is_current);
    assert_eq!((plans[1].product_id, plans[2].product_id), (starter.product_id, team.product_id));
    assert_eq!((seen[2].1, seen[2].2, plans.len()), (2_000, Some(2), 4));
    assert_eq!(plans[3].amount.minor, 4_900, "its newest price");
    assert_eq!(plans[1].interval, RecurringInterval::MONTHLY);
}
