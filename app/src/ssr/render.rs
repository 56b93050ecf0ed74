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
use crate::shell::{shell, ships_script};

type Chunks = Pin<Box<dyn Stream<Item = String> + Send>>;

/// Renders the page of a GET. A page without script carries no data for one.
pub async fn render(portal: Portal, request: Request<Body>) -> Response<Body> {
    leptos_axum::handle_response_inner(move || provide(&portal), shell, request, stream).await
}

fn stream(
    page: AnyView,
    data: Box<dyn FnOnce() -> Chunks + Send>,
    _out_of_order: bool,
) -> Pin<Box<dyn Future<Output = Chunks> + Send>> {
    let comes_alive = ships_script();
    Box::pin(async move {
        let html = page.to_html_stream_in_order().collect::<String>().await;
        let page = once(async move { html });
        if comes_alive { Box::pin(page.chain(data())) as Chunks } else { Box::pin(page) }
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::Arc;

    use axum::body::to_bytes;
    use backend::chance::Chance;
    use backend::clock::SystemClock;
    use backend::organization::{OrganizationView, PortalSettings};
    use backend::payment::{Processors, Sandbox};
    use backend::secret::SecretKey;
    use domain::id::OrganizationId;
    use domain::locale::Locale;
    use sqlx::postgres::PgPoolOptions;
    use tokio::sync::OnceCell;

    use super::*;
    use crate::ssr::post::{PostOutcome, handle};
    use crate::ssr::{Assets, Cookies, OrganizationCache, RequestInfo};
    use crate::ui::form::FormState;
    use crate::urls::UrlBuilder;

    /// A portal whose database never answers: what is shown here needs none.
    fn portal() -> Portal {
        let db = PgPoolOptions::new().connect_lazy("postgres://nobody@127.0.0.1:1/none").unwrap();
        Portal {
            processors: Processors::default().with(
                Sandbox::new(db.clone())
                    .with_pages("http://localhost:3001", "http://127.0.0.1:3000"),
            ),
            stripe: None,
            db,
            clock: Arc::new(SystemClock),
            chance: Chance::seeded(1),
            secret: SecretKey::from_hex(&"00".repeat(32)).unwrap(),
            urls: Arc::new(UrlBuilder::new("http://127.0.0.1:3000")),
            assets: Arc::new(Assets {
                script: "/pkg/s.js".into(),
                wasm: "/pkg/w.wasm".into(),
                style: "/pkg/c.css".into(),
            }),
            organizations: OrganizationCache::default(),
            dev: false,
        }
    }

    #[tokio::test]
    async fn a_form_leads_to_this_site_or_to_a_processor() {
        let portal = portal();
        for own in [
            "/acme/portal?done=paid",
            "http://127.0.0.1:3000/pay/return/1/2",
            "http://localhost:3001/setups/x",
        ] {
            assert!(portal.leads_to(own), "{own}");
        }
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/\\evil.example",
            "",
            "/a\nb",
            "http://localhost:30011/setups/x",
            "http://localhost:3001@evil.example/",
        ] {
            assert!(!portal.leads_to(foreign), "{foreign}");
        }
    }

    /// An organization as pages know it; `processor` charges its customers.
    pub(crate) fn organization(processor: Option<&str>) -> OrganizationView {
        OrganizationView {
            id: OrganizationId::from_uuid(uuid::Uuid::from_u128(1)),
            slug: "acme".into(),
            name: "Acme & Co".into(),
            default_locale: Locale::En,
            time_zone: "UTC".into(),
            support_email: Some("help@acme.example".into()),
            website_url: None,
            accent_color: "#3b5bdb".into(),
            logo_url: None,
            frame_ancestors: Vec::new(),
            has_processor: processor.is_some(),
            payment_processor: processor.map(str::to_owned),
            settings: PortalSettings {
                show_usage: true,
                update_plan: true,
                update_seats: true,
                cancel_now: false,
                pause: false,
                allow_email_change: false,
            },
        }
    }

    fn request(path: &str, locale: Locale) -> Request<Body> {
        let organization = organization(None);
        let info = RequestInfo {
            request_id: "r-1".into(),
            client: "127.0.0.1".into(),
            user_agent: String::new(),
            nonce: "the-nonce".into(),
            locale,
            cookies: Cookies::default(),
            organization: Some(Arc::new(organization)),
            signed_in: Arc::new(OnceCell::new()),
        };
        Request::get(path).extension(info).body(Body::empty()).unwrap()
    }

    async fn html(request: Request<Body>) -> (u16, String) {
        // Listing the routes also starts what Leptos renders on.
        let _ = leptos_axum::generate_route_list(crate::App);
        let response = render(portal(), request).await;
        let status = response.status().as_u16();
        let body = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn every_page_is_rendered_whole() {
        let routes = leptos_axum::generate_route_list(crate::App);
        assert!(routes.len() >= 13);
        for route in routes {
            assert_eq!(route.mode(), &leptos_router::SsrMode::Async, "{}", route.path());
        }
    }

    #[tokio::test]
    async fn signing_in_needs_no_script_and_no_database() {
        let (status, page) = html(request(
            "/acme/portal/sign-in?email=a%40b.example&to=/acme/portal/orders",
            Locale::De,
        ))
        .await;
        assert_eq!(status, 200);
        assert!(page.contains(r#"<html lang="de""#), "{page}");
        assert!(
            page.contains(r#"value="a@b.example""#)
                && page.contains(r#"name="to" value="/acme/portal/orders""#),
            "{page}"
        );
        assert!(page.contains("Acme &amp; Co"), "{page}");
        assert!(!page.contains("<script") && !page.contains(" style="), "{page}");
    }

    #[tokio::test]
    async fn a_pay_link_that_is_not_ours_is_a_page_without_script_that_says_what_to_do() {
        let (status, page) = html(request("/acme/portal/pay/cut-off?done=paid", Locale::En)).await;
        assert_eq!(status, 404);
        assert!(page.contains("This link does not work"), "{page}");
        assert!(page.contains(r#"href="/acme/portal/sign-in""#), "{page}");
        assert!(!page.contains("<script") && !page.contains(" style="), "{page}");
        assert!(!page.contains("<nav class=\"nav"), "{page}");
    }

    #[tokio::test]
    async fn a_refused_form_is_the_same_page_with_what_was_typed() {
        let (parts, _) = request("/acme/portal/sign-in", Locale::En).into_parts();
        let body = b"_form=sign-in%2Frequest&organization=acme&email=%22%3E%3Cb%3E".to_vec();
        let PostOutcome::Rerender { state, status, .. } = handle(portal(), parts, body).await
        else {
            panic!("it was not refused")
        };
        assert_eq!(status, 422);
        let mut again = request("/acme/portal/sign-in", Locale::En);
        again.extensions_mut().insert::<FormState>(*state);
        let (_, page) = html(again).await;
        assert!(
            page.contains("value=\"&quot;><b>\"") || page.contains("value=\"&quot;&gt;&lt;b&gt;\""),
            "{page}"
        );
        assert!(
            page.contains("aria-invalid=\"true\"") && page.contains("id=\"email-error\""),
            "{page}"
        );
        assert!(
            page.contains("Enter an e-mail address") && page.contains("role=\"alert\""),
            "{page}"
        );
    }

    #[tokio::test]
    async fn an_unknown_form_and_a_forged_return_are_refused_and_dropped() {
        let (parts, _) = request("/acme/portal/sign-in", Locale::En).into_parts();
        let outcome = handle(
            portal(),
            parts,
            b"_form=no/such&organization=acme&token=secret&code=ABC".to_vec(),
        )
        .await;
        let PostOutcome::Rerender { state, status, .. } = outcome else {
            panic!("it was not refused")
        };
        assert_eq!(
            (status, state.values),
            (400, vec![("organization".to_owned(), "acme".to_owned())])
        );
        let (_, page) =
            html(request("/acme/portal/sign-in?to=https://evil.example", Locale::En)).await;
        assert!(!page.contains("evil"), "{page}");
    }
}
