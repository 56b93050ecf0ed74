//! A thousand subscriptions through a season of anything.

use domain::discount::DiscountDuration;
use domain::id::SubscriptionId;
use domain::interval::{Interval, RecurringInterval};
use domain::money::Money;
use domain::price::PriceAmount;
use rand::RngExt;
use rand::rngs::StdRng;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::actor::MemberActor;
use crate::chance::Chance;
use crate::invariants;
use crate::payment::{self, SandboxBehavior};
use crate::subscription::{
    CancelSubscription, PauseSubscription, StartSubscription, cancel, get, keep, next_due_at,
    pause, run_due, start, unschedule_pause, unschedule_update,
};
use crate::test_support::billing::{
    Offer, amount_off, charged, everything_allowed, german_buyer, german_seller, part_waits,
    percent_off, processors, update_scheduled,
};
use crate::test_support::{TestDb, fixtures};

const CUSTOMERS: usize = 40;
const SUBSCRIPTIONS: usize = 1_000;

struct World {
    db: TestDb,
    rng: StdRng,
    plans: Vec<Offer>,
    team: Offer,
    owners: Vec<MemberActor>,
    subscriptions: Vec<(usize, SubscriptionId)>,
}

impl World {
    async fn new() -> Self {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        german_seller(&db, organization_id).await;
        everything_allowed(&db, organization_id).await;
        charged(&db, organization_id).await;
        let quarterly = RecurringInterval::new(Interval::Month, 3).ok();
        let cents = PriceAmount::Fixed { amount_minor: 3_333 };
        let plans = vec![
            Offer::monthly(&db, organization_id).await,
            Offer::with_trial(&db, organization_id).await,
            Offer::yearly(&db, organization_id).await,
            Offer::starter(&db, organization_id).await,
            Offer::new(&db, organization_id, cents, quarterly, Some(40)).await,
            Offer::new(&db, organization_id, PriceAmount::Free, quarterly, None).await,
        ];
        let team = Offer::graduated(&db, organization_id).await;
        let mut owners = vec![];
        for n in 0..CUSTOMERS {
            let email = format!("ada{n}@example.com");
            let owner = fixtures::member(&db, organization_id, &email).await;
            if n % 3 != 0 {
                german_buyer(&db, &owner).await;
            }
            let behavior = match n % 8 {
                0 => SandboxBehavior::DeclineInsufficientFunds,
                1 => SandboxBehavior::LostAnswer,
                _ => SandboxBehavior::Approve,
            };
            payment::set_behavior(
                &db.pool,
                &mut db.cx(),
                organization_id,
                owner.customer_id,
                behavior,
            )
            .await
            .unwrap();
            owners.push(owner);
        }
        let rng = Chance::seeded(20_260_501).rng();
        Self { db, rng, plans, team, owners, subscriptions: vec![] }
    }

    async fn subscribe_all(&mut self) {
        let organization_id = self.team.organization_id;
        let tenth = percent_off(
            &self.db,
            organization_id,
            1_000,
            DiscountDuration::Repeating { months: 3 },
        )
        .await;
        let five = vec![Money::new(555, domain::money::Currency::EUR)];
        let fixed = amount_off(&self.db, organization_id, five, DiscountDuration::Forever).await;
        for n in 0..SUBSCRIPTIONS {
            let owner = n % CUSTOMERS;
            let plan = self.rng.random_range(0..=self.plans.len());
            let offer = self.plans.get(plan).unwrap_or(&self.team);
            let seats = (plan == self.plans.len()).then(|| self.rng.random_range(1..=30_i32));
            let discount_id = [None, None, Some(tenth), Some(fixed)][self.rng.random_range(0..4)];
            let input =
                StartSubscription { discount_id, ..offer.start_for(&self.owners[owner], seats) };
            let started = start(&self.db.pool, &mut self.db.cx(), input).await.unwrap();
            self.subscriptions.push((owner, started.subscription_id));
            self.db.clock.advance(Duration::minutes(self.rng.random_range(0..40)));
        }
    }

