//! No code, token or address in logs, pages or addresses.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use backend::test_support::fixtures;
use tracing_subscriber::fmt::MakeWriter;

use crate::support::TestApp;

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Captured {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn a_whole_sign_in_leaves_no_secret_anywhere() {
    let captured = Captured::default();
    // For the whole process: a subscriber of one thread misses call sites that another test met first.
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_max_level(tracing::Level::DEBUG)
        .with_writer(captured.clone())
        .finish();
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let app = TestApp::start().await;
    fixtures::member(&app.db, app.organization.id, "ann@example.com").await;
    let mut answers = Vec::new();
    let asked = app
        .post(
            "/acme/portal/sign-in",
            "",
            "_form=sign-in/request&organization=acme&email=ann%40example.com",
        )
        .await;
    let browser = asked.cookies().join("; ");
    answers.push(asked);
    let mails = app.deliver().await;
    let code = mails[0].subject.split(' ').next().unwrap().to_owned();
    let link = mails[0].text.lines().find(|line| line.starts_with("http")).unwrap().to_owned();
    let link_token = link.split("t=").nth(1).unwrap().to_owned();
    let opened = app.get(link.strip_prefix("http://127.0.0.1:3000").unwrap(), "").await;
    let link_cookies = opened.cookies().join("; ");
    answers.push(opened);
    answers.push(app.get("/acme/portal/sign-in/link", &link_cookies).await);
    answers.push(app.get("/acme/portal/sign-in/code", &browser).await);
    let signed_in = app
        .post(
            "/acme/portal/sign-in/code",
            &browser,
            &format!("_form=sign-in/code&organization=acme&code={code}"),
        )
        .await;
    assert_eq!(signed_in.status, 303, "{}", signed_in.body);
    let session = signed_in.cookies().join("; ");
    answers.push(signed_in);
    for page in ["", "/orders", "/settings/sessions", "/settings/activity", "/nothing"] {
        answers.push(app.get(&format!("/acme/portal{page}"), &session).await);
    }

    let values = |cookies: &str| {
        cookies
            .split("; ")
            .filter_map(|cookie| cookie.split_once('='))
            .map(|(_, value)| value.to_owned())
            .collect::<Vec<_>>()
    };
    let mut secrets = vec![code, link_token];
    secrets.extend(
        [&browser, &link_cookies, &session]
            .into_iter()
            .flat_map(|cookies| values(cookies))
            .filter(|value| value.len() >= 32),
    );
    assert!(secrets.len() >= 5, "{secrets:?}");
    let log = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(
        log.contains("\"route\":\"/{organization}/portal/sign-in/link\""),
        "the log was captured"
    );
    for secret in &secrets {
        assert!(!log.contains(secret.as_str()), "the log holds {secret}");
        for answer in &answers {
            assert!(!answer.body.contains(secret.as_str()), "a page holds {secret}");
            assert!(!answer.location().contains(secret.as_str()), "an address holds {secret}");
        }
    }
    for line in log.lines().filter(|line| !line.contains("\"level\":\"DEBUG\"")) {
        assert!(!line.contains("ann@example.com") && !line.contains("ann%40"), "{line}");
    }
}
