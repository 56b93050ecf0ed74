//! `/v1/products`.

mod create;
mod delete;
mod get;
mod list;
mod price_create;
mod update;
mod update_benefits;

use backend::product;
use domain::{
    field_errors::FieldErrors,
    id::{OrganizationId, ProductId},
    interval::{Interval, RecurringInterval},
};
use serde_json::Value;
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};
use uuid::Uuid;

use crate::{
    rest::{error::ApiError, schema::product::Product},
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(get::get, update::update, delete::delete))
        .routes(routes!(update_benefits::update_benefits))
}

/// The products with these ids, deleted ones included, in their order, with prices and benefits: four statements, however many.
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[ProductId],
) -> Result<Vec<Product>, ApiError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let products = product::details(db, organization_id, ids, &[]).await?;
    let referred = product::referred(db, organization_id, ids).await?;
    let on_wire = |id| Some(Product::of(products.get(id)?, !referred.contains(id)));
    Ok(ids.iter().filter_map(on_wire).collect())
}

/// How the commands' fields are called on the wire.
fn on_wire(field: &str) -> String {
    if field == "trial" { "trial_interval".to_owned() } else { field.to_owned() }
}

/// A trial has an interval and a count, or neither.
fn trial_of(
    errors: &mut FieldErrors,
    interval: Option<Interval>,
    count: Option<i32>,
) -> Option<RecurringInterval> {
    match (interval, count) {
        (None, None) => None,
        (Some(interval), Some(count)) => {
            let trial = RecurringInterval::new(interval, count);
            errors.take(trial.map_err(|error| error.at("trial_interval_count")))
        }
        (Some(_), None) => {
            errors.push("trial_interval_count", "required");
            None
        }
        (None, Some(_)) => {
            errors.push("trial_interval", "required");
            None
        }
    }
}

/// Pictures and custom fields are not kept: nothing can be said of them.
fn check_extras(errors: &mut FieldErrors, medias: Option<&[Uuid]>, fields: Option<&[Value]>) {
    if medias.is_some_and(|medias| !medias.is_empty()) {
        errors.push("medias", "pictures_are_not_there_yet");
    }
    if fields.is_some_and(|fields| !fields.is_empty()) {
        errors.push("attached_custom_fields", "custom_fields_are_not_there_yet");
    }
}
