//! Refuses requests that another site makes a browser send: forms and scripts with our cookies attached.
//!
//! The rule is that of Go's `http.CrossOriginProtection`: safe methods pass; `Sec-Fetch-Site` decides where the browser
//! sends it; else `Origin` must be ours; a request with neither comes from no browser and carries no foreign intent.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::{problem::Problem, rest, state::AppState};

pub async fn origin(State(state): State<AppState>, request: Request, next: Next) -> Response {
    // The API reads no cookie, so no browser carries a foreign intent there.
    if rest::is_api(request.uri().path())
        || is_ours(request.method(), request.headers(), &state.origin)
    {
        return next.run(request).await;
    }
    tracing::warn!("a request from another origin was refused");
    Problem::ForeignOrigin.into_response()
}

fn is_ours(method: &Method, headers: &HeaderMap, origin: &str) -> bool {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(method) {
        return true;
    }
    if let Some(site) = headers.get("sec-fetch-site") {
        return matches!(site.as_bytes(), b"same-origin" | b"none");
    }
    match headers.get(header::ORIGIN) {
        Some(sent) => sent.as_bytes() == origin.as_bytes(),
        None => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table() {
        let ours = "https://billing.example.com";
        let cases = [
            (Method::GET, &[("sec-fetch-site", "cross-site")][..], true),
            (Method::POST, &[("sec-fetch-site", "same-origin")], true),
            (Method::POST, &[("sec-fetch-site", "none")], true),
            (Method::POST, &[("sec-fetch-site", "same-site")], false),
            (Method::POST, &[("sec-fetch-site", "cross-site")], false),
            (Method::POST, &[("sec-fetch-site", "cross-site"), ("origin", ours)], false),
            (Method::POST, &[("origin", ours)], true),
            (Method::POST, &[("origin", "https://evil.example")], false),
            (Method::POST, &[("origin", "null")], false),
            (Method::DELETE, &[("origin", "http://billing.example.com")], false),
            (Method::POST, &[], true),
        ];
        for (method, sent, expected) in cases {
            let mut headers = HeaderMap::new();
            for (name, value) in sent {
                headers.insert(*name, value.parse().unwrap());
            }
            assert_eq!(is_ours(&method, &headers, ours), expected, "{method} {sent:?}");
        }
    }
}
