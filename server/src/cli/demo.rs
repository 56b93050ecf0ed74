//! `foyer demo`

use std::path::PathBuf;

use anyhow::Context as _;
use app::urls::UrlBuilder;
use backend::{
    access_token::{self, CreateAccessToken},
    bulk,
    chance::Chance,
    clock::{Clock, SystemClock},
    context::Context,
    demo::{self, AdvanceError, DemoData},
    invariants,
    payment::Processors,
};
use clap::Args;
use domain::{
    interval::{Interval, RecurringInterval},
    scope::Scope,
};
use sqlx::PgPool;

use super::{Failure, checked, mistake, output::Progress};
use crate::{
    config::{
        DatabaseSettings, Mistakes, OutsideSettings, ProcessorSettings, SandboxConfig,
        SecretSettings,
    },
    demo_clock::DemoClock,
    demo_file::{self, DemoCustomer, DemoFile, DemoOrganization},
};

/// The demo is the same everywhere: from one seed.
const SEED: u64 = 20_261_121;

/// Load the demo organization, or move its time on
///
/// The demo is a fictional company with 40 customers and a history of eighteen months. Loading it again changes nothing.
#[derive(Args, Debug)]
pub struct Demo {
    /// Copy its customers until there are this many, for load tests
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    customers: Option<u32>,
    /// Move the demo's time on, such as 1month, 2weeks or 3days: all that falls due on the way happens
    #[arg(long, value_name = "TIME", value_parser = parse_interval)]
    advance: Option<RecurringInterval>,
    /// Where demo.json is written
    #[arg(long, env = "FOYER_DATA_DIR", value_name = "DIR", default_value = ".data")]
    data_dir: PathBuf,
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    outside: OutsideSettings,
    #[command(flatten)]
    processor: ProcessorSettings,
    // Without a key no pay link is shown.
    #[command(flatten)]
    secret: SecretSettings,
}

impl Demo {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut mistakes = Mistakes::default();
        let database = self.database.check(&mut mistakes);
        let outside = self.outside.check(&mut mistakes);
        let sandbox = self.processor.check(&mut mistakes, outside.as_ref());
        let has_key = self.secret.secret_key.is_some() || self.secret.secret_key_file.is_some();
        let secret = has_key.then(|| self.secret.check(&mut mistakes)).flatten();
        let ((database, outside), sandbox) = checked(mistakes, database.zip(outside).zip(sandbox))?;
        let db = database.pool().context("could not open the database")?;
        let urls = UrlBuilder::new(outside.public_url.as_str());
        if let Some(by) = self.advance {
            return advance(&db, &sandbox, by).await;
        }
        let mut progress = Progress::start("loading the demo");
        let data = demo::seed(&db, SystemClock.now(), SEED, &mut |step| {
            progress.set(step.done, step.total);
        })
        .await;
        progress.finish();
        let data = data.context("could not load the demo")?;
        if let Some(customers) = self.customers {
            copy_customers(&db, &data, u64::from(customers)).await?;
        }
        let file = DemoFile {
            base_url: urls.public_url().to_owned(),
            access_token: access_token(&db, &data, demo_file::read(&self.data_dir)).await?,
            mailbox_url: urls.absolute("/dev/mailbox"),
            organization: DemoOrganization {
                id: data.organization.id.as_uuid(),
                slug: data.organization.slug.clone(),
                name: data.organization.name.clone(),
            },
            customers: data.customers.iter().map(listed).collect(),
        };
        demo_file::write(&self.data_dir, &file).with_context(|| {
            format!("could not write demo.json into {}", self.data_dir.display())
        })?;
        println!(
            "{} is loaded. {}/demo.json says who can sign in.",
            file.organization.name,
            self.data_dir.display()
        );
        println!(
            "What to do next: `foyer serve --dev-mailbox {}/mailbox --sandbox-addr 127.0.0.1:3001`",
            self.data_dir.display()
        );
        if let Some(secret) = &secret
            && let Some(pay_link) = demo_file::pay_link_to_try(&db, secret, &urls).await
        {
            println!("A failed payment to try, without signing in: {pay_link}");
        }
        Ok(())
    }
}

