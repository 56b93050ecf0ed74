//! `/v1/organization-access-tokens`.

mod create;
mod delete;
mod lifetime;
mod list;
mod update;

use backend::access_token::AccessTokenRecord;
use domain::{
    id::{AccessTokenId, OrganizationId},
    scope::Scope,
};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{rest::timestamp::Timestamp, state::AppState};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(update::update, delete::delete))
}

/// A token of your backend, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub struct OrganizationAccessToken {
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub id: AccessTokenId,
    /// What it may do; writing includes reading.
    #[schema(value_type = Vec<String>, example = json!(["customers:read", "orders:read"]))]
    pub scopes: Vec<Scope>,
    /// Null: without end.
    pub expires_at: Option<Timestamp>,
    /// What it is for.
    #[schema(example = "shop")]
    pub comment: String,
    /// Within five minutes.
    pub last_used_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
}

impl From<AccessTokenRecord> for OrganizationAccessToken {
    fn from(token: AccessTokenRecord) -> Self {
        Self {
            created_at: token.created_at.into(),
            modified_at: token.modified_at.map(Into::into),
            id: token.access_token_id,
            scopes: token.scopes,
            expires_at: token.expires_at.map(Into::into),
            comment: token.name,
            last_used_at: token.last_used_at.map(Into::into),
            organization_id: token.organization_id,
        }
    }
}

/// How the commands' fields are called on the wire.
fn on_wire(field: &str) -> String {
    if field == "name" { "comment".to_owned() } else { field.to_owned() }
}
