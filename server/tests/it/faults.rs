//! Workers that die in the middle of renewals and payments: afterwards each period was ordered once and each order charged once.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use backend::{
    chance::Chance,
    invariants,
    payment::SandboxPoint,
    test_support::{
        TestDb,
        billing::{Offer, charged},
        fixtures,
    },
};
use domain::id::OrganizationId;
use sqlx::PgPool;

use crate::support::{SECRET, program::foyer, scratch_folder};

const WORKERS: usize = 3;
/// More than a lease: what a dead worker had claimed is free for the others, and what a living one has as well.
const LEASE_S: i64 = 61;
const MONTH_S: i64 = 31 * 24 * 3600;

/// Where in its work a worker dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Subscriptions are claimed: a transaction holds them.
    Renewal,
    /// An attempt is claimed, and the processor does not know of it yet.
    Attempt,
    /// The processor knows of it, and is asked for the money.
    Call,
    /// The money is taken, and it is not written down yet.
    Settlement,
}

impl Phase {
    const ALL: [Self; 4] = [Self::Renewal, Self::Attempt, Self::Call, Self::Settlement];

    /// Counts the open claims of this phase.
    const fn sql(self) -> &'static str {
        match self {
            Self::Renewal => {
                "select count(distinct l.pid) from pg_locks l join pg_stat_activity a on a.pid = l.pid
                 where l.relation = 'subscription'::regclass and l.mode = 'RowExclusiveLock' and l.granted
                   and a.datname = current_database() and a.pid <> pg_backend_pid()"
            }
            Self::Attempt => {
                "select count(*) from payment_attempt a
                 where a.settled_at is null and a.tries > 0 and a.due_at > now() + (select offset_s from demo_clock) * interval '1 second'
                   and not exists (select from sandbox.payment p where p.idempotency_key = a.payment_attempt_id)"
            }
            Self::Call => {
                "select count(*) from payment_attempt a join sandbox.payment p on p.idempotency_key = a.payment_attempt_id
                 where a.settled_at is null and a.due_at > now() + (select offset_s from demo_clock) * interval '1 second'
                   and p.state = 'created'"
            }
            Self::Settlement => {
                "select count(*) from payment_attempt a join sandbox.payment p on p.idempotency_key = a.payment_attempt_id
                 where a.settled_at is null and a.due_at > now() + (select offset_s from demo_clock) * interval '1 second'
                   and p.state = 'succeeded'"
            }
        }
    }
}

/// A running `foyer worker`; killed when it is dropped.
struct Worker(Child);

