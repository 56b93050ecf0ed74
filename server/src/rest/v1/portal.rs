//! `/v1/customer-portal`: what customers and their members call.

mod customer_session;
mod customers;

use utoipa_axum::router::OpenApiRouter;

use crate::state::AppState;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().merge(customer_session::router()).merge(customers::router())
}
