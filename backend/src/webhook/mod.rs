//! Telling the organization's own programs what happened: endpoints, deliveries, every try.
//!
//! Rows are made in the transaction of the event (`told`), claimed by the worker (`claim`), sent (`client`), and what became of it is
//! written down (`outcome`).

mod address;
mod attempts;
mod claim;
mod client;
mod create_endpoint;
mod delete_endpoint;
mod endpoint;
mod erase;
mod letter;
mod outcome;
mod redeliver;
mod retry;
mod send_test;
mod signature;
#[cfg(test)]
pub(crate) mod test_helpers;
mod told;
mod update_endpoint;

pub use address::{Reach, UrlRefusal};
pub use attempts::{Attempt, AttemptSearch, HttpCodeClass, attempts, page_of_attempts};
pub use claim::{Busy, CLAIM_LASTS, ClaimedDelivery, claim_first, claim_retries};
pub use client::{Answer, Client, Message};
pub use create_endpoint::{CreateEndpoint, CreateEndpointError, create_endpoint};
pub use delete_endpoint::{DeleteEndpointError, delete_endpoint};
pub use endpoint::{ApiVersion, Endpoint, endpoint, endpoints};
pub(crate) use erase::erase;
pub use letter::{Letter, keep_body, letter};
pub use outcome::{answered, failed, skipped};
pub use redeliver::{RedeliverError, redeliver};
pub use retry::RETRY_AFTER_S;
pub use send_test::{SendTestError, send_test};
pub use signature::{secret_of, signatures};
pub(crate) use told::{Told, insert_event};
pub use update_endpoint::{
    SECRET_OVERLAP, UpdateEndpoint, UpdateEndpointError, change_secret, update_endpoint,
};
