//! Every list of the document: the number of statements does not depend on how many there are.

use backend::{
    order::record_payment,
    test_support::{
        billing::{Offer, card, subscribed_with_seats},
        fixtures,
    },
};
use domain::role::MemberRole;
use serde_json::json;

use super::{get, member_token, reads::Statements, shop::Shop};

/// The lists that there are: path and by whom they are asked for.
fn lists() -> Vec<(String, String)> {
    let document = serde_json::to_value(server::rest::v1::document()).unwrap();
    let mut found = vec![];
    for (path, operations) in document["paths"].as_object().unwrap() {
        let operation = &operations["get"];
        let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
        if parameters.iter().any(|parameter| parameter["name"] == "limit") {
            let scheme = operation["security"][0].as_object().unwrap().keys().next().unwrap();
            found.push((path.clone(), scheme.clone()));
        }
    }
    found
}

/// At least two of everything.
async fn filled() -> Shop {
    let shop = Shop::charged().await;
    let (db, owner) = (&shop.app.db, shop.owner.clone());
    let organization_id = owner.organization_id;
    sqlx::query("update customer set external_id = 'ada'").execute(&db.pool).await.unwrap();
    let bob = fixtures::colleague(db, &owner, "bob@example.com", MemberRole::Member).await;
    fixtures::member(db, organization_id, "eve@example.com").await;
    for offer in
        [Offer::monthly(db, organization_id).await, Offer::yearly(db, organization_id).await]
    {
        for _ in 0..2 {
            let started = offer.subscribe(db, &owner).await;
            let cx = &mut db.cx();
            record_payment(&db.pool, cx, organization_id, started.order_id).await.unwrap();
            let refund = json!({ "order_id": started.order_id, "reason": "other", "amount": 100 });
            shop.post("/v1/refunds", refund).await;
        }
        let checkout = json!({ "products": [offer.product_id] });
        assert_eq!(shop.post("/v1/checkouts", checkout).await.0, 201);
    }
    for _ in 0..2 {
        let id = subscribed_with_seats(db, &owner, 2).await.subscription_id;
        let seat = json!({ "subscription_id": id, "member_id": bob.member_id });
        assert_eq!(shop.post("/v1/customer-seats", seat).await.0, 200);
        card(db, organization_id, owner.customer_id).await;
    }
    for name in ["one", "two"] {
        for (path, body) in [
            ("/v1/benefits", json!({ "type": "custom", "description": name })),
            (
                "/v1/discounts",
                json!({ "type": "percentage", "name": name, "duration": "once", "basis_points": 500 }),
            ),
            (
                "/v1/webhooks/endpoints",
                json!({ "url": format!("https://{name}.example.com/"), "format": "raw", "events": ["order.paid"] }),
            ),
            ("/v1/organization-access-tokens", json!({ "comment": name, "scopes": [] })),
        ] {
            let (status, body) = shop.post(path, body).await;
            assert_eq!(status, 201, "{path}: {body}");
        }
    }
    shop
}

#[tokio::test]
async fn each_takes_the_same_statements_for_one_as_for_many() {
    let shop = filled().await;
    let as_member = member_token(&shop.app, &shop.owner).await;
    let bob = sqlx::query_scalar::<_, uuid::Uuid>(
        "select member_id from member where email = 'bob@example.com'",
    );
    let bob = backend::actor::MemberActor {
        member_id: bob.fetch_one(&shop.app.db.pool).await.unwrap().into(),
        role: MemberRole::Member,
        ..shop.owner.clone()
    };
    let as_bob = member_token(&shop.app, &bob).await;
    let lists = lists();
    assert!(lists.len() > 20, "{lists:?}");
    let mut short = vec![];
    for (path, scheme) in lists {
        let token = match scheme.as_str() {
            _ if path.ends_with("seats/subscriptions") => &as_bob,
            "access_token" => &shop.token,
            "member_session" => &as_member,
            _ => &shop.session,
        };
        let asked = path
            .replace("{external_id}", "ada")
            .replace("{id}", &shop.owner.customer_id.as_uuid().to_string());
        let ask = async |limit: usize| {
            let asked = format!("{asked}?limit={limit}");
            // The first call of a token writes down its use; plans are prepared once.
            let answer = get(&shop.app, &asked, token).await;
            assert_eq!(answer.status, 200, "{asked}: {}", answer.body);
            let statements = Statements::of(get(&shop.app, &asked, token)).await;
            (answer.json()["items"].as_array().unwrap().len(), statements)
        };
        let (one, for_one) = ask(1).await;
        let (many, for_many) = ask(100).await;
        assert_eq!(for_one, for_many, "{path}: {one} and {many}");
        assert!(for_one <= 13, "{path}: {for_one} statements");
        if many < 2 {
            short.push(path);
        }
    }
    // A token has one organization, and nobody receives deliveries here.
    assert_eq!(short, ["/v1/organizations", "/v1/webhooks/deliveries"], "too few to tell");
}
