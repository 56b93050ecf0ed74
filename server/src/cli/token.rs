//! `foyer token`: making, listing and revoking access tokens.

use anyhow::Context as _;
use backend::{
    access_token::{
        self, AccessTokenRecord, CreateAccessToken, CreateAccessTokenError, RevokeAccessTokenError,
    },
    chance::Chance,
    clock::{Clock, SystemClock},
    context::Context,
    page::{Page, PageRequest},
};
use clap::{Args, Subcommand};
use domain::{id::AccessTokenId, scope::Scope};
use sqlx::PgPool;
use time::Duration;

use super::{Failure, checked, find_organization, mistake};
use crate::config::{DatabaseSettings, Mistakes};

#[derive(Debug, Subcommand)]
pub enum Token {
    Create(Create),
    List(List),
    Revoke(Revoke),
}

impl Token {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run().await,
            Self::List(list) => list.run().await,
            Self::Revoke(revoke) => revoke.run().await,
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
        let db = open(&self.database)?;
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

/// Show an organization's access tokens that are not revoked, newest first, without their secrets
#[derive(Args, Debug)]
pub struct List {
    /// The organization's slug
    #[arg(long, value_name = "SLUG")]
    organization: String,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl List {
    async fn run(self) -> Result<(), Failure> {
        let db = open(&self.database)?;
        let organization = find_organization(&db, &self.organization).await?;
        for number in 1.. {
            let page = PageRequest::new(number, LISTED_AT_ONCE).map_err(anyhow::Error::new)?;
            let found = access_token::list(&db, organization.id, page)
                .await
                .context("could not read the tokens")?;
            found.items.iter().for_each(|token| println!("{}", line(token)));
            if is_last(&found) {
                break;
            }
        }
        Ok(())
    }
}

const LISTED_AT_ONCE: i64 = 100;

fn is_last(page: &Page<AccessTokenRecord>) -> bool {
    i64::try_from(page.items.len()).is_ok_and(|count| count < page.limit)
}

/// Id, name, when it was made, last used and ends, and what it may do; with tabs between.
fn line(token: &AccessTokenRecord) -> String {
    let day = |at: Option<time::OffsetDateTime>, none: &str| {
        at.map_or_else(|| none.to_owned(), |at| at.date().to_string())
    };
    let scopes = if token.scopes.len() == Scope::ALL.len() {
        "everything".to_owned()
    } else {
        token.scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
    };
    format!(
        "{}\t{}\tmade {}\tused {}\tends {}\t{scopes}",
        token.access_token_id,
        token.name,
        token.created_at.date(),
        day(token.last_used_at, "never"),
        day(token.expires_at, "never"),
    )
}

/// End an access token, at once and for ever
#[derive(Args, Debug)]
pub struct Revoke {
    /// The organization's slug
    #[arg(long, value_name = "SLUG")]
    organization: String,
    /// The token's id, as `foyer token list` shows it
    #[arg(value_name = "ID")]
    id: AccessTokenId,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl Revoke {
    async fn run(self) -> Result<(), Failure> {
        let db = open(&self.database)?;
        let organization = find_organization(&db, &self.organization).await?;
        let mut cx = Context::system_for(organization.id, SystemClock.now(), Chance::os().rng());
        match access_token::revoke(&db, &mut cx, organization.id, self.id).await {
            Ok(()) => {
                println!("The token {} of {} is revoked.", self.id, organization.name);
                Ok(())
            }
            Err(RevokeAccessTokenError::Unknown) => {
                Err(mistake(format!("ID: {} has no such token", organization.name)))
            }
            Err(error) => {
                Err(anyhow::Error::new(error).context("could not revoke the token").into())
            }
        }
    }
}

fn open(database: &DatabaseSettings) -> Result<PgPool, Failure> {
    let mut mistakes = Mistakes::default();
    let database = database.check(&mut mistakes);
    Ok(checked(mistakes, database)?.pool().context("could not open the database")?)
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