fn listed(customer: &demo::DemoCustomer) -> DemoCustomer {
    DemoCustomer {
        id: customer.id.as_uuid(),
        external_id: customer.external_id.clone(),
        email: customer.email.clone(),
        name: customer.name.clone(),
    }
}

async fn advance(
    db: &PgPool,
    sandbox: &SandboxConfig,
    by: RecurringInterval,
) -> Result<(), Failure> {
    let chance = Chance::os();
    let mut progress = Progress::start("moving the demo's time on");
    let advanced = demo::advance(
        db,
        &Processors::default().with(sandbox.sandbox(db)),
        SystemClock.now(),
        || chance.rng(),
        by,
        &mut |step| {
            progress.set(step.done, step.total);
        },
    )
    .await;
    progress.finish();
    match advanced {
        Ok(advanced) => {
            println!(
                "The demo's time is now {}. {} renewal(s) and ends happened on the way.",
                advanced.now.date(),
                advanced.steps
            );
            Ok(())
        }
        Err(AdvanceError::NoDemo) => {
            Err(mistake("there is no demo whose time could be moved: run `foyer demo` first"))
        }
        Err(error) => {
            Err(anyhow::Error::new(error).context("could not move the demo's time on").into())
        }
    }
}

/// The token of an earlier run, while it still works for this demo; else a new one.
async fn access_token(
    db: &PgPool,
    data: &DemoData,
    earlier: Option<DemoFile>,
) -> Result<String, Failure> {
    let clock = DemoClock::default();
    clock.refresh(db).await.context("could not read the demo's clock")?;
    let organization_id = data.organization.id;
    if let Some(token) = earlier.map(|file| file.access_token) {
        let found = access_token::authenticate(db, &token, clock.now())
            .await
            .context("could not check the earlier token")?;
        if found.as_ref().and_then(|token| token.actor.organization_id()) == Some(organization_id) {
            return Ok(token);
        }
    }
    let mut cx = Context::system_for(organization_id, clock.now(), Chance::os().rng());
    let input = CreateAccessToken {
        organization_id,
        name: "demo".to_owned(),
        scopes: Scope::ALL.to_vec(),
        expires_at: None,
    };
    let (_, token) = access_token::create(db, &mut cx, input)
        .await
        .context("could not make the demo's token")?;
    Ok(token.expose().to_owned())
}

async fn copy_customers(db: &PgPool, data: &DemoData, customers: u64) -> Result<(), Failure> {
    let mut progress = Progress::start("copying customers");
    let copied = bulk::copy_customers(db, data.organization.id, customers, &mut |step| {
        progress.set(step.done, step.total);
    })
    .await;
    progress.finish();
    copied.context("could not copy the customers")?;
    eprintln!("checking the books …");
    let violations =
        invariants::check(db, data.organization.id).await.context("could not check the books")?;
    match violations.first() {
        None => Ok(()),
        Some(first) => Err(anyhow::anyhow!(
            "{} broken rule(s) after copying, the first: {first:?}",
            violations.len()
        )
        .into()),
    }
}

/// Reads `1month`, `2weeks`, `3 days`.
fn parse_interval(text: &str) -> Result<RecurringInterval, String> {
    let wrong = || {
        "write a number and day(s), week(s), month(s) or year(s), such as 1month or 2weeks"
            .to_owned()
    };
    let text = text.trim();
    let split = text.find(|character: char| !character.is_ascii_digit()).ok_or_else(wrong)?;
    let (count, unit) = text.split_at(split);
    let interval = match unit.trim().trim_end_matches('s') {
        "day" => Interval::Day,
        "week" => Interval::Week,
        "month" => Interval::Month,
        "year" => Interval::Year,
        _ => return Err(wrong()),
    };
    let count: u16 = count.parse().map_err(|_| wrong())?;
    RecurringInterval::new(interval, count.into()).map_err(|_| wrong())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_as_people_write_them() {
        assert_eq!(
            parse_interval("1month").unwrap(),
            RecurringInterval::new(Interval::Month, 1).unwrap()
        );
        assert_eq!(
            parse_interval("2 weeks").unwrap(),
            RecurringInterval::new(Interval::Week, 2).unwrap()
        );
        for wrong in ["", "month", "1", "0days", "-1day", "1fortnight", "99999years"] {
            assert!(parse_interval(wrong).is_err(), "{wrong}");
        }
    }
}
