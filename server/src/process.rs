//! What `serve` and `worker` share: the database, the clock, the listener for notifications, the way to end.

use std::{sync::Arc, time::Duration};

use app::{ssr::StripeFrame, urls::UrlBuilder};
use backend::{
    chance::Chance,
    payment::Processors,
    secret::SecretKey,
    webhook::{self, Reach},
};
use sqlx::PgPool;
use tokio::{
    signal::unix::{SignalKind, signal},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{DatabaseConfig, Delivery, MailConfig, OutsideConfig, SandboxConfig, StripeConfig},
    demo_clock::DemoClock,
    mail::{MailTransport, Renderer, dev_mailbox::DevMailbox, smtp::Smtp},
    redacted::Redacted,
    wake::{self, Wake},
    worker::Worker,
};

/// How long requests and running work may take to finish once the process is told to end.
const FINISH: Duration = Duration::from_secs(20);
/// How often the demo's clock is read again.
const CLOCK_TICK: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub struct Core {
    pub db: PgPool,
    pub clock: DemoClock,
    pub chance: Chance,
    pub secret: SecretKey,
    pub processors: Processors,
    pub stripe: Option<Arc<StripeFrame>>,
    pub stripe_webhook_secrets: Vec<Redacted>,
    pub urls: Arc<UrlBuilder>,
    pub host: String,
    pub webhook_reach: Reach,
    pub wake: Wake,
    pub shutdown: CancellationToken,
}

impl Core {
    /// Prepares the process; connects to the database only when it is first needed.
    ///
    /// # Errors
    /// When the database's URL is not valid.
    pub fn open(
        database: &DatabaseConfig,
        outside: &OutsideConfig,
        secret: SecretKey,
        sandbox: &SandboxConfig,
        stripe: Option<StripeConfig>,
    ) -> Result<Self, sqlx::Error> {
        let db = database.pool()?;
        let chance = Chance::os();
        let shutdown = CancellationToken::new();
        let mut processors = Processors::default().with(sandbox.sandbox(&db));
        if let Some(stripe) = &stripe {
            processors = processors.with(stripe.processor(outside));
        }
        Ok(Self {
            wake: wake::listen(db.clone(), chance.clone(), shutdown.clone()),
            clock: DemoClock::default(),
            processors,
            stripe: stripe.as_ref().map(|stripe| Arc::new(stripe.frame.clone())),
            stripe_webhook_secrets: stripe.map(|stripe| stripe.webhook_secrets).unwrap_or_default(),
            secret,
            urls: Arc::new(UrlBuilder::new(outside.public_url.as_str())),
            webhook_reach: outside.webhook_reach,
            host: outside.public_url.host_str().unwrap_or("localhost").to_owned(),
            db,
            chance,
            shutdown,
        })
    }

    /// Follows the demo's clock.
    pub fn start_clock(&self) {
        let (clock, db, shutdown) = (self.clock.clone(), self.db.clone(), self.shutdown.clone());
        tokio::spawn(shutdown.run_until_cancelled_owned(async move {
            loop {
                // A database that is down is reported by whoever needs it.
                let _ = clock.refresh(&db).await;
                tokio::time::sleep(CLOCK_TICK).await;
            }
        }));
    }

    /// The worker of this process.
    ///
    /// # Errors
    /// When the mailbox folder cannot be made.
    pub fn worker(&self, mail: &MailConfig) -> anyhow::Result<Worker> {
        let transport: Arc<dyn MailTransport> = match &mail.delivery {
            Delivery::Smtp(url) => Arc::new(Smtp::new(url, mail.from.clone(), &self.host)?),
            Delivery::DevMailbox(folder) => Arc::new(DevMailbox::open(folder)?),
        };
        Ok(Worker {
            db: self.db.clone(),
            clock: Arc::new(self.clock.clone()),
            chance: self.chance.clone(),
            secret: self.secret.clone(),
            processors: self.processors.clone(),
            renderer: Arc::new(Renderer::new(self.urls.clone())?),
            transport,
            webhooks: webhook::Client::new(self.webhook_reach),
            urls: self.urls.clone(),
            wake: self.wake.clone(),
            shutdown: self.shutdown.clone(),
        })
    }
}

/// Waits for SIGTERM or SIGINT, then tells everything to end.
pub async fn wait_for_end(shutdown: &CancellationToken) {
    let (Ok(mut terminate), Ok(mut interrupt)) =
        (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
    else {
        tracing::error!("signals cannot be received; the process ends only when it is killed");
        return shutdown.cancelled().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = shutdown.cancelled() => {}
    }
    tracing::info!(finish_s = FINISH.as_secs(), "ending: finishing requests and running work");
    shutdown.cancel();
}

/// Waits until a part has finished, within bounds.
pub async fn finish<T>(part: JoinHandle<T>) {
    if tokio::time::timeout(FINISH, part).await.is_err() {
        tracing::error!(
            finish_s = FINISH.as_secs(),
            "some work did not finish in time and is cut off"
        );
    }
}
