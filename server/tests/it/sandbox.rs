//! The sandbox's own pages, and the way back to the portal.

use backend::{
    actor::{Actor, MemberActor},
    payment::{SandboxBehavior, SetupPresentation, SetupWay, TEST_CARDS, set_behavior},
    payment_method::{BeginSetup, begin_setup},
    test_support::{billing::charged, fixtures},
};
use domain::id::OrderId;
use uuid::Uuid;

use crate::{
    bookkeeping::subscribe,
    support::{SANDBOX_URL, TestApp},
};

const PORTAL: &str = "http://127.0.0.1:3000";

/// A customer of a charged organization.
async fn customer() -> (TestApp, MemberActor) {
    let app = TestApp::start().await;
    charged(&app.db, app.organization.id).await;
    let member = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    (app, member)
}

/// The address at which a card is entered, for an order or for none.
async fn begun(app: &TestApp, member: &MemberActor, order_id: Option<OrderId>) -> String {
    let input = BeginSetup {
        customer_id: member.customer_id,
        set_default: true,
        is_kept: true,
        subscription_id: None,
        order_id,
        presentation: SetupPresentation::Hosted,
        return_path: "/acme/portal/settings/payment-methods?x=1".to_owned(),
    };
    let mut cx = app.db.cx_of(Actor::Member(member.clone()));
    let processors = &app.state.portal.processors;
    let begun = begin_setup(&app.db.pool, processors, &mut cx, input).await.unwrap();
    let SetupWay::Hosted { url } = begun.way else { panic!("hosted") };
    assert!(url.starts_with(&format!("{SANDBOX_URL}/setups/")), "{url}");
    url
}

fn typed(number: &str) -> String {
    format!("number={}&expiry=12%2F39&cvc=123&name=Ann", number.replace(' ', "+"))
}

/// Where the portal leads on from the address that the sandbox led back to.
async fn way_on(app: &TestApp, back: &str) -> String {
    let path = back.strip_prefix(PORTAL).unwrap();
    let answer = app.get(path, "").await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    assert_eq!(answer.header("cache-control"), "no-store");
    answer.location().to_owned()
}

async fn text(app: &TestApp, sql: &'static str) -> String {
    sqlx::query_scalar(sql).fetch_one(&app.db.pool).await.unwrap()
}

#[tokio::test]
async fn a_card_is_entered_and_leads_back() {
    let (app, member) = customer().await;
    let url = begun(&app, &member, None).await;
    let shown = app.at_sandbox(&url, None).await;
    assert_eq!(shown.status, 200);
    for part in [
        "<html lang=\"en\">",
        "5555 5555 5555 4444",
        "Cancel and go back",
        "href=\"http://127.0.0.1:3000/pay/setups/",
    ] {
        assert!(shown.body.contains(part), "{part}: {}", shown.body);
    }
    let entered = app.at_sandbox(&url, Some(&typed("5555 5555 5555 4444"))).await;
    assert_eq!(entered.status, 303, "{}", entered.body);
    let to = way_on(&app, entered.location()).await;
    assert_eq!(to, "/acme/portal/settings/payment-methods?x=1&done=added");
    let default = "select m.brand from customer c join payment_method m on m.payment_method_id = c.default_payment_method_id";
    assert_eq!(text(&app, default).await, "mastercard");
    assert_eq!(way_on(&app, entered.location()).await, to, "as often as the browser comes");
    let again = app.at_sandbox(&url, None).await;
    assert!(again.body.contains("Nothing left to do here"), "{}", again.body);
}

#[tokio::test]
async fn what_is_mistyped_is_told_and_no_number_comes_back() {
    let (app, member) = customer().await;
    let url = begun(&app, &member, None).await;
    let refused = app
        .at_sandbox(&url, Some("number=4111111111111111&expiry=1%2F20&cvc=987654&name=%22Ann%22"))
        .await;
    assert_eq!(refused.status, 422);
    for told in [
        "not one of the test numbers",
        "has expired",
        "three or four digits",
        "value=\"1/20\"",
        "&quot;Ann&quot;",
    ] {
        assert!(refused.body.contains(told), "{told}: {}", refused.body);
    }
    assert!(!refused.body.contains("4111") && !refused.body.contains("987654"), "{}", refused.body);
    let german = app.at_sandbox_in("de-AT,de;q=0.9", &url, Some("number=1&expiry=&cvc=")).await;
    assert!(
        german.body.contains("<html lang=\"de\">") && german.body.contains("keine Kartennummer"),
        "{}",
        german.body
    );
    assert_eq!(
        way_on(&app, &back_of(&app).await).await,
        "/acme/portal/settings/payment-methods?x=1",
        "nothing was entered"
    );
}

