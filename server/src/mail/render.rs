//! From template and parameters to subject, text and HTML.

use std::{collections::BTreeMap, sync::Arc};

use app::{
    pages::decline,
    text::Text,
    urls::{UrlBuilder, paths},
};
use domain::{
    color::AccentColor,
    format,
    id::{OrderId, SubscriptionId},
    local_time::LocalDateTime,
    locale::Locale,
    money::Money,
    payment::DeclineCode,
};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, UndefinedBehavior, context,
    syntax::SyntaxConfig,
    value::{Kwargs, Serde, Value},
};

use super::Letter;

const SHARED: &[(&str, &str)] = &[
    ("layout.html", include_str!("templates/layout.html")),
    ("parts.html", include_str!("templates/parts.html")),
    ("greeting.html", include_str!("templates/greeting.html")),
    ("greeting.txt", include_str!("templates/greeting.txt")),
    ("facts.html", include_str!("templates/facts.html")),
    ("facts.txt", include_str!("templates/facts.txt")),
    ("footer.txt", include_str!("templates/footer.txt")),
    // The first failure and the later ones say the same under subjects of their own.
    ("payment_failed.html", include_str!("templates/payment_failed.html")),
    ("payment_failed.txt", include_str!("templates/payment_failed.txt")),
];

macro_rules! templates {
    ($($stem:literal)*) => {
        /// The mails there are: the stems of their files.
        pub const MAILS: &[&str] = &[$($stem),*];

        const TEMPLATES: &[(&str, &str)] = &[$(
            (concat!($stem, ".subject"), include_str!(concat!("templates/", $stem, ".subject"))),
            (concat!($stem, ".txt"), include_str!(concat!("templates/", $stem, ".txt"))),
            (concat!($stem, ".html"), include_str!(concat!("templates/", $stem, ".html"))),
        )*];
    };
}

templates! {
    "sign_in"
    "api_sign_in"
    "email_update_verification"
    "email_updated"
    "subscription_confirmation"
    "subscription_trial_conversion_reminder"
    "subscription_cycled_after_trial"
    "subscription_cycled"
    "subscription_renewal_reminder"
    "subscription_past_due"
    "payment_failed_again"
    "payment_last_try"
    "payment_action_required"
    "card_expiring"
    "subscription_updated"
    "subscription_change_refused"
    "subscription_paused"
    "subscription_resumed"
    "subscription_cancellation"
    "subscription_uncanceled"
    "subscription_revoked"
    "order_confirmation"
    "order_refunded"
    "order_refund_failed"
    "order_payment_ended"
    "webhook_endpoint_disabled"
}

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
        let computed = context! {
            locale => locale.tag(),
            organization => Value::from(Serde(&letter.sender)),
            recipient_name => letter.to_name.clone(),
            brand => brand(&letter.sender.accent_color),
            urls => self.links(letter),
            price => price(&letter.parameters, locale),
            reason => decline(letter).map(|code| decline::reason(Text::of(locale), code)),
            advice => decline(letter).map(|code| decline::advice(Text::of(locale), code)),
            card => card(&letter.parameters, locale),
            card_month => card_month(&letter.parameters),
            products => products(&letter.parameters),
        };
        context! { ..computed, ..Value::from(Serde(&letter.parameters)) }
    }

    /// The steps a mail leads to; none where the mail is about no such thing.
    fn links(&self, letter: &Letter) -> BTreeMap<&'static str, Option<String>> {
        let slug = &letter.sender.slug;
        let text = |name: &str| letter.parameters.get(name).and_then(|value| value.as_str());
        let subscription = text("subscription_id").and_then(|id| id.parse().ok());
        let order = text("order_id").and_then(|id| id.parse().ok());
        let of_subscription = |path: fn(&str, SubscriptionId) -> String| {
            subscription.map(|id| self.urls.absolute(&path(slug, id)))
        };
        let of_order =
            |path: fn(&str, OrderId) -> String| order.map(|id| self.urls.absolute(&path(slug, id)));
        BTreeMap::from([
            ("portal", Some(self.urls.absolute(&paths::overview(slug)))),
            ("orders", Some(self.urls.absolute(&paths::orders(slug)))),
            ("orders_open", Some(self.urls.absolute(&paths::orders_open(slug)))),
            ("pay", text("pay_token").map(|token| self.urls.pay_link(slug, token))),
            ("payment_methods", Some(self.urls.absolute(&paths::payment_methods(slug)))),
            ("payment_method_add", Some(self.urls.absolute(&paths::payment_method_add(slug)))),
            ("resubscribe", of_subscription(paths::subscription_resubscribe)),
            ("link", text("link_token").map(|token| self.urls.sign_in_link(slug, token))),
            (
                "verify_email",
                text("email_update_token").map(|token| self.urls.verify_email(slug, token)),
            ),
            ("subscription", of_subscription(paths::subscription)),
            ("keep", of_subscription(paths::subscription_keep)),
            ("cancel", of_subscription(paths::subscription_cancel)),
            ("plan", of_subscription(paths::subscription_plan)),
            ("keep_running", of_subscription(paths::subscription_keep_running)),
            ("order", of_order(paths::order)),
            ("invoice", of_order(paths::invoice)),
        ])
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

