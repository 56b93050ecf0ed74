//! The security headers, on every response: pages, refusals, static files and panics alike.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::Rng;

use crate::state::AppState;

/// The value that scripts of this answer carry; in the request's extensions.
#[derive(Clone, Debug)]
pub struct NonceValue(pub String);

/// What the organization of this request adds to the policy; left on the response by `middleware::portal`.
#[derive(Clone, Debug, Default)]
pub struct PolicyAdditions {
    pub frame_ancestors: Vec<String>,
    /// Where the logo comes from, when it lies elsewhere.
    pub image_source: Option<String>,
    /// Where forms of this page may lead beside ours: the pages of processors, from this process's own configuration.
    pub form_targets: Vec<String>,
    /// A processor's frame on this page.
    pub frame: Option<FrameSources>,
}

/// What a processor's frame needs, from this process's own configuration.
#[derive(Clone, Debug, Default)]
pub struct FrameSources {
    /// Of the script that draws it.
    pub script: String,
    pub frames: Vec<String>,
    /// Whom that script talks to.
    pub connect: String,
}

impl FrameSources {
    /// Of Stripe's frame; whatever stands in for Stripe has all of it at one origin.
    pub fn stripe(script_origin: &str) -> Self {
        if script_origin == "https://js.stripe.com" {
            return Self {
                script: script_origin.to_owned(),
                frames: vec![script_origin.to_owned(), "https://hooks.stripe.com".to_owned()],
                connect: "https://api.stripe.com".to_owned(),
            };
        }
        Self {
            script: script_origin.to_owned(),
            frames: vec![script_origin.to_owned()],
            connect: script_origin.to_owned(),
        }
    }
}

pub async fn headers(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let mut random = [0_u8; 16];
    state.portal.chance.rng().fill_bytes(&mut random);
    let nonce = URL_SAFE_NO_PAD.encode(random);
    request.extensions_mut().insert(NonceValue(nonce.clone()));
    let mut response = next.run(request).await;
    let additions = response.extensions_mut().remove::<PolicyAdditions>().unwrap_or_default();
    let is_secure = state.portal.urls.is_secure();
    write(response.headers_mut(), &nonce, &additions, is_secure && !state.is_loopback);
    response
}

fn write(headers: &mut HeaderMap, nonce: &str, additions: &PolicyAdditions, hsts: bool) {
    // The development mailbox shows foreign markup and brings a policy of its own.
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY)
        && let Ok(policy) = HeaderValue::from_str(&policy(nonce, additions))
    {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
        if additions.frame_ancestors.is_empty() {
            headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
        }
    }
    if hsts {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=63072000"),
        );
    }
    // What a page shows is its reader's alone: neither a proxy nor the browser's disk keeps it.
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=(), usb=(), payment=(), browsing-topics=()",
        ),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

fn policy(nonce: &str, additions: &PolicyAdditions) -> String {
    let ancestors: Vec<&str> = additions
        .frame_ancestors
        .iter()
        .map(String::as_str)
        .filter(|source| is_source(source))
        .collect();
    let ancestors = if ancestors.is_empty() { "'none'".to_owned() } else { ancestors.join(" ") };
    let images = additions.image_source.as_deref().filter(|source| is_source(source)).unwrap_or("");
    let mut targets = vec!["'self'"];
    targets.extend(additions.form_targets.iter().map(String::as_str));
    let targets = targets.join(" ");
    let (script, connect, frames) =
        additions.frame.as_ref().map_or_else(Default::default, |frame| {
            (
                format!(" {}", frame.script),
                format!(" {}", frame.connect),
                format!(" frame-src {};", frame.frames.join(" ")),
            )
        });
    format!(
        "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'{script}; style-src 'self'; \
         img-src 'self' data: {images}; font-src 'self'; connect-src 'self'{connect};{frames} manifest-src 'self'; \
         form-action {targets}; base-uri 'none'; frame-ancestors {ancestors}"
    )
}

/// A bare https origin: what stands in the organization's row must not be able to add a directive.
fn is_source(source: &str) -> bool {
    source.strip_prefix("https://").is_some_and(|host| {
        !host.is_empty()
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:*".contains(&byte))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_refused_unless_the_organization_allows_them() {
        assert!(policy("n", &PolicyAdditions::default()).ends_with("frame-ancestors 'none'"));
        let additions = PolicyAdditions {
            frame_ancestors: vec![
                "https://app.example.com".to_owned(),
                "https://x; script-src *".to_owned(),
                "*".to_owned(),
            ],
            ..PolicyAdditions::default()
        };
        assert!(policy("n", &additions).ends_with("frame-ancestors https://app.example.com"));
    }

    #[test]
    fn the_whole_policy_with_and_without_a_processor() {
        assert_eq!(
            policy("n", &PolicyAdditions::default()),
            "default-src 'none'; script-src 'nonce-n' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: ; \
             font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        );
        let additions = PolicyAdditions {
            form_targets: vec!["https://checkout.stripe.com".to_owned()],
            frame: Some(FrameSources::stripe("https://js.stripe.com")),
            ..PolicyAdditions::default()
        };
        assert_eq!(
            policy("n", &additions),
            "default-src 'none'; script-src 'nonce-n' 'strict-dynamic' 'wasm-unsafe-eval' https://js.stripe.com; style-src 'self'; \
             img-src 'self' data: ; font-src 'self'; connect-src 'self' https://api.stripe.com; \
             frame-src https://js.stripe.com https://hooks.stripe.com; manifest-src 'self'; \
             form-action 'self' https://checkout.stripe.com; base-uri 'none'; frame-ancestors 'none'"
        );
    }

    #[test]
    fn what_stands_in_for_stripe_has_one_origin() {
        let frame = FrameSources::stripe("http://127.0.0.1:8420");
        assert_eq!(frame.frames, ["http://127.0.0.1:8420"]);
        assert_eq!(
            (frame.script, frame.connect),
            (frame.frames[0].clone(), frame.frames[0].clone())
        );
    }

    #[test]
    fn hsts_only_where_tls_ends_and_a_set_cache_rule_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
        write(&mut headers, "n", &PolicyAdditions::default(), false);
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert_eq!(headers[header::CACHE_CONTROL], "public");
        write(&mut headers, "n", &PolicyAdditions::default(), true);
        assert!(headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
    }
}
