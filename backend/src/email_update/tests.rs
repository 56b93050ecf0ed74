use domain::email::EmailAddress;
use time::Duration;

use super::*;
use crate::actor::MemberActor;
use crate::mail::{self, Letter, Prepared};
use crate::session::authenticate;
use crate::test_support::{TestDb, fixtures};

fn secret() -> SecretKey {
    SecretKey::from_hex(&"5e".repeat(32)).unwrap()
}

async fn organization(db: &TestDb) -> OrganizationId {
    let organization_id = fixtures::organization(db, "acme").await;
    sqlx::query("update portal_setting set allow_email_change = true")
        .execute(&db.pool)
        .await
        .unwrap();
    organization_id
}

async fn ask(db: &TestDb, of: &MemberActor, email: &str) -> Result<(), RequestEmailUpdateError> {
    let email = EmailAddress::parse(email).unwrap();
    // Each test is a client of its own; none is limited.
    let client = format!("{} {}", of.customer_id, db.now());
    request(&db.pool, &mut db.cx_of(of.clone()), RequestEmailUpdate { email, client }).await
}

/// The letters that are due now.
async fn letters(db: &TestDb) -> Vec<Letter> {
    let mut letters = Vec::new();
    for claimed in mail::claim(&db.pool, db.now(), 10).await.unwrap() {
        if let Prepared::Send(letter) =
            mail::prepare(&db.pool, &claimed, &secret(), db.now()).await.unwrap()
        {
            letters.push(*letter);
        }
    }
    letters
}

/// The token of the link that was mailed.
async fn token(db: &TestDb, to: &str) -> String {
    let letters = letters(db).await;
    let [letter] = letters.as_slice() else { panic!("{letters:?}") };
    assert_eq!((letter.to.as_str(), letter.template.as_str()), (to, VERIFICATION));
    letter.params["email_update_token"].as_str().unwrap().to_owned()
}

async fn verify(
    db: &TestDb,
    token: &str,
) -> Result<crate::api_session::CreatedApiSession, VerifyEmailUpdateError> {
    let client = format!("{token} {}", db.now());
    verify_for_api(&db.pool, &secret(), &mut db.cx(), token, &client).await
}

async fn addresses(db: &TestDb, of: &MemberActor) -> (String, String, bool) {
    sqlx::query_as(
        "select c.email, m.email, c.email_verified_at is not null from customer c join member m using (organization_id, customer_id)
         where c.customer_id = $1 and m.role = 'owner'",
    )
    .bind(of.customer_id.as_uuid())
    .fetch_one(&db.pool)
    .await
    .unwrap()
}

#[tokio::test]
async fn the_link_changes_the_address_once_ends_the_sessions_and_tells_the_old_one() {
    let db = TestDb::new().await;
    let organization_id = organization(&db).await;
    let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
    let here = fixtures::session(&db, &ada).await;
    ask(&db, &ada, "Ada@new.example.com").await.unwrap();
    let waits = waiting(&db.pool, &ada, db.now()).await.unwrap().unwrap();
    assert_eq!(waits, ("Ada@new.example.com".to_owned(), db.now() + EXPIRES_AFTER));
    let token = token(&db, "Ada@new.example.com").await;
    assert!(check(&db.pool, &secret(), &token, "a", db.now()).await.unwrap());
    let found = find(&db.pool, &secret(), &token, db.now()).await.unwrap().unwrap();
    assert_eq!(found.organization_id, organization_id);

    let session = verify(&db, &token).await.unwrap();
    assert!(session.token.expose().starts_with("foyer_cst_"));
    assert_eq!(session.customer_id, ada.customer_id);
    let new = "Ada@new.example.com".to_owned();
    assert_eq!(addresses(&db, &ada).await, (new.clone(), new, true));
    let live =
        authenticate(&db.pool, organization_id, here.token.expose(), db.now()).await.unwrap();
    assert!(live.is_none(), "whoever was signed in is not any more");
    let told = letters(&db).await;
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!((told.to.as_str(), told.template.as_str()), ("ada@example.com", "email_updated"));

    assert!(!check(&db.pool, &secret(), &token, "a", db.now()).await.unwrap());
    assert!(matches!(verify(&db, &token).await, Err(VerifyEmailUpdateError::Invalid)));
    assert_eq!(waiting(&db.pool, &ada, db.now()).await.unwrap(), None);
    let events = fixtures::event_types(&db).await;
    for happened in ["email_update.requested", "customer.updated", "member.updated"] {
        assert!(events.iter().any(|event| event == happened), "{happened}: {events:?}");
    }
}

#[tokio::test]
async fn a_browser_that_uses_the_link_is_signed_in() {
    let db = TestDb::new().await;
    let organization_id = organization(&db).await;
    let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
    ask(&db, &ada, "ada@new.example.com").await.unwrap();
    let token = token(&db, "ada@new.example.com").await;
    let (secret, mut cx) = (secret(), db.cx());
    let agent = "Firefox".to_owned();
    let other = fixtures::organization(&db, "other").await;
    let elsewhere =
        verify_in_browser(&db.pool, &secret, &mut cx, other, &token, "a", agent.clone()).await;
    assert!(matches!(elsewhere, Err(VerifyEmailUpdateError::Invalid)), "of another portal");
    let session =
        verify_in_browser(&db.pool, &secret, &mut cx, organization_id, &token, "a", agent)
            .await
            .unwrap();
    let found =
        authenticate(&db.pool, organization_id, session.token.expose(), db.now()).await.unwrap();
    assert_eq!(found.unwrap().member_email, "ada@new.example.com");
}

