//! A charge whose processor fails at every call in turn, before or after it took effect: in the end both sides' books agree, and
//! nobody was charged twice.

use domain::payment::{PaymentOutcome, RefundReason};
use time::Duration;

use super::test_helpers::{Case, Fault};
use super::{Processors, RefundOrder, SandboxBehavior, refund_order, run_due};

/// The worker comes so often.
const ROUNDS: usize = 60;

/// Each of the first calls fails once, before and after it took effect.
fn faults(calls: usize) -> impl Iterator<Item = Fault> {
    (0..calls).flat_map(|call| [Fault::before(call), Fault::after(call)])
}

async fn work(case: &Case, processors: &Processors) {
    run_due(&case.db.pool, processors, &mut case.db.cx(), 100).await.unwrap();
}

/// The worker comes again and again until nothing of the first order is open.
async fn to_its_end(case: &Case, processors: &Processors) {
    for _ in 0..ROUNDS {
        work(case, processors).await;
        let open = "select count(*) from payment_attempt where settled_at is null";
        if case.count(open).await == 0 {
            return;
        }
        // Whoever is asked approves.
        case.sandbox.finish_action(case.attempt_id, true).await.unwrap();
        case.db.clock.advance(Duration::minutes(2));
    }
    panic!("it never came to an end: {:?}", case.standing().await);
}

/// Both books say the same, and at most one charge took money.
async fn agree(case: &Case, fault: Fault) {
    let astray = "select count(*) from payment_attempt a
        full join sandbox.payment p on p.idempotency_key = a.payment_attempt_id
        where (a.state = 'succeeded') is distinct from (p.state = 'succeeded') or a.amount_minor <> p.amount_minor";
    assert_eq!(case.count(astray).await, 0, "{fault:?}");
    let charged =
        case.count("select count(*) from sandbox.payment where state = 'succeeded'").await;
    let paid = case.count("select count(*) from orders where status = 'paid'").await;
    assert_eq!(charged, paid, "{fault:?}");
    let violations = crate::invariants::check(&case.db.pool, case.organization_id).await.unwrap();
    assert_eq!(violations, vec![], "{fault:?}");
}

/// `calls`: one more than a run without a fault makes.
async fn charged_once_whatever_fails(behavior: SandboxBehavior, calls: usize, paid: bool) {
    for fault in faults(calls) {
        let case = Case::new(behavior).await;
        let processors = case.faulty(fault);
        to_its_end(&case, &processors).await;
        agree(&case, fault).await;
        assert_eq!(case.standing().await.1 == "paid", paid, "{fault:?}");
        assert_eq!(case.count("select count(*) from sandbox.payment").await, 1, "{fault:?}");
    }
}

#[tokio::test]
async fn an_approved_charge() {
    charged_once_whatever_fails(SandboxBehavior::Approve, 3, true).await;
}

#[tokio::test]
async fn a_declined_charge() {
    charged_once_whatever_fails(SandboxBehavior::DeclineGeneric, 3, false).await;
}

#[tokio::test]
async fn a_slow_charge() {
    charged_once_whatever_fails(SandboxBehavior::Slow, 4, true).await;
}

#[tokio::test]
async fn a_charge_that_is_approved_by_the_customer() {
    charged_once_whatever_fails(SandboxBehavior::RequiresAction, 4, true).await;
}

#[tokio::test]
async fn a_customer_who_pays_while_the_processor_fails() {
    for fault in faults(3) {
        let case = Case::absent(SandboxBehavior::DeclineGeneric).await;
        case.work().await;
        case.card(SandboxBehavior::Approve).await;
        let processors = case.faulty(fault);
        let pay = async || {
            let input = super::PayOrder {
                order_id: case.order_id,
                payment_method_id: None,
                return_path: None,
            };
            let mut cx = case.db.cx_of(case.owner.clone());
            super::pay(&case.db.pool, &processors, &mut cx, input).await
        };
        if pay().await.unwrap() == PaymentOutcome::Unknown {
            // Pressing again does not charge again.
            assert!(matches!(pay().await, Err(super::PayError::InProgress)), "{fault:?}");
            case.db.settled().await;
        }
        to_its_end(&case, &processors).await;
        agree(&case, fault).await;
        assert_eq!(case.standing().await.1, "paid", "{fault:?}");
    }
}

#[tokio::test]
async fn money_that_goes_back() {
    for fault in [Fault::before(0), Fault::after(0), Fault::before(1), Fault::after(1)] {
        let case = Case::new(SandboxBehavior::Approve).await;
        case.work().await;
        let input = RefundOrder {
            organization_id: case.organization_id,
            order_id: case.order_id,
            amount_minor: Some(900),
            reason: RefundReason::CustomerRequest,
            comment: None,
        };
        refund_order(&case.db.pool, &mut case.db.cx(), input).await.unwrap();
        let processors = case.faulty(fault);
        for _ in 0..5 {
            work(&case, &processors).await;
            case.db.clock.advance(Duration::minutes(2));
        }
        let given = "select coalesce(sum(amount_minor), 0)::bigint from sandbox.refund";
        assert_eq!(case.count(given).await, 900, "{fault:?}");
        assert_eq!(case.text("select state from refund").await, "succeeded", "{fault:?}");
        assert_eq!(case.count("select refunded_minor from orders").await, 900, "{fault:?}");
    }
}
