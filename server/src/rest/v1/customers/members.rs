//! The people who act for a customer.

mod create;
mod delete;
mod get;
mod list;
mod update;

use backend::{
    actor::Actor,
    member::{self, MemberKey},
};
use domain::id::{CustomerId, MemberId, OrganizationId};
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{by_external_id, members_whole};
use crate::{
    rest::{
        error::ApiError,
        extract::{ExternalId, MemberExternalId},
        schema::member::Member,
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(list::list_external, create::create_external))
        .routes(routes!(get::get, update::update, delete::delete))
        .routes(routes!(get::get_external, update::update_external, delete::delete_external))
}

/// The live member with this id.
async fn one(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    key: &MemberKey,
) -> Result<Member, ApiError> {
    let found = member::find(db, actor, organization_id, customer_id, key).await?;
    let id = found.ok_or_else(ApiError::not_found)?;
    members_whole(db, organization_id, &[id]).await?.pop().ok_or_else(ApiError::not_found)
}

/// A member that the organization knows by its own ids of customer and person.
async fn by_external_ids(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    customer: ExternalId,
    MemberExternalId(member): MemberExternalId,
) -> Result<(CustomerId, MemberId), ApiError> {
    let customer_id = by_external_id(db, actor, organization_id, customer).await?;
    let key = MemberKey::ExternalId(member);
    let found = member::find(db, actor, organization_id, customer_id, &key).await?;
    Ok((customer_id, found.ok_or_else(ApiError::not_found)?))
}