#[tokio::test]
async fn late_replaced_invented_and_switched_off_links_change_nothing() {
    let db = TestDb::new().await;
    let organization_id = organization(&db).await;
    let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
    ask(&db, &ada, "first@example.com").await.unwrap();
    let first = token(&db, "first@example.com").await;
    ask(&db, &ada, "second@example.com").await.unwrap();
    let second = token(&db, "second@example.com").await;
    for dead in [first.as_str(), "", "x", &"A".repeat(64)] {
        assert!(!check(&db.pool, &secret(), dead, "a", db.now()).await.unwrap(), "{dead}");
        assert!(matches!(verify(&db, dead).await, Err(VerifyEmailUpdateError::Invalid)), "{dead}");
    }
    let switch = async |is_on: bool| {
        sqlx::query("update portal_setting set allow_email_change = $1")
            .bind(is_on)
            .execute(&db.pool)
            .await
            .unwrap();
    };
    switch(false).await;
    assert!(matches!(verify(&db, &second).await, Err(VerifyEmailUpdateError::Invalid)));
    switch(true).await;
    db.clock.advance(EXPIRES_AFTER);
    assert!(matches!(verify(&db, &second).await, Err(VerifyEmailUpdateError::Invalid)));
    assert_eq!(addresses(&db, &ada).await.0, "ada@example.com");
    assert!(letters(&db).await.is_empty());
}

#[tokio::test]
async fn used_twice_at_once_it_works_once() {
    let db = TestDb::new().await;
    let organization_id = organization(&db).await;
    let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
    ask(&db, &ada, "ada@new.example.com").await.unwrap();
    let token = token(&db, "ada@new.example.com").await;
    let (one, other) = tokio::join!(verify(&db, &token), verify(&db, &token));
    assert_eq!(usize::from(one.is_ok()) + usize::from(other.is_ok()), 1);
}

#[tokio::test]
async fn an_address_that_another_customer_has_is_refused_to_who_proved_it() {
    let db = TestDb::new().await;
    let organization_id = organization(&db).await;
    let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
    fixtures::member(&db, organization_id, "bob@example.com").await;
    ask(&db, &ada, "BOB@example.com").await.unwrap();
    let token = token(&db, "BOB@example.com").await;
    assert!(matches!(verify(&db, &token).await, Err(VerifyEmailUpdateError::Taken)));
    assert!(matches!(verify(&db, &token).await, Err(VerifyEmailUpdateError::Invalid)));
    assert_eq!(addresses(&db, &ada).await.0, "ada@example.com");
}

#[tokio::test]
async fn who_may_not_asks_in_vain() {
    let db = TestDb::new().await;
    let organization_id = organization(&db).await;
    let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
    let team = fixtures::team_owner(&db, organization_id, "team@example.com").await;
    let member =
        fixtures::colleague(&db, &team, "eve@example.com", domain::role::MemberRole::Member).await;
    let same = ask(&db, &ada, "ADA@example.com").await;
    assert!(matches!(same, Err(RequestEmailUpdateError::Invalid(_))), "{same:?}");
    let of_team = ask(&db, &team, "new@example.com").await;
    assert!(matches!(of_team, Err(RequestEmailUpdateError::Team)), "{of_team:?}");
    let of_member = ask(&db, &member, "new@example.com").await;
    assert!(matches!(of_member, Err(RequestEmailUpdateError::Forbidden(_))), "{of_member:?}");
    let email = EmailAddress::parse("new@example.com").unwrap();
    let input = RequestEmailUpdate { email, client: "a".to_owned() };
    let by_staff = request(&db.pool, &mut db.cx(), input).await;
    assert!(matches!(by_staff, Err(RequestEmailUpdateError::Forbidden(_))), "{by_staff:?}");
    sqlx::query("update portal_setting set allow_email_change = false")
        .execute(&db.pool)
        .await
        .unwrap();
    let off = ask(&db, &ada, "new@example.com").await;
    assert!(matches!(off, Err(RequestEmailUpdateError::Off)), "{off:?}");
    assert!(letters(&db).await.is_empty());
}

#[tokio::test]
async fn a_client_has_six_tries_a_minute_of_all_three_together() {
    let db = TestDb::new().await;
    let organization_id = organization(&db).await;
    let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
    let email = EmailAddress::parse("new@example.com").unwrap();
    let input = RequestEmailUpdate { email, client: "a".to_owned() };
    request(&db.pool, &mut db.cx_of(ada), input).await.unwrap();
    for _ in 0..3 {
        check(&db.pool, &secret(), "x", "a", db.now()).await.unwrap();
    }
    for _ in 0..2 {
        let tried = verify_for_api(&db.pool, &secret(), &mut db.cx(), "x", "a").await;
        assert!(matches!(tried, Err(VerifyEmailUpdateError::Invalid)));
    }
    let limited = check(&db.pool, &secret(), "x", "a", db.now()).await;
    assert!(matches!(limited, Err(CheckError::Limited(_))), "{limited:?}");
    db.clock.advance(Duration::minutes(15));
    assert!(check(&db.pool, &secret(), "x", "a", db.now()).await.is_ok());
}
