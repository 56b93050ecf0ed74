//! What is read from a request: its body, its query, the ids in its path. Every mistake is told at its place.

use std::{collections::HashMap, str::FromStr};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Request},
    http::request::Parts,
};
use backend::{edit::Edit, metadata::MetadataFilter, page::PageRequest};
use domain::id::{CustomerSeatId, MemberId, OrganizationId};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::error::{ApiError, Issue};

/// The JSON body.
#[derive(Debug)]
pub struct Body<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let bytes =
            Bytes::from_request(request, state).await.map_err(|_| ApiError::unreadable_body())?;
        parse(&bytes).map(Self).map_err(|issue| ApiError::Malformed(vec![issue]))
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Issue> {
    let whole = |kind, msg: &str| Issue {
        kind,
        loc: vec!["body".into()],
        msg: msg.to_owned(),
        input: Value::Null,
    };
    let value: Value = serde_json::from_slice(bytes)
        .map_err(|_| whole("json_invalid", "The body is not JSON."))?;
    if !value.is_object() {
        return Err(whole("value_error", "The body is no object."));
    }
    if holds_nul(&value) {
        return Err(whole("value_error", "No text may hold a NUL character."));
    }
    serde_path_to_error::deserialize(&value).map_err(|error| {
        let mut loc: Vec<Value> = vec!["body".into()];
        for segment in error.path() {
            match segment {
                serde_path_to_error::Segment::Seq { index } => loc.push((*index).into()),
                serde_path_to_error::Segment::Map { key } => loc.push(key.as_str().into()),
                _ => {}
            }
        }
        let msg = error.inner().to_string();
        let kind = kind_of(&msg);
        if matches!(kind, "missing" | "extra_forbidden")
            && let Some(name) = msg.split('`').nth(1)
            && loc.last().and_then(Value::as_str) != Some(name)
        {
            loc.push(name.into());
        }
        let input = input_at(&value, &loc);
        Issue { kind, loc, msg, input }
    })
}

fn kind_of(msg: &str) -> &'static str {
    match msg.split([' ', ':']).next() {
        Some("missing") => "missing",
        Some("unknown") if msg.starts_with("unknown field") => "extra_forbidden",
        Some("unknown") => "enum",
        _ => "value_error",
    }
}

fn input_at(value: &Value, loc: &[Value]) -> Value {
    let found = loc.iter().skip(1).try_fold(value, |value, step| match step {
        Value::String(key) => value.get(key),
        Value::Number(index) => value.get(usize::try_from(index.as_u64()?).ok()?),
        _ => None,
    });
    found.unwrap_or(value).clone()
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(holds_nul),
        Value::Object(map) => map.iter().any(|(key, value)| key.contains('\0') || holds_nul(value)),
        _ => false,
    }
}

/// A field that may be missing, null or a value, which are three things.
#[derive(Debug, Default)]
pub enum Given<T> {
    #[default]
    Missing,
    Null,
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(from)?.map_or(Self::Null, Self::Value))
    }
}

impl<T> From<Given<T>> for Edit<T> {
    fn from(given: Given<T>) -> Self {
        match given {
            Given::Missing => Self::Keep,
            Given::Null => Self::Clear,
            Given::Value(value) => Self::Set(value),
        }
    }
}

impl<T> Given<T> {
    /// The same of another type.
    pub fn map<U>(self, to: impl FnOnce(T) -> U) -> Given<U> {
        match self {
            Self::Missing => Given::Missing,
            Self::Null => Given::Null,
            Self::Value(value) => Given::Value(to(value)),
        }
    }

    /// The value, if the field is there.
    ///
    /// # Errors
    /// `missing` at this field of the body when it is null.
    pub fn not_null(self, field: &str) -> Result<Option<T>, ApiError> {
        match self {
            Self::Missing => Ok(None),
            Self::Value(value) => Ok(Some(value)),
            Self::Null => {
                let issue = Issue::body("missing", field, "A value is needed.");
                Err(ApiError::Invalid(vec![issue]))
            }
        }
    }
}

