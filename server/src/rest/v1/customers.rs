//! `/v1/customers`, with their members.

mod create;
mod delete;
mod export;
mod get;
mod list;
pub(super) mod members;
mod payment_methods;
mod state;
mod update;

use std::collections::HashMap;

use backend::{
    actor::Actor,
    customer::{self, CustomerKey},
    member, subscription,
};
use domain::{
    field_errors::{FieldError, FieldErrors},
    id::{CustomerId, MemberId, OrganizationId},
};
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    rest::{
        error::{ApiError, Issue},
        extract::ExternalId,
        schema::{
            customer::{Customer, CustomerState, CustomerStateSubscription},
            member::Member,
        },
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(export::export))
        .routes(routes!(get::get, update::update, delete::delete))
        .routes(routes!(get::get_external, update::update_external, delete::delete_external))
        .routes(routes!(state::get_state))
        .routes(routes!(state::get_state_external))
        .routes(routes!(payment_methods::list_payment_methods))
        .routes(routes!(payment_methods::list_payment_methods_external))
        .merge(members::router())
}

/// The live customer with this id.
async fn one(
    db: &PgPool,
    organization_id: OrganizationId,
    id: CustomerId,
) -> Result<Customer, ApiError> {
    whole(db, organization_id, &[id]).await?.pop().ok_or_else(ApiError::not_found)
}

/// The live customer that the organization knows by this id.
async fn by_external_id(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    ExternalId(external_id): ExternalId,
) -> Result<CustomerId, ApiError> {
    let key = CustomerKey::ExternalId(external_id);
    let found = customer::find(db, actor, organization_id, &key).await?;
    found.map(|customer| customer.id).ok_or_else(ApiError::not_found)
}

/// A token of an organization makes nothing for another one.
fn only_own(named: Option<OrganizationId>, own: OrganizationId) -> Result<(), ApiError> {
    if named.is_none_or(|named| named == own) {
        return Ok(());
    }
    let issue = Issue::body("value_error", "organization_id", "Organization not found.");
    Err(ApiError::Invalid(vec![issue]))
}

/// The mistakes in a customer's or a member's data, at their places in the body.
pub(super) fn issues(errors: &FieldErrors) -> Vec<Issue> {
    errors.iter().map(issue).collect()
}

fn issue(error: &FieldError) -> Issue {
    let place: &[&str] = match error.field.as_str() {
        field @ ("line1" | "line2" | "postal_code" | "city" | "state" | "country") => {
            &["billing_address", field]
        }
        "owner_name" => &["owner", "name"],
        "owner_external_id" => &["owner", "external_id"],
        field => &[field],
    };
    let (kind, msg) = match error.code.as_str() {
        "required" => ("missing", "This is needed.".to_owned()),
        "email_taken" => ("value_error", "This e-mail address is in use already.".to_owned()),
        "external_id_taken" => ("value_error", "This external id is in use already.".to_owned()),
        "external_id_fixed" => {
            ("value_error", "An external id is given once and does not change.".to_owned())
        }
        "team_stays_team" => ("value_error", "A team stays a team.".to_owned()),
        code if error.field == "tax_id" => ("invalid", code.replace('_', " ")),
        code => ("value_error", code.replace('_', " ")),
    };
    let loc = std::iter::once("body").chain(place.iter().copied()).map(Into::into).collect();
    Issue { kind, loc, msg, input: serde_json::Value::Null }
}

/// The live customers with these ids, in their order: one statement.
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[CustomerId],
) -> Result<Vec<Customer>, ApiError> {
    let mut customers = whole_with_deleted(db, organization_id, ids).await?;
    customers.retain(|customer| customer.deleted_at.is_none());
    Ok(customers)
}

/// The same with deleted ones: orders, subscriptions and messages name them still.
pub(crate) async fn whole_with_deleted(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[CustomerId],
) -> Result<Vec<Customer>, ApiError> {
    let records = customer::records(db, organization_id, ids).await?;
    Ok(ids.iter().filter_map(|id| records.get(id).cloned()).map(Into::into).collect())
}

/// These customers, deleted ones too, with what they have right now, in the order of the ids: three statements.
pub(crate) async fn states(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[CustomerId],
) -> Result<Vec<CustomerState>, ApiError> {
    let customers = whole_with_deleted(db, organization_id, ids).await?;
    let active = customer::active_subscriptions(db, organization_id, ids).await?;
    let active_ids: Vec<_> = active.iter().map(|(_, id)| *id).collect();
    let records = subscription::records(db, organization_id, &active_ids).await?;
    let mut of_customer: HashMap<CustomerId, Vec<CustomerStateSubscription>> = HashMap::new();
    for (customer_id, subscription_id) in active {
        if let Some(record) = records.get(&subscription_id) {
            of_customer.entry(customer_id).or_default().push(record.into());
        }
    }
    let state = |customer: Customer| CustomerState {
        active_subscriptions: of_customer.remove(&customer.id).unwrap_or_default(),
        granted_benefits: vec![],
        active_meters: vec![],
        customer,
    };
    Ok(customers.into_iter().map(state).collect())
}

/// The members with these ids, deleted ones too, in their order: one statement.
pub(crate) async fn members_whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[MemberId],
) -> Result<Vec<Member>, ApiError> {
    let records = member::records(db, organization_id, ids).await?;
    Ok(ids.iter().filter_map(|id| records.get(id).cloned()).map(Into::into).collect())
}
