//! The built files: scripts, styles, icons.

use std::path::Path;

use axum::{
    Router,
    extract::Request,
    http::{HeaderValue, header},
    middleware::{self, Next},
    response::Response,
    routing::get_service,
};
use tower_http::services::{ServeDir, ServeFile};

use crate::state::AppState;

/// Files of `public/` that lie at the root of the site, such as the icon; found when the process starts.
const ROOT_EXTENSIONS: [&str; 6] = ["svg", "ico", "png", "webmanifest", "txt", "js"];

/// Serves `/pkg/…` and the files at the root, brotli where the browser takes it and the build made it.
pub fn routes(site_root: &Path) -> Router<AppState> {
    let folder = ServeDir::new(site_root.join("pkg"))
        .append_index_html_on_directories(false)
        .precompressed_br();
    let mut router = Router::new().nest_service("/pkg", folder);
    for name in root_files(site_root) {
        router = router
            .route_service(&format!("/{name}"), get_service(ServeFile::new(site_root.join(&name))));
    }
    router.layer(middleware::from_fn(cache))
}

fn root_files(site_root: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(site_root) else {
        return Vec::new();
    };
    let names = entries
        .flatten()
        .filter(|entry| entry.path().is_file())
        .filter_map(|entry| entry.file_name().into_string().ok());
    names.filter(|name| name != "hash.txt" && is_servable(name)).collect()
}

fn is_servable(name: &str) -> bool {
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    ROOT_EXTENSIONS.contains(&extension)
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
}

/// A file whose name carries its hash never changes; the others are asked for again.
async fn cache(request: Request, next: Next) -> Response {
    let is_hashed = has_hash(request.uri().path());
    let mut response = next.run(request).await;
    if response.status().is_success() || response.status() == 304 {
        let rule = if is_hashed { "public, max-age=31536000, immutable" } else { "no-cache" };
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(rule));
    }
    response
}

/// `foyer.0a1b2c3d.js` has one, `foyer.js` has none.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or("");
    let mut parts = name.split('.').rev().skip(1);
    parts.next().is_some_and(|hash| {
        hash.len() >= 8
            && hash.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    }) && parts.next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_hashed_names_are_kept_for_ever() {
        assert!(has_hash("/pkg/foyer.0a1b2c3d4e.js"));
        assert!(
            !has_hash("/pkg/foyer.js") && !has_hash("/icon.svg") && !has_hash("/pkg/foyer_bg.wasm")
        );
    }

    #[test]
    fn only_plain_public_files_lie_at_the_root() {
        assert!(is_servable("favicon.svg") && is_servable("manifest.webmanifest"));
        assert!(!is_servable("sizes.json") && !is_servable("a b.svg") && !is_servable("{x}.svg"));
    }
}
