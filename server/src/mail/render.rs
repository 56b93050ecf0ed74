//! From template and parameters to subject, text and HTML.

use std::{collections::BTreeMap, sync::Arc};

use app::urls::{UrlBuilder, paths};
use domain::{
    color::AccentColor, format, id::SubscriptionId, local_time::LocalDateTime, locale::Locale,
    money::Money,
};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, context,
    syntax::SyntaxConfig,
    value::{Kwargs, Serde, Value},
};

use super::Letter;

const TEMPLATES: &[(&str, &str)] = &[
    ("layout.html", include_str!("templates/layout.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("facts.html", include_str!("templates/facts.html")),
    ("facts.txt", include_str!("templates/facts.txt")),
    ("footer.txt", include_str!("templates/footer.txt")),
    ("sign_in.subject", include_str!("templates/sign_in.subject")),
    ("sign_in.txt", include_str!("templates/sign_in.txt")),
    ("sign_in.html", include_str!("templates/sign_in.html")),
    (
        "subscription_confirmation.subject",
        include_str!("templates/subscription_confirmation.subject"),
    ),
    ("subscription_confirmation.txt", include_str!("templates/subscription_confirmation.txt")),
    ("subscription_confirmation.html", include_str!("templates/subscription_confirmation.html")),
    (
        "subscription_cancellation.subject",
        include_str!("templates/subscription_cancellation.subject"),
    ),
    ("subscription_cancellation.txt", include_str!("templates/subscription_cancellation.txt")),
    ("subscription_cancellation.html", include_str!("templates/subscription_cancellation.html")),
    ("subscription_uncanceled.subject", include_str!("templates/subscription_uncanceled.subject")),
    ("subscription_uncanceled.txt", include_str!("templates/subscription_uncanceled.txt")),
    ("subscription_uncanceled.html", include_str!("templates/subscription_uncanceled.html")),
    ("subscription_revoked.subject", include_str!("templates/subscription_revoked.subject")),
    ("subscription_revoked.txt", include_str!("templates/subscription_revoked.txt")),
    ("subscription_revoked.html", include_str!("templates/subscription_revoked.html")),
];

/// A mail as it is sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Rendered {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// Says nothing of the mail: it may hold a code.
impl std::fmt::Debug for Rendered {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Rendered").finish_non_exhaustive()
    }
}

/// A template or a text is wrong, or a parameter is missing: a mistake of ours, found by the tests.
#[derive(Debug, thiserror::Error)]
#[error("the mail template `{template}` could not be rendered")]
pub struct RenderError {
    template: String,
    source: Error,
}

/// Holds the templates of every language.
#[derive(Debug)]
pub struct Renderer {
    environments: Vec<(Locale, Environment<'static>)>,
    urls: Arc<UrlBuilder>,
}

impl Renderer {
    /// # Errors
    /// When a template does not parse.
    pub fn new(urls: Arc<UrlBuilder>) -> Result<Self, RenderError> {
        let mut environments = Vec::new();
        for locale in Locale::ALL {
            environments.push((locale, environment(locale)?));
        }
        Ok(Self { environments, urls })
    }

    /// # Errors
    /// When the template is unknown or asks for a parameter that is not there.
    pub fn render(&self, letter: &Letter) -> Result<Rendered, RenderError> {
        let render = || -> Result<Rendered, Error> {
            let known = self.environments.iter().find(|(locale, _)| *locale == letter.locale);
            let (locale, environment) =
                known.ok_or_else(|| Error::from(ErrorKind::TemplateNotFound))?;
            let values = self.values(letter, *locale);
            let part = |part: &str| {
                let template = environment.get_template(&format!("{}.{part}", letter.template))?;
                template.render(&values)
            };
            Ok(Rendered {
                subject: part("subject")?.trim().to_owned(),
                text: format!("{}\n", part("txt")?.trim()),
                html: part("html")?,
            })
        };
        render().map_err(|source| RenderError { template: letter.template.clone(), source })
    }

    /// What every template may read: its parameters, and what follows from them.
    fn values(&self, letter: &Letter, locale: Locale) -> Value {
        let slug = &letter.sender.slug;
        let parameter = |name: &str| letter.parameters.get(name).filter(|value| !value.is_null());
        let mut urls = BTreeMap::from([
            ("portal", self.urls.absolute(&paths::overview(slug))),
            ("orders", self.urls.absolute(&paths::orders(slug))),
        ]);
        if let Some(token) = parameter("link_token").and_then(|token| token.as_str()) {
            urls.insert("link", self.urls.sign_in_link(slug, token));
        }
        let subscription = parameter("subscription_id").and_then(|id| id.as_str());
        if let Some(id) = subscription.and_then(|id| id.parse::<SubscriptionId>().ok()) {
            urls.insert("subscription", self.urls.absolute(&paths::subscription(slug, id)));
            urls.insert("keep", self.urls.absolute(&paths::subscription_keep(slug, id)));
            urls.insert("cancel", self.urls.absolute(&paths::subscription_cancel(slug, id)));
        }
        let computed = context! {
            locale => locale.tag(),
            organization => Value::from(Serde(&letter.sender)),
            recipient_name => letter.to_name.clone(),
            brand => brand(&letter.sender.accent_color),
            urls => urls,
            price => price(&letter.parameters, locale),
        };
        context! { ..computed, ..Value::from(Serde(&letter.parameters)) }
    }
}

fn brand(accent_color: &str) -> Value {
    let color = AccentColor::parse(accent_color).unwrap_or(AccentColor::BLACK);
    context! { background => color.to_string(), text => color.text_on().to_string() }
}

/// "€240.00 every month", from `amount`, `recurring_interval` and its count; empty for mails without them.
fn price(parameters: &serde_json::Value, locale: Locale) -> Option<String> {
    let amount: Money = serde_json::from_value(parameters.get("amount")?.clone()).ok()?;
    if amount.minor == 0 {
        return text(locale, "free").map(str::to_owned);
    }
    let interval = parameters.get("recurring_interval")?.as_str()?;
    let count =
        parameters.get("recurring_interval_count").and_then(serde_json::Value::as_i64).unwrap_or(1);
    let key =
        if count == 1 { format!("every.{interval}") } else { format!("every_many.{interval}") };
    let pattern = text(locale, &key)?;
    Some(
        pattern
            .replace("{amount}", &format::money(amount, locale))
            .replace("{count}", &count.to_string()),
    )
}

fn environment(locale: Locale) -> Result<Environment<'static>, RenderError> {
    let wrong = |name: &str, source| RenderError { template: name.to_owned(), source };
    let syntax = SyntaxConfig::builder().trim_blocks(true).keep_trailing_newline(true).build();
    let syntax = syntax.map_err(|source| wrong("syntax", source))?;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_syntax(syntax);
    environment.set_auto_escape_callback(|name| match name.rsplit_once('.') {
        Some((_, "html")) => AutoEscape::Html,
        _ => AutoEscape::None,
    });
    environment.add_function("t", move |key: &str, values: Kwargs| translate(locale, key, &values));
    environment
        .add_filter("date_time", move |at: Serde<LocalDateTime>| format::date_time(&at, locale));
    environment.add_filter("date", move |at: Serde<LocalDateTime>| format::date(at.date, locale));
    for (name, source) in TEMPLATES {
        environment.add_template(name, source).map_err(|source| wrong(name, source))?;
    }
    Ok(environment)
}

/// The text of `key` with its `{placeholders}` filled; a missing key or value fails the mail's test.
fn translate(locale: Locale, key: &str, values: &Kwargs) -> Result<String, Error> {
    let wrong = |what: String| Error::new(ErrorKind::InvalidOperation, what);
    let pattern = text(locale, key).ok_or_else(|| wrong(format!("no text `{key}`")))?;
    let mut filled = String::with_capacity(pattern.len() + 32);
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) =
            after.split_once('}').ok_or_else(|| wrong(format!("`{key}` has an open brace")))?;
        filled.push_str(before);
        filled.push_str(&values.get::<Value>(name)?.to_string());
        rest = after;
    }
    filled.push_str(rest);
    values.assert_all_used()?;
    Ok(filled)
}

