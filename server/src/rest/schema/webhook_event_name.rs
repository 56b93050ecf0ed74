//! The names of what endpoints can be told, on the wire.

use std::borrow::Cow;

use domain::webhook::WebhookEventType;
use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{self, schema::SchemaType},
};

/// What an endpoint can be told; `domain` knows the names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookEventName(pub WebhookEventType);

impl PartialSchema for WebhookEventName {
    fn schema() -> openapi::RefOr<openapi::Schema> {
        let names = WebhookEventType::ALL.iter().map(|name| name.as_str());
        openapi::ObjectBuilder::new()
            .schema_type(SchemaType::new(openapi::schema::Type::String))
            .description(Some("Something that an endpoint can be told."))
            .enum_values(Some(names))
            .into()
    }
}

impl ToSchema for WebhookEventName {
    fn name() -> Cow<'static, str> {
        "WebhookEventType".into()
    }
}
