use std::collections::HashSet;

use domain::email::EmailAddress;
use domain::id::{CustomerId, OrganizationId};
use domain::role::MemberRole;
use time::Duration;

use super::super::{
    ApiSignInRequested, CODE_EXPIRES_AFTER, RequestApiSignIn, RequestApiSignInError, code_of,
    request,
};
use super::*;
use crate::test_support::{TestDb, fixtures};

fn secret() -> SecretKey {
    SecretKey::from_hex(&"5a".repeat(32)).unwrap()
}

async fn ask_for(
    db: &TestDb,
    organization_id: OrganizationId,
    email: &str,
    customer_id: Option<CustomerId>,
) -> ApiSignInRequested {
    let input = RequestApiSignIn {
        organization_id,
        email: EmailAddress::parse(email).unwrap(),
        customer_id,
        client: format!("{email} {customer_id:?}"),
    };
    request(&db.pool, &secret(), &mut db.cx(), input).await.unwrap()
}

async fn ask(db: &TestDb, organization_id: OrganizationId, email: &str) -> Uuid {
    match ask_for(db, organization_id, email, None).await {
        ApiSignInRequested::Asked { request_id } => request_id,
        choice @ ApiSignInRequested::Choice(_) => panic!("{choice:?}"),
    }
}

/// The codes that were mailed, oldest first.
async fn codes(db: &TestDb) -> Vec<SignInCode> {
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "select (parameters ->> 'api_sign_in_id')::uuid from mail where template = 'api_sign_in' order by mail_id",
    )
    .fetch_all(&db.pool)
    .await
    .unwrap();
    ids.into_iter().map(|id| code_of(&secret(), id.into())).collect()
}

async fn enter(
    db: &TestDb,
    code: SignInCode,
    request_id: Option<Uuid>,
    after: Duration,
) -> Result<CreatedApiSession, AuthenticateApiSignInError> {
    let mut cx = db.cx();
    cx.now += after;
    let client = format!("{code:?} {request_id:?} {after}");
    let input = AuthenticateApiSignIn { code, request_id, client };
    authenticate(&db.pool, &secret(), &mut cx, input).await
}

#[tokio::test]
async fn a_bare_code_signs_its_member_in_once_within_ten_minutes() {
    let db = TestDb::new().await;
    let organization_id = fixtures::organization(&db, "acme").await;
    let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
    ask(&db, organization_id, "ADA@example.com").await;
    let code = codes(&db).await[0];
    let wrong = SignInCode::parse("222222").unwrap();
    let refused = enter(&db, wrong, None, Duration::ZERO).await;
    assert!(matches!(refused, Err(AuthenticateApiSignInError::Invalid)));
    let refused = enter(&db, code, None, CODE_EXPIRES_AFTER).await;
    assert!(matches!(refused, Err(AuthenticateApiSignInError::Invalid)));
    let last = CODE_EXPIRES_AFTER - Duration::microseconds(1);
    let session = enter(&db, code, None, last).await.unwrap();
    assert_eq!((session.kind, session.member_id), (ApiSessionKind::Member, ada.member_id));
    let again = enter(&db, code, None, Duration::ZERO).await;
    assert!(matches!(again, Err(AuthenticateApiSignInError::Invalid)));
}

#[tokio::test]
async fn a_request_has_five_tries_and_they_stay_counted() {
    let db = TestDb::new().await;
    let organization_id = fixtures::organization(&db, "acme").await;
    fixtures::member(&db, organization_id, "ada@example.com").await;
    let request_id = ask(&db, organization_id, "ada@example.com").await;
    let code = codes(&db).await[0];
    for n in 0..5 {
        let wrong = SignInCode::parse("222222").unwrap();
        let refused = enter(&db, wrong, Some(request_id), Duration::seconds(n)).await;
        assert!(matches!(refused, Err(AuthenticateApiSignInError::Invalid)));
    }
    for request_id in [Some(request_id), None] {
        let refused = enter(&db, code, request_id, Duration::ZERO).await;
        assert!(matches!(refused, Err(AuthenticateApiSignInError::Invalid)));
    }
}

#[tokio::test]
async fn a_code_of_another_request_is_wrong_and_nobody_s_address_is_answered_alike() {
    let db = TestDb::new().await;
    let organization_id = fixtures::organization(&db, "acme").await;
    fixtures::member(&db, organization_id, "ada@example.com").await;
    ask(&db, organization_id, "ada@example.com").await;
    let nobody = ask(&db, organization_id, "nobody@example.com").await;
    let elsewhere = ask(&db, Uuid::nil().into(), "ada@example.com").await;
    let codes = codes(&db).await;
    assert_eq!(codes.len(), 1);
    for other in [nobody, elsewhere] {
        let refused = enter(&db, codes[0], Some(other), Duration::ZERO).await;
        assert!(matches!(refused, Err(AuthenticateApiSignInError::Invalid)));
    }
}

#[tokio::test]
async fn who_is_several_customers_chooses_or_is_written_to_as_each() {
    let db = TestDb::new().await;
    let organization_id = fixtures::organization(&db, "acme").await;
    let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
    let team = fixtures::team_owner(&db, organization_id, "bob@example.com").await;
    let in_team =
        fixtures::colleague(&db, &team, "ada@example.com", MemberRole::BillingManager).await;
    let choice = ask_for(&db, organization_id, "ada@example.com", None).await;
    let ApiSignInRequested::Choice(customers) = choice else { panic!("{choice:?}") };
    let ids: HashSet<_> = customers.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, HashSet::from([ada.customer_id, team.customer_id]));
    assert!(codes(&db).await.is_empty());

    ask_for(&db, organization_id, "ada@example.com", Some(team.customer_id)).await;
    let session = enter(&db, codes(&db).await[0], None, Duration::ZERO).await.unwrap();
    assert_eq!(session.member_id, in_team.member_id);

    sqlx::query("update organization set asks_which_customer = false")
        .execute(&db.pool)
        .await
        .unwrap();
    let request_id = ask(&db, organization_id, "ada@example.com").await;
    let codes = codes(&db).await;
    assert_eq!(codes.len(), 3);
    let mut members = HashSet::new();
    for code in codes {
        // The first mail was the chosen one's, and is used.
        if let Ok(session) = enter(&db, code, Some(request_id), Duration::ZERO).await {
            members.insert(session.member_id);
        }
    }
    assert_eq!(members, HashSet::from([ada.member_id, in_team.member_id]));
}

#[tokio::test]
async fn a_member_who_is_gone_a_flood_of_mails_and_a_busy_client_are_stopped() {
    let db = TestDb::new().await;
    let organization_id = fixtures::organization(&db, "acme").await;
    fixtures::member(&db, organization_id, "ada@example.com").await;
    for _ in 0..6 {
        ask(&db, organization_id, "ada@example.com").await;
    }
    let codes = codes(&db).await;
    assert_eq!(codes.len(), 5, "no more mails in an hour");
    let input = RequestApiSignIn {
        organization_id,
        email: EmailAddress::parse("ada@example.com").unwrap(),
        customer_id: None,
        client: "ada@example.com None".into(),
    };
    let refused = request(&db.pool, &secret(), &mut db.cx(), input).await;
    assert!(
        matches!(refused, Err(RequestApiSignInError::Limited(limited)) if limited.retry_after_s == 900)
    );

    sqlx::query("update member set deleted_at = now()").execute(&db.pool).await.unwrap();
    let refused = enter(&db, codes[0], None, Duration::ZERO).await;
    assert!(matches!(refused, Err(AuthenticateApiSignInError::Invalid)));
}
