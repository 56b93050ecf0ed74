//! Signing in by code, by link and by hand-over, as a browser without script does it.

use backend::{
    clock::Clock,
    context::Context,
    hand_over::{self, CreateHandOver},
    test_support::fixtures,
};

use crate::support::TestApp;

const ASK: &str =
    "_form=sign-in/request&organization=acme&email=ann%40example.com&to=/acme/portal/orders";

/// The code in the only mail.
pub async fn code_in_mail(app: &TestApp) -> String {
    let mails = app.deliver().await;
    let mail = mails.iter().find(|mail| mail.template == "sign_in").unwrap();
    mail.subject.split(' ').next().unwrap().to_owned()
}

#[tokio::test]
async fn by_code_and_back_to_the_same_page() {
    let app = TestApp::start().await;
    fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let sent = app.get("/acme/portal/orders?status=open", "").await;
    assert_eq!(
        (sent.status, sent.location()),
        (303, "/acme/portal/sign-in?to=/acme/portal/orders%3Fstatus%3Dopen")
    );
    let asked = app.post("/acme/portal/sign-in", "", ASK).await;
    assert_eq!(
        (asked.status, asked.location()),
        (303, "/acme/portal/sign-in/code"),
        "{}",
        asked.body
    );
    let cookies = asked.cookies().join("; ");
    let code = code_in_mail(&app).await;

    let wrong = app
        .post(
            "/acme/portal/sign-in/code",
            &cookies,
            "_form=sign-in/code&organization=acme&code=222222",
        )
        .await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    assert!(!wrong.body.contains("222222"));
    let form = format!("_form=sign-in/code&organization=acme&code={code}");
    let elsewhere = app.post("/acme/portal/sign-in/code", "", &form).await;
    assert_eq!(
        (elsewhere.status, elsewhere.location()),
        (303, "/acme/portal/sign-in"),
        "another browser begins anew"
    );
    assert_eq!(elsewhere.cookies(), Vec::<String>::new());
    let signed_in = app.post("/acme/portal/sign-in/code", &cookies, &form).await;
    assert_eq!(
        (signed_in.status, signed_in.location()),
        (303, "/acme/portal/orders"),
        "{}",
        signed_in.body
    );
    let session = signed_in.cookies().join("; ");
    assert_eq!(app.get("/acme/portal/orders", &session).await.status, 200);
    let again = app.post("/acme/portal/sign-in/code", &cookies, &form).await;
    assert_eq!(again.status, 422, "a code works once");

    let out = app.post("/acme/portal/orders", &session, "_form=sign-out&organization=acme").await;
    assert_eq!(out.status, 303);
    assert_eq!(app.get("/acme/portal/orders", &session).await.status, 303);
}

#[tokio::test]
async fn a_code_tried_six_times() {
    let app = TestApp::start().await;
    fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let cookies = app.post("/acme/portal/sign-in", "", ASK).await.cookies().join("; ");
    let code = code_in_mail(&app).await;
    for _ in 0..5 {
        let wrong = app
            .post(
                "/acme/portal/sign-in/code",
                &cookies,
                "_form=sign-in/code&organization=acme&code=222222",
            )
            .await;
        assert_eq!(wrong.status, 422, "{}", wrong.body);
    }
    let right = app
        .post(
            "/acme/portal/sign-in/code",
            &cookies,
            &format!("_form=sign-in/code&organization=acme&code={code}"),
        )
        .await;
    assert_eq!(right.status, 422, "the sixth try is refused even when it is right");
}

#[tokio::test]
async fn by_link_only_when_the_button_is_pressed() {
    let app = TestApp::start().await;
    fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    app.post("/acme/portal/sign-in", "", ASK).await;
    let mails = app.deliver().await;
    let link = mails[0].text.lines().find(|line| line.starts_with("http")).unwrap().to_owned();
    let path = link.strip_prefix("http://127.0.0.1:3000").unwrap();
    // A scanner opens it; so does the person, twice.
    app.get(path, "").await;
    let opened = app.get(path, "").await;
    assert_eq!((opened.status, opened.location()), (303, "/acme/portal/sign-in/link"));
    let cookies = opened.cookies().join("; ");
    let page = app.get("/acme/portal/sign-in/link", &cookies).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert_eq!(page.body.matches("type=\"submit\"").count(), 1, "{}", page.body);
    let pressed = app
        .post("/acme/portal/sign-in/link", &cookies, "_form=sign-in/link&organization=acme")
        .await;
    assert_eq!(
        (pressed.status, pressed.location()),
        (303, "/acme/portal/orders"),
        "{}",
        pressed.body
    );
    let again = app
        .post("/acme/portal/sign-in/link", &cookies, "_form=sign-in/link&organization=acme")
        .await;
    assert_eq!(again.status, 409, "a link works once: {}", again.body);
    let hostile = app.get("/acme/portal/sign-in/link?t=x%3B;Domain=evil.example", "").await;
    assert!(!hostile.headers.get("set-cookie").unwrap().to_str().unwrap().contains("evil"));
}

#[tokio::test]
async fn the_answer_is_the_same_for_an_unknown_address() {
    let app = TestApp::start().await;
    fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let known = app.post("/acme/portal/sign-in", "", ASK).await;
    let unknown = app.post("/acme/portal/sign-in", "", &ASK.replace("ann", "bob")).await;
    assert_eq!((known.status, known.location()), (unknown.status, unknown.location()));
    let names = |cookies: Vec<String>| {
        cookies
            .iter()
            .map(|cookie| cookie.split('=').next().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(known.cookies()), names(unknown.cookies()));
    assert_eq!(app.deliver().await.len(), 1);
}

#[tokio::test]
async fn by_hand_over_once() {
    let app = TestApp::start().await;
    let member = fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let mut cx = Context::system_for(app.organization.id, app.clock.now(), app.db.rng());
    let input = CreateHandOver {
        organization_id: app.organization.id,
        customer_id: member.customer_id,
        member_id: None,
        return_to: None,
        return_url: None,
    };
    let code = hand_over::create(&app.db.pool, &mut cx, input).await.unwrap();
    let path = app.state.portal.urls.hand_over("acme", code.expose());
    let path =
        format!("{}&to=/acme/portal/orders", path.strip_prefix("http://127.0.0.1:3000").unwrap());
    let opened = app.get(&path, "").await;
    assert_eq!((opened.status, opened.location()), (303, "/acme/portal/orders"), "{}", opened.body);
    let session = opened.cookies().join("; ");
    assert_eq!(app.get("/acme/portal/orders", &session).await.status, 200);
    let again = app.get(&path, "").await;
    assert_eq!(
        (again.status, again.location()),
        (303, "/acme/portal/sign-in?to=/acme/portal/orders&used=1")
    );
    assert_eq!(again.cookies(), Vec::<String>::new());
    let elsewhere = app.get("/acme/portal/hand-over?code=x&to=https://evil.example", "").await;
    assert_eq!(elsewhere.location(), "/acme/portal/sign-in?used=1");
}
