//! The document, as its pages show it.

use serde::Serialize;
use serde_json::Value;

use super::example;
use crate::rest::document::BEYOND_POLAR_MARK;

/// All of it.
#[derive(Debug)]
pub struct Model {
    pub resources: Vec<Resource>,
    pub objects: Vec<Object>,
}

/// Operations on one kind of thing.
#[derive(Debug, Serialize)]
pub struct Resource {
    pub slug: String,
    pub title: String,
    pub operations: Vec<Operation>,
}

#[derive(Debug, Serialize)]
pub struct Operation {
    /// Also its name in links.
    pub anchor: String,
    pub id: String,
    pub method: String,
    pub path: String,
    pub summary: String,
    /// What is said after the summary.
    pub more: String,
    pub is_beyond_polar: bool,
    /// Who may call.
    pub callers: Vec<String>,
    pub parameters: Vec<Field>,
    /// The body that is sent.
    pub body: Option<Kind>,
    pub fields: Vec<Field>,
    pub answers: Vec<Answer>,
    pub request_example: String,
    pub answer_example: String,
}

/// A parameter of a request, or a field of an object.
#[derive(Debug, Serialize)]
pub struct Field {
    pub name: String,
    /// Of a parameter: `path`, `query` or `header`.
    pub place: String,
    pub kind: Kind,
    pub is_required: bool,
    pub description: String,
    pub values: Vec<String>,
    pub example: String,
}

/// What a value is: words, and the objects that they name.
#[derive(Debug, Default, Serialize)]
pub struct Kind {
    pub text: String,
    /// Names of objects.
    pub objects: Vec<String>,
    pub is_nullable: bool,
}

#[derive(Debug, Serialize)]
pub struct Answer {
    pub status: String,
    pub description: String,
    pub kind: Option<Kind>,
}

#[derive(Debug, Serialize)]
pub struct Object {
    pub name: String,
    pub description: String,
    pub kind: Kind,
    pub values: Vec<String>,
    pub fields: Vec<Field>,
}

impl Model {
    pub fn of(document: &Value, base_url: &str) -> Self {
        let mut resources: Vec<Resource> = vec![];
        for (path, item) in entries(&document["paths"]) {
            for (method, told) in entries(item) {
                let operation = operation(document, base_url, path, method, told);
                let (parent, _) = operation.id.rsplit_once(':').unwrap_or((&operation.id, ""));
                let slug = slug(parent);
                if let Some(known) = resources.iter_mut().find(|known| known.slug == slug) {
                    known.operations.push(operation);
                } else {
                    let title = title(parent);
                    resources.push(Resource { slug, title, operations: vec![operation] });
                }
            }
        }
        resources.sort_by(|one, other| one.title.cmp(&other.title));
        let objects = entries(&document["components"]["schemas"]).map(|(name, schema)| Object {
            name: name.clone(),
            description: text(&schema["description"]),
            kind: kind(schema),
            values: values(schema),
            fields: fields(document, schema),
        });
        Self { resources, objects: objects.collect() }
    }
}

fn operation(
    document: &Value,
    base_url: &str,
    path: &str,
    method: &str,
    told: &Value,
) -> Operation {
    let body = &told["requestBody"]["content"]["application/json"]["schema"];
    let parameters = list(&told["parameters"]).iter().map(|one| Field {
        place: text(&one["in"]),
        is_required: one["required"] == true,
        description: text(&one["description"]),
        ..field(&text(&one["name"]), &one["schema"], false)
    });
    let answers = entries(&told["responses"]).map(|(status, answer)| {
        let content = entries(&answer["content"]).next();
        Answer {
            status: status.clone(),
            description: text(&answer["description"]),
            kind: content.map(|(_, content)| kind(&content["schema"])),
        }
    });
    let id = text(&told["operationId"]);
    let call = example::Call { document, base_url, path, method, told };
    Operation {
        anchor: slug(&id),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&told["summary"]),
        more: text(&told["description"]),
        is_beyond_polar: told[BEYOND_POLAR_MARK] == true,
        callers: callers(&told["security"]),
        parameters: parameters.collect(),
        body: (!body.is_null()).then(|| kind(body)),
        fields: fields(document, body),
        answers: answers.collect(),
        request_example: call.request(),
        answer_example: call.answer(),
        id,
    }
}

