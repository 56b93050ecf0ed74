//! Signing the buyer in, once, in the browser that confirmed.

use domain::checkout::{CheckoutState, CustomerMatch};
use domain::id::{CheckoutId, OrganizationId};
use sqlx::PgPool;
use time::Duration;

use super::error::CheckoutError;
use super::row;
use crate::context::Context;
use crate::hand_over::{self, CreateHandOver, CreateHandOverError};
use crate::token::{PlainToken, hash};

/// Whoever comes later signs in by mail.
const SIGNED_IN_WITHIN: Duration = Duration::hours(1);

/// A code that signs the buyer of a checkout in, for the browser whose cookie was given when it confirmed. `None` when that is not to
/// be: another browser, too late, once more, or a customer who was found only by an address that somebody typed.
pub async fn hand_over(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    checkout_id: CheckoutId,
    browser: &str,
    return_to: Option<String>,
) -> Result<Option<PlainToken>, CheckoutError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let Some(row) = row::lock(&mut tx, organization_id, checkout_id).await? else {
        return Ok(None);
    };
    let is_recent = row.settled_at.is_some_and(|at| cx.now - at <= SIGNED_IN_WITHIN);
    let is_it = row.browser_hash.as_deref() == Some(hash(browser).as_slice());
    let is_proven = row.customer_match()?.is_some_and(CustomerMatch::is_proven);
    let is_bought = row.state()? == CheckoutState::Succeeded;
    let Some(customer_id) = row
        .customer_id
        .filter(|_| is_bought && is_recent && is_it && is_proven && row.handed_over_at.is_none())
    else {
        return Ok(None);
    };
    sqlx::query!(
        "update checkout set handed_over_at = $3 where organization_id = $1 and checkout_id = $2",
        organization_id.as_uuid(),
        checkout_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    let input = CreateHandOver {
        organization_id,
        customer_id: customer_id.into(),
        member_id: None,
        return_to,
        return_url: row.return_url.or(row.success_url).filter(|url| !url.contains('{')),
    };
    match hand_over::create(db, cx, input).await {
        Ok(code) => Ok(Some(code)),
        Err(CreateHandOverError::UnknownCustomer) => Ok(None),
        Err(CreateHandOverError::Forbidden(error)) => Err(error.into()),
        Err(CreateHandOverError::Database(error)) => Err(error.into()),
    }
}
