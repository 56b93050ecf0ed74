//! Examples of requests and answers, made from the schemas.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::model::{entries, list, resolved};

/// Objects within objects are shown to this depth.
const DEPTH_MAX: usize = 4;

/// An operation of the document.
#[derive(Debug, Clone, Copy)]
pub struct Call<'a> {
    pub document: &'a Value,
    pub base_url: &'a str,
    pub path: &'a str,
    pub method: &'a str,
    pub told: &'a Value,
}

impl Call<'_> {
    /// The call with curl.
    pub fn request(self) -> String {
        let Self { base_url, told, .. } = self;
        let mut path = self.path.to_owned();
        for parameter in list(&told["parameters"]).iter().filter(|one| one["in"] == "path") {
            let name = parameter["name"].as_str().unwrap_or_default();
            let value = self.value(&parameter["schema"], DEPTH_MAX, false);
            path = path.replace(&format!("{{{name}}}"), value.as_str().unwrap_or(name));
        }
        let method = match self.method {
            "get" => String::new(),
            other => format!(" -X {}", other.to_uppercase()),
        };
        let mut call = format!("curl{method} {base_url}{path}");
        if let Some(token) = token(&told["security"]) {
            let _ = write!(call, " \\\n  -H \"Authorization: Bearer {token}\"");
        }
        let body = &told["requestBody"]["content"]["application/json"];
        if body.is_object() {
            let sent = match &body["example"] {
                Value::Null => self.value(&body["schema"], 0, true),
                example => example.clone(),
            };
            let sent = serde_json::to_string_pretty(&sent).unwrap_or_default();
            let sent = sent.replace('\'', "'\\''");
            let _ = write!(call, " \\\n  -H \"Content-Type: application/json\" \\\n  -d '{sent}'");
        }
        call
    }

    /// What comes back when it succeeds; empty when that has no body.
    pub fn answer(self) -> String {
        let success = entries(&self.told["responses"]).find(|(status, _)| status.starts_with('2'));
        let content = success.map(|(_, answer)| &answer["content"]["application/json"]);
        let Some(content) = content.filter(|content| content.is_object()) else {
            return String::new();
        };
        let value = match &content["example"] {
            Value::Null => self.value(&content["schema"], 0, false),
            example => example.clone(),
        };
        serde_json::to_string_pretty(&value).unwrap_or_default()
    }

    /// A value that fits a schema. Of a request only what must be sent, and what has an example.
    fn value(self, schema: &Value, depth: usize, is_request: bool) -> Value {
        if !schema["example"].is_null() {
            return schema["example"].clone();
        }
        let schema = resolved(self.document, schema);
        if !schema["example"].is_null() {
            return schema["example"].clone();
        }
        if let Some(value) = list(&schema["enum"]).first() {
            return value.clone();
        }
        let unions = [&schema["oneOf"], &schema["anyOf"]];
        if let Some(first) =
            unions.iter().flat_map(|all| list(all)).find(|one| one["type"] != "null")
        {
            return self.value(first, depth, is_request);
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null"),
            kind => Some(kind),
        };
        match kind.and_then(Value::as_str) {
            Some("string") => Value::from(match schema["format"].as_str() {
                Some("uuid") => "0196f88c-b748-7269-8259-9dcfcbb96ad8",
                Some("date-time") => "2026-12-31T23:00:00Z",
                Some("uri") => "https://example.com/",
                _ => "…",
            }),
            Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or(json!(1)),
            Some("boolean") => Value::Bool(true),
            Some("array") if depth < DEPTH_MAX => {
                vec![self.value(&schema["items"], depth + 1, is_request)].into()
            }
            Some("array") => json!([]),
            _ => self.object(schema, depth, is_request),
        }
    }

    fn object(self, schema: &Value, depth: usize, is_request: bool) -> Value {
        let mut object = Map::new();
        if depth >= DEPTH_MAX {
            return object.into();
        }
        for part in list(&schema["allOf"]) {
            if let Value::Object(fields) = self.value(part, depth, is_request) {
                object.extend(fields);
            }
        }
        for (name, field) in entries(&schema["properties"]) {
            let is_required = list(&schema["required"]).iter().any(|one| one == name);
            if !is_request || is_required || !field["example"].is_null() {
                object.insert(name.clone(), self.value(field, depth + 1, is_request));
            }
        }
        object.into()
    }
}

fn token(security: &Value) -> Option<&'static str> {
    let (scheme, _) = list(security).iter().flat_map(entries).next()?;
    Some(match scheme.as_str() {
        "access_token" => "foyer_oat_…",
        "member_session" => "foyer_mst_…",
        _ => "foyer_cst_…",
    })
}
