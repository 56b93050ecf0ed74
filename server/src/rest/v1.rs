//! Every operation, by resource.

mod access_tokens;
pub(crate) mod benefits;
pub(crate) mod checkouts;
pub(crate) mod customer_seats;
mod customer_sessions;
pub(crate) mod customers;
pub(crate) mod discounts;
mod members;
pub(crate) mod orders;
pub(crate) mod organizations;
mod portal;
pub(crate) mod products;
pub(crate) mod refunds;
pub(crate) mod subscriptions;
mod webhooks;

use axum::Router;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        self,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};
use utoipa_axum::router::OpenApiRouter;

use crate::{rest::document::framed, state::AppState};

/// What a resource offers: its routes, and what the document says of them.
type Resource = fn() -> OpenApiRouter<AppState>;

const RESOURCES: [Resource; 14] = [
    access_tokens::router,
    benefits::router,
    checkouts::router,
    customer_seats::router,
    customer_sessions::router,
    customers::router,
    discounts::router,
    members::router,
    orders::router,
    organizations::router,
    products::router,
    refunds::router,
    subscriptions::router,
    webhooks::router,
];

fn resources() -> impl Iterator<Item = &'static Resource> {
    RESOURCES.iter().chain(&portal::RESOURCES)
}

/// The routes alone. The document is some 30 MB while it is made: a process that serves has only one resource's at a time.
pub fn router() -> Router<AppState> {
    resources().fold(Router::new(), |router, resource| router.merge(Router::from(resource())))
}

/// The document alone.
pub fn document() -> openapi::OpenApi {
    let all = OpenApiRouter::with_openapi(Document::openapi());
    framed(resources().fold(all, |all, resource| all.merge(resource())).into_openapi())
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Foyer",
        description = "The API of a customer billing portal, in the wire format of Polar's public API."
    ),
    modifiers(&Bearers)
)]
struct Document;

/// The three kinds of bearer tokens.
struct Bearers;

impl Modify for Bearers {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let schemes = [
            ("access_token", "An organization's access token, `foyer_oat_…`."),
            ("customer_session", "The token of a customer's session, `foyer_cst_…`."),
            ("member_session", "The token of a member's session, `foyer_mst_…`."),
        ];
        let components = document.components.get_or_insert_default();
        for (name, description) in schemes {
            let bearer =
                HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(description));
            components.add_security_scheme(name, SecurityScheme::Http(bearer.build()));
        }
    }
}

/// Each of these ids once.
fn distinct<Id: Ord>(ids: impl Iterator<Item = Id>) -> Vec<Id> {
    let mut ids: Vec<Id> = ids.collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}