/// The address that the only setup leads back to.
async fn back_of(app: &TestApp) -> String {
    text(app, "select return_url from sandbox.setup").await
}

#[tokio::test]
async fn every_test_card_is_described_in_both_languages() {
    let (app, member) = customer().await;
    let url = begun(&app, &member, None).await;
    for language in ["en", "de"] {
        let shown = app.at_sandbox_in(language, &url, None).await;
        assert_eq!(shown.body.matches("<tr><td>").count(), TEST_CARDS.len());
        for empty in
            ["<td></td>", "<h1></h1>", "></label>", "<button></button>", "<p></p>", "</p>\n<p></p>"]
        {
            assert!(!shown.body.contains(empty), "{language} {empty}: {}", shown.body);
        }
    }
}

#[tokio::test]
async fn a_card_that_is_refused_or_needs_approval() {
    let (app, member) = customer().await;
    let url = begun(&app, &member, None).await;
    let refused =
        app.at_sandbox(&url, Some(&typed("4000000000009987").replace("cvc=123", "cvc=101"))).await;
    assert_eq!(refused.status, 303);
    let to = way_on(&app, refused.location()).await;
    let setup = url.rsplit('_').next().unwrap().parse::<Uuid>().unwrap();
    assert_eq!(to, format!("/acme/portal/settings/payment-methods?x=1&done=failed&setup={setup}"));

    for (answer, done) in [("true", "added"), ("false", "failed")] {
        let url = begun(&app, &member, None).await;
        let entered = app.at_sandbox(&url, Some(&typed("4000002500003155"))).await;
        let challenge = entered.location().to_owned();
        assert!(challenge.ends_with("/challenge"), "{challenge}");
        assert_eq!(app.at_sandbox(&url, None).await.location(), challenge, "opened anew");
        assert!(app.at_sandbox(&challenge, None).await.body.contains("Is it you?"));
        let answered = app.at_sandbox(&challenge, Some(&format!("approves={answer}"))).await;
        assert_eq!(answered.status, 303);
        let to = way_on(&app, answered.location()).await;
        assert!(to.contains(&format!("done={done}")), "{to}");
    }
}

#[tokio::test]
async fn an_order_is_paid_with_the_card_that_was_entered() {
    for (number, done) in [
        ("4242424242424242", "paid"),
        ("4000000000009995", "declined"),
        ("4000001000000109", "waiting"),
    ] {
        let (app, member) = customer().await;
        let broke = SandboxBehavior::DeclineInsufficientFunds;
        let customer_id = member.customer_id;
        set_behavior(&app.db.pool, &mut app.db.cx(), app.organization.id, customer_id, broke)
            .await
            .unwrap();
        subscribe(&app, &member).await;
        app.deliver().await;
        let order: Uuid = sqlx::query_scalar("select order_id from orders")
            .fetch_one(&app.db.pool)
            .await
            .unwrap();
        let url = begun(&app, &member, Some(order.into())).await;
        let entered = app.at_sandbox(&url, Some(&typed(number))).await;
        let to = way_on(&app, entered.location()).await;
        assert_eq!(
            to,
            format!("/acme/portal/settings/payment-methods?x=1&done={done}"),
            "{number}"
        );
        let expected = if done == "paid" { "paid" } else { "pending" };
        assert_eq!(text(&app, "select status from orders").await, expected, "{number}");
    }
}