fn text(locale: Locale, key: &str) -> Option<&'static str> {
    texts(locale).get(key).map(String::as_str)
}

fn texts(locale: Locale) -> &'static BTreeMap<String, String> {
    use std::sync::LazyLock;
    static EN: LazyLock<BTreeMap<String, String>> =
        LazyLock::new(|| parse(include_str!("locales/en.json")));
    static DE: LazyLock<BTreeMap<String, String>> =
        LazyLock::new(|| parse(include_str!("locales/de.json")));
    match locale {
        Locale::En => &EN,
        Locale::De => &DE,
    }
}

#[expect(clippy::expect_used, reason = "the files are part of the program, and a test reads each")]
fn parse(json: &str) -> BTreeMap<String, String> {
    serde_json::from_str(json).expect("the locale file is an object of texts")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::mail::letter::Sender;

    fn letter(locale: Locale, template: &str) -> Letter {
        let moment = |date: &str| json!({"date": date, "time": "14:03", "zone": "Europe/Berlin"});
        let parameters = match template {
            "sign_in" => {
                json!({"code": "7KX3PQ", "link_token": "abc.def", "code_minutes": 10, "link_minutes": 15})
            }
            _ => json!({
                "subscription_id": "01930000-0000-7000-8000-000000000001",
                "product_name": "Pro & more <b>",
                "amount": {"minor": 24000, "currency": "eur"},
                "recurring_interval": "month",
                "recurring_interval_count": 1,
                "seats": 12,
                "customer_name": "Lighthouse Studio",
                "received_at": moment("2026-04-12"),
                "ends_at": moment("2026-05-01"),
                "current_period_end": moment("2026-05-01"),
            }),
        };
        Letter {
            mail_id: uuid::Uuid::nil(),
            to: "ann@example.com".to_owned(),
            to_name: Some("Ann Example".to_owned()),
            locale,
            template: template.to_owned(),
            parameters,
            sender: Sender {
                slug: "northwind".to_owned(),
                name: "Northwind Cloud".to_owned(),
                accent_color: "#0b7285".to_owned(),
                support_email: Some("help@northwind.example".to_owned()),
            },
        }
    }

    fn renderer() -> Renderer {
        Renderer::new(Arc::new(UrlBuilder::new("https://billing.example.com"))).unwrap()
    }

    fn stems() -> Vec<&'static str> {
        TEMPLATES.iter().filter_map(|(name, _)| name.strip_suffix(".subject")).collect()
    }

    #[test]
    fn every_mail_in_every_language() {
        let renderer = renderer();
        for stem in stems() {
            for locale in Locale::ALL {
                let mail = renderer.render(&letter(locale, stem)).unwrap();
                let all = format!("{}\n\n{}\n{}", mail.subject, mail.text, mail.html);
                assert!(!all.contains("{{") && !mail.html.contains("<b>"), "{all}");
                insta::assert_snapshot!(format!("{stem}.{}", locale.tag()), all);
            }
        }
    }

    #[test]
    fn nothing_optional_is_needed() {
        let renderer = renderer();
        for stem in stems() {
            let mut bare = letter(Locale::En, stem);
            bare.to_name = None;
            bare.sender.support_email = None;
            for optional in ["seats", "customer_name"] {
                if bare.parameters.get(optional).is_some() {
                    bare.parameters[optional] = serde_json::Value::Null;
                }
            }
            renderer.render(&bare).unwrap();
        }
    }

    #[test]
    fn a_missing_parameter_is_an_error() {
        let mut wrong = letter(Locale::En, "sign_in");
        wrong.parameters = json!({});
        renderer().render(&wrong).unwrap_err();
        wrong.template = "unknown".to_owned();
        renderer().render(&wrong).unwrap_err();
    }

    #[test]
    fn languages_have_the_same_texts_and_placeholders() {
        let placeholders = |text: &str| {
            let mut names: Vec<_> = text
                .split('{')
                .skip(1)
                .filter_map(|rest| rest.split('}').next().map(str::to_owned))
                .collect();
            names.sort();
            names
        };
        for locale in Locale::ALL {
            assert!(texts(Locale::En).keys().eq(texts(locale).keys()));
            for (key, text) in texts(Locale::En) {
                assert_eq!(placeholders(text), placeholders(&texts(locale)[key]), "{key}");
            }
        }
    }
}
