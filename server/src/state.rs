//! What every request handler of this process shares.

use std::{path::PathBuf, sync::Arc};

use app::ssr::Portal;
use backend::{rate_limit::Allowances, webhook::Reach};
use tokio_util::sync::CancellationToken;

use crate::{
    client_address::AddressRange, live::Live, mail::dev_mailbox::DevMailbox, metrics::Metrics,
    redacted::Redacted,
};

/// Cheap to clone: all of it is behind one pointer.
#[derive(Clone, Debug)]
pub struct AppState(Arc<Shared>);

#[derive(Debug)]
pub struct Shared {
    pub portal: Portal,
    /// Scheme, host and port of the public URL, as browsers send it in `Origin`.
    pub origin: String,
    /// With which of these Stripe signs its messages; none: it sends none here.
    pub stripe_webhook_secrets: Vec<Redacted>,
    /// The portal is reached from this machine only.
    pub is_loopback: bool,
    pub trusted_proxies: Vec<AddressRange>,
    /// Where webhooks may go.
    pub webhook_reach: Reach,
    pub site_root: PathBuf,
    pub metrics: Metrics,
    pub metrics_token: Option<Redacted>,
    /// That each caller of the API has, over all processes.
    pub api_requests_per_minute: i32,
    /// What this process has taken of them.
    pub allowances: Allowances,
    pub mailbox: Option<DevMailbox>,
    pub live: Live,
    /// Cancelled when the process is to end.
    pub shutdown: CancellationToken,
}

impl AppState {
    pub fn new(shared: Shared) -> Self {
        Self(Arc::new(shared))
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}
