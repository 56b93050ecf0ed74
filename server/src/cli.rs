//! The command line: one file per command.

mod demo;
mod hand_over;
mod migrate;
mod organization;
mod output;
mod refund;
mod serve;
mod token;
mod worker;

use std::process::ExitCode;

use anyhow::Context;
use backend::organization::{self as organizations, OrganizationView};
use clap::{Args, Parser, Subcommand};
use domain::field_errors::FieldErrors;
use sqlx::PgPool;

use crate::{config::Mistakes, telemetry};

/// A customer billing portal that a company runs itself
#[derive(Debug, Parser)]
#[command(
    name = "foyer",
    version,
    propagate_version = true,
    after_help = "Every flag can be given by the environment variable beside it. `foyer COMMAND --help` says more."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Worker(worker::Worker),
    Migrate(migrate::Migrate),
    Demo(demo::Demo),
    /// Organizations: the companies that run their portal here
    #[command(subcommand)]
    Organization(organization::Organization),
    /// Access tokens for an organization's own backend
    #[command(subcommand)]
    Token(token::Token),
    Refund(refund::Refund),
    /// Links that sign a customer in from the company's own application
    #[command(subcommand)]
    HandOver(hand_over::HandOver),
}

#[derive(Args, Clone, Debug)]
struct LogSettings {
    /// What is logged: a level, or a filter such as `info,backend=debug`
    #[arg(long, env = "FOYER_LOG", value_name = "FILTER", default_value = "info,sqlx=warn")]
    log: String,
}

impl LogSettings {
    fn check(&self, mistakes: &mut Mistakes) {
        mistakes.take(telemetry::check_filter(&self.log));
    }
}

/// Why a command ended without success.
#[derive(Debug)]
enum Failure {
    /// The configuration or an argument is wrong: exit code 2.
    Mistakes(Mistakes),
    /// Exit code 1.
    Other(anyhow::Error),
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl From<Mistakes> for Failure {
    fn from(mistakes: Mistakes) -> Self {
        Self::Mistakes(mistakes)
    }
}

/// One mistake in an argument.
fn mistake(text: impl Into<String>) -> Failure {
    let mut mistakes = Mistakes::default();
    mistakes.push(text);
    Failure::Mistakes(mistakes)
}

/// Runs the program and says how it ended: 0, 1 for a failure, 2 for a wrong configuration.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("foyer: the runtime could not be started: {error}");
            return ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(run(cli.command));
    // A task that hangs must not keep the process.
    runtime.shutdown_timeout(std::time::Duration::from_secs(1));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure::Mistakes(mistakes)) => {
            eprintln!("foyer: {mistakes}");
            ExitCode::from(2)
        }
        Err(Failure::Other(error)) => {
            eprintln!("foyer: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Serve(command) => command.run().await,
        Command::Worker(command) => command.run().await,
        Command::Migrate(command) => command.run().await,
        Command::Demo(command) => command.run().await,
        Command::Organization(command) => command.run().await,
        Command::Token(command) => command.run().await,
        Command::Refund(command) => command.run().await,
        Command::HandOver(command) => command.run().await,
    }
}

/// Ends a check: all mistakes at once, or the values.
fn checked<T>(mistakes: Mistakes, value: Option<T>) -> Result<T, Failure> {
    match value {
        Some(value) if mistakes.is_empty() => Ok(value),
        _ => Err(Failure::Mistakes(mistakes)),
    }
}

/// The refusals of a command, as mistakes in the flags of the same names.
fn field_mistakes(errors: &FieldErrors) -> Failure {
    let mut mistakes = Mistakes::default();
    for error in &errors.0 {
        mistakes.push(format!(
            "--{} is refused: {}",
            error.field.replace('_', "-"),
            error.code.replace('_', " ")
        ));
    }
    Failure::Mistakes(mistakes)
}

async fn find_organization(db: &PgPool, slug: &str) -> Result<OrganizationView, Failure> {
    find_organization_at(db, "--organization", slug).await
}

/// The organization that stands at `place` of the command line.
async fn find_organization_at(
    db: &PgPool,
    place: &str,
    slug: &str,
) -> Result<OrganizationView, Failure> {
    let found = organizations::find_by_slug(db, slug)
        .await
        .context("could not look for the organization")?;
    found.ok_or_else(|| mistake(format!("{place}: there is no `{slug}`; `foyer organization create --slug {slug} --name NAME` makes it")))
}
