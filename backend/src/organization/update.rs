//! Changing what an organization says of itself and lets its customers do, as its own backend does.

use std::collections::BTreeMap;

use domain::change::ProrationBehavior;
use domain::email::EmailAddress;
use domain::event_type::EventType;
use domain::field_errors::FieldErrors;
use domain::id::OrganizationId;
use domain::tax::TaxBehavior;
use serde_json::json;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use crate::context::Context;
use crate::edit::Edit;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};
use crate::input;

const NAME_CHARS: (usize, usize) = (3, 128);
const URL_MAX_CHARS: usize = 2_000;
const GRACE_DAYS_MAX: i16 = 60;

/// What to change; what is missing stays as it is.
#[derive(Debug, Clone)]
pub struct UpdateOrganization {
    pub organization_id: OrganizationId,
    /// 3 to 128 characters.
    pub name: Option<String>,
    /// Where customers write to.
    pub support_email: Edit<String>,
    /// An http or https address.
    pub website_url: Edit<String>,
    /// Of prices that do not say themselves whether tax is in them.
    pub tax_behavior: Option<TaxBehavior>,
    pub portal: Option<PortalSwitches>,
    pub subscriptions: Option<SubscriptionSwitches>,
    /// Mails by template; all of them are replaced.
    pub mail_switches: Option<BTreeMap<String, bool>>,
}

/// What customers may do. Ending a subscription at once is another setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "independent switches, as in the table")]
pub struct PortalSwitches {
    pub show_usage: bool,
    pub update_plan: bool,
    pub update_seats: bool,
    pub pause: bool,
    pub allow_email_change: bool,
}

/// How subscriptions behave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SubscriptionSwitches {
    /// How a change within a period is billed.
    pub proration: ProrationBehavior,
    /// So many days benefits stay after a subscription became past due: 0 to 60.
    pub benefit_grace_days: i16,
}

impl UpdateOrganization {
    /// A change of nothing, to be filled in.
    pub const fn of(organization_id: OrganizationId) -> Self {
        Self {
            organization_id,
            name: None,
            support_email: Edit::Keep,
            website_url: Edit::Keep,
            tax_behavior: None,
            portal: None,
            subscriptions: None,
            mail_switches: None,
        }
    }
}

