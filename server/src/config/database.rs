//! Where the data is.

use std::time::Duration;

use clap::Args;
use sqlx::{
    Connection, PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};

use super::{Mistakes, given};
use crate::redacted::Redacted;

#[derive(Args, Clone, Debug, Default)]
pub struct DatabaseSettings {
    /// The Postgres database, as postgres://user:password@host:port/name
    #[arg(long, env = "DATABASE_URL", hide_env_values = true, value_name = "URL")]
    pub database_url: Option<String>,
    /// Connections that this process opens at most
    #[arg(long, env = "FOYER_DATABASE_CONNECTIONS", value_name = "N", default_value = "16")]
    pub database_connections: String,
}

/// A checked database configuration.
#[derive(Clone, Debug)]
pub struct DatabaseConfig {
    pub url: Redacted,
    pub connections: u32,
}

impl DatabaseSettings {
    pub fn check(&self, mistakes: &mut Mistakes) -> Option<DatabaseConfig> {
        let url = mistakes.take(check_url(given(self.database_url.as_ref())));
        let connections = mistakes.take(match self.database_connections.trim().parse() {
            Ok(connections @ 2..=1000) => Ok(connections),
            _ => Err(
                "--database-connections (FOYER_DATABASE_CONNECTIONS) must be a number from 2 to 1000"
                    .to_owned(),
            ),
        });
        Some(DatabaseConfig { url: url?, connections: connections? })
    }
}

fn check_url(url: Option<&str>) -> Result<Redacted, String> {
    let url = url.ok_or(
        "--database-url (DATABASE_URL) is missing: say where Postgres is, \
         as postgres://user:password@host:5432/foyer",
    )?;
    // The parser's own message may repeat the password, so it is not shown.
    let parsed = url::Url::parse(url).ok();
    let is_postgres = parsed.is_some_and(|url| matches!(url.scheme(), "postgres" | "postgresql"));
    if !is_postgres || url.parse::<PgConnectOptions>().is_err() {
        return Err("--database-url (DATABASE_URL) is not a Postgres URL: write it as \
             postgres://user:password@host:5432/foyer"
            .to_owned());
    }
    Ok(Redacted::new(url))
}

/// A connection that was not used for so long is asked whether it lives before it is used.
const RESTED_AFTER: Duration = Duration::from_secs(1);

impl DatabaseConfig {
    /// A pool that connects when first used, so that a database which is down at start, or restarts
    /// later, is found again.
    pub fn pool(&self) -> Result<PgPool, sqlx::Error> {
        let options: PgConnectOptions = self.url.expose().parse()?;
        let options = options.application_name("foyer").options([
            ("statement_timeout", "30s"),
            ("lock_timeout", "10s"),
            ("TimeZone", "UTC"),
            // Each statement is planned once per connection. Left to itself, Postgres plans those with `any ($1)` anew every time,
            // because a list of one looks cheaper than an unknown one; the planning then costs several times the execution.
            ("plan_cache_mode", "force_generic_plan"),
        ]);
        Ok(PgPoolOptions::new()
            .max_connections(self.connections)
            .acquire_timeout(Duration::from_secs(5))
            .idle_timeout(Duration::from_mins(5))
            // A ping before each use would double the round trips; one that rested may have lost its server.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for < RESTED_AFTER {
                        return Ok(true);
                    }
                    Ok(connection.ping().await.is_ok())
                })
            })
            .connect_lazy_with(options))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(url: Option<&str>, connections: &str) -> (bool, Vec<String>) {
        let mut mistakes = Mistakes::default();
        let settings = DatabaseSettings {
            database_url: url.map(str::to_owned),
            database_connections: connections.to_owned(),
        };
        let checked = settings.check(&mut mistakes).is_some();
        (checked, mistakes.iter().map(str::to_owned).collect())
    }

    #[test]
    fn a_right_url_passes() {
        assert_eq!(check(Some("postgres://u:p@localhost/foyer"), "8"), (true, vec![]));
    }

    #[test]
    fn both_mistakes_are_told_and_no_password_with_them() {
        let (checked, mistakes) = check(Some("mysql://u:hunter2@h/x"), "0");
        assert!(!checked);
        assert_eq!(mistakes.len(), 2);
        assert!(!mistakes.concat().contains("hunter2"));
        assert_eq!(check(None, "8").1.len(), 1);
    }
}
