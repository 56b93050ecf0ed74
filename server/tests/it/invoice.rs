//! From an order to its invoice, without script: what is missing is asked for first.

use backend::customer::billing_details;
use backend::test_support::billing::{german_seller, subscribed};
use backend::test_support::fixtures;
use time::Duration;

use crate::support::TestApp;

#[tokio::test]
async fn name_and_address_are_asked_for_then_the_invoice_is_there() {
    let app = TestApp::start().await;
    let member = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    german_seller(&app.db, app.organization.id).await;
    let order_id = subscribed(&app.db, &member).await.order_id;
    let cookie = app.session_cookie(&member).await;
    let invoice = format!("/acme/portal/orders/{order_id}/invoice");
    let details = "/acme/portal/settings/billing";

    let asked = app.get(&invoice, &cookie).await;
    let ask = format!("{details}?to={invoice}");
    assert_eq!(asked.status, 200, "{}", asked.body);
    assert!(asked.body.contains(&format!("href=\"{ask}\"")), "{}", asked.body);
    let form = app.get(&ask, &cookie).await;
    assert!(form.body.contains(&format!("name=\"to\" value=\"{invoice}\"")), "{}", form.body);

    // Every mistake at once, and what was typed stays.
    let typed = "_form=billing/save&organization=acme&name=&company=&country=DE&line1=Torstr.%201&line2=&postal_code=1011\
        &city=Berlin&state=&tax_id=DE149858309";
    let refused = app.post(&ask, &cookie, &format!("{typed}&to={invoice}")).await;
    assert_eq!(refused.status, 422);
    for wrong in ["name-error", "postal_code-error", "tax_id-error"] {
        assert!(refused.body.contains(&format!("id=\"{wrong}\"")), "{wrong}: {}", refused.body);
    }
    assert!(
        refused.body.contains("value=\"Torstr. 1\"")
            && refused.body.contains("value=\"DE149858309\"")
    );
    let right = "_form=billing/save&organization=acme&name=Ann&company=Ann%20%26%20Co&country=DE&line1=Torstr.%201&line2=\
        &postal_code=10119&city=Berlin&state=&tax_id=de%20149858308";
    let saved = app.post(&ask, &cookie, &format!("{right}&to={invoice}")).await;
    assert_eq!((saved.status, saved.location()), (303, invoice.as_str()), "{}", saved.body);
    // An address elsewhere is not followed.
    let elsewhere = app.post(details, &cookie, &format!("{right}&to=//example.com/")).await;
    assert_eq!(
        (elsewhere.status, elsewhere.location()),
        (303, "/acme/portal/settings/billing?done=saved")
    );

    let due = app.get(&invoice, &cookie).await;
    assert_eq!((due.status, due.header("refresh")), (200, "2"));
    app.db.clock.advance(Duration::minutes(1));
    backend::invoice::issue_due(&app.db.pool, &mut app.db.cx(), 10).await.unwrap();
    let issued = app.get(&invoice, &cookie).await;
    assert_eq!((issued.status, issued.header("refresh")), (200, ""));
    let number: String =
        sqlx::query_scalar("select number from invoice").fetch_one(&app.db.pool).await.unwrap();
    // The order was made before the address was known: it bears no tax, and says why.
    for said in [
        number.as_str(),
        "Ann &amp; Co",
        "10119 Berlin",
        "Germany",
        "DE149858308",
        "Acme Software GmbH",
        "€29.00",
        "0%",
        "country was not known",
    ] {
        assert!(issued.body.contains(said), "{said}: {}", issued.body);
    }
    assert!(!issued.body.contains("<script"), "it ships no script: {}", issued.body);
    let details = billing_details(
        &app.db.pool,
        &member.clone().into(),
        member.organization_id,
        member.customer_id,
    )
    .await
    .unwrap()
    .unwrap();
    assert_eq!(details.company.as_deref(), Some("Ann & Co"));
}

#[tokio::test]
async fn what_is_not_ones_own_is_not_found() {
    let app = TestApp::start().await;
    let member = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let neighbour = fixtures::member(&app.db, app.organization.id, "eve@example.com").await;
    let order_id = subscribed(&app.db, &member).await.order_id;
    let cookie = app.session_cookie(&neighbour).await;
    let invoice = format!("/acme/portal/orders/{order_id}/invoice");
    assert_eq!(app.get(&invoice, &cookie).await.status, 404);
    assert_eq!(app.get("/acme/portal/orders/nothing/invoice", &cookie).await.status, 404);
    let signed_out = app.get(&invoice, "").await;
    assert_eq!(signed_out.status, 303);
    assert!(signed_out.location().contains("sign-in?to="), "{}", signed_out.location());
}
