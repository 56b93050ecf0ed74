//! `foyer organization dunning`

use anyhow::Context as _;
use backend::{
    chance::Chance,
    clock::Clock,
    context::Context,
    payment::{self, UpdateDunning, UpdateDunningError},
};
use clap::Args;

use crate::{
    cli::{Failure, checked, find_organization_at},
    config::{DatabaseSettings, Mistakes},
    demo_clock::DemoClock,
};

/// Set when failed charges are tried again, and how long benefits stay meanwhile
///
/// After the last try the subscription ends and its open orders are void. What is planned already stays planned.
#[derive(Args, Debug)]
pub struct Dunning {
    /// The organization's slug
    #[arg(value_name = "SLUG")]
    organization: String,
    /// Days from one failed charge to the next try, with commas between: 1 to 8 numbers from 1 to 30
    #[arg(long, value_name = "DAYS", value_delimiter = ',', default_value = "2,5,7,7")]
    retry_days: Vec<i16>,
    /// So many days benefits stay after a subscription became past due: 0 to 60
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    grace_days: i16,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Dunning {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut mistakes = Mistakes::default();
        let database = self.database.check(&mut mistakes);
        let db = checked(mistakes, database)?.pool().context("could not open the database")?;
        let organization = find_organization_at(&db, "SLUG", &self.organization).await?;
        let clock = DemoClock::default();
        clock.refresh(&db).await.context("could not read the clock")?;
        let mut cx = Context::system_for(organization.id, clock.now(), Chance::os().rng());
        let days: Vec<String> = self.retry_days.iter().map(ToString::to_string).collect();
        let input = UpdateDunning {
            organization_id: organization.id,
            retry_days: self.retry_days,
            benefit_grace_days: self.grace_days,
        };
        payment::update_dunning(&db, &mut cx, input).await.map_err(refused)?;
        println!(
            "{}: a failed charge is tried again after {} days; benefits stay for {} days.",
            organization.name,
            days.join(", "),
            self.grace_days
        );
        Ok(())
    }
}

fn refused(error: UpdateDunningError) -> Failure {
    let UpdateDunningError::Invalid(errors) = error else {
        return Failure::Other(anyhow::Error::new(error).context("could not set the retries"));
    };
    let mut mistakes = Mistakes::default();
    for error in &errors.0 {
        mistakes.push(match error.field.as_str() {
            "retry_days" => "--retry-days must be 1 to 8 numbers from 1 to 30, such as 2,5,7,7",
            _ => "--grace-days must be a number from 0 to 60",
        });
    }
    Failure::Mistakes(mistakes)
}
