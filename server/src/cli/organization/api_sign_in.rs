//! `foyer organization api-sign-in`

use anyhow::Context as _;
use backend::{chance::Chance, clock::Clock, context::Context, organization};
use clap::Args;

use crate::{
    cli::{Failure, checked, find_organization_at},
    config::{DatabaseSettings, Mistakes},
    demo_clock::DemoClock,
};

/// Say whether who signs in through the API with an address of several customers is asked which one is meant
///
/// Being asked tells strangers that the address has customers. Without it each of them gets a mail with a code of its own.
#[derive(Args, Debug)]
pub struct ApiSignIn {
    /// The organization's slug
    #[arg(value_name = "SLUG")]
    organization: String,
    /// true: as the API's clients expect; false: nothing is told
    #[arg(long, value_name = "BOOL", action = clap::ArgAction::Set)]
    asks_which_customer: bool,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl ApiSignIn {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut mistakes = Mistakes::default();
        let database = self.database.check(&mut mistakes);
        let db = checked(mistakes, database)?.pool().context("could not open the database")?;
        let organization = find_organization_at(&db, "SLUG", &self.organization).await?;
        let clock = DemoClock::default();
        clock.refresh(&db).await.context("could not read the clock")?;
        let mut cx = Context::system_for(organization.id, clock.now(), Chance::os().rng());
        organization::update_api_sign_in(&db, &mut cx, organization.id, self.asks_which_customer)
            .await
            .context("could not change the setting")?;
        let is_asked = if self.asks_which_customer { "is asked" } else { "is not asked" };
        println!(
            "{}: an address of several customers {is_asked} which one is meant.",
            organization.name
        );
        Ok(())
    }
}
