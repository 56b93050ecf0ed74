//! A database per test, copied from a template.

use std::fmt::Write as _;
use std::path::Path;
use std::str::FromStr;

use rand::RngExt;
use rand::rngs::StdRng;
use sha2::{Digest, Sha256};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use time::{Duration, OffsetDateTime};

use crate::actor::Actor;
use crate::chance::Chance;
use crate::clock::{Clock, FakeClock, SystemClock};
use crate::context::Context;

const DATABASE_PREFIX: &str = "foyer_test_";
const TEMPLATE_PREFIX: &str = "foyer_template_";
/// A database older than this was left behind by a killed test.
const LEFT_BEHIND_AFTER: Duration = Duration::hours(2);

/// A migrated database of its own, a clock that stands still, and randomness. Dropped when the test ends.
#[derive(Debug)]
pub struct TestDb {
    pub pool: PgPool,
    pub clock: FakeClock,
    pub chance: Chance,
    name: String,
    server: PgConnectOptions,
}

impl TestDb {
    /// Makes a database from the template.
    ///
    /// # Panics
    /// When `TEST_DATABASE_URL` is missing or its server refuses.
    pub async fn new() -> Self {
        let server = server();
        let mut connection = connect(&server).await;
        let template = ensure_template(&mut connection, &server).await;
        let chance = Chance::os();
        let name = format!(
            "{DATABASE_PREFIX}{}_{:016x}",
            SystemClock.now().unix_timestamp(),
            chance.rng().random::<u64>()
        );
        execute(&mut connection, format!("create database {name} template {template}")).await;
        close(connection).await;
        let options = server.clone().database(&name);
        let pool = PgPoolOptions::new()
            .max_connections(5)
            .connect_with(options)
            .await
            .expect("the test's database opens");
        let clock = FakeClock::at(time::macros::datetime!(2026-05-01 09:00 UTC));
        Self { pool, clock, chance, name, server }
    }

    /// A context of Foyer itself, at the test's time.
    pub fn cx(&self) -> Context {
        Context::system(self.clock.now(), self.rng())
    }

    /// A context of `actor`, at the test's time.
    pub fn cx_of(&self, actor: impl Into<Actor>) -> Context {
        Context::new(actor.into(), self.clock.now(), self.rng())
    }

    pub fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub fn rng(&self) -> StdRng {
        self.chance.rng()
    }

    /// Waits until no connection is in the middle of anything. A refused command's transaction is rolled back after its
    /// answer, by the pool; until then its rows are locked, and a worker that skips locked rows would pass them over.
    ///
    /// # Panics
    /// When the database does not answer.
    pub async fn settled(&self) {
        let busy = "select exists (select from pg_stat_activity
            where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle')";
        while sqlx::query_scalar::<_, bool>(busy)
            .fetch_one(&self.pool)
            .await
            .expect("the test's database answers")
        {
            tokio::task::yield_now().await;
        }
    }

    /// The URL of this database, for a process that the test starts.
    ///
    /// # Panics
    /// When `TEST_DATABASE_URL` is missing.
    pub fn url(&self) -> String {
        let url = server_url();
        let (base, parameters) = url
            .split_once('?')
            .map_or((url.as_str(), String::new()), |(base, rest)| (base, format!("?{rest}")));
        let (host, _) =
            base.rsplit_once('/').expect("TEST_DATABASE_URL ends with a database's name");
        format!("{host}/{}{parameters}", self.name)
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        let (server, name) = (self.server.clone(), self.name.clone());
        // A thread of its own: the test's runtime cannot be waited for from within.
        let dropped = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime starts");
            runtime.block_on(async {
                let mut connection = connect(&server).await;
                execute(&mut connection, format!("drop database if exists {name} with (force)"))
                    .await;
            });
        })
        .join();
        if dropped.is_err() {
            tracing::warn!("a test's database was left behind; a later run drops it");
        }
    }
}

