//! `foyer migrate`

use anyhow::Context;
use clap::Args;

use super::{Failure, checked};
use crate::{
    config::{DatabaseSettings, Mistakes},
    migrations,
};

/// Bring the database to this version's schema
///
/// May run while the previous version still serves, and on several machines at once: one of them does the work.
#[derive(Args, Debug)]
pub struct Migrate {
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Migrate {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut mistakes = Mistakes::default();
        let database = self.database.check(&mut mistakes);
        let db = checked(mistakes, database)?.pool().context("could not open the database")?;
        let missing = migrations::missing(&db)
            .await
            .context("could not read which migrations the database has")?;
        if missing.is_empty() {
            println!("The database is up to date.");
            return Ok(());
        }
        for (index, description) in missing.iter().enumerate() {
            println!("{}/{} {description}", index + 1, missing.len());
        }
        migrations::run(&db).await.context("could not migrate the database")?;
        println!("The database has {} new migration(s) and is up to date.", missing.len());
        Ok(())
    }
}
