//! What one document takes from the callers of another: operations, statuses, parameters, bodies.

use serde_json::{Map, Value};

use super::schema::{Comparison, Direction};

/// A sentence for each change by which a caller of `released` would break.
pub fn breaking_changes(released: &Value, now: &Value) -> Vec<String> {
    let mut comparison = Comparison::new(released, now);
    for (path, operations) in object(&released["paths"]) {
        for (method, old) in object(operations) {
            let name = format!("{} {path}", method.to_uppercase());
            match now["paths"].get(path).and_then(|now| now.get(method)) {
                Some(new) => operation(&mut comparison, &name, old, new),
                None => comparison.broken(&name, "the operation is gone"),
            }
        }
    }
    comparison.found
}

fn operation(comparison: &mut Comparison<'_>, name: &str, old: &Value, new: &Value) {
    if old["operationId"] != new["operationId"] {
        comparison.broken(name, "has another operation id");
    }
    if !is_admitted(old, new) {
        comparison.broken(name, "admits fewer callers, or wants more scopes");
    }
    parameters(comparison, name, old, new);
    let body = &old["requestBody"];
    if new["requestBody"]["required"] == true && body["required"] != true {
        comparison.broken(name, "the body is newly required");
    }
    contents(comparison, &format!("{name} body"), body, &new["requestBody"], Direction::Request);
    for (status, old) in object(&old["responses"]) {
        match new["responses"].get(status) {
            Some(new) => {
                let place = format!("{name} {status}");
                contents(comparison, &place, old, new, Direction::Response);
            }
            None => comparison.broken(name, &format!("the status {status} is gone")),
        }
    }
}

/// Whoever could call still can: every alternative of old has one that wants no more.
fn is_admitted(old: &Value, new: &Value) -> bool {
    let Some(alternatives) = new["security"].as_array() else { return true };
    let Some(known) = old["security"].as_array() else { return alternatives.is_empty() };
    known.iter().flat_map(object).all(|(scheme, scopes)| {
        alternatives.iter().flat_map(object).any(|(other, wanted)| {
            other == scheme && list(wanted).iter().all(|scope| list(scopes).contains(scope))
        })
    })
}

fn parameters(comparison: &mut Comparison<'_>, name: &str, old: &Value, new: &Value) {
    let find = |all: &'_ Value, like: &Value| {
        let is_it = |one: &&Value| one["in"] == like["in"] && one["name"] == like["name"];
        list(all).iter().find(is_it).cloned()
    };
    let told = |one: &Value| format!("the {} parameter {}", text(&one["in"]), text(&one["name"]));
    for parameter in list(&old["parameters"]) {
        match find(&new["parameters"], parameter) {
            Some(now) => {
                let place = format!("{name} {}", told(parameter));
                let (old, new) = (&parameter["schema"], &now["schema"]);
                comparison.schemas(&place, old, new, Direction::Request);
            }
            None => comparison.broken(name, &format!("{} is gone", told(parameter))),
        }
    }
    for parameter in list(&new["parameters"]).iter().filter(|one| one["required"] == true) {
        if find(&old["parameters"], parameter).is_none_or(|one| one["required"] != true) {
            comparison.broken(name, &format!("{} is newly required", told(parameter)));
        }
    }
}

fn contents(comparison: &mut Comparison<'_>, place: &str, old: &Value, new: &Value, to: Direction) {
    for (kind, old) in object(&old["content"]) {
        match new["content"].get(kind) {
            Some(new) => comparison.schemas(place, &old["schema"], &new["schema"], to),
            None => comparison.broken(place, &format!("{kind} is gone")),
        }
    }
}

pub fn object(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

pub fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