/// A parameter of the path. What the outer router matched stands beside it.
async fn path_parameter<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
) -> Result<String, ApiError> {
    let Path(mut all) = Path::<HashMap<String, String>>::from_request_parts(parts, state)
        .await
        .map_err(|_| ApiError::not_found())?;
    // Nothing is named with a NUL, and the database takes none.
    all.remove(name).filter(|text| !text.contains('\0')).ok_or_else(ApiError::not_found)
}

async fn path_id<T: FromStr, S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    name: &str,
) -> Result<T, ApiError> {
    let text = path_parameter(parts, state, name).await?;
    text.parse().map_err(|_| {
        ApiError::Malformed(vec![Issue {
            kind: "uuid_parsing",
            loc: vec!["path".into(), name.into()],
            msg: "This is no UUID.".into(),
            input: text.into(),
        }])
    })
}

/// The id in the path.
#[derive(Debug)]
pub struct Id<T>(pub T);

impl<T: FromStr + Send, S: Send + Sync> FromRequestParts<S> for Id<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_id(parts, state, "id").await.map(Self)
    }
}

/// The seat's id in the path, under the name that clients know.
#[derive(Debug)]
pub struct SeatId(pub CustomerSeatId);

impl<S: Send + Sync> FromRequestParts<S> for SeatId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_id(parts, state, "seat_id").await.map(Self)
    }
}

/// The member's id in the path, after the customer's.
#[derive(Debug)]
pub struct MemberIdOf(pub MemberId);

impl<S: Send + Sync> FromRequestParts<S> for MemberIdOf {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        path_id(parts, state, "member_id").await.map(Self)
    }
}

macro_rules! path_texts {
    ($($(#[$doc:meta])* $name:ident = $parameter:literal)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(pub String);

        impl<S: Send + Sync> FromRequestParts<S> for $name {
            type Rejection = ApiError;

            async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
                path_parameter(parts, state, $parameter).await.map(Self)
            }
        }
    )*};
}

path_texts! {
    /// The name in the path.
    Slug = "slug"
    /// The customer's id in the organization's own system.
    ExternalId = "external_id"
    /// The member's id in the organization's own system.
    MemberExternalId = "member_external_id"
    /// The secret of a checkout.
    ClientSecret = "client_secret"
}

/// The parameters of the query, read one after the other; mistakes are collected.
#[derive(Debug)]
pub struct Query {
    pairs: Vec<(String, String)>,
    issues: Vec<Issue>,
}

const LIMIT_DEFAULT: i64 = 10;
const LIMIT_MAX: i64 = 100;

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = parts.uri.query().unwrap_or("");
        let pairs = url::form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Ok(Self { pairs, issues: Vec::new() })
    }
}

impl Query {
    /// The last value of a parameter.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter, `name` or `name[]`.
    fn all(&self, name: &str) -> Vec<String> {
        let is_it = |key: &str| key == name || key.strip_suffix("[]") == Some(name);
        self.pairs.iter().filter(|(key, _)| is_it(key)).map(|(_, value)| value.clone()).collect()
    }

    /// Ids; all of them are meant.
    pub fn ids<T: FromStr>(&mut self, name: &str) -> Vec<T> {
        let mut ids = Vec::new();
        for text in self.all(name) {
            match text.parse() {
                Ok(id) => ids.push(id),
                Err(_) => {
                    self.issues.push(Issue::query("uuid_parsing", name, "This is no UUID.", &text));
                }
            }
        }
        ids
    }

    /// Values out of those known.
    pub fn choices<T: Copy>(&mut self, name: &str, known: &[(&str, T)]) -> Vec<T> {
        let mut choices = Vec::new();
        for text in self.all(name) {
            match known.iter().find(|(known, _)| *known == text) {
                Some((_, choice)) => choices.push(*choice),
                None => {
                    self.issues.push(Issue::query(
                        "enum",
                        name,
                        "This is none of the values.",
                        &text,
                    ));
                }
            }
        }
        choices
    }

