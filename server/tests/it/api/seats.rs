//! Seats, given by the organization and by its customer.

use axum::http::Method;
use backend::test_support::{billing, fixtures};
use domain::role::MemberRole;
use serde_json::{Value, json};

use super::{
    call, member_token,
    shop::{Shop, loc},
};

#[tokio::test]
async fn seats_are_given_and_taken_back_by_both_sides() {
    let shop = Shop::new().await;
    let db = &shop.app.db;
    let bob = fixtures::colleague(db, &shop.owner, "bob@example.com", MemberRole::Member).await;
    let id = billing::subscribed_with_seats(db, &shop.owner, 2).await.subscription_id;
    let (ours, theirs) = ("/v1/customer-seats", "/v1/customer-portal/seats");
    let give = |email: &str| json!({ "subscription_id": id, "email": email });
    let mut noted = give("bob@example.com");
    noted["metadata"] = json!({ "desk": 4 });
    let (status, seat) = shop.post(ours, noted).await;
    assert_eq!((status, &seat["status"]), (200, &json!("claimed")), "{seat}");
    assert_eq!(seat["member"]["email"], "bob@example.com");
    assert_eq!(seat["seat_metadata"], json!({ "desk": 4 }));
    let (status, body) = shop.post(ours, give("bob@example.com")).await;
    assert_eq!((status, &body["error"]), (400, &json!("SeatAlreadyAssigned")));
    let (status, own) = shop.customer(Method::POST, theirs, give("ada@example.com")).await;
    assert_eq!((status, &own["status"]), (200, &json!("claimed")), "{own}");
    let cleo = fixtures::colleague(db, &shop.owner, "cleo@example.com", MemberRole::Member).await;
    let full = json!({ "subscription_id": id, "member_id": cleo.member_id });
    let (status, body) = shop.customer(Method::POST, theirs, full).await;
    assert_eq!((status, &body["error"]), (400, &json!("SeatNotAvailable")));
    let (status, body) = shop.post(ours, give("eve@example.com")).await;
    assert_eq!((status, &body["error"]), (404, &json!("MemberNotFound")));
    for wrong in [
        json!({ "subscription_id": id }),
        json!({ "email": "bob@example.com" }),
        json!({ "subscription_id": id, "email": "bob@example.com", "member_id": bob.member_id }),
    ] {
        let (status, body) = shop.post(ours, wrong).await;
        assert_eq!((status, &loc(&body)[0]), (422, &json!("body")), "{body}");
    }

    // Bob finds what he uses; he gives and takes nothing.
    let session = member_token(&shop.app, &bob).await;
    let used = call(&shop.app, Method::GET, &format!("{theirs}/subscriptions"), &session, "").await;
    assert_eq!(used.json()["items"][0]["id"], json!(id));
    let seats = format!("{theirs}?subscription_id={id}");
    let listed = call(&shop.app, Method::GET, &seats, &session, "").await.json();
    assert_eq!((&listed["total_seats"], &listed["available_seats"]), (&json!(2), &json!(0)));
    let path = format!("{theirs}/{}", seat["id"].as_str().unwrap());
    assert_eq!(call(&shop.app, Method::DELETE, &path, &session, "").await.status, 403);

    for _ in 0..2 {
        let (status, body) = shop.customer(Method::DELETE, &path, Value::Null).await;
        assert_eq!((status, &body["status"]), (200, &json!("revoked")), "{body}");
        assert_eq!((&body["member"], &body["email"]), (&Value::Null, &Value::Null));
    }
    let (_, listed) = shop.get(&format!("{ours}?subscription_id={id}")).await;
    assert_eq!(
        (&listed["available_seats"], listed["seats"].as_array().unwrap().len()),
        (&json!(1), 2)
    );
    assert_eq!(shop.get(ours).await.0, 400);
    let nothing = "00000000-0000-4000-8000-000000000000";
    assert_eq!(shop.get(&format!("{ours}?subscription_id={nothing}")).await.0, 404);
    assert_eq!(shop.delete(&format!("{ours}/{nothing}")).await.0, 404);
    let eve = fixtures::member(db, shop.owner.organization_id, "eve@example.com").await;
    let eve = super::customer_token(&shop.app, &eve).await;
    assert_eq!(call(&shop.app, Method::GET, &seats, &eve, "").await.status, 404);
    assert_eq!(call(&shop.app, Method::DELETE, &path, &eve, "").await.status, 404);
}