fn server_url() -> String {
    std::env::var("TEST_DATABASE_URL")
        .expect("TEST_DATABASE_URL names a Postgres server for tests; `make test` sets it")
}

fn server() -> PgConnectOptions {
    PgConnectOptions::from_str(&server_url()).expect("TEST_DATABASE_URL is a Postgres URL")
}

async fn connect(options: &PgConnectOptions) -> PgConnection {
    PgConnection::connect_with(options).await.expect("the Postgres server for tests answers")
}

async fn close(connection: PgConnection) {
    connection.close().await.expect("the connection closes");
}

async fn execute(connection: &mut PgConnection, sql: String) {
    // Names made here and fixed words only.
    sqlx::query(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .expect("the Postgres server for tests obeys");
}

/// The template of today's migrations; made by whoever comes first, under a lock.
async fn ensure_template(connection: &mut PgConnection, server: &PgConnectOptions) -> String {
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("../migrations");
    let migrator = Migrator::new(migrations).await.expect("the migrations can be read");
    let name = format!("{TEMPLATE_PREFIX}{}", fingerprint(&migrator));
    if is_finished(connection, &name).await {
        return name;
    }
    execute(connection, "select pg_advisory_lock(hashtext('foyer test template'))".to_owned())
        .await;
    if !is_finished(connection, &name).await {
        drop_left_behind(connection).await;
        execute(connection, format!("drop database if exists {name} with (force)")).await;
        execute(connection, format!("create database {name}")).await;
        let mut template = connect(&server.clone().database(&name)).await;
        migrator.run(&mut template).await.expect("the migrations run on an empty database");
        close(template).await;
        // Marks it as finished, and keeps anybody from connecting while it is copied.
        execute(
            connection,
            format!("alter database {name} is_template true allow_connections false"),
        )
        .await;
    }
    execute(connection, "select pg_advisory_unlock(hashtext('foyer test template'))".to_owned())
        .await;
    name
}

async fn is_finished(connection: &mut PgConnection, name: &str) -> bool {
    sqlx::query_scalar::<_, bool>(
        "select exists (select from pg_database where datname = $1 and datistemplate)",
    )
    .bind(name)
    .fetch_one(connection)
    .await
    .expect("the Postgres server for tests answers")
}

/// Drops the databases that killed tests left behind, and templates of older migrations.
async fn drop_left_behind(connection: &mut PgConnection) {
    let names = sqlx::query_scalar::<_, String>(
        "select datname from pg_database where starts_with(datname, 'foyer_test_')",
    )
    .fetch_all(&mut *connection)
    .await
    .expect("the Postgres server for tests answers");
    let oldest = (SystemClock.now() - LEFT_BEHIND_AFTER).unix_timestamp();
    for name in names {
        let made_at = name
            .trim_start_matches(DATABASE_PREFIX)
            .split('_')
            .next()
            .and_then(|at| at.parse::<i64>().ok());
        if made_at.is_some_and(|made_at| made_at < oldest) {
            execute(connection, format!("drop database if exists {name} with (force)")).await;
        }
    }
}

fn fingerprint(migrator: &Migrator) -> String {
    let mut hasher = Sha256::new();
    for migration in migrator.iter() {
        hasher.update(migration.version.to_be_bytes());
        hasher.update(&migration.checksum);
    }
    hasher.finalize().iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_test_has_a_database_of_its_own_that_is_dropped() {
        let (one, two) = (TestDb::new().await, TestDb::new().await);
        let (name, server) = (one.name.clone(), one.server.clone());
        assert_ne!(one.name, two.name);
        sqlx::query("create table only_here ()").execute(&one.pool).await.unwrap();
        assert!(sqlx::query("select * from only_here").execute(&two.pool).await.is_err());
        drop(one);
        let mut connection = connect(&server).await;
        let left: i64 = sqlx::query_scalar("select count(*) from pg_database where datname = $1")
            .bind(name)
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(left, 0);
    }
}