fn callers(security: &Value) -> Vec<String> {
    let told = list(security).iter().flat_map(entries).map(|(scheme, scopes)| {
        let scopes: Vec<String> = list(scopes).iter().map(text).collect();
        match scheme.as_str() {
            "access_token" if scopes.is_empty() => "an organization's access token".to_owned(),
            "access_token" => {
                format!("an organization's access token with the scope {}", scopes.join(", "))
            }
            "customer_session" => "a customer's session".to_owned(),
            "member_session" => "a member's session".to_owned(),
            other => other.to_owned(),
        }
    });
    told.collect()
}

/// The fields of an object, those of its parts included.
fn fields(document: &Value, schema: &Value) -> Vec<Field> {
    let schema = resolved(document, schema);
    let mut found: Vec<Field> =
        list(&schema["allOf"]).iter().flat_map(|part| fields(document, part)).collect();
    found.extend(entries(&schema["properties"]).map(|(name, one)| {
        let is_required = list(&schema["required"]).iter().any(|required| required == name);
        field(name, one, is_required)
    }));
    found
}

fn field(name: &str, schema: &Value, is_required: bool) -> Field {
    Field {
        name: name.to_owned(),
        place: String::new(),
        kind: kind(schema),
        is_required,
        description: text(&schema["description"]),
        values: values(schema),
        example: match &schema["example"] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => other.to_string(),
        },
    }
}

fn values(schema: &Value) -> Vec<String> {
    let values = list(&schema["enum"]).iter().filter(|value| !value.is_null());
    values.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)).collect()
}

fn kind(schema: &Value) -> Kind {
    if let Some(name) = object_of(schema) {
        return Kind { objects: vec![name.to_owned()], ..Kind::default() };
    }
    for (union, word) in [("oneOf", "one of"), ("anyOf", "one of"), ("allOf", "")] {
        let parts = list(&schema[union]);
        if parts.is_empty() {
            continue;
        }
        let is_null = |part: &&Value| part["type"] == "null";
        let others: Vec<Kind> = parts.iter().filter(|part| !is_null(part)).map(kind).collect();
        let mut texts: Vec<String> = others.iter().map(|one| one.text.clone()).collect();
        texts.retain(|text| !text.is_empty());
        texts.dedup();
        let objects: Vec<String> = others.into_iter().flat_map(|one| one.objects).collect();
        let is_choice = objects.len() + texts.len() > 1 && !word.is_empty();
        let mut words = if is_choice { vec![word.to_owned()] } else { vec![] };
        words.push(texts.join(", "));
        let text = words.join(" ").trim().to_owned();
        return Kind { text, objects, is_nullable: parts.iter().any(|part| is_null(&part)) };
    }
    let types: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect(),
        _ => vec![],
    };
    let is_nullable = types.contains(&"null");
    let mut told: Vec<String> =
        types.into_iter().filter(|one| *one != "null").map(String::from).collect();
    if told.is_empty() {
        told.push("any value".to_owned());
    }
    let mut text = told.join(" or ");
    if let Some(format) = schema["format"].as_str().filter(|format| !format.starts_with("int")) {
        text = format!("{text} ({format})");
    }
    if schema["items"].is_object() {
        let items = kind(&schema["items"]);
        format!("list of {}", items.text).trim_end().clone_into(&mut text);
        return Kind { text, objects: items.objects, is_nullable };
    }
    if schema["additionalProperties"].is_object() {
        let items = kind(&schema["additionalProperties"]);
        return Kind {
            text: format!("map of {}", items.text),
            objects: items.objects,
            is_nullable,
        };
    }
    Kind { text, objects: vec![], is_nullable }
}

fn object_of(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.rsplit('/').next()
}

pub fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    match object_of(schema) {
        Some(name) => &document["components"]["schemas"][name],
        None => schema,
    }
}

fn slug(id: &str) -> String {
    id.replace([':', '_'], "-")
}

/// `customer_portal:payment_methods` as "Customer portal: payment methods".
fn title(id: &str) -> String {
    let words = id.replace(':', ": ").replace(['_', '-'], " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

pub fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flatten()
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
