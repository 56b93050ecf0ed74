//! A request that is refused before a page or an endpoint sees it, and the answer that says so.

use axum::{
    body::Body,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use domain::locale::Locale;
use serde_json::json;

use crate::{
    page::{escape, page},
    rest,
};

/// Why a request is refused. `middleware::problem_page` writes the body, in the form and language the client reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    MalformedUrl,
    UrlTooLong,
    ForeignOrigin,
    NotFound,
    MethodNotAllowed,
    TimedOut,
    BodyTooLarge,
    UnknownServerFunction,
    TooManyStreams,
    Unavailable,
    Internal,
}

/// Marks a response whose body is still to be written.
#[derive(Clone, Copy, Debug)]
pub struct ProblemMark(pub Problem);

impl Problem {
    pub fn status(self) -> StatusCode {
        match self {
            Self::MalformedUrl => StatusCode::BAD_REQUEST,
            Self::UrlTooLong => StatusCode::URI_TOO_LONG,
            Self::ForeignOrigin => StatusCode::FORBIDDEN,
            Self::NotFound | Self::UnknownServerFunction => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::TimedOut => StatusCode::REQUEST_TIMEOUT,
            Self::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooManyStreams => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The stable code in a JSON answer.
    fn code(self) -> &'static str {
        match self {
            Self::MalformedUrl => "malformed_url",
            Self::UrlTooLong => "url_too_long",
            Self::ForeignOrigin => "foreign_origin",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::TimedOut => "timed_out",
            Self::BodyTooLarge => "body_too_large",
            Self::UnknownServerFunction => "reload",
            Self::TooManyStreams => "too_many_streams",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The stable name in the API's answers.
    fn api_error(self) -> &'static str {
        match self {
            Self::MalformedUrl => "BadRequest",
            Self::UrlTooLong => "UriTooLong",
            Self::ForeignOrigin => "NotPermitted",
            Self::NotFound | Self::UnknownServerFunction => "ResourceNotFound",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::TimedOut => "RequestTimeout",
            Self::BodyTooLarge => "RequestBodyTooLarge",
            Self::TooManyStreams => "TooManyStreams",
            Self::Unavailable => "ServiceUnavailable",
            Self::Internal => "InternalServerError",
        }
    }

    /// What an answer of that status means when nobody wrote a body.
    pub fn of_status(status: StatusCode) -> Option<Self> {
        Some(match status {
            StatusCode::BAD_REQUEST => Self::MalformedUrl,
            StatusCode::NOT_FOUND => Self::NotFound,
            StatusCode::METHOD_NOT_ALLOWED => Self::MethodNotAllowed,
            StatusCode::REQUEST_TIMEOUT => Self::TimedOut,
            StatusCode::PAYLOAD_TOO_LARGE => Self::BodyTooLarge,
            StatusCode::SERVICE_UNAVAILABLE => Self::Unavailable,
            StatusCode::INTERNAL_SERVER_ERROR => Self::Internal,
            _ => return None,
        })
    }

    /// Title and what to do next.
    fn words(self, locale: Locale) -> (&'static str, &'static str) {
        match locale {
            Locale::En => self.words_en(),
            Locale::De => self.words_de(),
        }
    }

    fn words_en(self) -> (&'static str, &'static str) {
        match self {
            Self::MalformedUrl => (
                "This address is damaged",
                "Open the link again as it was sent to you, or type the address anew.",
            ),
            Self::UrlTooLong => (
                "This address is too long",
                "Open the link again as it was sent to you, or start from the portal's first page.",
            ),
            Self::ForeignOrigin => (
                "This request came from another site",
                "Nothing was changed. Open the page in the portal itself and try again there.",
            ),
            Self::NotFound => (
                "There is no such page",
                "Check the address, or go back to the page you came from.",
            ),
            Self::MethodNotAllowed => (
                "This address does not take that",
                "Go back to the page you came from and try again.",
            ),
            Self::TimedOut => (
                "This took too long",
                "Go back and try again. If it happens again, write to the support with the number below.",
            ),
            Self::BodyTooLarge => {
                ("That was too much text", "Go back, shorten what you typed, and send it again.")
            }
            Self::UnknownServerFunction => {
                ("This page is out of date", "Reload the page and try again.")
            }
            Self::TooManyStreams => {
                ("Too many pages are open", "Close other tabs of this portal and reload.")
            }
            Self::Unavailable => (
                "The portal is not available right now",
                "Try again in a minute. Nothing was changed.",
            ),
            Self::Internal => (
                "Something went wrong on our side",
                "Try again. If it happens again, write to the support with the number below.",
            ),
        }
    }

    fn words_de(self) -> (&'static str, &'static str) {
        match self {
            Self::MalformedUrl => (
                "Diese Adresse ist beschädigt",
                "Öffnen Sie den Link noch einmal so, wie Sie ihn erhalten haben, oder geben Sie die Adresse neu ein.",
            ),
            Self::UrlTooLong => (
                "Diese Adresse ist zu lang",
                "Öffnen Sie den Link noch einmal so, wie Sie ihn erhalten haben, oder beginnen Sie auf der ersten Seite des Portals.",
            ),
            Self::ForeignOrigin => (
                "Diese Anfrage kam von einer anderen Website",
                "Es wurde nichts geändert. Öffnen Sie die Seite im Portal selbst und versuchen Sie es dort noch einmal.",
            ),
            Self::NotFound => (
                "Diese Seite gibt es nicht",
                "Prüfen Sie die Adresse oder gehen Sie zurück zur vorigen Seite.",
            ),
            Self::MethodNotAllowed => (
                "Diese Adresse nimmt das nicht an",
                "Gehen Sie zurück zur vorigen Seite und versuchen Sie es noch einmal.",
            ),
            Self::TimedOut => (
                "Das hat zu lange gedauert",
                "Gehen Sie zurück und versuchen Sie es noch einmal. Wenn es wieder geschieht, nennen Sie dem Support die Nummer unten.",
            ),
            Self::BodyTooLarge => (
                "Das war zu viel Text",
                "Gehen Sie zurück, kürzen Sie Ihre Eingabe und senden Sie sie noch einmal.",
            ),
            Self::UnknownServerFunction => (
                "Diese Seite ist veraltet",
                "Laden Sie die Seite neu und versuchen Sie es noch einmal.",
            ),
            Self::TooManyStreams => (
                "Es sind zu viele Seiten geöffnet",
                "Schließen Sie andere Tabs dieses Portals und laden Sie neu.",
            ),
            Self::Unavailable => (
                "Das Portal ist gerade nicht erreichbar",
                "Versuchen Sie es in einer Minute noch einmal. Es wurde nichts geändert.",
            ),
            Self::Internal => (
                "Bei uns ist etwas schiefgegangen",
                "Versuchen Sie es noch einmal. Wenn es wieder geschieht, nennen Sie dem Support die Nummer unten.",
            ),
        }
    }

    /// The whole answer: JSON for programs, a page for people.
    pub fn write(self, reader: &Reader, request_id: &str, style_url: &str) -> Response {
        let (title, advice) = self.words(reader.locale);
        let (content_type, body) = if reader.is_api {
            let body = json!({"error": self.api_error(), "detail": self.words(Locale::En).0, "request_id": request_id});
            ("application/json", body.to_string())
        } else if reader.wants_json {
            let body = json!({"code": self.code(), "message": format!("{title}. {advice}"), "request_id": request_id});
            ("application/json", body.to_string())
        } else {
            let number = match reader.locale {
                Locale::En => "Request",
                Locale::De => "Anfrage",
            };
            let content = format!(
                "<div class=\"page-header\"><h1>{title}</h1>\n<p class=\"page-header-lead\">{advice}</p></div>\n<p class=\"quiet\">{number} <code>{}</code></p>",
                escape(request_id)
            );
            ("text/html; charset=utf-8", page(reader.locale, title, style_url, &content))
        };
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = self.status();
        response
            .headers_mut()
            .insert(header::CONTENT_TYPE, header::HeaderValue::from_static(content_type));
        if reader.is_api {
            // A page of another site reads refusals too.
            let any = header::HeaderValue::from_static("*");
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, any);
        }
        response
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(ProblemMark(self));
        response
    }
}

/// How the client reads an answer.
#[derive(Clone, Copy, Debug)]
pub struct Reader {
    pub locale: Locale,
    pub wants_json: bool,
    /// The path is the API's: refusals have its form.
    pub is_api: bool,
}

impl Reader {
    /// From the request's path and headers: server functions and programs read JSON, browsers a page.
    pub fn of(path: &str, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let accepts_html = text(header::ACCEPT)
            .is_none_or(|accept| accept.contains("text/html") || accept.contains("*/*"));
        let asks_for_json =
            text(header::ACCEPT).is_some_and(|accept| accept.starts_with("application/json"));
        Self {
            locale: Locale::negotiate(text(header::ACCEPT_LANGUAGE).unwrap_or(""), Locale::En),
            is_api: rest::is_api(path),
            wants_json: path.starts_with("/api/") || asks_for_json || !accepts_html,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_get_a_page_programs_get_json() {
        let mut headers = HeaderMap::new();
        assert!(!Reader::of("/northwind/portal", &headers).wants_json);
        assert!(Reader::of("/api/sign_in", &headers).wants_json);
        headers.insert(header::ACCEPT, "application/json".parse().unwrap());
        headers.insert(header::ACCEPT_LANGUAGE, "de-AT,de;q=0.9".parse().unwrap());
        let reader = Reader::of("/northwind/portal", &headers);
        assert!(reader.wants_json);
        assert_eq!(reader.locale, Locale::De);
    }

    #[test]
    fn a_page_names_the_request_and_keeps_markup_out() {
        let reader = Reader { locale: Locale::En, wants_json: false, is_api: false };
        let response = Problem::Internal.write(&reader, "<b>1</b>", "/pkg/foyer.css");
        assert_eq!(response.status(), 500);
        let body = futures::executor::block_on(axum::body::to_bytes(response.into_body(), 10_000))
            .unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        assert!(body.contains("&lt;b&gt;1&lt;/b&gt;") && body.contains("/pkg/foyer.css"), "{body}");
    }
}
