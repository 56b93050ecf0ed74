//! Making an organization.

use domain::email::EmailAddress;
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::OrganizationId;
use domain::locale::Locale;
use domain::slug::Slug;
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::actor::Actor;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden, on_constraint};
use crate::event::{self, NewEvent};
use crate::input;

/// A new organization.
#[derive(Debug, Clone)]
pub struct CreateOrganization {
    pub slug: Slug,
    /// 1 to 128 characters.
    pub name: String,
    pub default_locale: Locale,
    /// A name of the IANA time zone database.
    pub time_zone: String,
    /// `#rrggbb`; the standard accent when missing.
    pub accent_color: Option<String>,
    pub support_email: Option<EmailAddress>,
    pub website_url: Option<String>,
}

/// Why no organization was made.
#[derive(Debug, Error)]
pub enum CreateOrganizationError {
    #[error("the organization's data are refused")]
    Invalid(#[source] FieldErrors),
    #[error("the slug belongs to another organization")]
    SlugTaken,
    #[error("only Foyer itself makes organizations")]
    Forbidden(#[from] Forbidden),
    #[error("could not store the organization")]
    Database(#[from] sqlx::Error),
    #[error("could not record the organization")]
    Event(#[from] DatabaseError),
}

/// Makes an organization with its portal settings.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    input: CreateOrganization,
) -> Result<OrganizationId, CreateOrganizationError> {
    if cx.actor != (Actor::System { organization_id: None }) {
        return Err(Forbidden.into());
    }
    let input = checked(input).map_err(CreateOrganizationError::Invalid)?;
    let id: OrganizationId = cx.new_id();
    let mut tx = db.begin().await?;
    sqlx::query!(
        "with organization as (
            insert into organization
                (organization_id, slug, name, default_locale, time_zone, accent_color, support_email, website_url, created_at)
            values ($1, $2, $3, $4, $5, coalesce($6, '#3b5bdb'), $7, $8, $9)
            returning organization_id)
         insert into portal_setting (organization_id) select organization_id from organization",
        id.as_uuid(),
        input.slug.as_str(),
        input.name,
        input.default_locale.tag(),
        input.time_zone,
        input.accent_color,
        input.support_email.as_ref().map(EmailAddress::as_str),
        input.website_url,
        cx.now,
    )
    .execute(&mut *tx)
    .await
    .map_err(|error| on_constraint(error, "organization_slug_key", CreateOrganizationError::SlugTaken, Into::into))?;
    let event = NewEvent {
        organization_id: id,
        event_type: EventType::OrganizationCreated,
        subject_kind: "organization",
        subject_id: id.as_uuid(),
        customer_id: None,
        snapshot: json!({ "slug": input.slug.as_str(), "name": input.name }),
    };
    event::record(&mut tx, cx, event).await?;
    tx.commit().await?;
    Ok(id)
}

fn checked(mut input: CreateOrganization) -> Result<CreateOrganization, FieldErrors> {
    let mut errors = FieldErrors::default();
    input.name = input::required(&mut errors, "name", &input.name, 128);
    input.website_url =
        input::optional(&mut errors, "website_url", input.website_url.as_deref(), 2_000);
    input::time_zone(&mut errors, "time_zone", &input.time_zone);
    if let Some(url) = &input.website_url
        && !(url.starts_with("https://") || url.starts_with("http://"))
    {
        errors.push("website_url", "url_invalid");
    }
    if let Some(color) = &mut input.accent_color {
        color.make_ascii_lowercase();
        let digits = color.strip_prefix('#').unwrap_or_default();
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            errors.push("accent_color", "color_invalid");
        }
    }
    errors.result(input)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::find_by_slug;
    use crate::test_support::{TestDb, fixtures};

    fn input(slug: &str) -> CreateOrganization {
        CreateOrganization {
            slug: Slug::parse(slug).unwrap(),
            name: " Acme ".into(),
            default_locale: Locale::De,
            time_zone: "Europe/Berlin".into(),
            accent_color: Some("#AA3300".into()),
            support_email: None,
            website_url: None,
        }
    }

    #[tokio::test]
    async fn is_found_by_its_slug_with_the_standard_settings() {
        let db = TestDb::new().await;
        let id = create(&db.pool, &mut db.cx(), input("acme")).await.unwrap();
        let found = find_by_slug(&db.pool, "acme").await.unwrap().unwrap();
        assert_eq!(
            (found.id, found.name.as_str(), found.accent_color.as_str()),
            (id, "Acme", "#aa3300")
        );
        assert!(found.settings.update_plan && !found.settings.pause);
        assert!(find_by_slug(&db.pool, "other").await.unwrap().is_none());
        let events = fixtures::event_types(&db).await;
        assert_eq!(events, ["organization.created"]);
    }

    #[tokio::test]
    async fn a_slug_is_given_once_also_when_two_ask_at_once() {
        let db = TestDb::new().await;
        let (mut one, mut two) = (db.cx(), db.cx());
        let (one, two) = tokio::join!(
            create(&db.pool, &mut one, input("acme")),
            create(&db.pool, &mut two, input("acme"))
        );
        let refused = [one, two].into_iter().filter_map(Result::err).collect::<Vec<_>>();
        assert!(matches!(refused[..], [CreateOrganizationError::SlugTaken]), "{refused:?}");
        assert_eq!(fixtures::event_types(&db).await.len(), 1);
    }

    #[tokio::test]
    async fn bad_data_are_named_all_at_once_and_nobody_else_may() {
        let db = TestDb::new().await;
        let bad = CreateOrganization {
            name: String::new(),
            time_zone: "Mars".into(),
            accent_color: Some("red".into()),
            website_url: Some("javascript:alert(1)".into()),
            ..input("acme")
        };
        let Err(CreateOrganizationError::Invalid(errors)) =
            create(&db.pool, &mut db.cx(), bad).await
        else {
            panic!("bad data were taken");
        };
        assert_eq!(errors.iter().count(), 4);
        let organization_id = create(&db.pool, &mut db.cx(), input("acme")).await.unwrap();
        let mut cx = db.cx_of(Actor::System { organization_id: Some(organization_id) });
        let refused = create(&db.pool, &mut cx, input("more")).await;
        assert!(matches!(refused, Err(CreateOrganizationError::Forbidden(_))));
    }
}
