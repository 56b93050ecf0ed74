//! `foyer hand-over create`

use anyhow::Context as _;
use app::urls::UrlBuilder;
use backend::{
    actor::Actor,
    chance::Chance,
    clock::Clock,
    context::Context,
    customer::{self, CustomerKey},
    hand_over::{self, CreateHandOver},
};
use clap::{Args, Subcommand};
use domain::email::EmailAddress;

use super::{Failure, checked, find_organization, mistake};
use crate::{
    config::{DatabaseSettings, Mistakes, OutsideSettings},
    demo_clock::DemoClock,
};

#[derive(Debug, Subcommand)]
pub enum HandOver {
    Create(Create),
}

impl HandOver {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run().await,
        }
    }
}

/// Make a link that signs a customer in once, within five minutes
///
/// Open it in the customer's browser, from your own application. Never send it by mail: whoever opens it first is in.
#[derive(Args, Debug)]
pub struct Create {
    /// The organization's slug
    #[arg(long, value_name = "SLUG")]
    organization: String,
    /// The customer, by e-mail address
    #[arg(
        long,
        value_name = "ADDRESS",
        required_unless_present = "external_id",
        conflicts_with = "external_id"
    )]
    email: Option<String>,
    /// The customer, by your own id
    #[arg(long, value_name = "ID")]
    external_id: Option<String>,
    /// The page of the portal to open, such as /SLUG/portal/orders
    #[arg(long, value_name = "PATH")]
    return_to: Option<String>,
    /// Where "back" in the portal leads: a page of your own application
    #[arg(long, value_name = "URL")]
    return_url: Option<String>,
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    outside: OutsideSettings,
}

impl Create {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut mistakes = Mistakes::default();
        let database = self.database.check(&mut mistakes);
        let outside = self.outside.check(&mut mistakes);
        let key = mistakes.take(self.key());
        let ((database, outside), key) = checked(mistakes, database.zip(outside).zip(key))?;
        let db = database.pool().context("could not open the database")?;
        let organization = find_organization(&db, &self.organization).await?;
        let actor = Actor::System { organization_id: Some(organization.id) };
        let found = customer::find(&db, &actor, organization.id, &key)
            .await
            .context("could not look for the customer")?;
        let found =
            found.ok_or_else(|| mistake(format!("{} has no such customer", organization.name)))?;
        let clock = DemoClock::default();
        clock.refresh(&db).await.context("could not read the clock")?;
        let mut cx = Context::system_for(organization.id, clock.now(), Chance::os().rng());
        let input = CreateHandOver {
            organization_id: organization.id,
            customer_id: found.id,
            member_id: None,
            return_to: self.return_to,
            return_url: self.return_url,
        };
        let code =
            hand_over::create(&db, &mut cx, input).await.context("could not make the link")?;
        eprintln!("Signs in {} once, within five minutes:", found.email);
        println!(
            "{}",
            UrlBuilder::new(outside.public_url.as_str())
                .hand_over(&organization.slug, code.expose())
        );
        Ok(())
    }

    fn key(&self) -> Result<CustomerKey, String> {
        match (&self.email, &self.external_id) {
            (Some(email), _) => EmailAddress::parse(email)
                .map(CustomerKey::Email)
                .map_err(|_| "--email is not an e-mail address".to_owned()),
            (None, Some(id)) => Ok(CustomerKey::ExternalId(id.clone())),
            (None, None) => Err("--email or --external-id says which customer".to_owned()),
        }
    }
}