#[tokio::test]
async fn a_charge_that_needs_approval_goes_over_the_bank_and_comes_back() {
    for (answer, done, order_stands) in [("true", "paid", "paid"), ("false", "declined", "pending")]
    {
        let (app, member) = customer().await;
        let asking = SandboxBehavior::RequiresAction;
        let customer_id = member.customer_id;
        set_behavior(&app.db.pool, &mut app.db.cx(), app.organization.id, customer_id, asking)
            .await
            .unwrap();
        subscribe(&app, &member).await;
        app.deliver().await;
        let order: Uuid = sqlx::query_scalar("select order_id from orders")
            .fetch_one(&app.db.pool)
            .await
            .unwrap();
        let url = begun(&app, &member, Some(order.into())).await;
        app.at_sandbox(&url, Some(&typed("4000002760003184"))).await;
        let answered = app.at_sandbox(&format!("{url}/challenge"), Some("approves=true")).await;
        let bank = way_on(&app, answered.location()).await;
        assert!(bank.starts_with(&format!("{SANDBOX_URL}/payments/sandbox_")), "{bank}");
        let asked = app.at_sandbox(&bank, None).await;
        assert!(asked.body.contains("pay €24.00"), "{}", asked.body);
        let return_url =
            text(&app, "select return_url from sandbox.payment where is_on_session").await;
        assert!(
            way_on(&app, &return_url).await.ends_with("done=waiting"),
            "the bank was not answered"
        );
        let answered = app.at_sandbox(&bank, Some(&format!("approves={answer}"))).await;
        assert_eq!((answered.status, answered.location()), (303, return_url.as_str()));
        let to = way_on(&app, &return_url).await;
        assert_eq!(to, format!("/acme/portal/settings/payment-methods?x=1&done={done}"));
        assert_eq!(text(&app, "select status from orders").await, order_stands);
        assert!(app.at_sandbox(&bank, None).await.body.contains("Nothing left to do here"));
    }
}

#[tokio::test]
async fn the_site_is_strict_and_knows_no_strangers() {
    let (app, member) = customer().await;
    let url = begun(&app, &member, None).await;
    for path in [url.as_str(), "/setups/sandbox_setup_0", "/nothing", "/style.css", "/payments/%ff"]
    {
        let answer = app.at_sandbox(path, None).await;
        assert_eq!(
            answer.header("content-security-policy"),
            "default-src 'none'; style-src 'self'; img-src data:; form-action 'self' http://127.0.0.1:3000; base-uri 'none'; frame-ancestors 'none'",
            "{path}"
        );
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.headers.get("set-cookie"), None, "{path}");
        assert_ne!(answer.header("cache-control"), "", "{path}");
        assert!(!answer.body.contains("<script") && !answer.body.contains("style=\""), "{path}");
    }
    for (path, form, status) in [
        ("/setups/sandbox_setup_0", None, 404),
        ("/setups/sandbox_setup_0", Some("number=1"), 404),
        ("/setups/sandbox_setup_0/challenge", Some("approves=true"), 404),
        ("/payments/sandbox_0", None, 404),
        ("/payments/sandbox_0", Some("approves=true"), 404),
        ("/payments/sandbox_0", Some("approves=perhaps"), 422),
        ("/nothing", None, 404),
    ] {
        assert_eq!(app.at_sandbox(path, form).await.status, status, "{path} {form:?}");
    }
    let long = format!("number={}", "4".repeat(5000));
    assert_eq!(app.at_sandbox(&url, Some(&long)).await.status, 413);
    let nobody = Uuid::nil();
    let own = app.organization.id;
    for path in [
        format!("/pay/return/{own}/{nobody}"),
        format!("/pay/return/{nobody}/{nobody}"),
        format!("/pay/setups/{own}/{nobody}"),
        format!("/pay/setups/{nobody}/x"),
        "/pay/return/x/y".to_owned(),
    ] {
        assert_eq!(app.get(&path, "").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn whoever_comes_too_often_is_led_on_without_asking() {
    let (app, member) = customer().await;
    let url = begun(&app, &member, None).await;
    let entered = app.at_sandbox(&url, Some(&typed("4242424242424242"))).await;
    let back = entered.location().strip_prefix(PORTAL).unwrap().to_owned();
    let mut led = Vec::new();
    for _ in 0..40 {
        led.push(app.get(&back, "").await.location().to_owned());
    }
    assert!(led[0].ends_with("done=added"), "{}", led[0]);
    assert!(led[39].ends_with("done=waiting"), "{}", led[39]);
}
