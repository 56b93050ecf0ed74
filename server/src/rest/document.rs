//! What every operation of the document has beside what it says itself: the frame around all of them.

use utoipa::openapi::{
    ContentBuilder, HeaderBuilder, OpenApi, Ref, RefOr, Required, Response, ResponseBuilder, Type,
    extensions::ExtensionsBuilder,
    path::{Operation, ParameterBuilder, ParameterIn, PathItem},
    schema::{ObjectBuilder, OneOfBuilder, Schema},
};

/// What the text of an operation says that Polar's API has not. It is marked with `x-beyond-polar`.
const OWN: &str = "Foyer's own";

/// Of an operation that is ours beyond Polar's.
pub const BEYOND_POLAR_MARK: &str = "x-beyond-polar";

/// Puts the frame around every operation.
pub fn framed(mut document: OpenApi) -> OpenApi {
    for item in document.paths.paths.values_mut() {
        for (operation, is_write) in operations(item) {
            frame(operation, is_write);
        }
    }
    document
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&mut Operation, bool)> {
    [
        (item.get.as_mut(), false),
        (item.post.as_mut(), true),
        (item.put.as_mut(), true),
        (item.patch.as_mut(), true),
        (item.delete.as_mut(), true),
    ]
    .into_iter()
    .filter_map(|(operation, is_write)| Some((operation?, is_write)))
}

fn frame(operation: &mut Operation, is_write: bool) {
    if has_scope(operation) {
        add(
            operation,
            "403",
            "`insufficient_scope`: the token has not the scope.",
            Some("TokenRefused"),
        );
    }
    if is_write {
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .required(Required::False)
            .description(Some(
                "With it the request is done once: sent again with the same key and body within 24 hours, it gets the same answer.",
            ))
            .schema(Some(
                ObjectBuilder::new()
                    .schema_type(Type::String)
                    .min_length(Some(1))
                    .max_length(Some(255))
                    .pattern(Some("^[ -~]+$")),
            ));
        operation.parameters.get_or_insert_default().push(key.build().into());
        add(
            operation,
            "409",
            "`IdempotencyKeyInUse`: the same request is being worked on. `IdempotencyKeyReused`: the key came with another request.",
            Some("NotPermitted"),
        );
    }
    if operation.request_body.is_some() {
        add(operation, "413", "`RequestBodyTooLarge`: more than 1 MiB.", Some("NotPermitted"));
    }
    add(operation, "400", "`BadRequest`: the address is damaged.", Some("NotPermitted"));
    add(operation, "414", "`UriTooLong`: the address is too long.", Some("NotPermitted"));
    add(operation, "429", "Too many requests; `Retry-After` says for how long.", None);
    let texts = [&operation.summary, &operation.description];
    if texts.into_iter().flatten().any(|text| text.contains(OWN)) {
        let mark = ExtensionsBuilder::new().add(BEYOND_POLAR_MARK, true).build();
        operation.extensions.get_or_insert_default().merge(mark);
    }
}

/// It is an organization's, which wants a scope.
fn has_scope(operation: &Operation) -> bool {
    let security = serde_json::to_value(&operation.security).unwrap_or_default();
    security.as_array().is_some_and(|all| {
        all.iter()
            .any(|one| one["access_token"].as_array().is_some_and(|scopes| !scopes.is_empty()))
    })
}

/// An answer that every operation of a kind may give. Where the operation has described that status itself, with another body, it is
/// one of the two.
fn add(operation: &mut Operation, status: &str, description: &str, schema: Option<&str>) {
    if let Some(RefOr::T(own)) = operation.responses.responses.get_mut(status) {
        if let Some(name) = schema {
            add_body(own, name);
        }
        return;
    }
    let mut response = ResponseBuilder::new().description(description);
    if let Some(name) = schema {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(name))).build();
        response = response.content("application/json", content);
    } else {
        let seconds = ObjectBuilder::new().schema_type(Type::Integer);
        response =
            response.header("Retry-After", HeaderBuilder::new().schema(Some(seconds)).build());
    }
    let responses = &mut operation.responses.responses;
    responses.insert(status.to_owned(), response.build().into());
}

fn add_body(response: &mut Response, name: &str) {
    let added = RefOr::Ref(Ref::from_schema_name(name));
    let Some(RefOr::T(content)) = response.content.get_mut("application/json") else { return };
    if let Some(own) = content.schema.take() {
        let is_same = own == added;
        content.schema = Some(if is_same {
            own
        } else {
            RefOr::T(Schema::OneOf(OneOfBuilder::new().item(own).item(added).build()))
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rest::v1;

    #[test]
    fn every_write_takes_a_key_and_every_answer_may_be_429() {
        let document = serde_json::to_value(v1::document()).unwrap();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let has_key = operation["parameters"]
                    .as_array()
                    .is_some_and(|all| all.iter().any(|one| one["name"] == "Idempotency-Key"));
                assert_eq!(has_key, method != "get", "{method} {path}");
                assert!(operation["responses"]["429"].is_object(), "{method} {path}");
            }
        }
    }

    #[test]
    fn a_status_with_a_body_of_its_own_has_both() {
        let document = serde_json::to_value(v1::document()).unwrap();
        let request = &document["paths"]["/v1/customer-portal/customer-session/request"]["post"];
        let schema = &request["responses"]["409"]["content"]["application/json"]["schema"];
        let bodies = schema["oneOf"].as_array().unwrap();
        let named = |name: &str| {
            bodies.iter().any(|body| body["$ref"].as_str().is_some_and(|it| it.ends_with(name)))
        };
        assert!(named("CustomerSelectionRequired") && named("NotPermitted"), "{schema}");
    }

    #[test]
    fn what_is_ours_is_marked() {
        let document = serde_json::to_value(v1::document()).unwrap();
        let paths = &document["paths"];
        assert_eq!(paths["/v1/customer-portal/quotes"]["post"][BEYOND_POLAR_MARK], true);
        assert!(paths["/v1/customer-portal/orders"]["get"][BEYOND_POLAR_MARK].is_null());
    }
}
