//! A worker that dies at each point between two steps: of a renewal, of a payment by hand, of a refund, of a card that is entered and
//! pays at once. Then a healthy one finishes, and Foyer's books and the sandbox's agree.

use std::{
    os::unix::process::ExitStatusExt,
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use backend::{
    actor::{Actor, MemberActor},
    clock::{Clock, SystemClock},
    context::Context,
    invariants,
    payment::{
        self, PayOrder, Processors, RefundOrder, Sandbox, SandboxBehavior, SandboxPoint,
        SetupPresentation, SetupWay, check_card, set_behavior,
    },
    payment_method::{self, BeginSetup},
    subscription,
    test_support::{
        TestDb,
        billing::{Offer, charged},
        fixtures,
    },
};
use domain::{
    id::{OrderId, OrganizationId},
    payment::RefundReason,
};
use uuid::Uuid;

use crate::support::{SECRET, program::foyer, scratch_folder};

/// More than a lease: what a dead worker had claimed is free for others.
const LEASE: time::Duration = time::Duration::seconds(61);
const MONTH: time::Duration = time::Duration::days(31);
/// After so long a key is not sent again: the processor is only read.
const KEY_LASTS: time::Duration = time::Duration::hours(21);
const SIGABRT: i32 = 6;

struct Books {
    db: TestDb,
    organization_id: OrganizationId,
    owner: MemberActor,
    folder: PathBuf,
    offset: time::Duration,
    deaths: usize,
}

impl Books {
    /// One subscription, paid for this month.
    async fn open() -> Self {
        let db = TestDb::new().await;
        db.clock.set(SystemClock.now());
        let organization_id = fixtures::organization(&db, "acme").await;
        charged(&db, organization_id).await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        Offer::monthly(&db, organization_id).await.subscribe(&db, &owner).await;
        sqlx::query("insert into demo_clock (offset_s) values (0)")
            .execute(&db.pool)
            .await
            .unwrap();
        let offset = time::Duration::ZERO;
        let books =
            Self { db, organization_id, owner, folder: scratch_folder(), offset, deaths: 0 };
        books.finish().await;
        books
    }

    fn system(&self) -> Context {
        let now = SystemClock.now() + self.offset;
        Context::system_for(self.organization_id, now, self.db.rng())
    }

    fn owner(&self) -> Context {
        Context { actor: Actor::Member(self.owner.clone()), ..self.system() }
    }

    fn sandbox(&self) -> Sandbox {
        Sandbox::new(self.db.pool.clone())
    }

    async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.db.pool).await.unwrap()
    }

    async fn advance(&mut self, by: time::Duration) {
        self.offset += by;
        sqlx::query("update demo_clock set offset_s = $1")
            .bind(self.offset.whole_seconds())
            .execute(&self.db.pool)
            .await
            .unwrap();
    }

    async fn card(&self, behavior: SandboxBehavior) {
        let customer_id = self.owner.customer_id;
        set_behavior(
            &self.db.pool,
            &mut self.system(),
            self.organization_id,
            customer_id,
            behavior,
        )
        .await
        .unwrap();
    }

    /// What a healthy worker does now.
    async fn work(&self) {
        let (db, processors) = (&self.db.pool, Processors::default().with(self.sandbox()));
        subscription::run_due(db, &mut self.system(), 100).await.unwrap();
        payment::run_due(db, &processors, &mut self.system(), 100).await.unwrap();
        payment_method::run_due(db, &processors, &mut self.system(), 100).await.unwrap();
    }

    /// A worker that is to die at this point, and does.
    async fn die_at(&mut self, point: SandboxPoint) {
        let mut worker = foyer(&["worker", "--database-url", &self.db.url()])
            .args(["--public-url", "http://127.0.0.1:3000", "--secret-key", SECRET])
            .args(["--database-connections", "6", "--log", "error"])
            .args(["--sandbox-dies-at", point.as_str()])
            .arg("--dev-mailbox")
            .arg(self.folder.join("mailbox"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let end = Instant::now() + Duration::from_mins(2);
        let status = loop {
            if let Some(status) = worker.try_wait().unwrap() {
                break status;
            }
            if Instant::now() > end {
                worker.kill().unwrap();
                worker.wait().unwrap();
                panic!("{point:?} was never reached");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        };
        assert_eq!(status.signal(), Some(SIGABRT), "{point:?}: {status:?}");
        self.deaths += 1;
        self.agree(&format!("right after {point:?}")).await;
    }

    /// A healthy worker, until nothing is open; then the books agree.
    async fn finish_after(&mut self, what: &str) {
        for _ in 0..20 {
            self.advance(LEASE).await;
            self.work().await;
            if self.open_work().await == 0 {
                return self.agree(what).await;
            }
        }
        panic!("{what}: work was left");
    }

    async fn finish(&self) {
        self.work().await;
        assert_eq!(self.open_work().await, 0);
    }

    async fn open_work(&self) -> i64 {
        self.count(
            "select (select count(*) from payment_attempt where settled_at is null) + (select count(*) from refund where settled_at is null)
                + (select count(*) from payment_method_setup where settled_at is null)",
        )
        .await
    }

    /// Holds at any moment, whoever died.
    async fn agree(&self, what: &str) {
        for (rule, sql) in [
            (
                "an order was charged twice",
                "select count(*) from (select a.order_id from sandbox.payment p join payment_attempt a on a.payment_attempt_id = p.idempotency_key
                 where p.state = 'succeeded' group by a.order_id having count(*) > 1) twice",
            ),
            (
                "a charge is on no order, or for another amount",
                "select count(*) from sandbox.payment p left join payment_attempt a on a.payment_attempt_id = p.idempotency_key
                 left join orders o on o.order_id = a.order_id
                 where o.order_id is null or p.amount_minor <> o.total_minor or p.amount_minor <> a.amount_minor",
            ),
            (
                "a charge is noted that was never made",
                "select count(*) from payment_attempt a left join sandbox.payment p on p.idempotency_key = a.payment_attempt_id
                 where a.state = 'succeeded' and p.state is distinct from 'succeeded'",
            ),
            (
                "a settled charge was made and not noted",
                "select count(*) from payment_attempt a join sandbox.payment p on p.idempotency_key = a.payment_attempt_id
                 where a.settled_at is not null and a.state <> 'succeeded' and p.state = 'succeeded'",
            ),
            (
                "an order is paid without a charge, or the other way round",
                "select count(*) from orders o where (o.paid_at is not null) is distinct from
                    exists (select from payment_attempt a where a.order_id = o.order_id and a.state = 'succeeded')",
            ),
            (
                "money went back that nobody wanted back, or another amount",
                "select count(*) from sandbox.refund s left join refund r on r.refund_id = s.idempotency_key
                 where r.refund_id is null or r.amount_minor <> s.amount_minor or r.state = 'failed'",
            ),
            (
                "a refund is noted that was never made",
                "select count(*) from refund r left join sandbox.refund s on s.idempotency_key = r.refund_id
                 where r.state = 'succeeded' and s.idempotency_key is null",
            ),
        ] {
            assert_eq!(self.count(sql).await, 0, "{what}: {rule}");
        }
        assert_eq!(
            invariants::check(&self.db.pool, self.organization_id).await.unwrap(),
            vec![],
            "{what}"
        );
    }

    /// The next month's order, which nobody could charge yet.
    async fn overdue_order(&mut self) -> OrderId {
        self.card(SandboxBehavior::DeclineInsufficientFunds).await;
        self.advance(MONTH).await;
        self.work().await;
        self.agree("declined").await;
        let order: Uuid =
            sqlx::query_scalar("select order_id from orders where status = 'pending'")
                .fetch_one(&self.db.pool)
                .await
                .unwrap();
        order.into()
    }

    async fn close(self, deaths: usize) {
        assert_eq!(self.deaths, deaths);
        assert_eq!(self.count("select count(*) from orders where status = 'pending'").await, 0);
        std::fs::remove_dir_all(&self.folder).unwrap();
    }
}

const CHARGE: [SandboxPoint; 4] = [
    SandboxPoint::CreateBefore,
    SandboxPoint::CreateAfter,
    SandboxPoint::ConfirmBefore,
    SandboxPoint::ConfirmAfter,
];

#[tokio::test]
async fn a_renewal() {
    let mut books = Books::open().await;
    for point in CHARGE {
        books.advance(MONTH).await;
        books.die_at(point).await;
        books.finish_after("renewed").await;
        assert_eq!(books.count("select count(*) from orders where status = 'pending'").await, 0);
    }
    // One after the other: each worker finds what the one before it left.
    books.advance(MONTH).await;
    for point in CHARGE {
        books.die_at(point).await;
        books.advance(LEASE).await;
    }
    books.finish_after("renewed after four deaths").await;
    assert_eq!(books.count("select count(*) from orders").await, 6);
    books.close(8).await;
}

#[tokio::test]
async fn a_renewal_whose_answer_came_too_late_to_ask_again() {
    let mut books = Books::open().await;
    for point in [SandboxPoint::ReadBefore, SandboxPoint::ReadAfter] {
        books.advance(MONTH).await;
        books.die_at(SandboxPoint::ConfirmAfter).await;
        books.advance(KEY_LASTS).await;
        books.die_at(point).await;
        books.finish_after("read").await;
        assert_eq!(books.count("select count(*) from orders where status = 'pending'").await, 0);
    }
    // Known there, and never confirmed: it is given up there before anything else is tried.
    for point in [SandboxPoint::CancelBefore, SandboxPoint::CancelAfter] {
        books.advance(MONTH).await;
        books.die_at(SandboxPoint::ConfirmBefore).await;
        books.advance(KEY_LASTS).await;
        books.die_at(point).await;
        books.finish_after("given up").await;
        books.advance(time::Duration::days(8)).await;
        books.finish_after("tried anew").await;
    }
    books.close(8).await;
}

#[tokio::test]
async fn a_payment_by_hand() {
    let mut books = Books::open().await;
    for point in CHARGE {
        let order_id = books.overdue_order().await;
        books.card(SandboxBehavior::Approve).await;
        let input = PayOrder { order_id, payment_method_id: None, return_path: None };
        // The process that took the request dies right after writing it down: it reaches no processor.
        let nobody = Processors::default();
        payment::pay(&books.db.pool, &nobody, &mut books.owner(), input).await.unwrap();
        books.advance(LEASE).await;
        books.die_at(point).await;
        books.finish_after("paid by hand").await;
        assert_eq!(books.count("select count(*) from orders where status = 'pending'").await, 0);
    }
    books.close(4).await;
}

#[tokio::test]
async fn a_refund() {
    let mut books = Books::open().await;
    let order: Uuid =
        sqlx::query_scalar("select order_id from orders").fetch_one(&books.db.pool).await.unwrap();
    for (n, points) in [
        &[SandboxPoint::RefundBefore][..],
        &[SandboxPoint::RefundAfter],
        &[SandboxPoint::RefundBefore, SandboxPoint::RefundAfter],
        &[SandboxPoint::RefundAfter, SandboxPoint::ReadRefundBefore, SandboxPoint::ReadRefundAfter],
    ]
    .into_iter()
    .enumerate()
    {
        let input = RefundOrder {
            organization_id: books.organization_id,
            order_id: order.into(),
            amount_minor: (n < 3).then_some(500),
            reason: RefundReason::CustomerRequest,
            comment: None,
        };
        payment::refund_order(&books.db.pool, &mut books.system(), input).await.unwrap();
        for point in points {
            if *point == SandboxPoint::ReadRefundBefore {
                books.advance(KEY_LASTS).await;
            }
            books.die_at(*point).await;
            books.advance(LEASE).await;
        }
        books.finish_after("refunded").await;
    }
    assert_eq!(books.count("select count(*) from sandbox.refund").await, 4);
    assert_eq!(books.count("select count(*) from orders where status = 'refunded'").await, 1);
    books.close(7).await;
}

#[tokio::test]
async fn a_card_that_is_entered_and_pays() {
    let mut books = Books::open().await;
    let entered = [SandboxPoint::ReadSetupBefore, SandboxPoint::ReadSetupAfter];
    for point in entered.into_iter().chain(CHARGE) {
        let order_id = books.overdue_order().await;
        let sandbox = books.sandbox();
        let input = BeginSetup {
            customer_id: books.owner.customer_id,
            set_default: true,
            is_kept: true,
            subscription_id: None,
            order_id: Some(order_id),
            presentation: SetupPresentation::Hosted,
            return_path: "/acme/portal".to_owned(),
        };
        let processors = Processors::default().with(sandbox.clone());
        let begun =
            payment_method::begin_setup(&books.db.pool, &processors, &mut books.owner(), input)
                .await
                .unwrap();
        let SetupWay::Hosted { url } = begun.way else { panic!("hosted") };
        let now = books.system().now;
        let card = check_card("4242424242424242", "12/60", "123", now)
            .or_else(|_| check_card("4242424242424242", "12/39", "123", now))
            .unwrap();
        sandbox.enter_card(url.rsplit('/').next().unwrap(), card, now).await.unwrap().unwrap();
        // The browser never comes back; the worker looks by itself.
        books.advance(time::Duration::minutes(6)).await;
        books.die_at(point).await;
        books.advance(time::Duration::minutes(11)).await;
        books.finish_after("entered and paid").await;
        assert_eq!(books.count("select count(*) from orders where status = 'pending'").await, 0);
    }
    assert_eq!(
        books.count("select count(*) from payment_method where deleted_at is null").await,
        7
    );
    books.close(6).await;
}
