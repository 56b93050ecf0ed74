//! How often callers may call.

use backend::test_support::fixtures;
use time::Duration;

use super::{customer_token, get};
use crate::support::TestApp;

const ME: &str = "/v1/customer-portal/customers/me";

#[tokio::test]
async fn each_caller_has_its_own_minute() {
    let app = TestApp::limited(5).await;
    let ada = fixtures::member(&app.db, app.organization.id, "ada@example.com").await;
    let bob = fixtures::member(&app.db, app.organization.id, "bob@example.com").await;
    let (ada, bob) = (customer_token(&app, &ada).await, customer_token(&app, &bob).await);
    for _ in 0..5 {
        assert_eq!(get(&app, ME, &ada).await.status, 200);
    }
    let refused = get(&app, ME, &ada).await;
    assert_eq!((refused.status, refused.body.as_str()), (429, ""));
    let wait: i64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert_eq!(get(&app, ME, &bob).await.status, 200);
    for _ in 0..5 {
        assert_eq!(get(&app, ME, "garbage").await.status, 401);
    }
    assert_eq!(get(&app, ME, "garbage").await.status, 429);
    assert_eq!(get(&app, ME, "").await.status, 429);
    assert_eq!(get(&app, ME, &bob).await.status, 200);
    app.clock.advance(Duration::seconds(wait));
    for token in [&ada, &bob] {
        assert_eq!(get(&app, ME, token).await.status, 200);
    }
}
