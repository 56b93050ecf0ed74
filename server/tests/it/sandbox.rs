//! The page on which the sandbox asks a customer to approve a charge.

use backend::{
    payment::{SandboxBehavior, set_behavior},
    test_support::{billing::charged, fixtures},
};
use uuid::Uuid;

use crate::{bookkeeping::subscribe, support::TestApp};

#[tokio::test]
async fn a_charge_is_approved_or_refused_and_leads_back() {
    for (answer, order, subscription) in
        [("true", "paid", "active"), ("false", "pending", "past_due")]
    {
        let app = TestApp::start().await;
        let (db, organization_id) = (&app.db.pool, app.organization.id);
        charged(&app.db, organization_id).await;
        let member = fixtures::member(&app.db, organization_id, "ann@example.com").await;
        set_behavior(db, organization_id, member.customer_id, SandboxBehavior::RequiresAction)
            .await
            .unwrap();
        subscribe(&app, &member).await;
        app.deliver().await;
        let id: Uuid = sqlx::query_scalar("select payment_attempt_id from payment_attempt")
            .fetch_one(db)
            .await
            .unwrap();
        let page = format!("/dev/sandbox/{id}");
        let shown = app.get(&page, "").await;
        assert_eq!(shown.status, 200, "{}", shown.body);
        assert!(shown.body.contains("asks for €24.00"), "{}", shown.body);
        let answered = app.post(&page, "", &format!("approves={answer}")).await;
        assert_eq!((answered.status, answered.location()), (303, "/acme/portal"));
        let standing: (String, String) = sqlx::query_as(
            "select o.status, s.status from orders o join subscription s using (organization_id, subscription_id)",
        )
        .fetch_one(db)
        .await
        .unwrap();
        assert_eq!(standing, (order.to_owned(), subscription.to_owned()));
        assert_eq!(app.get(&page, "").await.status, 404, "answered once");
        assert_eq!(app.get(&format!("/dev/sandbox/{}", Uuid::nil()), "").await.status, 404);
    }
}