impl Worker {
    fn start(database_url: &str, folder: &Path, dies_at: Option<SandboxPoint>) -> Self {
        let mut command = foyer(&["worker", "--database-url", database_url]);
        if let Some(point) = dies_at {
            command.args(["--sandbox-dies-at", point.as_str()]).stderr(Stdio::null());
        }
        let child = command
            .args(["--public-url", "http://127.0.0.1:3000", "--secret-key", SECRET])
            .args(["--database-connections", "8", "--sandbox-latency-ms", "15", "--log", "error"])
            .arg("--dev-mailbox")
            .arg(folder.join("mailbox"))
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        Self(child)
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([name, &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// As after a power cut.
    fn kill(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct Harness {
    db: TestDb,
    organization_id: OrganizationId,
    folder: PathBuf,
    workers: Vec<Worker>,
}

impl Harness {
    /// Workers before a heap of work: subscriptions that nobody has renewed since spring.
    async fn start(subscriptions: usize) -> Self {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        charged(&db, organization_id).await;
        let offer = Offer::monthly(&db, organization_id).await;
        for n in 0..subscriptions {
            let owner =
                fixtures::member(&db, organization_id, &format!("ada{n}@example.com")).await;
            offer.subscribe(&db, &owner).await;
        }
        // What they wrote is not the matter here.
        execute(
            &db.pool,
            "update mail set due_at = null, dropped_at = now() where due_at is not null",
        )
        .await;
        execute(&db.pool, "insert into demo_clock (offset_s) values (0)").await;
        let folder = scratch_folder();
        let workers = (0..WORKERS).map(|_| Worker::start(&db.url(), &folder, None)).collect();
        Self { db, organization_id, folder, workers }
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pool).await.unwrap()
    }

    async fn advance(&self, seconds: i64) {
        sqlx::query("update demo_clock set offset_s = offset_s + $1")
            .bind(seconds)
            .execute(&self.db.pool)
            .await
            .unwrap();
    }

    /// Subscriptions to be renewed and charges not settled.
    async fn is_idle(&self) -> bool {
        self.count(
            "select (select count(*) from payment_attempt where settled_at is null)
                + (select count(*) from subscription
                   where due_at <= now() + (select offset_s from demo_clock) * interval '1 second')",
        )
        .await
            == 0
    }

    /// Stops all workers at a moment in which a claim of this phase is open, with the next month's work when there is none left.
    async fn stop_in(&self, phase: Phase) {
        let end = Instant::now() + Duration::from_mins(1);
        loop {
            if self.count(phase.sql()).await > 0 {
                self.signal("-STOP");
                if self.count(phase.sql()).await > 0 {
                    return;
                }
                self.signal("-CONT");
            } else if self.is_idle().await {
                self.advance(MONTH_S).await;
            }
            assert!(Instant::now() < end, "nothing to interrupt in {phase:?}");
        }
    }

    fn signal(&self, name: &str) {
        for worker in &self.workers {
            worker.signal(name);
        }
    }

    /// Kills one of the workers while a claim is open; the others go on, and another takes its place.
    async fn kill_one(&mut self, phase: Phase, nth: usize) {
        self.stop_in(phase).await;
        assert!(self.count(phase.sql()).await > 0, "nobody moves, so the claim is still open");
        let victim = pick(Chance::seeded(nth as u64).rng());
        self.workers.swap_remove(victim).kill();
        self.signal("-CONT");
        self.workers.push(Worker::start(&self.db.url(), &self.folder, None));
        self.advance(LEASE_S).await;
    }

    /// Lets a worker beside the others die by itself between two steps of its first charge; they go on.
    async fn lose_one(&mut self, point: SandboxPoint) {
        let mut worker = Worker::start(&self.db.url(), &self.folder, Some(point));
        let end = Instant::now() + Duration::from_mins(1);
        while worker.0.try_wait().unwrap().is_none() {
            if self.is_idle().await {
                self.advance(MONTH_S).await;
            }
            assert!(Instant::now() < end, "{point:?} was never reached");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.advance(LEASE_S).await;
    }

    async fn finish(mut self) {
        let end = Instant::now() + Duration::from_mins(2);
        while !self.is_idle().await {
            assert!(Instant::now() < end, "work was left");
            tokio::time::sleep(Duration::from_millis(200)).await;
            self.advance(LEASE_S).await;
        }
        self.workers.clear();
        self.check().await;
        std::fs::remove_dir_all(&self.folder).unwrap();
    }

    async fn check(&self) {
        let violations = invariants::check(&self.db.pool, self.organization_id).await.unwrap();
        assert_eq!(violations, vec![]);
        for (what, sql) in [
            (
                "an order was charged with two keys",
                "select count(*) - count(distinct order_id) from payment_attempt",
            ),
            (
                "an order above 0 has no charge",
                "select count(*) from orders o where o.total_minor > 0 and not exists (select from payment_attempt a where a.order_id = o.order_id)",
            ),
            (
                "a charge did not succeed",
                "select count(*) from payment_attempt where state <> 'succeeded'",
            ),
            ("an order is not paid", "select count(*) from orders where status <> 'paid'"),
            (
                "the processor took money that nobody noted, or not what was noted",
                "select count(*) from sandbox.payment p full join payment_attempt a on a.payment_attempt_id = p.idempotency_key where p.state is distinct from 'succeeded' or a.state is distinct from 'succeeded' or p.amount_minor <> a.amount_minor",
            ),
            ("a claim is left", "select count(*) from payment_attempt where due_at is not null"),
            (
                "a subscription is not active",
                "select count(*) from subscription where status <> 'active'",
            ),
            (
                "a subscription is behind",
                "select count(*) from subscription where current_period_end <= now() + (select offset_s from demo_clock) * interval '1 second'",
            ),
            (
                "a period was announced twice, or never",
                "select (select count(*) from event where type = 'subscription.renewed') - (select count(*) from orders where billing_reason = 'subscription_cycle')",
            ),
            (
                "a payment was announced twice, or never",
                "select (select count(*) from event where type = 'order.paid') - (select count(*) from orders)",
            ),
            (
                "a period is missing",
                "select count(*) from (select subscription_id, count(*) as n from orders group by subscription_id) o join subscription s using (subscription_id) where o.n <> (extract(year from age(s.current_period_end at time zone 'utc', s.started_at at time zone 'utc')) * 12 + extract(month from age(s.current_period_end at time zone 'utc', s.started_at at time zone 'utc')))",
            ),
        ] {
            assert_eq!(self.count(sql).await, 0, "{what}");
        }
    }
}

fn pick(mut rng: impl rand::Rng) -> usize {
    rng.next_u32() as usize % WORKERS
}

async fn execute(db: &PgPool, sql: &'static str) {
    sqlx::query(sql).execute(db).await.unwrap();
}

/// The points that every charge comes by.
const POINTS: [SandboxPoint; 4] = [
    SandboxPoint::CreateBefore,
    SandboxPoint::CreateAfter,
    SandboxPoint::ConfirmBefore,
    SandboxPoint::ConfirmAfter,
];

/// Every third one dies by itself at an exact point; the others are killed from outside while a claim is open. `FOYER_TEST_KILLS` makes it
/// longer: the bench kills thousands of times, and hears how far it is.
#[tokio::test]
async fn workers_that_are_killed_renew_and_charge_exactly_once() {
    let kills = std::env::var("FOYER_TEST_KILLS").ok().and_then(|kills| kills.parse().ok());
    let mut harness = Harness::start(30).await;
    let kills = kills.unwrap_or(8);
    for nth in 0..kills {
        if nth % 3 == 2 {
            harness.lose_one(POINTS[nth / 3 % POINTS.len()]).await;
        } else {
            harness.kill_one(Phase::ALL[nth % Phase::ALL.len()], nth).await;
        }
        if (nth + 1) % 50 == 0 {
            eprintln!("killed {} of {kills}", nth + 1);
        }
    }
    harness.finish().await;
}
