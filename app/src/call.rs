//! Calling server functions from the browser, for all of them at once.

use futures::channel::oneshot;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{RequestInit, Response, UrlSearchParams};

use crate::error::AppError;
use crate::pages::load::answer;

/// Asks for a page's view; the answer is its text, see [`crate::pages::load`].
pub async fn ask(path: &'static str, question: String) -> String {
    let (send, receive) = oneshot::channel();
    // A resource may move between threads, which what the browser gives may not.
    spawn_local(async move {
        let outcome = match UrlSearchParams::new_with_str(&question) {
            Ok(fields) => post(path, &fields).await,
            Err(_) => Err(AppError::Outdated),
        };
        let _ = send.send(outcome);
    });
    match receive.await {
        Ok(Ok(json)) => answer::found(&json),
        Ok(Err(error)) => answer::refused(&error),
        Err(_) => answer::refused(&AppError::Transport),
    }
}

/// Posts fields to a server function: the JSON of its answer.
///
/// # Errors
/// What the server function refuses; what stood before it refuses, by its status; `Transport` without an answer.
pub async fn post(path: &str, fields: &UrlSearchParams) -> Result<String, AppError> {
    let (status, body) = exchange(path, fields).await.map_err(|_| AppError::Transport)?;
    if (200..300).contains(&status) {
        return Ok(body);
    }
    Err(serde_json::from_str(&body).unwrap_or(match status {
        401 => AppError::Unauthenticated,
        403 => AppError::Forbidden,
        413 => AppError::field("form", "too_long"),
        429 => AppError::RateLimited { retry_after_s: 60 },
        500.. => AppError::Transport,
        _ => AppError::Outdated,
    }))
}

async fn exchange(path: &str, fields: &UrlSearchParams) -> Result<(u16, String), JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let request = RequestInit::new();
    request.set_method("POST");
    request.set_body(fields);
    let response: Response =
        JsFuture::from(window.fetch_with_str_and_init(path, &request)).await?.dyn_into()?;
    let body = JsFuture::from(response.text()?).await?;
    Ok((response.status(), body.as_string().unwrap_or_default()))
}
