use super::*;
use crate::actor::MemberActor;
use crate::customer::update_billing_details;
use crate::invariants;
use crate::invoice::{OrderInvoice, get};
use crate::organization::update_seller;
use crate::subscription::run_due;
use crate::test_support::billing::{
    Offer, german_buyer, german_details, german_seller, german_seller_of, subscribed,
};
use crate::test_support::{TestDb, fixtures};
use domain::id::OrderId;
use domain::role::MemberRole;
use time::Duration;

async fn owner(db: &TestDb) -> MemberActor {
    fixtures::member(db, fixtures::organization(db, "acme").await, "ada@example.com").await
}

async fn numbers(db: &TestDb) -> Vec<String> {
    sqlx::query_scalar("select number from invoice order by number")
        .fetch_all(&db.pool)
        .await
        .unwrap()
}

async fn invoice_of(db: &TestDb, owner: &MemberActor, order_id: OrderId) -> OrderInvoice {
    get(&db.pool, &owner.clone().into(), order_id).await.unwrap().unwrap()
}

#[tokio::test]
async fn an_invoice_is_frozen_when_it_is_issued() {
    let db = TestDb::new().await;
    let owner = owner(&db).await;
    german_seller(&db, owner.organization_id).await;
    german_buyer(&db, &owner).await;
    let order_id = subscribed(&db, &owner).await.order_id;
    assert_eq!(invoice_of(&db, &owner, order_id).await, OrderInvoice::Due);
    db.clock.advance(Duration::minutes(1));
    assert_eq!(issue_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
    assert_eq!(issue_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0);
    let issued = invoice_of(&db, &owner, order_id).await;
    let OrderInvoice::Issued(invoice) = &issued else { panic!("not issued: {issued:?}") };
    assert_eq!(invoice.issued_at, db.now());
    assert!(invoice.number.starts_with("ACME-") && invoice.number.ends_with("-0001"));
    let snapshot = &invoice.snapshot;
    assert_eq!(snapshot.seller.tax_id.as_deref(), Some("DE224559503"));
    assert_eq!(snapshot.buyer.address.lines(), ["Torstr. 1", "10119 Berlin"]);
    assert_eq!((snapshot.taxes[0].net_minor, snapshot.taxes[0].tax_minor), (2_900, 551));
    assert_eq!(snapshot.totals.total.minor, 3_451);
    assert_eq!(fixtures::event_types(&db).await.last().map(String::as_str), Some("invoice.issued"));

    // Nothing that changes later changes it.
    let mut moved = german_details();
    moved.address.line1 = "Neue Str. 2".into();
    update_billing_details(
        &db.pool,
        &mut db.cx_of(owner.clone()),
        owner.organization_id,
        owner.customer_id,
        moved,
    )
    .await
    .unwrap();
    let renamed = crate::organization::UpdateSeller {
        legal_name: "New AG".into(),
        ..german_seller_of(owner.organization_id)
    };
    update_seller(&db.pool, &mut db.cx(), renamed).await.unwrap();
    assert_eq!(issue_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0);
    assert_eq!(invoice_of(&db, &owner, order_id).await, issued);
}

#[tokio::test]
async fn an_order_waits_for_the_details_of_buyer_and_seller() {
    let db = TestDb::new().await;
    let owner = owner(&db).await;
    let order_id = subscribed(&db, &owner).await.order_id;
    assert_eq!(issue_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
    assert_eq!(invoice_of(&db, &owner, order_id).await, OrderInvoice::NeedsBuyer);
    german_buyer(&db, &owner).await;
    assert_eq!(issue_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
    assert_eq!(invoice_of(&db, &owner, order_id).await, OrderInvoice::NeedsSeller);
    assert_eq!(issue_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 0);
    german_seller(&db, owner.organization_id).await;
    assert_eq!(issue_due(&db.pool, &mut db.cx(), 10).await.unwrap(), 1);
    assert!(matches!(invoice_of(&db, &owner, order_id).await, OrderInvoice::Issued(_)));
    assert_eq!(numbers(&db).await.len(), 1);
}

#[tokio::test]
async fn an_order_of_nothing_and_a_void_one_have_no_invoice_and_take_no_number() {
    let db = TestDb::new().await;
    let owner = owner(&db).await;
    german_seller(&db, owner.organization_id).await;
    german_buyer(&db, &owner).await;
    let trial = Offer::with_trial(&db, owner.organization_id).await.subscribe(&db, &owner).await;
    let void = subscribed(&db, &owner).await.order_id;
    sqlx::query("update orders set status = 'void' where order_id = $1")
        .bind(void.as_uuid())
        .execute(&db.pool)
        .await
        .unwrap();
    db.clock.advance(Duration::minutes(1));
    let billed = subscribed(&db, &owner).await.order_id;
    issue_due(&db.pool, &mut db.cx(), 10).await.unwrap();
    assert_eq!(invoice_of(&db, &owner, trial.order_id).await, OrderInvoice::NotNeeded);
    assert_eq!(invoice_of(&db, &owner, void).await, OrderInvoice::NotNeeded);
    assert!(matches!(invoice_of(&db, &owner, billed).await, OrderInvoice::Issued(_)));
    let numbers = numbers(&db).await;
    assert!(matches!(&numbers[..], [only] if only.ends_with("-0001")), "{numbers:?}");
    let left: i64 =
        sqlx::query_scalar("select count(*) from orders where issue_due_at is not null")
            .fetch_one(&db.pool)
            .await
            .unwrap();
    assert_eq!(left, 0);
}

#[tokio::test]
async fn twenty_orders_issued_by_four_workers_are_numbered_without_gaps() {
    let db = TestDb::new().await;
    let owner = owner(&db).await;
    german_seller(&db, owner.organization_id).await;
    german_buyer(&db, &owner).await;
    subscribed(&db, &owner).await;
    // Months without a worker, then all at once.
    db.clock.advance(Duration::days(365 + 240));
    run_due(&db.pool, &mut db.cx(), 19).await.unwrap();
    let workers: Vec<_> = (0..4)
        .map(|_| {
            let (pool, mut cx) = (db.pool.clone(), db.cx());
            tokio::spawn(async move {
                let mut done = 0;
                loop {
                    match issue_due(&pool, &mut cx, 3).await.unwrap() {
                        0 => return done,
                        n => done += n,
                    }
                }
            })
        })
        .collect();
    let mut issued = 0;
    for worker in workers {
        issued += worker.await.unwrap();
    }
    assert_eq!(issued, 20);
    let numbers = numbers(&db).await;
    let (series, _) = numbers[0].rsplit_once('-').unwrap();
    let expected: Vec<_> = (1..=20).map(|n| format!("{series}-{n:04}")).collect();
    assert_eq!(numbers, expected);
    let rules = invariants::check(&db.pool, owner.organization_id).await.unwrap();
    assert_eq!(rules, []);
    // The rules do notice what they are for.
    sqlx::query("update invoice set snapshot = jsonb_set(snapshot, '{totals,total,minor}', '1') where number like '%-0003'")
        .execute(&db.pool)
        .await
        .unwrap();
    sqlx::query("delete from invoice where number like '%-0007'").execute(&db.pool).await.unwrap();
    let rules = invariants::check(&db.pool, owner.organization_id).await.unwrap();
    let rules: Vec<_> = rules.iter().map(|violation| violation.rule).collect();
    assert_eq!(rules, ["customer.invoices_without_gaps", "invoice.says_what_was_ordered"]);
}

#[tokio::test]
async fn a_failed_issue_takes_no_number() {
    let db = TestDb::new().await;
    let owner = owner(&db).await;
    german_seller(&db, owner.organization_id).await;
    german_buyer(&db, &owner).await;
    let bad = subscribed(&db, &owner).await.order_id;
    db.clock.advance(Duration::minutes(1));
    let good = subscribed(&db, &owner).await.order_id;
    sqlx::query("update orders set currency = 'xxx' where order_id = $1")
        .bind(bad.as_uuid())
        .execute(&db.pool)
        .await
        .unwrap();
    assert_eq!(
        issue_due(&db.pool, &mut db.cx(), 10).await.unwrap(),
        1,
        "the bad one is passed over"
    );
    assert!(matches!(invoice_of(&db, &owner, good).await, OrderInvoice::Issued(_)));
    assert!(numbers(&db).await[0].ends_with("-0001"));
}

#[tokio::test]
async fn only_who_may_read_billing_sees_an_invoice_and_only_ones_own() {
    let db = TestDb::new().await;
    let organization_id = fixtures::organization(&db, "acme").await;
    let owner = fixtures::team_owner(&db, organization_id, "ada@example.com").await;
    german_seller(&db, organization_id).await;
    german_buyer(&db, &owner).await;
    let order_id = subscribed(&db, &owner).await.order_id;
    issue_due(&db.pool, &mut db.cx(), 10).await.unwrap();
    let colleague = fixtures::colleague(&db, &owner, "bob@example.com", MemberRole::Member).await;
    assert!(get(&db.pool, &colleague.into(), order_id).await.is_err());
    let neighbour = fixtures::member(&db, organization_id, "eve@example.com").await;
    assert_eq!(get(&db.pool, &neighbour.into(), order_id).await.unwrap(), None);
}
