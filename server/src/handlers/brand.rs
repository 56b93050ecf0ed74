//! `GET /{organization}/brand.css`: the company's colours. Its address carries a version, so it may be kept for ever.

use app::{brand, ssr::RequestInfo};
use axum::{
    Extension,
    extract::Request,
    http::header,
    response::{IntoResponse, Response},
};
use domain::color::AccentColor;

use crate::problem::Problem;

pub async fn brand_css(Extension(info): Extension<RequestInfo>, request: Request) -> Response {
    let Some(organization) = info.organization else {
        return Problem::NotFound.into_response();
    };
    let color = AccentColor::parse(&organization.accent_color).unwrap_or(AccentColor::BLACK);
    // Only the version that these colours have may be kept; another would freeze old colours under a new name.
    let version = format!("v={}", brand::version(color));
    let is_current = request.uri().query() == Some(version.as_str());
    let cache = if is_current { "public, max-age=31536000, immutable" } else { "no-cache" };
    let headers =
        [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, cache)];
    (headers, brand::css(color)).into_response()
}
