//! The people who act for the team that calls.

mod add;
mod list;
mod remove;
mod update;

use backend::{actor::MemberActor, api_session::ApiSessionKind, customer};
use domain::{
    customer_type::CustomerType,
    id::{MemberId, OrganizationId},
};
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    rest::{
        caller::Caller,
        error::{ApiError, BILLING_ONLY, Issue},
        schema::member::CustomerPortalMember,
    },
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, add::add))
        .routes(routes!(update::update, remove::remove))
}

/// A member who may look after the others, with a session of its own.
fn caretaker(caller: Caller) -> Result<MemberActor, ApiError> {
    let session = caller.portal()?;
    match session.kind {
        ApiSessionKind::Customer => Err(ApiError::unauthorized()),
        ApiSessionKind::Member if session.actor.role.can_write_billing() => Ok(session.actor),
        ApiSessionKind::Member => Err(ApiError::not_permitted(BILLING_ONLY)),
    }
}

/// One person has no colleagues to look after.
async fn only_teams(db: &PgPool, actor: &MemberActor) -> Result<(), ApiError> {
    let (organization_id, id) = (actor.organization_id, actor.customer_id);
    let found = customer::get(db, &actor.clone().into(), organization_id, id).await?;
    match found.ok_or_else(ApiError::unauthorized)?.customer_type {
        CustomerType::Team => Ok(()),
        CustomerType::Individual => {
            Err(ApiError::not_permitted("Only team customers have members to look after."))
        }
    }
}

async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[MemberId],
) -> Result<Vec<CustomerPortalMember>, ApiError> {
    let records = backend::member::records(db, organization_id, ids).await?;
    Ok(ids.iter().filter_map(|id| records.get(id).cloned()).map(Into::into).collect())
}

/// A rule that forbids this for the member in the path.
fn at_path(msg: &str) -> ApiError {
    ApiError::Invalid(vec![Issue {
        kind: "value_error",
        loc: vec!["path".into(), "id".into()],
        msg: msg.to_owned(),
        input: serde_json::Value::Null,
    }])
}
