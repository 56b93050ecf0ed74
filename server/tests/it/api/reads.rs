//! What the portal's lists and objects hold.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use backend::{
    order::record_payment,
    test_support::{billing::Offer, fixtures},
};
use serde_json::{Value, json};
use tracing::{Event, Subscriber};
use tracing_subscriber::{
    Layer,
    layer::{Context, SubscriberExt},
};

use super::{customer_token, get};
use crate::support::TestApp;

const SUBSCRIPTIONS: &str = "/v1/customer-portal/subscriptions/";
const ORDERS: &str = "/v1/customer-portal/orders/";

/// Counts the statements that run on this thread.
#[derive(Clone, Default)]
pub(super) struct Statements(Arc<AtomicUsize>);

impl<S: Subscriber> Layer<S> for Statements {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        if event.metadata().target() == "sqlx::query" {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Statements {
    pub(super) async fn of<T>(work: impl Future<Output = T>) -> usize {
        let statements = Self::default();
        let subscriber = tracing_subscriber::registry().with(statements.clone());
        let guard = tracing::subscriber::set_default(subscriber);
        work.await;
        drop(guard);
        statements.0.load(Ordering::Relaxed)
    }
}

fn keys(value: &Value) -> Vec<&str> {
    let mut keys: Vec<_> = value.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn words(text: &str) -> Vec<&str> {
    let mut words: Vec<_> = text.split_whitespace().collect();
    words.sort_unstable();
    words
}

const SUBSCRIPTION_BASE: &str = "created_at modified_at id amount currency recurring_interval recurring_interval_count status \
    current_period_start current_period_end current_meter_period_start current_meter_period_end trial_start trial_end \
    cancel_at_period_end canceled_at started_at ends_at ended_at past_due_at pause_at_period_end paused_at resumes_at customer_id \
    product_id discount_id checkout_id seats units customer_cancellation_reason customer_cancellation_comment";
const PRODUCT: &str = "id created_at modified_at trial_interval trial_interval_count name description visibility recurring_interval \
    recurring_interval_count meter_interval meter_interval_count is_recurring is_archived organization_id prices benefits medias";
const ORDER: &str = "id created_at modified_at status paid subtotal_amount discount_amount net_amount tax_amount total_amount \
    applied_balance_amount due_amount refunded_amount refunded_tax_amount refundable_amount refundable_tax_amount currency \
    billing_reason billing_name billing_address invoice_number is_invoice_generated receipt_number seats units customer_id product_id \
    discount_id subscription_id checkout_id next_payment_attempt_at product subscription items description";

#[tokio::test]
async fn objects_have_every_field_of_the_wire_nulls_included() {
    let app = TestApp::start().await;
    let owner = fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
    let offer = Offer::monthly(&app.db, owner.organization_id).await;
    let started = offer.subscribe(&app.db, &owner).await;
    record_payment(&app.db.pool, &mut app.db.cx(), owner.organization_id, started.order_id)
        .await
        .unwrap();
    let token = customer_token(&app, &owner).await;

    let list = get(&app, SUBSCRIPTIONS, &token).await.json();
    assert_eq!(list["pagination"], json!({ "total_count": 1, "max_page": 1 }));
    let listed = &list["items"][0];
    let mut expected = words(SUBSCRIPTION_BASE);
    expected.extend(["product", "prices", "meters", "pending_update"]);
    expected.sort_unstable();
    assert_eq!(keys(listed), expected);
    let mut expected = words(PRODUCT);
    expected.push("organization");
    expected.sort_unstable();
    assert_eq!(keys(&listed["product"]), expected);
    assert_eq!(listed["prices"][0]["amount_type"], "fixed");
    assert_eq!(listed["prices"][0]["price_amount"], 2_900);
    assert_eq!((&listed["amount"], &listed["status"]), (&json!(2_900), &json!("active")));
    assert_eq!(listed["product"]["organization"]["slug"], "acme");
    let one = get(&app, &format!("{SUBSCRIPTIONS}{}", started.subscription_id), &token).await;
    assert_eq!(&one.json(), listed);

    let list = get(&app, ORDERS, &token).await.json();
    let listed = &list["items"][0];
    assert_eq!(keys(listed), words(ORDER));
    assert_eq!(keys(&listed["subscription"]), words(SUBSCRIPTION_BASE));
    assert_eq!(
        keys(&listed["items"][0]),
        words(
            "created_at modified_at id label amount tax_amount proration product_price_id start_timestamp end_timestamp"
        )
    );
    assert_eq!((&listed["status"], &listed["paid"]), (&json!("paid"), &json!(true)));
    assert_eq!(
        (&listed["net_amount"], &listed["refundable_amount"]),
        (&json!(2_900), &json!(2_900))
    );
    let one = get(&app, &format!("{ORDERS}{}", started.order_id), &token).await;
    assert_eq!(&one.json(), listed);

    let organization = get(&app, "/v1/customer-portal/organizations/acme", "").await.json();
    assert_eq!(keys(&organization), ["organization", "products"]);
    assert_eq!(keys(&organization["products"][0]), words(PRODUCT));
    assert_eq!(organization["organization"]["customer_portal_settings"]["usage"]["show"], true);
    let unknown = get(&app, "/v1/customer-portal/organizations/nobody", "").await;
    assert_eq!((unknown.status, unknown.json()["error"].as_str()), (404, Some("ResourceNotFound")));
}

#[tokio::test]
async fn what_belongs_to_another_is_not_found() {
    let app = TestApp::start().await;
    let owner = fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
    let neighbour = fixtures::member(&app.db, app.organization.id, "eve@example.com").await;
    let other = fixtures::organization(&app.db, "other").await;
    let stranger = fixtures::member(&app.db, other, "ada@example.com").await;
    let started =
        Offer::monthly(&app.db, owner.organization_id).await.subscribe(&app.db, &owner).await;
    let of_owner = customer_token(&app, &owner).await;
    let paths = [
        format!("{SUBSCRIPTIONS}{}", started.subscription_id),
        format!("{ORDERS}{}", started.order_id),
    ];
    for path in &paths {
        assert_eq!(get(&app, path, &of_owner).await.status, 200);
    }
    for actor in [neighbour, stranger] {
        let token = customer_token(&app, &actor).await;
        for path in &paths {
            let answer = get(&app, path, &token).await;
            assert_eq!(answer.status, 404, "{path}");
            assert_eq!(answer.json()["error"], "ResourceNotFound");
        }
        for list in [SUBSCRIPTIONS, ORDERS] {
            let list = get(&app, list, &token).await.json();
            assert_eq!(list["items"], json!([]));
            assert_eq!(list["pagination"], json!({ "total_count": 0, "max_page": 0 }));
        }
    }
}

#[tokio::test]
async fn lists_take_the_same_few_statements_however_long() {
    let app = TestApp::start().await;
    let owner = fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
    let token = customer_token(&app, &owner).await;
    let offer = Offer::monthly(&app.db, owner.organization_id).await;
    let yearly = Offer::yearly(&app.db, owner.organization_id).await;
    offer.subscribe(&app.db, &owner).await;
    let count = async |path: &str| {
        // The first call of a token writes down its use; plans are prepared once.
        get(&app, path, &token).await;
        Statements::of(get(&app, path, &token)).await
    };
    let few = (count(SUBSCRIPTIONS).await, count(ORDERS).await);
    for _ in 0..6 {
        offer.subscribe(&app.db, &owner).await;
        yearly.subscribe(&app.db, &owner).await;
    }
    let list =
        get(&app, &format!("{ORDERS}?limit=1000&sorting=-amount&sorting=created_at"), &token)
            .await
            .json();
    assert_eq!(list["items"].as_array().unwrap().len(), 13);
    assert_eq!(list["pagination"], json!({ "total_count": 13, "max_page": 1 }));
    let many = (
        count(&format!("{SUBSCRIPTIONS}?limit=100")).await,
        count(&format!("{ORDERS}?limit=100")).await,
    );
    assert_eq!(few, many);
    assert_eq!(few, (5, 6));
}
