//! `/v1/benefits`.

mod create;
mod delete;
mod get;
mod list;
mod update;

use backend::benefit;
use domain::id::{BenefitId, OrganizationId};
use serde::Deserialize;
use sqlx::PgPool;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    rest::{
        error::{ApiError, Issue},
        schema::benefit::Benefit,
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list::list, create::create)).routes(routes!(
        get::get,
        update::update,
        delete::delete
    ))
}

/// The types that clients know; we have the first.
const KINDS: &[&str] = &[
    "custom",
    "discord",
    "github_repository",
    "downloadables",
    "license_keys",
    "meter_credit",
    "feature_flag",
    "slack_shared_channel",
];

/// What a benefit gives.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct BenefitPropertiesInput {
    /// What customers read who have it; null or missing: nothing.
    #[schema(max_length = 4000)]
    note: Option<String>,
}

/// Only one type of benefits is there so far.
fn check_kind(kind: &str) -> Result<(), ApiError> {
    let (is_known, msg) = match kind {
        "custom" => return Ok(()),
        kind if KINDS.contains(&kind) => (true, "Benefits of this type are not there yet."),
        _ => (false, "There is no such type of benefits."),
    };
    let issue = vec![Issue::body(if is_known { "value_error" } else { "enum" }, "type", msg)];
    Err(if is_known { ApiError::Invalid(issue) } else { ApiError::Malformed(issue) })
}

/// How the commands' fields are called on the wire.
fn on_wire(field: &str) -> String {
    if field == "note" { "properties.note".to_owned() } else { field.to_owned() }
}

/// The benefits with these ids, deleted ones included, in their order: one statement.
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[BenefitId],
) -> Result<Vec<Benefit>, ApiError> {
    let benefits = benefit::records(db, organization_id, ids).await?;
    Ok(ids.iter().filter_map(|id| benefits.get(id)).map(Into::into).collect())
}
