//! Adding methods, from the form to what follows.

use super::*;
use crate::payment::SandboxBehavior;
use crate::payment_method::test_helpers::{Case, in_the_books};
use crate::payment_method::{BeginSetup, SetupBegun, list, remove};
use crate::test_support::fixtures;

const VISA: &str = "4242 4242 4242 4242";
const AMEX: &str = "378282246310005";

/// Past due: the first card was declined.
async fn past_due() -> Case {
    let case = Case::new(SandboxBehavior::DeclineGeneric).await;
    case.work().await;
    case
}

fn method_of(finished: &FinishedSetup) -> PaymentMethodId {
    match finished.state {
        SetupState::Succeeded { payment_method_id } => payment_method_id,
        state => panic!("{state:?}"),
    }
}

async fn listed(case: &Case) -> usize {
    list(&case.db.pool, &case.owner.clone().into()).await.unwrap().len()
}

/// The other setup enters the same card once more.
async fn same_card(case: &Case, as_in: &SetupBegun, begun: &SetupBegun) {
    sqlx::query(
        "update sandbox.setup set state = 'succeeded', processor_method_id =
            (select processor_method_id from sandbox.setup where processor_setup_id = $1) where processor_setup_id = $2",
    )
    .bind(in_the_books(as_in.payment_method_setup_id))
    .bind(in_the_books(begun.payment_method_setup_id))
    .execute(&case.db.pool)
    .await
    .unwrap();
}

#[tokio::test]
async fn a_card_is_added_once_however_often_it_is_told() {
    let case = Case::new(SandboxBehavior::Approve).await;
    let begun = case.entered(case.input(), AMEX, "123").await;
    let (one, two) = tokio::join!(case.finish(&begun), case.finish(&begun));
    assert_eq!(one, two);
    assert_eq!(case.finish(&begun).await, one);
    assert_eq!(one.return_path, "/acme/portal/settings/payment-methods");
    assert_eq!((listed(&case).await, case.events("payment_method.created").await), (2, 1));
    assert_eq!(case.chosen().await, "4242 - -", "the default stays");
    let noticed = "select count(*) from payment_method where last4 = '0005' and expiry_notice_due_at = '2039-12-02 00:00Z'";
    assert_eq!(case.count(noticed).await, 1);
    case.is_sound().await;
}

#[tokio::test]
async fn the_first_one_is_the_default_and_the_same_card_is_no_second_one() {
    let case = Case::new(SandboxBehavior::Approve).await;
    case.execute("update customer set default_payment_method_id = null").await;
    case.execute("update payment_method set deleted_at = created_at, expiry_notice_due_at = null")
        .await;
    let one = case.entered(case.input(), AMEX, "123").await;
    let method = method_of(&case.finish(&one).await);
    assert_eq!(case.chosen().await, "0005 - -");
    let again = case.begin(case.input()).await.unwrap();
    same_card(&case, &one, &again).await;
    assert_eq!(method_of(&case.finish(&again).await), method);
    assert_eq!(listed(&case).await, 1);
    assert_eq!(case.events("payment_method.created").await, 1);
    case.is_sound().await;
}

#[tokio::test]
async fn a_removed_one_comes_back_and_a_one_off_leaves_a_saved_one_alone() {
    let case = Case::new(SandboxBehavior::Approve).await;
    let one = case.entered(case.input(), AMEX, "123").await;
    let method = method_of(&case.finish(&one).await);
    remove(&case.db.pool, &mut case.cx(), method).await.unwrap();
    assert_eq!(listed(&case).await, 1);
    let again = case.begin(case.input()).await.unwrap();
    same_card(&case, &one, &again).await;
    assert_eq!(method_of(&case.finish(&again).await), method);
    let one_off = case.begin(BeginSetup { is_kept: false, ..case.input() }).await.unwrap();
    same_card(&case, &one, &one_off).await;
    assert_eq!(method_of(&case.finish(&one_off).await), method);
    assert_eq!(listed(&case).await, 2);
    assert_eq!(case.events("payment_method.created").await, 2);
    case.work().await;
    assert_eq!(
        case.count("select count(*) from sandbox.method where detached_at is not null").await,
        0
    );
    case.is_sound().await;
}

#[tokio::test]
async fn an_overdue_order_is_paid_with_the_new_card_and_only_once() {
    let case = past_due().await;
    let order_id = Some(case.subscription.order_id);
    let input = BeginSetup { order_id, set_default: true, ..case.input() };
    let begun = case.entered(input, VISA, "123").await;
    let at_once = tokio::join!(case.finish(&begun), case.finish(&begun), case.finish(&begun));
    let paid = Some(PaymentOutcome::Succeeded);
    assert!([&at_once.0, &at_once.1, &at_once.2].iter().any(|finished| finished.payment == paid));
    assert_eq!(case.finish(&begun).await.payment, paid);
    assert_eq!(case.texts("select status from subscription").await, "active");
    let taken = "select count(*) from sandbox.payment where state = 'succeeded'";
    assert_eq!(case.count(taken).await, 1);
    case.work().await;
    let attempts = "select string_agg(concat_ws(' ', trigger, state), ', ' order by created_at) from payment_attempt";
    assert_eq!(
        case.texts(attempts).await,
        "subscription_cycle declined, retry_customer succeeded".replace(
            "subscription_cycle",
            &case.texts("select trigger from payment_attempt order by created_at limit 1").await
        )
    );
    case.is_sound().await;
}

