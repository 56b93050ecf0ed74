//! `/v1/checkouts`.

mod body;
mod client_confirm;
mod client_get;
mod client_update;
mod create;
mod get;
mod list;
mod refusal;
mod update;

use app::urls::UrlBuilder;
use backend::{
    actor::Actor,
    checkout::{self, CheckoutRecord},
    discount, organization, product,
    secret::SecretKey,
};
use domain::id::{CheckoutId, DiscountId, OrganizationId, PriceId, ProductId};
use sqlx::PgPool;
use time::OffsetDateTime;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::refusal::refused;
use crate::{
    rest::{
        error::ApiError,
        schema::checkout::{Around, Checkout, CheckoutBase, CheckoutPublic},
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, update::update))
        .routes(routes!(client_get::get, client_update::update))
        .routes(routes!(client_confirm::confirm))
}

/// What the addresses of checkouts are made with.
#[derive(Clone, Copy, Debug)]
pub struct Links<'a> {
    pub secret: &'a SecretKey,
    pub urls: &'a UrlBuilder,
}

impl<'a> From<&'a AppState> for Links<'a> {
    fn from(state: &'a AppState) -> Self {
        Self { secret: &state.portal.secret, urls: &state.portal.urls }
    }
}

impl Links<'_> {
    fn base(self, checkout: &CheckoutRecord, around: &Around) -> CheckoutBase {
        let (organization_id, id) = (checkout.organization_id, checkout.checkout_id);
        let client_secret = checkout::client_secret(self.secret, organization_id, id);
        let url = self.urls.checkout(&client_secret);
        CheckoutBase::of(checkout, around, client_secret, url)
    }
}

/// The checkouts with these ids, in their order: five statements, however many.
pub(crate) async fn whole(
    db: &PgPool,
    links: Links<'_>,
    organization_id: OrganizationId,
    ids: &[CheckoutId],
    now: OffsetDateTime,
) -> Result<Vec<Checkout>, ApiError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let mut records = checkout::records(db, organization_id, ids, now).await.map_err(refused)?;
    let around = around(db, organization_id, records.values()).await?;
    let on_wire = |id| {
        let record = records.remove(id)?;
        Some(Checkout::of(links.base(&record, &around), record))
    };
    Ok(ids.iter().filter_map(on_wire).collect())
}

async fn around(
    db: &PgPool,
    organization_id: OrganizationId,
    checkouts: impl Iterator<Item = &CheckoutRecord> + Clone,
) -> Result<Around, ApiError> {
    let mut product_ids: Vec<ProductId> =
        checkouts.clone().flat_map(|checkout| checkout.product_ids.iter().copied()).collect();
    product_ids.sort_unstable();
    product_ids.dedup();
    let price_ids: Vec<PriceId> = checkouts.clone().map(|checkout| checkout.price_id).collect();
    let discount_ids: Vec<DiscountId> =
        checkouts.filter_map(|checkout| checkout.discount_id).collect();
    Ok(Around {
        products: product::details(db, organization_id, &product_ids, &price_ids).await?,
        discounts: discount::records(db, organization_id, &discount_ids).await?,
    })
}

/// One checkout of the organization.
async fn one(
    state: &AppState,
    organization_id: OrganizationId,
    checkout_id: CheckoutId,
) -> Result<Checkout, ApiError> {
    let now = state.portal.clock.now();
    let found = whole(&state.portal.db, state.into(), organization_id, &[checkout_id], now).await?;
    found.into_iter().next().ok_or_else(ApiError::not_found)
}

/// Who acts with a checkout's secret.
fn buyer(
    state: &AppState,
    client_secret: &str,
) -> Result<(Actor, OrganizationId, CheckoutId), ApiError> {
    let (organization_id, checkout_id) =
        checkout::of_client_secret(&state.portal.secret, client_secret)
            .ok_or_else(ApiError::not_found)?;
    Ok((Actor::Buyer { organization_id, checkout_id }, organization_id, checkout_id))
}

/// One checkout for whoever holds its secret.
async fn public(
    state: &AppState,
    actor: &Actor,
    organization_id: OrganizationId,
    checkout_id: CheckoutId,
) -> Result<(CheckoutRecord, CheckoutPublic), ApiError> {
    let (db, now) = (&state.portal.db, state.portal.clock.now());
    let record = checkout::get(db, actor, organization_id, checkout_id, now)
        .await
        .map_err(refused)?
        .ok_or_else(ApiError::not_found)?;
    let around = around(db, organization_id, std::iter::once(&record)).await?;
    let organization =
        organization::public(db, organization_id).await?.ok_or_else(ApiError::not_found)?;
    let base = Links::from(state).base(&record, &around);
    Ok((record, CheckoutPublic { base, organization: organization.into() }))
}
