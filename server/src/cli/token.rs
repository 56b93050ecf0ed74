//! `foyer token create`

use anyhow::Context as _;
use backend::{
    access_token::{self, CreateAccessToken, CreateAccessTokenError},
    chance::Chance,
    clock::{Clock, SystemClock},
    context::Context,
};
use clap::{Args, Subcommand};
use domain::scope::Scope;
use time::Duration;

use super::{Failure, checked, find_organization};
use crate::config::{DatabaseSettings, Mistakes};

#[derive(Debug, Subcommand)]
pub enum Token {
    Create(Create),
}

impl Token {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run().await,
        }
    }
}

/// Make an access token for an organization's backend; it is printed once and never again
#[derive(Args, Debug)]
pub struct Create {
    /// The organization's slug
    #[arg(long, value_name = "SLUG")]
    organization: String,
    /// What the token is for, such as `backend`
    #[arg(long)]
    name: String,
    /// After how many days it stops working; never when left out
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u16).range(1..))]
    expires_in_days: Option<u16>,
    /// What it may do, such as `customers:read`; may be given several times. Everything when left out
    #[arg(long = "scope", value_name = "SCOPE", value_parser = parse_scope)]
    scopes: Vec<Scope>,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Create {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut mistakes = Mistakes::default();
        let database = self.database.check(&mut mistakes);
        let db = checked(mistakes, database)?.pool().context("could not open the database")?;
        let organization = find_organization(&db, &self.organization).await?;
        let now = SystemClock.now();
        let mut cx = Context::system_for(organization.id, now, Chance::os().rng());
        let input = CreateAccessToken {
            organization_id: organization.id,
            name: self.name,
            scopes: if self.scopes.is_empty() { Scope::ALL.to_vec() } else { self.scopes },
            expires_at: self.expires_in_days.map(|days| now + Duration::days(i64::from(days))),
        };
        let (id, token) = access_token::create(&db, &mut cx, input).await.map_err(refused)?;
        eprintln!("Token {id} of {}. Keep it now: it is shown only this once.", organization.name);
        println!("{}", token.expose());
        Ok(())
    }
}

fn parse_scope(text: &str) -> Result<Scope, String> {
    Scope::parse(text).ok_or_else(|| {
        let known: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
        format!("known scopes are {}", known.join(", "))
    })
}

fn refused(error: CreateAccessTokenError) -> Failure {
    match error {
        CreateAccessTokenError::Invalid(errors) => super::field_mistakes(&errors),
        other => Failure::Other(anyhow::Error::new(other).context("could not make the token")),
    }
}