    /// Texts; all of them are meant.
    pub fn texts(&self, name: &str) -> Vec<String> {
        self.all(name).into_iter().map(|text| text.replace('\0', "")).collect()
    }

    /// An instant as RFC 3339 tells it.
    pub fn instant(&mut self, name: &str) -> Option<OffsetDateTime> {
        let text = self.text(name)?.to_owned();
        let instant = OffsetDateTime::parse(&text, &Rfc3339).ok();
        if instant.is_none() {
            let msg = "This is no instant as RFC 3339 tells it.";
            self.issues.push(Issue::query("datetime_parsing", name, msg, &text));
        }
        instant
    }

    /// Whether `organization_id` names others than the caller's own, of which it sees nothing.
    pub fn is_elsewhere(&mut self, own: OrganizationId) -> bool {
        let asked: Vec<OrganizationId> = self.ids("organization_id");
        !asked.is_empty() && !asked.contains(&own)
    }

    /// `metadata[key]=value`: values of one key are alternatives, keys are conditions.
    pub fn metadata(&self) -> MetadataFilter {
        let mut filter = MetadataFilter::new();
        for (name, value) in &self.pairs {
            let key = name.strip_prefix("metadata[").and_then(|rest| rest.strip_suffix(']'));
            if let Some(key) = key {
                filter.entry(key.replace('\0', "")).or_default().push(value.replace('\0', ""));
            }
        }
        filter
    }

    /// Yes or no.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        let text = self.text(name)?.to_owned();
        match text.to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" => Some(true),
            "false" | "0" | "no" | "off" => Some(false),
            _ => {
                self.issues.push(Issue::query("bool_parsing", name, "Say true or false.", &text));
                None
            }
        }
    }

    /// `page` and `limit`. A limit above 100 is 100.
    pub fn page(&mut self) -> PageRequest {
        let page = self.number("page", 1);
        let limit = self.number("limit", LIMIT_DEFAULT).min(LIMIT_MAX);
        let request = PageRequest::new(page, limit);
        if let (Err(_), true) = (&request, self.issues.is_empty()) {
            let msg = "This page is too far away: use a filter.";
            self.issues.push(Issue::query("less_than_equal", "page", msg, &page.to_string()));
        }
        request.unwrap_or(PageRequest::FIRST)
    }

    fn number(&mut self, name: &str, default: i64) -> i64 {
        let Some(text) = self.text(name).map(ToOwned::to_owned) else { return default };
        match text.parse::<i64>() {
            Ok(number) if number > 0 => return number,
            Ok(_) => {
                let msg = "This must be greater than 0.";
                self.issues.push(Issue::query("greater_than", name, msg, &text));
            }
            Err(_) => {
                let msg = "This is no whole number.";
                self.issues.push(Issue::query("int_parsing", name, msg, &text));
            }
        }
        default
    }

    /// The orders wished for, each with whether it descends; `default` when none is.
    pub fn sorting<T: Copy>(&mut self, known: &[(&str, T)], default: (T, bool)) -> Vec<(T, bool)> {
        let mut sorting = Vec::new();
        for text in self.all("sorting") {
            let (name, descends) =
                text.strip_prefix('-').map_or((text.as_str(), false), |name| (name, true));
            if let Some((_, by)) = known.iter().find(|(known, _)| *known == name) {
                sorting.push((*by, descends));
            } else {
                let msg = "This list cannot be sorted by that.";
                self.issues.push(Issue::query("enum", "sorting", msg, &text));
            }
        }
        if sorting.is_empty() {
            sorting.push(default);
        }
        sorting
    }

    /// # Errors
    /// All mistakes that were found.
    pub fn done(self) -> Result<(), ApiError> {
        if self.issues.is_empty() { Ok(()) } else { Err(ApiError::Malformed(self.issues)) }
    }
}
