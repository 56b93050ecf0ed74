//! The web side of a process: its state, and serving until the end.

use std::{io, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use anyhow::Context;
use app::ssr::{Assets, OrganizationCache, Portal};
use axum::serve::ListenerExt;
use backend::rate_limit::Allowances;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{OutsideConfig, WebConfig},
    live::Live,
    mail::dev_mailbox::DevMailbox,
    metrics::Metrics,
    process::Core,
    router::router,
    sandbox::{self, SandboxSite},
    state::{AppState, Shared},
};

/// How often the histograms' samples are folded.
const METRICS_UPKEEP: Duration = Duration::from_secs(5);

/// What the web side is made from.
#[derive(Debug)]
pub struct Web<'a> {
    pub core: &'a Core,
    pub outside: &'a OutsideConfig,
    pub web: &'a WebConfig,
    /// The folder of the development mailbox, where there is one.
    pub mailbox: Option<&'a Path>,
}

impl Web<'_> {
    /// Starts what the handlers need beside them: live updates and metrics.
    pub async fn state(&self) -> anyhow::Result<AppState> {
        let core = self.core;
        // The first request should not see another time than the later ones.
        let _ = core.clock.refresh(&core.db).await;
        let portal = Portal {
            db: core.db.clone(),
            clock: Arc::new(core.clock.clone()),
            chance: core.chance.clone(),
            secret: core.secret.clone(),
            processors: core.processors.clone(),
            stripe: core.stripe.clone(),
            urls: core.urls.clone(),
            assets: Arc::new(
                Assets::find(&self.web.site_root).context("the site's files are not complete")?,
            ),
            organizations: OrganizationCache::default(),
            dev: self.mailbox.is_some(),
        };
        let live = Live::default();
        tokio::spawn(live.clone().run(portal.clone(), core.wake.clone(), core.shutdown.clone()));
        let metrics = Metrics::start().map_err(anyhow::Error::msg)?;
        let (upkeep, shutdown) = (metrics.clone(), core.shutdown.clone());
        tokio::spawn(shutdown.run_until_cancelled_owned(async move {
            loop {
                tokio::time::sleep(METRICS_UPKEEP).await;
                upkeep.upkeep();
            }
        }));
        Ok(AppState::new(Shared {
            portal,
            origin: self.outside.public_url.origin().ascii_serialization(),
            stripe_webhook_secrets: core.stripe_webhook_secrets.clone(),
            is_loopback: self.outside.is_loopback(),
            trusted_proxies: self.outside.trusted_proxies.clone(),
            webhook_reach: self.outside.webhook_reach,
            site_root: self.web.site_root.clone(),
            metrics,
            metrics_token: self.web.metrics_token.clone(),
            api_requests_per_minute: self.web.api_requests_per_minute,
            allowances: Allowances::default(),
            mailbox: self
                .mailbox
                .map(DevMailbox::open)
                .transpose()
                .context("the mailbox folder cannot be made")?,
            live,
            shutdown: core.shutdown.clone(),
        }))
    }
}

/// Serves until the process is told to end, then finishes the requests that are open.
///
/// # Errors
/// Never today; axum's signature says so.
pub async fn serve(listener: TcpListener, state: AppState) -> io::Result<()> {
    let shutdown = state.shutdown.clone();
    let listener = listener.tap_io(answer_at_once);
    let service = router(state).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(shutdown.cancelled_owned()).await
}

/// Serves the sandbox's own pages in the same way.
///
/// # Errors
/// Never today; axum's signature says so.
pub async fn serve_sandbox(
    listener: TcpListener,
    site: SandboxSite,
    shutdown: CancellationToken,
) -> io::Result<()> {
    let listener = listener.tap_io(answer_at_once);
    axum::serve(listener, sandbox::router(site))
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .await
}

/// Small answers must not wait for a full packet.
fn answer_at_once(stream: &mut TcpStream) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::warn!(%error, "TCP_NODELAY could not be set");
    }
}
