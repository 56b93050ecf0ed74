//! The document of the API as pages for people: an index, a page of each resource, and one of all objects.
//!
//! They need no script.

mod example;
mod model;

use std::collections::BTreeMap;

use minijinja::{AutoEscape, Environment, Error, context, value::Serde};
use serde_json::Value;

use crate::page::escape;
use model::Model;

const TEMPLATES: [(&str, &str); 6] = [
    ("layout", include_str!("docs/templates/layout.html")),
    ("parts", include_str!("docs/templates/parts.html")),
    ("index", include_str!("docs/templates/index.html")),
    ("resource", include_str!("docs/templates/resource.html")),
    ("operation", include_str!("docs/templates/operation.html")),
    ("objects", include_str!("docs/templates/objects.html")),
];

/// Where the pages belong.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// The portal's public address, for the examples.
    pub base_url: &'a str,
    pub style_url: &'a str,
}

/// Every page, by its path.
///
/// # Errors
/// A template that does not fit the document.
pub fn pages(document: &Value, site: Site<'_>) -> Result<BTreeMap<String, String>, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.add_filter("prose", prose);
    // The renderer's own escapes slashes too, and an example is read as it stands.
    environment.add_filter("plain", |text: &str| minijinja::Value::from_safe_string(escape(text)));
    for (name, source) in TEMPLATES {
        environment.add_template(name, source)?;
    }
    let model = Model::of(document, site.base_url);
    let resources = minijinja::Value::from(Serde(&model.resources));
    let render = |template: &str, own: minijinja::Value| {
        let shared = context! { style_url => site.style_url, base_url => site.base_url, resources => resources.clone() };
        environment.get_template(template)?.render(context! { ..own, ..shared })
    };
    let mut pages = BTreeMap::new();
    pages.insert("/docs".to_owned(), render("index", context! { here => "" })?);
    for resource in &model.resources {
        let own = context! { here => resource.slug.clone(), resource => Serde(resource) };
        pages.insert(format!("/docs/{}", resource.slug), render("resource", own)?);
    }
    let own = context! { here => "objects", objects => Serde(&model.objects) };
    pages.insert("/docs/objects".to_owned(), render("objects", own)?);
    Ok(pages)
}

/// A text of the document: what stands between backticks is code.
fn prose(text: &str) -> minijinja::Value {
    let parts = text.split('`').enumerate().map(|(place, part)| match place % 2 {
        0 => escape(part),
        _ => format!("<code>{}</code>", escape(part)),
    });
    minijinja::Value::from_safe_string(parts.collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::v1;

    fn all() -> BTreeMap<String, String> {
        let document = serde_json::to_value(v1::document()).unwrap();
        let site = Site { base_url: "https://billing.example.com", style_url: "/pkg/foyer.css" };
        pages(&document, site).unwrap()
    }

    #[test]
    fn every_operation_stands_on_a_page_with_an_example() {
        let pages = all();
        let document = serde_json::to_value(v1::document()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let id = operation["operationId"].as_str().unwrap();
                let anchor = format!("id=\"{}\"", id.replace([':', '_'], "-"));
                let found = pages.values().filter(|page| page.contains(&anchor)).count();
                assert_eq!(found, 1, "{method} {path} ({id})");
            }
        }
        let sessions = &pages["/docs/customer-sessions"];
        assert!(sessions.contains("-X POST https://billing.example.com/v1/customer-sessions"));
        assert!(sessions.contains("Authorization: Bearer foyer_oat_…"), "{sessions}");
    }

    #[test]
    fn every_link_leads_to_something() {
        let pages = all();
        let mut links = 0;
        for (path, page) in &pages {
            for link in page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()) {
                let (target, anchor) = link.split_once('#').unwrap_or((link, ""));
                let target = if target.is_empty() { path.as_str() } else { target };
                if !target.starts_with("/docs") {
                    continue;
                }
                links += 1;
                let page = pages.get(target).unwrap_or_else(|| panic!("{path}: {link}"));
                assert!(anchor.is_empty() || page.contains(&format!("id=\"{anchor}\"")), "{link}");
            }
        }
        assert!(links > 200, "{links}");
    }

    #[test]
    fn a_text_of_the_document_is_no_markup() {
        assert_eq!(prose("a `b<c` & d").to_string(), "a <code>b&lt;c</code> &amp; d");
    }

    #[test]
    fn nothing_in_a_page_needs_a_script_or_a_style_of_its_own() {
        for (path, page) in all() {
            for never in ["<script", "<style", " style=", " onclick", "http-equiv"] {
                assert!(!page.contains(never), "{path}: {never}");
            }
        }
    }
}
