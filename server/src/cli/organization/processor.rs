//! `foyer organization processor`

use anyhow::Context as _;
use backend::{
    chance::Chance,
    clock::Clock,
    context::Context,
    payment::{self, ProcessorChoice},
};
use clap::{Args, ValueEnum};

use crate::{
    cli::{Failure, checked, find_organization_at},
    config::{DatabaseSettings, Mistakes},
    demo_clock::DemoClock,
};

/// Choose who charges an organization's customers
///
/// Charges under way stay with whom they began. Methods that were saved at another processor are not charged any more.
#[derive(Args, Debug)]
pub struct Processor {
    /// The organization's slug
    #[arg(value_name = "SLUG")]
    organization: String,
    /// Who charges: nobody (orders stay open), the sandbox (no money moves), or Stripe
    #[arg(value_enum, value_name = "PROCESSOR")]
    choice: Choice,
    #[command(flatten)]
    database: DatabaseSettings,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Choice {
    None,
    Sandbox,
    Stripe,
}

impl Processor {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut mistakes = Mistakes::default();
        let database = self.database.check(&mut mistakes);
        let db = checked(mistakes, database)?.pool().context("could not open the database")?;
        let organization = find_organization_at(&db, "SLUG", &self.organization).await?;
        let clock = DemoClock::default();
        clock.refresh(&db).await.context("could not read the clock")?;
        let mut cx = Context::system_for(organization.id, clock.now(), Chance::os().rng());
        let (choice, told) = match self.choice {
            Choice::None => (
                ProcessorChoice::None,
                "Nobody charges: orders stay open until a payment is noted.",
            ),
            Choice::Sandbox => (
                ProcessorChoice::Sandbox,
                "The sandbox charges: no money moves. `foyer serve --sandbox-addr 127.0.0.1:3001` serves its pages.",
            ),
            Choice::Stripe => (
                ProcessorChoice::Stripe,
                "Stripe charges. Each `foyer serve` and `foyer worker` needs its keys: FOYER_STRIPE_SECRET_KEY and FOYER_STRIPE_PUBLISHABLE_KEY.",
            ),
        };
        payment::choose_processor(&db, &mut cx, organization.id, choice)
            .await
            .context("could not choose the processor")?;
        println!("{}: {told}", organization.name);
        Ok(())
    }
}
