//! `foyer organization create`, `… processor`, `… dunning`

mod api_sign_in;
mod dunning;
mod processor;

use anyhow::Context as _;
use app::urls::{UrlBuilder, paths};
use backend::{
    chance::Chance,
    clock::{Clock, SystemClock},
    context::Context,
    organization::{self, CreateOrganization, CreateOrganizationError},
};
use clap::{Args, Subcommand};
use domain::{email::EmailAddress, locale::Locale, slug::Slug};

use super::{Failure, checked};
use crate::config::{DatabaseSettings, Mistakes, OutsideSettings};

#[derive(Debug, Subcommand)]
pub enum Organization {
    Create(Create),
    Processor(processor::Processor),
    Dunning(dunning::Dunning),
    ApiSignIn(api_sign_in::ApiSignIn),
}

impl Organization {
    pub(super) async fn run(self) -> Result<(), Failure> {
        match self {
            Self::Create(create) => create.run().await,
            Self::Processor(processor) => processor.run().await,
            Self::Dunning(dunning) => dunning.run().await,
            Self::ApiSignIn(setting) => setting.run().await,
        }
    }
}

/// Make an organization, whose portal is then at /SLUG/portal
#[derive(Args, Debug)]
pub struct Create {
    /// Its part of every address, such as `northwind`
    #[arg(long)]
    slug: String,
    /// Its name as customers know it
    #[arg(long)]
    name: String,
    /// The language of customers who chose none: en or de
    #[arg(long, default_value = "en")]
    locale: String,
    /// Its time zone, by the name in the tz database, such as Europe/Berlin
    #[arg(long, default_value = "UTC")]
    time_zone: String,
    /// Its colour, as #rrggbb
    #[arg(long)]
    accent_color: Option<String>,
    /// Where customers can write for help
    #[arg(long, value_name = "ADDRESS")]
    support_email: Option<String>,
    /// Its website
    #[arg(long, value_name = "URL")]
    website_url: Option<String>,
    #[command(flatten)]
    database: DatabaseSettings,
    #[command(flatten)]
    outside: OutsideSettings,
}

impl Create {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let mut mistakes = Mistakes::default();
        let database = self.database.check(&mut mistakes);
        let input = self.input(&mut mistakes);
        let (database, input) = checked(mistakes, database.zip(input))?;
        let db = database.pool().context("could not open the database")?;
        let (slug, name) = (input.slug.clone(), input.name.clone());
        let mut cx = Context::system(SystemClock.now(), Chance::os().rng());
        let id = organization::create(&db, &mut cx, input).await.map_err(refused)?;
        println!("{name} is there: {id}");
        println!();
        println!("What to do next:");
        println!("  foyer organization processor {slug} stripe     who charges its customers");
        println!(
            "  foyer token create --organization {slug} --name backend     a token for your own backend"
        );
        match self.outside.public_url {
            Some(url) => println!(
                "  {}     its portal",
                UrlBuilder::new(&url).absolute(&paths::overview(slug.as_str()))
            ),
            None => {
                println!(
                    "  its portal is at {} of your public URL",
                    paths::overview(slug.as_str())
                );
            }
        }
        Ok(())
    }

    fn input(&self, mistakes: &mut Mistakes) -> Option<CreateOrganization> {
        let slug = mistakes.take(Slug::parse(&self.slug).map_err(|_| {
            "--slug must have 2 to 64 characters, a-z, 0-9 and single hyphens, and be no reserved word".to_owned()
        }));
        let locale = mistakes
            .take(Locale::from_tag(&self.locale).ok_or("--locale must be en or de".to_owned()));
        let support_email = self.support_email.as_deref().map(|text| {
            mistakes.take(
                EmailAddress::parse(text)
                    .map_err(|_| "--support-email is not an e-mail address".to_owned()),
            )
        });
        Some(CreateOrganization {
            slug: slug?,
            name: self.name.clone(),
            default_locale: locale?,
            time_zone: self.time_zone.clone(),
            accent_color: self.accent_color.clone(),
            support_email: support_email.flatten(),
            website_url: self.website_url.clone(),
        })
    }
}

fn refused(error: CreateOrganizationError) -> Failure {
    match error {
        CreateOrganizationError::Invalid(errors) => super::field_mistakes(&errors),
        CreateOrganizationError::SlugTaken => {
            super::mistake("--slug belongs to another organization: choose a different one")
        }
        other => {
            Failure::Other(anyhow::Error::new(other).context("could not make the organization"))
        }
    }
}
