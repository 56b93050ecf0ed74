//! No change breaks what callers rely on: the document of today against the last one that was released.

mod changes;
mod schema;

use std::path::PathBuf;

use serde_json::{Value, json};

use changes::breaking_changes;

fn released_file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../docs/openapi-released.json")
}

/// `RELEASE_OPENAPI=1` writes the file: with a release, and never to get past this test.
#[test]
fn nothing_that_was_released_breaks() {
    let now = server::rest::v1::document().to_pretty_json().unwrap();
    if std::env::var_os("RELEASE_OPENAPI").is_some() {
        std::fs::write(released_file(), format!("{now}\n")).unwrap();
    }
    let released = std::fs::read_to_string(released_file()).unwrap();
    let released: Value = serde_json::from_str(&released).unwrap();
    let broken = breaking_changes(&released, &serde_json::from_str(&now).unwrap());
    assert!(broken.is_empty(), "callers would break:\n{}", broken.join("\n"));
}

/// A document with one operation of each kind of part.
fn document() -> Value {
    json!({
        "paths": { "/v1/things/{id}": { "patch": {
            "operationId": "things:update",
            "security": [{ "access_token": ["things:write"] }],
            "parameters": [
                { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                { "name": "kind", "in": "query", "schema": { "$ref": "#/components/schemas/Kind" } },
            ],
            "requestBody": { "required": true, "content": { "application/json": {
                "schema": { "$ref": "#/components/schemas/ThingUpdate" },
            } } },
            "responses": {
                "200": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/Thing" },
                } } },
                "404": {},
            },
        } } },
        "components": { "schemas": {
            "Kind": { "type": "string", "enum": ["small", "large"] },
            "ThingUpdate": { "type": "object", "required": ["name"], "properties": {
                "name": { "type": "string", "maxLength": 80 },
                "note": { "type": ["string", "null"] },
                "kind": { "$ref": "#/components/schemas/Kind" },
            } },
            "Thing": { "type": "object", "required": ["id", "parts", "owner"], "properties": {
                "id": { "type": "string", "format": "uuid" },
                "count": { "type": "integer", "format": "int64" },
                "note": { "type": ["string", "null"] },
                "owner": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Owner" }] },
                "parts": { "type": "array", "items": { "$ref": "#/components/schemas/Thing" } },
            } },
            "Owner": { "allOf": [
                { "type": "object", "required": ["email"], "properties": {
                    "email": { "type": "string" },
                } },
                { "type": "object", "properties": { "age": { "type": "integer" } } },
            ] },
        } },
    })
}

const OPERATION: &str = "/paths/~1v1~1things~1{id}/patch";

/// What is said when the value at `place` has become `value` (gone when null).
fn said(place: &str, value: &Value) -> Vec<String> {
    let mut changed = document();
    let place = place.replace("OPERATION", OPERATION).replace("SCHEMA", "/components/schemas");
    let (parent, name) = place.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/");
    match changed.pointer_mut(parent).unwrap() {
        Value::Object(map) if value.is_null() => drop(map.remove(&name).unwrap()),
        Value::Object(map) => drop(map.insert(name, value.clone())),
        Value::Array(all) if value.is_null() => drop(all.remove(name.parse().unwrap())),
        Value::Array(all) => all.push(value.clone()),
        _ => unreachable!(),
    }
    breaking_changes(&document(), &changed)
}

fn refused(place: &str, value: &Value, why: &str) {
    let said = said(place, value);
    assert!(said.iter().any(|one| one.contains(why)), "{place}: {said:?}");
}

#[test]
fn what_breaks_callers_is_refused() {
    let gone = Value::Null;
    refused("/paths/~1v1~1things~1{id}", &gone, "the operation is gone");
    refused(OPERATION, &gone, "the operation is gone");
    refused("OPERATION/operationId", &json!("things:patch"), "has another operation id");
    refused("OPERATION/responses/404", &gone, "the status 404 is gone");
    refused("OPERATION/responses/200/content/application~1json", &gone, "application/json is gone");
    refused("OPERATION/security", &json!([{ "access_token": ["a:b"] }]), "admits fewer");
    refused("OPERATION/parameters/1", &gone, "the query parameter kind is gone");
    let required = json!({ "name": "page", "in": "query", "required": true, "schema": {} });
    refused("OPERATION/parameters/-", &required, "the query parameter page is newly required");
}

#[test]
fn a_response_may_not_lose_nor_change_what_it_says() {
    let gone = Value::Null;
    refused("SCHEMA/Thing/properties/id", &gone, "200.id is gone");
    refused("SCHEMA/Thing/properties/count", &json!({ "type": "string" }), "200.count");
    refused("SCHEMA/Thing/properties/id", &json!({ "type": "string" }), "200.id");
    let nullable = json!({ "type": ["integer", "null"], "format": "int64" });
    refused("SCHEMA/Thing/properties/count", &nullable, "200.count");
    refused("SCHEMA/Thing/required", &json!(["id", "owner"]), "200.parts may newly be absent");
    refused("SCHEMA/Owner/allOf/0/properties/email", &gone, "200.owner.email is gone");
    let items = json!({ "type": "array", "items": { "type": "string" } });
    refused("SCHEMA/Thing/properties/parts", &items, "200.parts[]");
    let third = json!({ "type": "object", "required": ["url"] });
    refused("SCHEMA/Thing/properties/owner/oneOf/-", &third, "200.owner");
}

#[test]
fn a_request_may_not_ask_for_more() {
    let all = json!(["name", "kind"]);
    refused("SCHEMA/ThingUpdate/required", &all, "body.kind is newly required");
    let text = json!({ "type": "string" });
    refused("SCHEMA/ThingUpdate/properties/note", &text, "body.note");
    refused("SCHEMA/Kind/enum", &json!(["small"]), "\"large\" is no longer taken");
    refused("SCHEMA/ThingUpdate/properties/name", &json!({ "type": "integer" }), "body.name");
    let short = json!({ "type": "string", "maxLength": 10 });
    refused("SCHEMA/ThingUpdate/properties/name", &short, "maxLength is narrower");
    refused("SCHEMA/ThingUpdate/properties/note", &Value::Null, "body.note is gone");
    let closed = json!({ "type": "string", "enum": ["x"] });
    refused("SCHEMA/ThingUpdate/properties/name", &closed, "takes only some values");
}

#[test]
fn what_only_adds_is_no_break() {
    let same: Vec<String> = vec![];
    assert_eq!(breaking_changes(&document(), &document()), same);
    let text = json!({ "type": "string" });
    assert_eq!(said("SCHEMA/Thing/properties/more", &text), same);
    assert_eq!(said("SCHEMA/ThingUpdate/properties/more", &text), same);
    assert_eq!(said("SCHEMA/Kind/enum/-", &json!("medium")), same);
    assert_eq!(said("SCHEMA/ThingUpdate/required", &json!([])), same);
    assert_eq!(said("SCHEMA/Thing/required", &json!(["id", "parts", "owner", "note"])), same);
    assert_eq!(said("SCHEMA/Thing/properties/note", &text), same, "no longer null");
    assert_eq!(said("OPERATION/responses/409", &json!({})), same);
    let optional = json!({ "name": "page", "in": "query", "schema": text });
    assert_eq!(said("OPERATION/parameters/-", &optional), same);
    let more = json!([{ "access_token": [] }, { "member_session": [] }]);
    assert_eq!(said("OPERATION/security", &more), same);
}
