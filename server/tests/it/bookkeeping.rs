//! A subscription to look at, and what cancelling it leaves behind.

use backend::{
    actor::MemberActor,
    price::{self, CreatePrice},
    product::{self, CreateProduct},
    subscription::{self, StartSubscription},
    test_support::fixtures,
};
use domain::{
    id::SubscriptionId, interval::RecurringInterval, money::Currency, price::PriceAmount,
};

use crate::support::TestApp;

/// Starts "Pro", monthly for 24 euros, for the member's customer.
pub async fn subscribe(app: &TestApp, member: &MemberActor) -> SubscriptionId {
    let (db, organization_id) = (&app.db.pool, member.organization_id);
    let mut cx = app.db.cx();
    let product = CreateProduct {
        recurring: Some(RecurringInterval::MONTHLY),
        ..CreateProduct::of(organization_id, "Pro")
    };
    let product_id = product::create(db, &mut cx, product).await.unwrap();
    let price = CreatePrice {
        organization_id,
        product_id,
        amount: PriceAmount::Fixed { amount_minor: 2400 },
        currency: Currency::parse("eur").unwrap(),
        tax_behavior: None,
    };
    let price_id = price::create(db, &mut cx, price).await.unwrap();
    let start = StartSubscription {
        organization_id,
        customer_id: member.customer_id,
        product_id,
        price_id,
        seats: None,
        discount_id: None,
    };
    subscription::start(db, &mut cx, start).await.unwrap().subscription_id
}

#[tokio::test]
async fn cancelling_and_keeping_without_script() {
    let app = TestApp::start().await;
    let member = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let subscription = subscribe(&app, &member).await;
    let cookie = app.session_cookie(&member).await;
    let page = format!("/acme/portal/subscriptions/{subscription}");
    let form = |name: &str, more: &str| {
        format!("_form=subscription/{name}&organization=acme&subscription_id={subscription}{more}")
    };

    let shown = app.get(&format!("{page}/cancel"), &cookie).await;
    assert_eq!(shown.status, 200, "{}", shown.body);
    let wrong = app
        .post(
            &format!("{page}/cancel"),
            &cookie,
            &form("cancel", "&reason=because&comment=kept+words"),
        )
        .await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    assert!(wrong.body.contains("kept words"), "{}", wrong.body);
    let canceled = app
        .post(&format!("{page}/cancel"), &cookie, &form("cancel", "&reason=unused&comment="))
        .await;
    assert_eq!(canceled.status, 303, "{}", canceled.body);
    assert!(canceled.location().starts_with(&page), "{}", canceled.location());
    let again = app.post(&format!("{page}/cancel"), &cookie, &form("cancel", "")).await;
    assert_eq!(again.status, 409, "{}", again.body);

    let mails = app.deliver().await;
    let templates: Vec<&str> = mails.iter().map(|mail| mail.template.as_str()).collect();
    assert!(
        templates.contains(&"subscription_confirmation")
            && templates.contains(&"subscription_cancellation"),
        "{templates:?}"
    );
    let mail = mails.iter().find(|mail| mail.template == "subscription_cancellation").unwrap();
    assert!(
        mail.text.contains("Pro")
            && mail.text.contains("2026")
            && mail.text.contains(&format!("{page}/keep")),
        "{}",
        mail.text
    );

    let kept = app.post(&format!("{page}/keep"), &cookie, &form("keep", "")).await;
    assert_eq!(kept.status, 303, "{}", kept.body);
    assert!(app.deliver().await.iter().any(|mail| mail.template == "subscription_uncanceled"));
    let due: i64 = sqlx::query_scalar("select count(*) from mail where due_at is not null")
        .fetch_one(&app.db.pool)
        .await
        .unwrap();
    assert_eq!(due, 0);
}
