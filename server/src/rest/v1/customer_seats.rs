//! `/v1/customer-seats`.

mod assign;
mod list;
mod revoke;

pub(super) use assign::{CustomerSeatAssign, assign_asked_for};
pub(super) use list::seats_asked_for;
pub(super) use revoke::revoke_asked_for;

use backend::seat;
use domain::id::{CustomerSeatId, OrganizationId};
use sqlx::PgPool;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    rest::{error::ApiError, schema::seat::CustomerSeat},
    state::AppState,
};

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list::list, assign::assign)).routes(routes!(revoke::revoke))
}

/// The seats with these ids, in their order: one statement.
pub(crate) async fn whole(
    db: &PgPool,
    organization_id: OrganizationId,
    ids: &[CustomerSeatId],
) -> Result<Vec<CustomerSeat>, ApiError> {
    if ids.is_empty() {
        return Ok(vec![]);
    }
    let records = seat::records(db, organization_id, ids).await?;
    Ok(ids.iter().filter_map(|id| records.get(id)).map(Into::into).collect())
}
