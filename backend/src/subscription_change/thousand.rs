//! A thousand quotes through the commands: what was quoted is what was charged and what the next order is, to the cent, with tax.

use std::sync::Arc;

use domain::change::{ChangeRefusal, ProrationBehavior};
use domain::discount::DiscountDuration;
use domain::id::{DiscountId, QuoteId, SubscriptionId};
use domain::money::{Currency, Money};
use domain::order_amounts::OrderAmounts;
use domain::price::PriceAmount;
use domain::quote::QuoteResult;
use domain::tax::TaxBehavior;
use rand::RngExt;
use rand::rngs::StdRng;
use time::Duration;
use tokio::task::JoinSet;
use uuid::Uuid;

use super::shop::Shop;
use super::{Confirmed, confirm};
use crate::actor::MemberActor;
use crate::price::{self, CreatePrice};
use crate::quote::{self, QuoteError, QuoteRequest};
use crate::subscription::{self, StartSubscription};
use crate::test_support::billing::{self, Offer};
use crate::test_support::{TestDb, fixtures};
use crate::{invariants, payment};

const CUSTOMERS: usize = 200;
const ROUNDS: usize = 5;
/// So many customers act at once.
const TASKS: usize = 4;

/// A customer with its subscription, and the last quote it confirmed.
struct Player {
    member: MemberActor,
    subscription_id: SubscriptionId,
    last: Option<QuoteResult>,
    rng: StdRng,
}

struct Market {
    plain: Vec<Offer>,
    with_seats: Vec<Offer>,
    discounts: Vec<Option<DiscountId>>,
}

async fn market(shop: &Shop) -> Market {
    let (db, own) = (&shop.db, shop.owner.organization_id);
    billing::german_seller(db, own).await;
    let inclusive = Offer::monthly(db, own).await;
    let input = CreatePrice {
        organization_id: own,
        product_id: inclusive.product_id,
        amount: PriceAmount::Fixed { amount_minor: 3_333 },
        currency: Currency::EUR,
        tax_behavior: Some(TaxBehavior::Inclusive),
    };
    let price_id = price::create(&db.pool, &mut db.cx(), input).await.unwrap();
    let off = vec![Money::new(777, Currency::EUR)];
    Market {
        plain: vec![
            Offer::starter(db, own).await,
            Offer::business(db, own).await,
            Offer::yearly(db, own).await,
            Offer { price_id, ..inclusive },
        ],
        with_seats: vec![Offer::per_seat(db, own).await, Offer::graduated(db, own).await],
        discounts: vec![
            None,
            Some(billing::percent_off(db, own, 1_250, DiscountDuration::Forever).await),
            Some(billing::percent_off(db, own, 3_333, DiscountDuration::Once).await),
            Some(
                billing::amount_off(db, own, off, DiscountDuration::Repeating { months: 2 }).await,
            ),
        ],
    }
}

async fn player(db: &TestDb, shop: &Shop, market: &Market, n: usize) -> Player {
    let own = shop.owner.organization_id;
    let member = fixtures::team_owner(db, own, &format!("customer-{n}@example.com")).await;
    billing::german_buyer(db, &member).await;
    let mut rng = db.rng();
    let (offers, seats) = if n.is_multiple_of(2) {
        (&market.plain, None)
    } else {
        (&market.with_seats, Some(rng.random_range(2..20)))
    };
    let offer = offers[rng.random_range(0..offers.len())];
    let discount_id = market.discounts[rng.random_range(0..market.discounts.len())];
    let input = StartSubscription { discount_id, ..offer.start_for(&member, seats) };
    let started = subscription::start(&db.pool, &mut db.cx(), input).await.unwrap();
    Player { member, subscription_id: started.subscription_id, last: None, rng }
}

impl Player {
    /// Quotes something that is possible, confirms it, and looks at what was charged.
    async fn act(&mut self, shop: &Shop, market: &Market) {
        let db = &shop.db;
        for _ in 0..50 {
            let request = self.wish(market);
            let mut cx = db.cx_of(self.member.clone());
            let quote = match quote::create(&db.pool, &mut cx, self.subscription_id, request).await
            {
                Ok(quote) => quote,
                Err(QuoteError::Refused(
                    ChangeRefusal::NothingChanges
                    | ChangeRefusal::PlanWithoutSeats
                    | ChangeRefusal::NotSeatBased,
                )) => continue,
                Err(error) => panic!("{error:?}"),
            };
            let confirmed = confirm(&db.pool, &shop.processors(), &mut cx, quote.quote_id).await;
            let confirmed = confirmed.unwrap();
            assert!(matches!(confirmed, Confirmed::Applied { .. } | Confirmed::Scheduled { .. }));
            was_charged(db, quote.quote_id, &quote.result.due_now).await;
            self.last = Some(quote.result);
            return;
        }
        panic!("nothing is possible");
    }

    fn wish(&mut self, market: &Market) -> QuoteRequest {
        if self.rng.random_bool(0.5) {
            return QuoteRequest::Seats { seats: self.rng.random_range(2..40) };
        }
        let all: Vec<_> = market.plain.iter().chain(&market.with_seats).collect();
        let product_id = all[self.rng.random_range(0..all.len())].product_id;
        QuoteRequest::Plan { product_id, seats: None }
    }
}

