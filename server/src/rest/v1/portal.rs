//! `/v1/customer-portal`: what customers and their members call.

mod activity;
mod customer_session;
mod customers;
mod members;
mod orders;
mod organizations;
mod quotes;
mod seats;
mod sessions;
pub(super) mod subscriptions;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(activity::router())
        .merge(customer_session::router())
        .merge(customers::router())
        .merge(members::router())
        .merge(orders::router())
        .merge(organizations::router())
        .merge(quotes::router())
        .merge(seats::router())
        .merge(sessions::router())
        .merge(subscriptions::router())
}
