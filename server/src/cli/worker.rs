//! `foyer worker`

use anyhow::Context;
use clap::Args;

use super::{Failure, LogSettings, checked};
use crate::{
    config::{
        DatabaseSettings, MailSettings, Mistakes, OutsideSettings, ProcessorSettings,
        SecretSettings, StripeSettings,
    },
    process::{self, Core},
    telemetry,
};

/// Renew subscriptions, charge for them and send mails, without serving pages
///
/// Any number of workers may run beside `foyer serve --no-worker`.
#[derive(Args, Debug)]
pub struct Worker {
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    outside: OutsideSettings,
    #[command(flatten)]
    secret: SecretSettings,
    #[command(flatten)]
    mail: MailSettings,
    #[command(flatten)]
    processor: ProcessorSettings,
    #[command(flatten)]
    stripe: StripeSettings,
    #[command(flatten)]
    log: LogSettings,
}

impl Worker {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut mistakes = Mistakes::default();
        let database = self.database.check(&mut mistakes);
        let outside = self.outside.check(&mut mistakes);
        let secret = self.secret.check(&mut mistakes);
        let mail = self.mail.check(&mut mistakes);
        let stripe = self.stripe.check(&mut mistakes);
        let sandbox = self.processor.check(&mut mistakes, outside.as_ref());
        self.log.check(&mut mistakes);
        let settings = database.zip(outside).zip(secret).zip(mail).zip(stripe.zip(sandbox));
        let ((((database, outside), secret), mail), (stripe, sandbox)) =
            checked(mistakes, settings)?;
        telemetry::start(&self.log.log).map_err(super::mistake)?;
        let core = Core::open(&database, &outside, secret, &sandbox, stripe)
            .context("could not open the database")?;
        core.start_clock();
        let worker = core.worker(&mail).context("could not prepare the mails")?;
        tracing::info!("the worker is running");
        let running = tokio::spawn(worker.run());
        process::wait_for_end(&core.shutdown).await;
        process::finish(running).await;
        Ok(())
    }
}
