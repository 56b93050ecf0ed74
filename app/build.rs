//! Turns `locales/*.json` into the methods of `Text`: one per key, checked against every locale.
//!
//! A key is `area.name`; a value is a text with `{name}` placeholders, or `{"one": …, "other": …}`, which counts by `{count}`.
//! The build fails, naming the key, when two locales disagree about a key or its placeholders.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// The locale whose placeholders give the order of the arguments.
const REFERENCE: &str = "en";
/// Keys that code looks up by a name it was handed (an error's code), beside the methods: the function and the keys' prefix.
const FAMILIES: [(&str, &str); 9] = [
    ("activity_event", "activity.event_"),
    ("error", "error."),
    ("role", "role."),
    ("cancel_reason", "cancel.reason_"),
    ("country", "country."),
    ("decline_advice", "decline.advice_"),
    ("decline_reason", "decline.reason_"),
    ("invoice_reason", "invoice.reason_"),
    ("payments_trigger", "payments.trigger_"),
];
/// Areas that only the server speaks of, in pages that it makes as data: browsers do not fetch these texts.
const SERVER_AREAS: [&str; 17] = [
    "activity.",
    "billing.",
    "cancel.",
    "country.",
    "decline.",
    "invoice.",
    "keep.",
    "methods.",
    "pause.",
    "pay.",
    "payments.",
    "plan.",
    "quote.",
    "resubscribe.",
    "resume.",
    "seats.",
    "update.",
];
const KEYWORDS: [&str; 12] =
    ["as", "for", "if", "in", "loop", "match", "move", "self", "type", "use", "where", "yield"];

enum Form {
    Plain(String),
    Counted { one: String, other: String },
}

type Locale = BTreeMap<String, Form>;

fn main() {
    let folder =
        PathBuf::from(env::var("CARGO_MANIFEST_DIR").expect("cargo sets it")).join("locales");
    println!("cargo:rerun-if-changed={}", folder.display());
    let mut locales: BTreeMap<String, Locale> = BTreeMap::new();
    for entry in fs::read_dir(&folder).expect("app/locales must be a folder") {
        let path = entry.expect("a readable folder").path();
        if path.extension().is_some_and(|extension| extension == "json") {
            println!("cargo:rerun-if-changed={}", path.display());
            let tag =
                path.file_stem().and_then(|stem| stem.to_str()).expect("a file name").to_owned();
            locales.insert(tag, read(&path));
        }
    }
    let reference = locales.get(REFERENCE).expect("app/locales/en.json must exist");
    let mut mistakes = Vec::new();
    for (tag, locale) in &locales {
        compare(tag, locale, reference, &mut mistakes);
    }
    assert!(mistakes.is_empty(), "app/locales:\n  {}", mistakes.join("\n  "));

    let out = PathBuf::from(env::var("OUT_DIR").expect("cargo sets it"));
    fs::write(out.join("text_keys.rs"), methods(reference)).expect("OUT_DIR is writable");
    fs::write(out.join("text_values.rs"), values(&locales, reference, &out))
        .expect("OUT_DIR is writable");
}

fn read(path: &Path) -> Locale {
    let shown = path.display();
    let source = fs::read_to_string(path).unwrap_or_else(|error| panic!("{shown}: {error}"));
    let map: BTreeMap<String, serde_json::Value> =
        serde_json::from_str(&source).unwrap_or_else(|error| panic!("{shown}: {error}"));
    map.into_iter()
        .map(|(key, value)| {
            let written = source.matches(&format!("\"{key}\":")).count();
            assert!(written == 1, "{shown}: `{key}` stands there {written} times");
            let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
            let form = text(&value).map(Form::Plain).or_else(|| {
                Some(Form::Counted {
                    one: text(value.get("one")?)?,
                    other: text(value.get("other")?)?,
                })
            });
            let form =
                form.unwrap_or_else(|| panic!("{shown}: `{key}` is neither a text nor one/other"));
            (key, form)
        })
        .collect()
}

