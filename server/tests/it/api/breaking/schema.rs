//! What one schema takes from those who relied on another.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::changes::{list, object};

/// Who relies on the schema: the caller who sends it, or the one who reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Direction {
    Request,
    Response,
}

/// Two documents, and what was found so far.
pub struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    pub found: Vec<String>,
    /// Pairs of references below which the comparison is: schemas may hold themselves.
    open: HashSet<(String, String, Direction)>,
}

impl<'a> Comparison<'a> {
    pub fn new(old: &'a Value, new: &'a Value) -> Self {
        Self { old, new, found: vec![], open: HashSet::new() }
    }

    pub fn broken(&mut self, place: &str, what: &str) {
        self.found.push(format!("{place}: {what}"));
    }

    /// A value has several forms where it may be null or one of several. Every form that is sent must be one that is taken:
    /// the old ones by the new schema in a request, the new ones by the old schema in a response.
    pub fn schemas(&mut self, place: &str, old: &Value, new: &Value, to: Direction) {
        let names = (reference(old), reference(new));
        let key = (names.0.to_owned(), names.1.to_owned(), to);
        if !names.0.is_empty() && !self.open.insert(key.clone()) {
            return;
        }
        let (before, after) = (forms(self.old, old), forms(self.new, new));
        let (sent, taken) =
            if to == Direction::Request { (&before, &after) } else { (&after, &before) };
        for form in sent {
            let like: Vec<_> = taken.iter().filter(|other| is_alike(form, other)).collect();
            let problems = |other: &Value| {
                let mut inner = Self { open: self.open.clone(), ..Self::new(self.old, self.new) };
                let (old, new) =
                    if to == Direction::Request { (form, other) } else { (other, form) };
                inner.form(place, old, new, to);
                inner.found
            };
            let mut tried = like.into_iter().map(problems).collect::<Vec<_>>();
            tried.sort_by_key(Vec::len);
            match tried.into_iter().next() {
                Some(problems) => self.found.extend(problems),
                None if to == Direction::Request => {
                    self.broken(place, &format!("{form} is no longer taken"));
                }
                None => self.broken(place, &format!("may newly be {form}")),
            }
        }
        self.open.remove(&key);
    }

    fn form(&mut self, place: &str, old: &Value, new: &Value, to: Direction) {
        if old.get("format") != new.get("format") && to == Direction::Response {
            self.broken(place, "the format is another");
        }
        if to == Direction::Request {
            self.values(place, old, new);
            self.bounds(place, old, new);
        }
        if old["type"] == "array" {
            self.schemas(&format!("{place}[]"), &old["items"], &new["items"], to);
        }
        let requires =
            |schema: &Value, name: &str| list(&schema["required"]).iter().any(|one| one == name);
        for (name, field) in object(&old["properties"]) {
            let place = format!("{place}.{name}");
            let Some(now) = new["properties"].get(name) else {
                self.found.push(format!("{place} is gone"));
                continue;
            };
            self.schemas(&place, field, now, to);
            if to == Direction::Response && requires(old, name) && !requires(new, name) {
                self.found.push(format!("{place} may newly be absent"));
            }
        }
        for name in list(&new["required"]).iter().filter_map(Value::as_str) {
            if to == Direction::Request && !requires(old, name) {
                self.found.push(format!("{place}.{name} is newly required"));
            }
        }
        match (&old["additionalProperties"], &new["additionalProperties"]) {
            (Value::Object(_), Value::Object(_)) => {
                let (old, new) = (&old["additionalProperties"], &new["additionalProperties"]);
                self.schemas(&format!("{place}.*"), old, new, to);
            }
            (old, Value::Bool(false)) if to == Direction::Request && old != false => {
                self.broken(place, "unknown fields are newly refused");
            }
            _ => {}
        }
    }

    /// The values that are taken.
    fn values(&mut self, place: &str, old: &Value, new: &Value) {
        let Some(now) = values_of(new) else { return };
        match values_of(old) {
            None => self.broken(place, "takes only some values newly"),
            Some(before) => {
                for value in before.iter().filter(|value| !now.contains(value)) {
                    self.broken(place, &format!("{value} is no longer taken"));
                }
            }
        }
    }

    fn bounds(&mut self, place: &str, old: &Value, new: &Value) {
        for (name, is_upper) in [
            ("maxLength", true),
            ("maxItems", true),
            ("maximum", true),
            ("minLength", false),
            ("minItems", false),
            ("minimum", false),
        ] {
            let Some(now) = new[name].as_f64() else { continue };
            let is_narrower = old[name]
                .as_f64()
                .is_none_or(|before| if is_upper { now < before } else { now > before });
            if is_narrower {
                self.broken(place, &format!("{name} is narrower"));
            }
        }
    }
}

fn values_of(schema: &Value) -> Option<Vec<Value>> {
    let one = schema.get("const").map(|value| vec![value.clone()]);
    one.or_else(|| schema["enum"].as_array().cloned())
}

fn reference(schema: &Value) -> &str {
    schema["$ref"].as_str().unwrap_or_default()
}

/// Of one type, and (where several forms of an object are told apart by a constant) of one kind.
fn is_alike(one: &Value, other: &Value) -> bool {
    let kind = |schema: &Value| match schema["type"].as_str() {
        Some("integer") => "number".to_owned(),
        Some(name) => name.to_owned(),
        None => String::new(),
    };
    let is_number = |schema: &Value| schema["type"] == "number";
    // A whole number is a number; the other way round it is not.
    let widens = is_number(one) && other["type"] == "integer";
    (kind(one) == kind(other) && !widens) || kind(other).is_empty()
}

/// The forms that a value may have, references followed and parts put together.
fn forms(document: &Value, schema: &Value) -> Vec<Value> {
    if let Some(pointer) = reference(schema).strip_prefix('#') {
        return document.pointer(pointer).map_or(vec![], |schema| forms(document, schema));
    }
    for union in ["oneOf", "anyOf"] {
        if let Some(all) = schema[union].as_array() {
            return all.iter().flat_map(|one| forms(document, one)).collect();
        }
    }
    if let Some(parts) = schema["allOf"].as_array() {
        return vec![parts.iter().fold(json!({}), |whole, part| merged(document, whole, part))];
    }
    match schema["type"].as_array() {
        Some(kinds) => kinds.iter().map(|kind| of_type(schema, kind)).collect(),
        None => vec![schema.clone()],
    }
}

fn of_type(schema: &Value, kind: &Value) -> Value {
    let mut form = schema.as_object().cloned().unwrap_or_default();
    form.insert("type".into(), kind.clone());
    if kind == "null" {
        form = Map::from_iter([("type".to_owned(), kind.clone())]);
    } else if let Some(values) = form.get_mut("enum").and_then(Value::as_array_mut) {
        values.retain(|value| !value.is_null());
    }
    form.into()
}

fn merged(document: &Value, mut whole: Value, part: &Value) -> Value {
    for form in forms(document, part) {
        for (key, value) in object(&form) {
            match (whole.get_mut(key), value) {
                (Some(Value::Object(known)), Value::Object(more)) => known.extend(more.clone()),
                (Some(Value::Array(known)), Value::Array(more)) => known.extend(more.clone()),
                _ => whole[key] = value.clone(),
            }
        }
    }
    whole
}
