//! The database's schema, embedded in the program.

use sqlx::{PgPool, migrate::Migrator};

/// All migrations of this version.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Descriptions of the migrations that the database lacks. A database that is ahead, because a newer version runs beside
/// this one, lacks none.
///
/// # Errors
/// When the database does not answer.
pub async fn missing(db: &PgPool) -> Result<Vec<String>, sqlx::Error> {
    let is_empty = sqlx::query_scalar::<_, bool>("select to_regclass('_sqlx_migrations') is null")
        .fetch_one(db)
        .await?;
    let applied: Vec<i64> = if is_empty {
        Vec::new()
    } else {
        sqlx::query_scalar("select version from _sqlx_migrations where success")
            .fetch_all(db)
            .await?
    };
    let missing = MIGRATOR.iter().filter(|migration| !applied.contains(&migration.version));
    Ok(missing.map(|migration| migration.description.to_string()).collect())
}

/// Applies what is missing, one process at a time (an advisory lock), and leaves newer migrations alone.
///
/// # Errors
/// When the database does not answer, or a migration was changed after it had been applied.
pub async fn run(db: &PgPool) -> Result<(), sqlx::migrate::MigrateError> {
    let mut migrator = Migrator { migrations: MIGRATOR.migrations.clone(), ..Migrator::DEFAULT };
    migrator.set_ignore_missing(true);
    migrator.run(db).await
}
