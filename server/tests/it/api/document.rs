//! The `OpenAPI` document is committed as the code makes it.

use std::path::Path;

use crate::{api::get, support::TestApp};

/// `UPDATE_OPENAPI=1` writes the file.
#[tokio::test]
async fn the_committed_document_is_the_one_served() {
    let app = TestApp::start().await;
    let served = get(&app, "/openapi.json", "").await;
    assert_eq!((served.status, served.header("content-type")), (200, "application/json"));
    assert!(served.json()["openapi"].as_str().unwrap().starts_with("3.1"));
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi.json");
    let served = format!("{}\n", served.body);
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &served).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(committed == served, "docs/openapi.json is old: run this test with UPDATE_OPENAPI=1");
}

#[test]
fn every_operation_says_what_it_does_and_how_it_refuses() {
    let document = serde_json::to_value(server::rest::v1::document()).unwrap();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let name = format!("{method} {path}");
            assert!(operation["summary"].as_str().is_some_and(|text| text.len() > 5), "{name}");
            assert!(operation["operationId"].as_str().is_some_and(|id| id.contains(':')), "{name}");
            let responses = operation["responses"].as_object().unwrap();
            assert!(responses.contains_key("422"), "{name}");
            let is_open = !operation["security"].is_array();
            assert!(is_open || responses.contains_key("401"), "{name}");
        }
    }
}

#[test]
fn the_guide_names_every_operation_that_is_ours() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api.md");
    let guide = std::fs::read_to_string(file).unwrap();
    let document = serde_json::to_value(server::rest::v1::document()).unwrap();
    let mut ours = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            if operation["x-beyond-polar"] == true {
                ours += 1;
                let name = format!("`{} {path}`", method.to_uppercase());
                assert!(guide.contains(&name), "docs/api.md does not name {name}");
            }
        }
    }
    assert!(ours > 0);
}
