//! `/v1/customer-portal`: what customers and their members call.

mod customer_session;
mod customers;
mod orders;
mod organizations;
mod seats;
mod subscriptions;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(customer_session::router())
        .merge(customers::router())
        .merge(orders::router())
        .merge(organizations::router())
        .merge(seats::router())
        .merge(subscriptions::router())
}