/// Lines as the table holds them: kind, label, amount, discount, tax.
type Line = (String, String, i64, i64, i64);

fn lines(amounts: &OrderAmounts) -> Vec<Line> {
    let line = |billed: &domain::order_amounts::BilledLine| {
        let line = &billed.line;
        let (discount, tax) = (billed.discount_minor, billed.tax_minor);
        (line.kind.as_str().to_owned(), line.label.clone(), line.amount_minor, discount, tax)
    };
    amounts.lines.iter().map(line).collect()
}

async fn lines_of(db: &TestDb, order_id: Uuid) -> Vec<Line> {
    sqlx::query_as(
        "select kind, label, amount_minor, discount_minor, tax_minor from order_item where order_id = $1 order by position",
    )
    .bind(order_id)
    .fetch_all(&db.pool)
    .await
    .unwrap()
}

async fn was_charged(db: &TestDb, quote_id: QuoteId, due: &OrderAmounts) {
    type Row = (Option<Uuid>, Option<String>, Option<i64>, Option<i64>, Option<i64>);
    let (order_id, status, total, tax, charged): Row = sqlx::query_as(
        "select o.order_id, o.status, o.total_minor, o.tax_minor, p.amount_minor
         from subscription_change c
         left join orders o using (organization_id, order_id)
         left join payment_attempt a on a.order_id = o.order_id
         left join sandbox.payment p on p.idempotency_key = a.payment_attempt_id and p.state = 'succeeded'
         where c.quote_id = $1 and c.state = 'applied'",
    )
    .bind(quote_id.as_uuid())
    .fetch_one(&db.pool)
    .await
    .unwrap();
    let Some(order_id) = order_id else {
        assert!(due.lines.is_empty());
        return;
    };
    let totals = due.totals;
    assert_eq!((status.as_deref(), total), (Some("paid"), Some(totals.total.minor)));
    assert_eq!(
        (tax, charged),
        (Some(totals.tax.minor), (!totals.total.is_zero()).then_some(totals.total.minor))
    );
    assert_eq!(lines_of(db, order_id).await, lines(due));
}

/// The order that came when the last quote said so is the one it showed.
async fn renewed_as_quoted(db: &TestDb, player: &Player) -> bool {
    let next = player.last.as_ref().unwrap().next_charge.as_ref().unwrap();
    if next.at > db.now() {
        return false;
    }
    let (order_id, total): (Uuid, i64) = sqlx::query_as(
        "select order_id, total_minor from orders where subscription_id = $1 and billing_reason = 'subscription_cycle' and period_start = $2",
    )
    .bind(player.subscription_id.as_uuid())
    .bind(next.at)
    .fetch_one(&db.pool)
    .await
    .unwrap();
    assert_eq!(total, next.amounts.totals.total.minor);
    assert_eq!(lines_of(db, order_id).await, lines(&next.amounts));
    true
}

/// All that is due, to the last row.
async fn run_due(shop: &Shop) {
    shop.db.settled().await;
    let (pool, processors) = (&shop.db.pool, shop.processors());
    while subscription::run_due(pool, &mut shop.db.cx(), 100).await.unwrap() > 0 {}
    while payment::run_due(pool, &processors, &mut shop.db.cx(), 100).await.unwrap() > 0 {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn what_was_quoted_is_what_was_charged_a_thousand_times() {
    let shop = Arc::new(Shop::new().await);
    let market = Arc::new(market(&shop).await);
    let mut players = vec![];
    for n in 0..CUSTOMERS {
        players.push(player(&shop.db, &shop, &market, n).await);
    }
    run_due(&shop).await;
    let behaviors = [
        ProrationBehavior::Invoice,
        ProrationBehavior::Prorate,
        ProrationBehavior::NextPeriod,
        ProrationBehavior::Invoice,
        ProrationBehavior::Prorate,
    ];
    for behavior in behaviors.into_iter().take(ROUNDS) {
        shop.db.clock.advance(Duration::seconds(3 * 86_400 + 12_345));
        shop.bill(behavior).await;
        let mut tasks = JoinSet::new();
        while !players.is_empty() {
            let rest = players.split_off(players.len().saturating_sub(CUSTOMERS.div_ceil(TASKS)));
            let (shop, market) = (Arc::clone(&shop), Arc::clone(&market));
            tasks.spawn(async move {
                let mut rest = rest;
                for player in &mut rest {
                    player.act(&shop, &market).await;
                }
                rest
            });
        }
        players = tasks.join_all().await.into_iter().flatten().collect();
    }
    assert_eq!(
        shop.count("select count(*) from subscription_change where state = 'applied'").await,
        1_000
    );
    shop.db.clock.advance(Duration::days(32));
    run_due(&shop).await;
    let mut renewed = 0;
    for player in &players {
        renewed += usize::from(renewed_as_quoted(&shop.db, player).await);
    }
    assert!(renewed > CUSTOMERS / 2, "{renewed} renewed");
    let violations = invariants::check(&shop.db.pool, shop.owner.organization_id).await.unwrap();
    assert_eq!(violations, vec![]);
}