#[tokio::test]
async fn a_one_off_pays_its_order_and_is_forgotten_a_day_later() {
    let case = past_due().await;
    let order_id = Some(case.subscription.order_id);
    let input = BeginSetup { order_id, is_kept: false, set_default: true, ..case.input() };
    let begun = case.entered(input, AMEX, "123").await;
    let finished = case.finish(&begun).await;
    assert_eq!(finished.payment, Some(PaymentOutcome::Succeeded));
    assert_eq!((listed(&case).await, case.chosen().await.as_str()), (1, "4242 - -"));
    assert_eq!(case.events("payment_method.created").await, 0);
    assert_eq!(case.after(Duration::days(1) - Duration::seconds(1)).await, 0);
    assert_eq!(case.after(Duration::seconds(1)).await, 1);
    let forgotten =
        "select count(*) from sandbox.method where last4 = '0005' and detached_at is not null";
    assert_eq!(case.count(forgotten).await, 1);
    assert_eq!(case.after(Duration::days(2)).await, 0);
    case.is_sound().await;
}

#[tokio::test]
async fn a_new_default_retries_what_is_overdue_and_an_own_one_too() {
    for is_own in [false, true] {
        let case = past_due().await;
        let input = if is_own {
            let subscription_id = Some(case.subscription.subscription_id);
            BeginSetup { subscription_id, ..case.input() }
        } else {
            BeginSetup { set_default: true, ..case.input() }
        };
        let begun = case.entered(input, AMEX, "123").await;
        let finished = case.finish(&begun).await;
        assert_eq!(finished.payment, None);
        assert_eq!(case.chosen().await, if is_own { "4242 - 0005" } else { "0005 - -" });
        assert_eq!(case.work().await, 1);
        assert_eq!(case.texts("select status from subscription").await, "active");
        let retried = "select count(*) from payment_attempt where trigger = 'retry_payment_method_update' and state = 'succeeded'";
        assert_eq!(case.count(retried).await, 1);
        case.is_sound().await;
    }
}

#[tokio::test]
async fn a_bank_that_asks_leads_on_and_a_refused_card_says_why() {
    let case = past_due().await;
    let order_id = Some(case.subscription.order_id);
    let asks =
        case.entered(BeginSetup { order_id, ..case.input() }, "4000002760003184", "123").await;
    assert_eq!(case.finish(&asks).await.state, SetupState::Open, "the bank asks first");
    let id = in_the_books(asks.payment_method_setup_id);
    case.sandbox.answer_setup(&id, true).await.unwrap();
    let finished = case.finish(&asks).await;
    assert!(
        matches!(finished.payment, Some(PaymentOutcome::RequiresAction { .. })),
        "{finished:?}"
    );
    let refused = case.entered(case.input(), "4000000000009987", "101").await;
    let state = case.finish(&refused).await.state;
    assert_eq!(state, SetupState::Failed { code: DeclineCode::LostCard });
    assert_eq!(listed(&case).await, 2);
}

#[tokio::test]
async fn the_worker_finishes_what_no_browser_came_back_for() {
    let case = Case::new(SandboxBehavior::Approve).await;
    case.work().await;
    let begun = case.entered(case.input(), AMEX, "123").await;
    let given_up = case.begin(case.input()).await.unwrap();
    assert_eq!(case.work().await, 0, "the browser has five minutes");
    nudge_setup(&case.db.pool, case.organization_id, begun.payment_method_setup_id).await.unwrap();
    assert_eq!(case.work().await, 1, "a webhook came");
    assert_eq!(listed(&case).await, 2);
    let mut looks = 0;
    while case.count("select count(*) from payment_method_setup where due_at is not null").await > 0
    {
        looks += case.after(Duration::minutes(5)).await;
    }
    // After 5, 10, 20, 40 minutes, then every hour: the last look is the first one after a day.
    assert_eq!(looks, 28);
    assert_eq!(case.finish(&given_up).await.state, SetupState::Expired);
    case.is_sound().await;
}

#[tokio::test]
async fn what_is_anothers_is_unknown() {
    let case = Case::new(SandboxBehavior::Approve).await;
    let begun = case.begin(case.input()).await.unwrap();
    let other = fixtures::organization(&case.db, "other").await;
    let id = begun.payment_method_setup_id;
    let (pool, processors) = (&case.db.pool, case.processors());
    for (organization_id, mut cx) in [
        (other, case.db.cx()),
        (case.organization_id, case.cx()),
        (case.organization_id, Context::system_for(other, case.db.now(), case.db.rng())),
    ] {
        let answer = finish_setup(pool, &processors, &mut cx, organization_id, id).await;
        assert!(matches!(answer, Err(FinishSetupError::Unknown)), "{answer:?}");
    }
}

#[tokio::test]
async fn a_processor_that_is_away_is_asked_again() {
    let case = past_due().await;
    let order_id = Some(case.subscription.order_id);
    let begun = case.entered(BeginSetup { order_id, ..case.input() }, AMEX, "123").await;
    let (pool, away) = (&case.db.pool, case.away().await);
    let (organization_id, id) = (case.organization_id, begun.payment_method_setup_id);
    let finished = finish_setup(pool, &away, &mut case.db.cx(), organization_id, id).await.unwrap();
    assert_eq!((finished.state, finished.payment), (SetupState::Open, None));
    case.after(Duration::minutes(5)).await;
    let finished = case.finish(&begun).await;
    assert_eq!(finished.payment, Some(PaymentOutcome::Succeeded));
    case.is_sound().await;
}