/// The names in `{…}`, in order of their first appearance.
fn placeholders(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for part in text.split('{').skip(1) {
        let name = part.split('}').next().unwrap_or_default().to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// The arguments of a key: `count` first when it is counted.
fn arguments(form: &Form) -> Vec<String> {
    match form {
        Form::Plain(text) => placeholders(text),
        Form::Counted { other, .. } => {
            let mut names = vec!["count".to_owned()];
            names.extend(placeholders(other).into_iter().filter(|name| name != "count"));
            names
        }
    }
}

fn compare(tag: &str, locale: &Locale, reference: &Locale, mistakes: &mut Vec<String>) {
    for key in reference.keys().filter(|key| !locale.contains_key(*key)) {
        mistakes.push(format!("{tag}.json lacks `{key}`"));
    }
    for (key, form) in locale {
        let Some(expected) = reference.get(key) else {
            mistakes.push(format!("{REFERENCE}.json lacks `{key}`, which {tag}.json has"));
            continue;
        };
        let known = arguments(expected);
        let texts = match form {
            Form::Plain(text) => vec![text],
            Form::Counted { one, other } => vec![one, other],
        };
        if matches!(form, Form::Plain(_)) != matches!(expected, Form::Plain(_)) {
            mistakes
                .push(format!("`{key}` is counted in one of {REFERENCE}.json and {tag}.json only"));
        }
        for name in texts.iter().flat_map(|text| placeholders(text)) {
            if !known.contains(&name) {
                mistakes
                    .push(format!("{tag}.json: `{key}` has {{{name}}}, {REFERENCE}.json has not"));
            }
        }
        let used: Vec<String> = texts.iter().flat_map(|text| placeholders(text)).collect();
        for name in known.iter().filter(|name| *name != "count" && !used.contains(name)) {
            mistakes.push(format!("{tag}.json: `{key}` lacks {{{name}}}"));
        }
    }
}

fn is_servers(key: &str) -> bool {
    SERVER_AREAS.iter().any(|area| key.starts_with(area))
}

/// The keys in the order of the texts: those that browsers fetch first.
fn in_order(reference: &Locale) -> Vec<(&String, &Form)> {
    let (servers, shared): (Vec<_>, Vec<_>) =
        reference.iter().partition(|(key, _)| is_servers(key));
    shared.into_iter().chain(servers).collect()
}

fn identifier(name: &str) -> String {
    let plain = name.replace(['.', '-'], "_");
    if KEYWORDS.contains(&plain.as_str()) { format!("{plain}_") } else { plain }
}

fn methods(reference: &Locale) -> String {
    let mut code = String::from("impl Text {\n");
    let mut at = 0_usize;
    let mut index: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, form) in in_order(reference) {
        let name = identifier(key);
        if is_servers(key) {
            code.push_str("    #[cfg(feature = \"ssr\")]\n");
        }
        let names = arguments(form);
        let shown = match form {
            Form::Plain(text) => text,
            Form::Counted { other, .. } => other,
        };
        writeln!(code, "    /// `{}`", shown.replace('\n', " ").replace('`', "'"))
            .expect("a String");
        let text_arguments: Vec<String> = names
            .iter()
            .filter(|name| *name != "count" || matches!(form, Form::Plain(_)))
            .map(|name| identifier(name))
            .collect();
        let mut parameters = String::new();
        for name in &text_arguments {
            write!(parameters, ", {name}: &str").expect("a String");
        }
        let list = text_arguments.join(", ");
        match form {
            Form::Plain(_) if names.is_empty() => {
                index.insert(key, at);
                writeln!(
                    code,
                    "    #[must_use] pub fn {name}(self) -> &'static str {{ self.entry({at}) }}"
                )
                .expect("a String");
                at += 1;
            }
            Form::Plain(_) => {
                writeln!(code, "    #[must_use] pub fn {name}(self{parameters}) -> String {{ self.fill({at}, &[{list}]) }}").expect("a String");
                at += 1;
            }
            Form::Counted { .. } => {
                writeln!(code, "    #[must_use] pub fn {name}(self, count: i64{parameters}) -> String {{ self.fill_counted({at}, count, &[{list}]) }}").expect("a String");
                at += 2;
            }
        }
    }
    for (family, prefix) in FAMILIES {
        let mut arms = String::new();
        for (key, at) in index.iter().filter(|(key, _)| key.starts_with(prefix)) {
            write!(arms, "{:?} => {at}, ", &key[prefix.len()..]).expect("a String");
        }
        if !arms.is_empty() {
            if is_servers(prefix) {
                code.push_str("    #[cfg(feature = \"ssr\")]\n");
            }
            writeln!(code, "    /// The text of `{prefix}<name>`, if there is one.\n    #[must_use] pub fn {family}(self, name: &str) -> Option<&'static str> {{\n        let at = match name {{\n            {arms}\n            _ => return None,\n        }};\n        Some(self.entry(at))\n    }}").expect("a String");
        }
    }
    code.push_str("}\n");
    code
}

/// The texts of one locale in the order of the methods, placeholders numbered.
fn numbered(locale: &Locale, reference: &Locale) -> Vec<String> {
    let mut texts = Vec::new();
    for (key, expected) in in_order(reference) {
        let names = arguments(expected);
        let number = |text: &String| {
            names.iter().enumerate().fold(text.clone(), |text, (i, name)| {
                text.replace(&format!("{{{name}}}"), &format!("{{{i}}}"))
            })
        };
        match &locale[key] {
            Form::Plain(text) => texts.push(number(text)),
            Form::Counted { one, other } => texts.extend([number(one), number(other)]),
        }
    }
    texts
}

fn values(locales: &BTreeMap<String, Locale>, reference: &Locale, out: &Path) -> String {
    let mut code = String::from("pub(crate) static LOCALES: &[Texts] = &[\n");
    let entries = |form: &Form| if matches!(form, Form::Plain(_)) { 1 } else { 2 };
    let servers: usize =
        reference.iter().filter(|(key, _)| is_servers(key)).map(|(_, form)| entries(form)).sum();
    for (tag, locale) in locales {
        let texts = numbered(locale, reference);
        let shared = texts.len() - servers;
        let body = serde_json::to_string(&texts[..shared]).expect("texts are JSON");
        fs::write(out.join(format!("{tag}.json.br")), compressed(body.as_bytes()))
            .expect("OUT_DIR is writable");
        writeln!(
            code,
            "    Texts {{ tag: {tag:?}, hash: \"{:016x}\", body: {body:?}, compressed: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/{tag}.json.br\")), entries: &{texts:?} }},",
            fnv1a(body.as_bytes())
        )
        .expect("a String");
    }
    code.push_str("];\n");
    code
}

/// The same in brotli at its best: compressed once, fetched by everybody.
fn compressed(body: &[u8]) -> Vec<u8> {
    let mut compressed = Vec::new();
    let parameters = brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() };
    brotli::BrotliCompress(&mut &*body, &mut compressed, &parameters).expect("a Vec takes all");
    compressed
}

/// Names a version of the texts in their URL; nothing leans on it for safety.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}
