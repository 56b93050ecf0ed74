//! `PATCH /v1/organizations/{id}`

use std::collections::BTreeMap;

use axum::{Json, extract::State};
use backend::organization::{
    self, OrganizationDetail, PortalSwitches, SubscriptionSwitches, UpdateOrganization,
    UpdateOrganizationError,
};
use domain::{field_errors::FieldErrors, id::OrganizationId, scope::Scope, tax::TaxBehavior};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::whole;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        checks::field_issues,
        error::ApiError,
        extract::{Body, Given, Id},
        schema::{
            error::{ResourceNotFound, Unauthorized, ValidationError},
            organization::{
                CustomerPortalSettings, Organization, OrganizationCustomerEmailSettings,
                OrganizationFeatureSettings, OrganizationSubscriptionSettings,
            },
        },
    },
    state::AppState,
};

/// What changes; what is not named stays. What cannot be changed here is taken only as it is.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OrganizationUpdate {
    #[schema(min_length = 3, max_length = 128)]
    name: Option<String>,
    /// As it is.
    avatar_url: Option<String>,
    /// Where customers write to; null: nowhere.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "help@example.com")]
    email: Given<String>,
    /// Null: none.
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 2000, example = "https://example.com")]
    website: Given<String>,
    /// Empty.
    #[schema(value_type = Option<Vec<Object>>)]
    socials: Option<Vec<Value>>,
    /// Missing.
    #[schema(value_type = Option<Object>)]
    details: Option<Value>,
    /// As it is: `foyer organization seller` sets it.
    country: Option<String>,
    feature_settings: Option<OrganizationFeatureSettingsUpdate>,
    /// All of it.
    subscription_settings: Option<OrganizationSubscriptionSettings>,
    /// All of it.
    customer_email_settings: Option<OrganizationCustomerEmailSettings>,
    /// All of it.
    customer_portal_settings: Option<CustomerPortalSettings>,
    /// Without anything in it.
    #[schema(value_type = Option<Object>)]
    dispute_settings: Option<BTreeMap<String, Value>>,
    /// Empty.
    embed_hosts: Option<Vec<String>>,
    /// As it is.
    default_presentment_currency: Option<String>,
    /// Of prices that do not say themselves whether tax is in them.
    #[schema(value_type = Option<String>, example = "exclusive")]
    default_tax_behavior: Option<TaxBehavior>,
    /// False.
    sso_enforced: Option<bool>,
}

/// What this server can do: as it is.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "as the clients have them")]
pub struct OrganizationFeatureSettingsUpdate {
    seat_based_pricing_enabled: Option<bool>,
    member_model_enabled: Option<bool>,
    checkout_localization_enabled: Option<bool>,
}

/// Change your organization's settings.
#[utoipa::path(
    patch,
    path = "/v1/organizations/{id}",
    operation_id = "organizations:update",
    tag = "organizations",
    security(("access_token" = ["organizations:write"])),
    params(("id" = Uuid, Path, description = "Of your organization.")),
    request_body = OrganizationUpdate,
    responses(
        (status = 200, body = Organization),
        (status = 401, body = Unauthorized),
        (status = 404, body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<OrganizationId>, ApiError>,
    body: Result<Body<OrganizationUpdate>, ApiError>,
) -> Result<Json<Organization>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::OrganizationsWrite)?;
    let Id(id) = id?;
    let Body(body) = body?;
    if id != organization_id {
        return Err(ApiError::not_found());
    }
    let db = &state.portal.db;
    let before = organization::detail(db, id).await?.ok_or_else(ApiError::not_found)?;
    check_unchanged(&body, &before).map_err(|errors| field_issues(&errors, on_wire))?;
    let input = input_of(body, organization_id);
    let mut cx = context(&state, actor, call);
    cx.once(async |cx| organization::update(db, cx, input).await).await.map_err(refused)?;
    Ok(Json(whole(db, organization_id).await?.ok_or_else(ApiError::not_found)?))
}

