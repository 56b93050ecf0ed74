//! The worker: claims what is due and does it, until the process is told to end. Any number of processes may run one.
//!
//! Renewals, payments, payment methods, invoices, mails, webhooks and upkeep each have a loop of their own, so that an SMTP server that hangs delays no renewal.

mod billing;
mod mails;
mod payment_methods;
mod payments;
mod upkeep;
mod webhooks;

use std::{error::Error, future::Future, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use app::urls::UrlBuilder;
use backend::{
    chance::Chance, clock::Clock, context::Context, payment::Processors, secret::SecretKey, webhook,
};
use futures::FutureExt;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{
    mail::{MailTransport, Renderer},
    telemetry::chain,
    wake::Wake,
};

/// Without a notification, what is due is looked for this often.
const TICK: Duration = Duration::from_secs(1);

#[derive(Clone, Debug)]
pub struct Worker {
    pub db: PgPool,
    pub clock: Arc<dyn Clock>,
    pub chance: Chance,
    pub secret: SecretKey,
    pub processors: Processors,
    pub renderer: Arc<Renderer>,
    pub transport: Arc<dyn MailTransport>,
    pub webhooks: webhook::Client,
    pub urls: Arc<UrlBuilder>,
    pub wake: Wake,
    pub shutdown: CancellationToken,
}

/// Nobody waits for a checkout to expire; by its clock it has before that.
const CHECKOUTS_EVERY: Duration = Duration::from_mins(1);

/// A rare unit that failed is tried again after this.
const RETRY: Duration = Duration::from_secs(30);

/// When a unit of work is done next.
#[derive(Clone, Copy, Debug)]
enum Pace {
    /// At a notification, at the latest at the next tick.
    Woken,
    Every(Duration),
}

/// Whether a unit of work left more to do at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Left {
    More,
    Nothing,
}

type Unit = Result<Left, Box<dyn Error + Send + Sync>>;

impl Worker {
    /// Works until `shutdown`; what was begun is finished.
    pub async fn run(self) {
        tokio::join!(
            self.repeat("renewals", Pace::Woken, || billing::run_due(&self)),
            self.repeat("checkouts", Pace::Every(CHECKOUTS_EVERY), || billing::expire_checkouts(
                &self
            )),
            self.repeat("payments", Pace::Woken, || payments::run_due(&self)),
            self.repeat("payment methods", Pace::Woken, || payment_methods::run_due(&self)),
            self.repeat("invoices", Pace::Woken, || billing::issue_due(&self)),
            self.repeat("mails", Pace::Woken, || mails::send_due(&self)),
            webhooks::run(&self),
            self.repeat("upkeep", Pace::Every(upkeep::EVERY), || upkeep::sweep(&self)),
        );
        tracing::info!("the worker has ended");
    }

    /// What is due now, once, for tests and for `foyer demo --advance`.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn run_once(&self) -> Result<(), Box<dyn Error + Send + Sync>> {
        while billing::run_due(self).await? == Left::More {}
        while payment_methods::run_due(self).await? == Left::More {}
        while payments::run_due(self).await? == Left::More {}
        while billing::expire_checkouts(self).await? == Left::More {}
        while billing::issue_due(self).await? == Left::More {}
        while webhooks::deliver_due(self).await? == Left::More {}
        while mails::send_due(self).await? == Left::More {}
        Ok(())
    }

    /// Repeats a unit of work. It never dies: an error or a panic is logged once per outage, and the next tick tries again.
    async fn repeat<F: Future<Output = Unit>>(
        &self,
        name: &'static str,
        pace: Pace,
        unit: impl Fn() -> F,
    ) {
        let mut wake = self.wake.clone();
        let mut is_failing = false;
        while !self.shutdown.is_cancelled() {
            let outcome = AssertUnwindSafe(unit()).catch_unwind().await;
            let failure = match outcome {
                Ok(Ok(left)) => {
                    if std::mem::take(&mut is_failing) {
                        tracing::info!(work = name, "works again");
                    }
                    if left == Left::More {
                        continue;
                    }
                    None
                }
                Ok(Err(error)) => Some(chain(error.as_ref())),
                Err(_) => Some("it panicked".to_owned()),
            };
            if let Some(error) = failure
                && !std::mem::replace(&mut is_failing, true)
            {
                tracing::error!(work = name, error, "work failed; it is tried again at every tick");
            }
            let pause = async {
                match pace {
                    Pace::Woken => wake.next(TICK).await,
                    Pace::Every(_) if is_failing => tokio::time::sleep(RETRY).await,
                    Pace::Every(time) => tokio::time::sleep(time).await,
                }
            };
            self.shutdown.run_until_cancelled(pause).await;
        }
    }

    fn context(&self) -> Context {
        Context::system(self.clock.now(), self.chance.rng())
    }
}
