//! From a request to its page, whole: everything is awaited before the first byte, so that it reads without script.

use std::future::Future;
use std::pin::Pin;

use axum::body::Body;
use futures::stream::once;
use futures::{Stream, StreamExt};
use http::{Request, Response};
use leptos::prelude::*;
use leptos::tachys::view::RenderHtml;

use super::{Portal, provide};
use crate::shell::{ships_script, shell};

type Chunks = Pin<Box<dyn Stream<Item = String> + Send>>;

/// Renders the page of a GET. A page without script carries no data for one.
pub async fn render(portal: Portal, request: Request<Body>) -> Response<Body> {
    leptos_axum::handle_response_inner(move || provide(&portal), shell, request, stream).await
}

fn stream(page: AnyView, data: Box<dyn FnOnce() -> Chunks + Send>, _out_of_order: bool) -> Pin<Box<dyn Future<Output = Chunks> + Send>> {
    let comes_alive = ships_script();
    Box::pin(async move {
        let html = page.to_html_stream_in_order().collect::<String>().await;
        let page = once(async move { html });
        if comes_alive { Box::pin(page.chain(data())) as Chunks } else { Box::pin(page) }
    })
}