#[derive(Debug, Error)]
pub enum UpdateOrganizationError {
    #[error("the organization's data have mistakes: {0}")]
    Invalid(FieldErrors),
    #[error("there is no such organization")]
    Unknown,
    #[error("only the organization itself may change itself")]
    Forbidden(#[from] Forbidden),
    #[error("the organization could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for UpdateOrganizationError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Changes an organization. Quotes that are open keep what they were made with, until they expire.
///
/// # Errors
/// `Invalid`: on `name`, `email`, `website` and `benefit_grace_days`.
pub async fn update(
    db: &PgPool,
    cx: &mut Context,
    input: UpdateOrganization,
) -> Result<(), UpdateOrganizationError> {
    cx.actor.staff(input.organization_id)?;
    let input = checked(input).map_err(UpdateOrganizationError::Invalid)?;
    let mut tx = db.begin().await?;
    let updated = write_organization(&mut tx, cx, &input).await?;
    if updated == 0 {
        return Err(UpdateOrganizationError::Unknown);
    }
    write_settings(&mut tx, cx, &input).await?;
    let changed = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::OrganizationSettingsUpdated,
        subject_kind: "organization",
        subject_id: input.organization_id.into(),
        customer_id: None,
        snapshot: json!({
            "name": input.name,
            "pause": input.portal.map(|portal| portal.pause),
            "update_plan": input.portal.map(|portal| portal.update_plan),
            "update_seats": input.portal.map(|portal| portal.update_seats),
            "proration": input.subscriptions.map(|subscriptions| subscriptions.proration),
            "mail_switches": input.mail_switches,
        }),
    };
    event::record(&mut tx, cx, changed).await?;
    event::notify(&mut tx).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

fn checked(input: UpdateOrganization) -> Result<UpdateOrganization, FieldErrors> {
    let mut errors = FieldErrors::new();
    let (min, max) = NAME_CHARS;
    let name = input.name.map(|name| input::named(&mut errors, "name", &name, min, max));
    let support_email = match input.support_email {
        Edit::Set(text) => {
            let email = EmailAddress::parse(&text).map_err(|error| error.at("email"));
            errors.take(email).map_or(Edit::Keep, |email| Edit::Set(email.as_str().to_owned()))
        }
        other => other,
    };
    let website_url = match input.website_url {
        Edit::Set(text) => {
            let url = input::named(&mut errors, "website", &text, 1, URL_MAX_CHARS);
            if !(url.starts_with("https://") || url.starts_with("http://")) {
                errors.push("website", "url_invalid");
            }
            Edit::Set(url)
        }
        other => other,
    };
    if input
        .subscriptions
        .is_some_and(|given| !(0..=GRACE_DAYS_MAX).contains(&given.benefit_grace_days))
    {
        errors.push("benefit_grace_days", "grace_days_range");
    }
    errors.result(UpdateOrganization { name, support_email, website_url, ..input })
}

/// How many organizations changed.
async fn write_organization(
    tx: &mut PgConnection,
    cx: &Context,
    input: &UpdateOrganization,
) -> Result<u64, sqlx::Error> {
    let (keeps_email, email) = column(&input.support_email);
    let (keeps_website, website) = column(&input.website_url);
    let updated = sqlx::query!(
        "update organization
         set name = coalesce($2, name), support_email = case when $3 then support_email else $4 end,
            website_url = case when $5 then website_url else $6 end, benefit_grace_days = coalesce($7, benefit_grace_days),
            tax_behavior = coalesce($8, tax_behavior), modified_at = $9
         where organization_id = $1 and deleted_at is null",
        input.organization_id.as_uuid(),
        input.name,
        keeps_email,
        email,
        keeps_website,
        website,
        input.subscriptions.map(|given| given.benefit_grace_days),
        input.tax_behavior.map(TaxBehavior::as_str),
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(updated.rows_affected())
}

async fn write_settings(
    tx: &mut PgConnection,
    cx: &Context,
    input: &UpdateOrganization,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update portal_setting
         set show_usage = coalesce($2, show_usage), update_plan = coalesce($3, update_plan), update_seats = coalesce($4, update_seats),
            pause = coalesce($5, pause), allow_email_change = coalesce($6, allow_email_change),
            proration_behavior = coalesce($7, proration_behavior), mail_switches = coalesce($8, mail_switches), modified_at = $9
         where organization_id = $1",
        input.organization_id.as_uuid(),
        input.portal.map(|portal| portal.show_usage),
        input.portal.map(|portal| portal.update_plan),
        input.portal.map(|portal| portal.update_seats),
        input.portal.map(|portal| portal.pause),
        input.portal.map(|portal| portal.allow_email_change),
        input.subscriptions.map(|given| given.proration.as_str()),
        input.mail_switches.as_ref().map(Json) as _,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether a value stays, and else what it becomes.
fn column(edit: &Edit<String>) -> (bool, Option<&str>) {
    match edit {
        Edit::Keep => (true, None),
        Edit::Clear => (false, None),
        Edit::Set(text) => (false, Some(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::organization::detail;
    use crate::test_support::{TestDb, fixtures};
    use uuid::Uuid;

    #[tokio::test]
    async fn what_is_given_changes_and_the_rest_stays() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let stored = async || detail(&db.pool, organization_id).await.unwrap().unwrap();
        let before = stored().await;
        let input = UpdateOrganization {
            name: Some(" Acme Ltd ".into()),
            support_email: Edit::Set("Help@Example.com".into()),
            website_url: Edit::Set("https://example.com".into()),
            subscriptions: Some(SubscriptionSwitches {
                proration: ProrationBehavior::NextPeriod,
                benefit_grace_days: 0,
            }),
            mail_switches: Some(BTreeMap::from([("order_confirmation".to_owned(), false)])),
            ..UpdateOrganization::of(organization_id)
        };
        update(&db.pool, &mut db.cx(), input).await.unwrap();
        let after = stored().await;
        assert_eq!((after.name.as_str(), after.slug.as_str()), ("Acme Ltd", "acme"));
        assert!(after.support_email.unwrap().eq_ignore_ascii_case("help@example.com"));
        assert_eq!(after.website_url.as_deref(), Some("https://example.com"));
        assert_eq!((after.proration, after.benefit_grace_days), (ProrationBehavior::NextPeriod, 0));
        assert_eq!(after.mail_switches.get("order_confirmation"), Some(&false));
        assert_eq!(after.settings, before.settings);
        let portal = PortalSwitches {
            show_usage: false,
            update_plan: false,
            update_seats: true,
            pause: true,
            allow_email_change: true,
        };
        let input = UpdateOrganization {
            support_email: Edit::Clear,
            portal: Some(portal),
            ..UpdateOrganization::of(organization_id)
        };
        update(&db.pool, &mut db.cx(), input).await.unwrap();
        let after = stored().await;
        assert_eq!((after.name.as_str(), after.support_email), ("Acme Ltd", None));
        assert!(!after.settings.update_plan && after.settings.pause && !after.settings.cancel_now);
        assert_eq!(after.proration, ProrationBehavior::NextPeriod);
    }

    #[tokio::test]
    async fn mistakes_are_told_together_and_customers_change_nothing() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let input = UpdateOrganization {
            name: Some("ab".into()),
            support_email: Edit::Set("nobody".into()),
            website_url: Edit::Set("javascript:alert(1)".into()),
            subscriptions: Some(SubscriptionSwitches {
                proration: ProrationBehavior::Invoice,
                benefit_grace_days: 61,
            }),
            ..UpdateOrganization::of(organization_id)
        };
        let refused = update(&db.pool, &mut db.cx(), input.clone()).await;
        let Err(UpdateOrganizationError::Invalid(errors)) = refused else { panic!("refused") };
        assert_eq!(errors.first("name"), Some("too_short"));
        assert!(errors.first("email").is_some());
        assert_eq!(errors.first("website"), Some("url_invalid"));
        assert_eq!(errors.first("benefit_grace_days"), Some("grace_days_range"));
        let forbidden = update(&db.pool, &mut db.cx_of(owner), input).await;
        assert!(matches!(forbidden, Err(UpdateOrganizationError::Forbidden(_))));
        let nowhere = UpdateOrganization::of(Uuid::nil().into());
        let unknown = update(&db.pool, &mut db.cx(), nowhere).await;
        assert!(matches!(unknown, Err(UpdateOrganizationError::Unknown)));
    }
}
