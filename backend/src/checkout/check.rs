//! Whether a checkout could be confirmed as it is.

use domain::id::{CheckoutId, OrganizationId};
use sqlx::PgPool;

use super::buyer;
use super::error::CheckoutError;
use super::quote::work_out;
use super::row;
use super::update::still_open;
use crate::context::Context;

/// Looks for what is missing or wrong, and changes nothing.
///
/// # Errors
/// As [`super::confirm`] would have them.
pub async fn check(
    db: &PgPool,
    cx: &Context,
    organization_id: OrganizationId,
    checkout_id: CheckoutId,
) -> Result<(), CheckoutError> {
    cx.actor.buyer(organization_id, checkout_id)?;
    let mut connection = db.acquire().await?;
    let row = row::read(&mut connection, organization_id, checkout_id).await?;
    let row = row.ok_or(CheckoutError::Unknown)?;
    still_open(&row, cx)?;
    let quote = work_out(&row, cx.now)?;
    buyer::checked(&row, quote.needs_card).map(|_| ())
}