    /// Somebody does something; what is refused is refused by name and changes nothing.
    async fn act(&mut self) {
        let (owner, id) = self.subscriptions[self.rng.random_range(0..SUBSCRIPTIONS)];
        let mut cx = self.db.cx_of(self.owners[owner].clone());
        let pool = self.db.pool.clone();
        let facts = get(&pool, &cx.actor, id).await.unwrap().unwrap().summary.facts;
        match self.rng.random_range(0..10) {
            0 | 1 => {
                let input = CancelSubscription { subscription_id: id, reason: None, comment: None };
                let _ = cancel(&pool, &mut cx, input).await;
            }
            2 | 3 => {
                let _ = keep(&pool, &mut cx, id).await;
            }
            4 | 5 => {
                let after = Duration::hours(self.rng.random_range(0..2_000));
                let resumes_at =
                    self.rng.random_bool(0.7).then(|| facts.current_period.end + after);
                let input = PauseSubscription { subscription_id: id, resumes_at };
                let _ = pause(&pool, &mut cx, input).await;
            }
            6 => {
                let _ = unschedule_pause(&pool, &mut cx, id).await;
            }
            7 => {
                let _ = unschedule_update(&pool, &mut cx, id).await;
            }
            8 if facts.status.is_billable() && !facts.cancel_at_period_end => {
                let _ = unschedule_update(&pool, &mut cx, id).await;
                let to = self.plans[self.rng.random_range(0..4)];
                if facts.seats.is_none() && facts.current_period.end > self.db.now() {
                    update_scheduled(&self.db, id, Some(to), None).await;
                }
            }
            _ if facts.status.is_billable() => {
                let amount = self.rng.random_range(-6_000..3_000);
                part_waits(&self.db, self.team.organization_id, id, amount).await;
            }
            _ => {}
        }
    }

    /// Up to five subscriptions that come due until `at`, with what they are announced to be charged.
    async fn announced(&self, at: OffsetDateTime) -> Vec<(SubscriptionId, OffsetDateTime, i64)> {
        let due: Vec<(Uuid, Uuid)> = sqlx::query_as(
            "select subscription_id, customer_id from subscription
             where due_at <= $1 and status <> 'past_due' order by subscription_id limit 5",
        )
        .bind(at)
        .fetch_all(&self.db.pool)
        .await
        .unwrap();
        let mut announced = vec![];
        for (id, customer_id) in due {
            let owner =
                self.owners.iter().find(|it| it.customer_id.as_uuid() == customer_id).unwrap();
            let read = get(&self.db.pool, &owner.clone().into(), id.into()).await.unwrap().unwrap();
            if let Some(charge) = read.summary.next_charge.filter(|charge| charge.at <= at) {
                announced.push((id.into(), charge.at, charge.amounts.totals.total.minor));
            }
        }
        announced
    }

    async fn work(&self) {
        self.db.settled().await;
        let processors = processors(&self.db);
        loop {
            let subscriptions =
                run_due(&self.db.pool, &mut self.db.cx(), usize::MAX).await.unwrap();
            let payments =
                payment::run_due(&self.db.pool, &processors, &mut self.db.cx(), usize::MAX)
                    .await
                    .unwrap();
            if subscriptions + payments == 0 {
                return;
            }
        }
    }
}

#[tokio::test]
async fn a_thousand_subscriptions_through_a_season() {
    let mut world = World::new().await;
    world.subscribe_all().await;
    let until = world.db.now() + Duration::days(100);
    let mut compared = 0;
    while world.db.now() < until {
        for _ in 0..25 {
            world.act().await;
        }
        let next = world.db.now() + Duration::hours(world.rng.random_range(1..240));
        let announced = world.announced(next).await;
        world.db.clock.set(next);
        world.work().await;
        for (id, at, total_minor) in announced {
            let made: Option<i64> = sqlx::query_scalar(
                "select total_minor from orders where subscription_id = $1 and (period_start = $2 or (period_start is null and created_at = $3))",
            )
            .bind(id.as_uuid())
            .bind(at)
            .bind(next)
            .fetch_optional(&world.db.pool)
            .await
            .unwrap();
            assert_eq!(made, Some(total_minor), "{id} at {at}");
            compared += 1;
        }
    }
    let organization_id = world.team.organization_id;
    assert_eq!(invariants::check(&world.db.pool, organization_id).await.unwrap(), vec![]);
    let next = next_due_at(&world.db.pool, None).await.unwrap().unwrap();
    assert!(next > world.db.now(), "nothing that is due is left");
    assert!(compared > 30, "{compared}");
    // The season had something of everything.
    let events = fixtures::event_types(&world.db).await;
    for event_type in [
        "subscription.renewed",
        "subscription.activated",
        "subscription.updated",
        "subscription.canceled",
        "subscription.uncanceled",
        "subscription.revoked",
        "subscription.paused",
        "subscription.resumed",
        "subscription.pause_unscheduled",
        "subscription.past_due",
        "subscription.trial_reminder_due",
        "order.voided",
    ] {
        assert!(events.iter().any(|event| event == event_type), "{event_type}");
    }
}
