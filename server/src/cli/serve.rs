//! `foyer serve`

use std::{io, net::SocketAddr, path::PathBuf, sync::Arc};

use anyhow::Context;
use clap::Args;
use tokio::{net::TcpListener, task::JoinHandle};

use super::{Failure, LogSettings, checked};
use crate::{
    config::{
        DatabaseConfig, DatabaseSettings, Delivery, MailConfig, MailSettings, Mistakes,
        OutsideConfig, OutsideSettings, ProcessorSettings, SandboxConfig, SecretSettings,
        StripeConfig, StripeSettings, WebConfig, WebSettings,
    },
    demo_file,
    process::{self, Core},
    sandbox::SandboxSite,
    telemetry,
    web::{self, Web},
};

/// Serve the portal, and work beside it
#[derive(Args, Debug)]
pub struct Serve {
    #[command(flatten)]
    web: WebSettings,
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
    /// Serve pages only; mails, renewals and charges are then done by `foyer worker`
    #[arg(long, env = "FOYER_NO_WORKER")]
    no_worker: bool,
    /// Where `foyer demo` left its file, to say who can be tried
    #[arg(long, env = "FOYER_DATA_DIR", value_name = "DIR", default_value = ".data")]
    data_dir: PathBuf,
    #[command(flatten)]
    log: LogSettings,
}

struct Config {
    web: WebConfig,
    database: DatabaseConfig,
    outside: OutsideConfig,
    secret: backend::secret::SecretKey,
    mail: Option<MailConfig>,
    stripe: Option<StripeConfig>,
    sandbox: SandboxConfig,
}

impl Serve {
    fn check(&self) -> Result<Config, Failure> {
        let mut mistakes = Mistakes::default();
        let web = self.web.check(&mut mistakes);
        let database = self.database.check(&mut mistakes);
        let outside = self.outside.check(&mut mistakes);
        let secret = self.secret.check(&mut mistakes);
        // Without a worker no mail leaves here, so none needs to be configured; the mailbox may still be shown.
        let sends_no_mail =
            self.no_worker && self.mail.smtp_url.is_none() && self.mail.dev_mailbox.is_none();
        let mail =
            if sends_no_mail { Some(None) } else { self.mail.check(&mut mistakes).map(Some) };
        let stripe = self.stripe.check(&mut mistakes);
        let sandbox = self.processor.check(&mut mistakes, outside.as_ref());
        self.log.check(&mut mistakes);
        let processors = stripe.zip(sandbox);
        let config = web.zip(database).zip(outside).zip(secret).zip(mail).zip(processors);
        let (((((web, database), outside), secret), mail), (stripe, sandbox)) =
            checked(mistakes, config)?;
        Ok(Config { web, database, outside, secret, mail, stripe, sandbox })
    }

    pub(super) async fn run(self) -> Result<(), Failure> {
        let config = self.check()?;
        telemetry::start(&self.log.log).map_err(super::mistake)?;
        let core = Core::open(
            &config.database,
            &config.outside,
            config.secret,
            &config.sandbox,
            config.stripe,
        )
        .context("could not open the database")?;
        core.start_clock();
        let listener = bind(config.web.listen, "--listen").await?;
        let sandbox = serve_sandbox(&config.sandbox, &core).await?;
        let mailbox = match &config.mail {
            Some(MailConfig { delivery: Delivery::DevMailbox(folder), .. }) => {
                Some(folder.as_path())
            }
            _ => None,
        };
        let state = Web { core: &core, outside: &config.outside, web: &config.web, mailbox }
            .state()
            .await?;
        let worker = match (&config.mail, self.no_worker) {
            (Some(mail), false) => {
                Some(tokio::spawn(core.worker(mail).context("could not prepare the mails")?.run()))
            }
            _ => None,
        };
        tracing::info!(listen = %config.web.listen, worker = worker.is_some(), "serving");
        if state.mailbox.is_some() {
            let pay_link = demo_file::pay_link_to_try(&core.db, &core.secret, &core.urls).await;
            demo_file::print_welcome(&self.data_dir, &core.urls, pay_link.as_deref());
        }
        let served = tokio::spawn(web::serve(listener, state));
        process::wait_for_end(&core.shutdown).await;
        process::finish(served).await;
        if let Some(sandbox) = sandbox {
            process::finish(sandbox).await;
        }
        if let Some(worker) = worker {
            process::finish(worker).await;
        }
        Ok(())
    }
}

async fn bind(listen: SocketAddr, flag: &str) -> anyhow::Result<TcpListener> {
    TcpListener::bind(listen).await.with_context(|| {
        format!(
            "could not listen on {listen}: another program may have the port, choose one by {flag}"
        )
    })
}

/// The sandbox's own pages, where they are wanted.
async fn serve_sandbox(
    config: &SandboxConfig,
    core: &Core,
) -> anyhow::Result<Option<JoinHandle<io::Result<()>>>> {
    let Some(listen) = config.listen else { return Ok(None) };
    let listener = bind(listen, "--sandbox-addr").await?;
    let site = SandboxSite {
        sandbox: config.sandbox(&core.db),
        clock: Arc::new(core.clock.clone()),
        portal_origin: config.portal_origin.clone(),
    };
    tracing::info!(%listen, "the sandbox's pages are served");
    Ok(Some(tokio::spawn(web::serve_sandbox(listener, site, core.shutdown.clone()))))
}