/// Why a charge was declined, in mails about one.
fn decline(letter: &Letter) -> Option<DeclineCode> {
    DeclineCode::parse(letter.parameters.get("decline_code")?.as_str()?)
}

/// "Visa ending in 4242", from `brand` and `last4`.
fn card(parameters: &serde_json::Value, locale: Locale) -> Option<String> {
    let value = |name: &str| parameters.get(name).and_then(serde_json::Value::as_str);
    match (value("brand"), value("last4")) {
        (Some(brand), Some(last4)) => {
            let pattern = text(locale, "card_name")?;
            Some(pattern.replace("{brand}", &brand_name(brand)).replace("{last4}", last4))
        }
        _ => text(locale, "card_unnamed").map(str::to_owned),
    }
}

/// As its owner writes it; another brand with a capital letter.
fn brand_name(brand: &str) -> String {
    match brand {
        "amex" => "American Express".to_owned(),
        "diners" => "Diners Club".to_owned(),
        "jcb" => "JCB".to_owned(),
        "unionpay" => "UnionPay".to_owned(),
        _ => {
            let mut letters = brand.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
        }
    }
}

/// The month through which the card is good, as cards show it: `05/2027`.
fn card_month(parameters: &serde_json::Value) -> Option<String> {
    let part = |name: &str| parameters.get(name).and_then(serde_json::Value::as_i64);
    Some(format!("{:02}/{}", part("exp_month")?, part("exp_year")?))
}

/// The names of the subscriptions that a card pays for.
fn products(parameters: &serde_json::Value) -> Option<String> {
    let names: Vec<&str> = parameters
        .get("product_names")?
        .as_array()?
        .iter()
        .filter_map(serde_json::Value::as_str)
        .collect();
    (!names.is_empty()).then(|| names.join(", "))
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
    environment.add_filter("money", move |amount: Serde<Money>| format::money(*amount, locale));
    environment.add_filter("date", move |at: Serde<LocalDateTime>| format::date(at.date, locale));
    for (name, source) in SHARED.iter().chain(TEMPLATES) {
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
    use crate::mail::samples::sample;

    fn renderer() -> Renderer {
        Renderer::new(Arc::new(UrlBuilder::new("https://billing.example.com"))).unwrap()
    }

    #[test]
    fn every_mail_in_every_language() {
        let renderer = renderer();
        for stem in MAILS {
            for locale in Locale::ALL {
                let mail = renderer.render(&sample(stem, locale)).unwrap();
                let all = format!("{}\n\n{}\n{}", mail.subject, mail.text, mail.html);
                assert!(!all.contains("{{") && !mail.html.contains("<b>"), "{all}");
                insta::assert_snapshot!(format!("{stem}.{}", locale.tag()), all);
            }
        }
    }

    /// What is missing for some customers, subscriptions or orders.
    const OPTIONAL: [&str; 22] = [
        "seats",
        "customer_name",
        "trial_end",
        "resumes_at",
        "order_id",
        "proration",
        "next_attempt_at",
        "deadline",
        "period_start",
        "period_end",
        "tax",
        "recurring_interval",
        "recurring_interval_count",
        "amount",
        "access_ends_at",
        "decline_code",
        "pay_token",
        "unpaid",
        "is_recovered",
        "subscription_id",
        "brand",
        "product_names",
    ];

    #[test]
    fn nothing_optional_is_needed() {
        let renderer = renderer();
        for stem in MAILS {
            let mut bare = sample(stem, Locale::En);
            bare.to_name = None;
            bare.sender.support_email = None;
            for optional in OPTIONAL {
                if bare.parameters.get(optional).is_some() {
                    bare.parameters[optional] = serde_json::Value::Null;
                }
            }
            renderer.render(&bare).unwrap();
        }
    }

    #[test]
    fn a_missing_parameter_is_an_error() {
        let mut wrong = sample("sign_in", Locale::En);
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