/// What cannot be changed must say what is so.
fn check_unchanged(
    body: &OrganizationUpdate,
    before: &OrganizationDetail,
) -> Result<(), FieldErrors> {
    let mut errors = FieldErrors::new();
    let mut must = |is_same: bool, field: &str| {
        if !is_same {
            errors.push(field, "it_cannot_be_changed_here");
        }
    };
    let same = |given: &Option<String>, now: &Option<String>| given.is_none() || given == now;
    must(same(&body.avatar_url, &before.logo_url), "avatar_url");
    must(body.socials.as_ref().is_none_or(Vec::is_empty), "socials");
    must(body.details.is_none(), "details");
    must(same(&body.country, &before.country), "country");
    let disputes = body.dispute_settings.as_ref();
    must(disputes.is_none_or(|all| all.values().all(Value::is_null)), "dispute_settings");
    must(body.embed_hosts.as_ref().is_none_or(Vec::is_empty), "embed_hosts");
    let currency = before.currency.as_deref().unwrap_or("usd");
    let given = body.default_presentment_currency.as_deref();
    must(given.is_none_or(|given| given == currency), "default_presentment_currency");
    must(body.sso_enforced != Some(true), "sso_enforced");
    if let Some(given) = &body.feature_settings {
        let now = OrganizationFeatureSettings::ALL;
        for (given, now, field) in [
            (
                given.seat_based_pricing_enabled,
                now.seat_based_pricing_enabled,
                "seat_based_pricing_enabled",
            ),
            (given.member_model_enabled, now.member_model_enabled, "member_model_enabled"),
            (
                given.checkout_localization_enabled,
                now.checkout_localization_enabled,
                "checkout_localization_enabled",
            ),
        ] {
            must(given.is_none_or(|given| given == now), &format!("feature_settings.{field}"));
        }
    }
    if let Some(given) = &body.subscription_settings {
        let update_plan = match &body.customer_portal_settings {
            Some(portal) => portal.subscription.update_plan,
            None => before.settings.update_plan,
        };
        for (is_same, field) in [
            (given.allow_multiple_subscriptions, "allow_multiple_subscriptions"),
            (!given.prevent_trial_abuse, "prevent_trial_abuse"),
            (given.allow_customer_updates == update_plan, "allow_customer_updates"),
        ] {
            must(is_same, &format!("subscription_settings.{field}"));
        }
    }
    errors.result(())
}

fn input_of(body: OrganizationUpdate, organization_id: OrganizationId) -> UpdateOrganization {
    let templates = |mails: OrganizationCustomerEmailSettings| {
        mails
            .templates()
            .into_iter()
            .map(|(template, is_on)| (template.to_owned(), is_on))
            .collect()
    };
    UpdateOrganization {
        name: body.name,
        support_email: body.email.into(),
        website_url: body.website.into(),
        tax_behavior: body.default_tax_behavior,
        portal: body.customer_portal_settings.map(|given| PortalSwitches {
            show_usage: given.usage.show,
            update_plan: given.subscription.update_plan,
            update_seats: given.subscription.update_seats,
            pause: given.subscription.pause,
            allow_email_change: given.customer.allow_email_change,
        }),
        subscriptions: body.subscription_settings.map(|given| SubscriptionSwitches {
            proration: given.proration_behavior,
            benefit_grace_days: given.benefit_revocation_grace_period,
        }),
        mail_switches: body.customer_email_settings.map(templates),
        ..UpdateOrganization::of(organization_id)
    }
}

fn on_wire(field: &str) -> String {
    match field {
        "benefit_grace_days" => "subscription_settings.benefit_revocation_grace_period".to_owned(),
        field => field.to_owned(),
    }
}

fn refused(error: UpdateOrganizationError) -> ApiError {
    match error {
        UpdateOrganizationError::Invalid(errors) => field_issues(&errors, on_wire),
        UpdateOrganizationError::Unknown => ApiError::not_found(),
        UpdateOrganizationError::Forbidden(_) => ApiError::unauthorized(),
        error @ UpdateOrganizationError::Database(_) => {
            ApiError::internal("an organization could not be changed", &error)
        }
    }
}
