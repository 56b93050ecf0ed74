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

use super::Resource;

pub(super) const RESOURCES: [Resource; 10] = [
    activity::router,
    customer_session::router,
    customers::router,
    members::router,
    orders::router,
    organizations::router,
    quotes::router,
    seats::router,
    sessions::router,
    subscriptions::router,
];
