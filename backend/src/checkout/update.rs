//! Changing a checkout that is not bought yet.

use domain::checkout::CheckoutState;
use domain::id::{CheckoutId, OrganizationId};
use sqlx::PgPool;

use super::change::{CheckoutChange, StaffChange, apply};
use super::error::CheckoutError;
use super::quote::work_out;
use super::row::{self, CheckoutRow};
use super::store;
use crate::context::Context;
use crate::error::Forbidden;
use crate::event;

/// Changes an open checkout. One that is confirmed is opened again by a change, unless its charge is under way: the card that was asked
/// for what it was before is not charged then.
///
/// # Errors
/// `Expired`, `NotOpen`, `InProgress`; `Invalid` at the fields that are wrong.
pub async fn update(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    checkout_id: CheckoutId,
    change: CheckoutChange,
) -> Result<CheckoutId, CheckoutError> {
    cx.actor.buyer(organization_id, checkout_id)?;
    let is_staff = cx.actor.staff(organization_id).is_ok();
    if !is_staff && change.staff != StaffChange::default() {
        return Err(Forbidden.into());
    }
    let mut tx = db.begin().await?;
    let mut row =
        row::lock(&mut tx, organization_id, checkout_id).await?.ok_or(CheckoutError::Unknown)?;
    still_open(&row, cx)?;
    let before = row.clone();
    apply(&mut tx, &mut row, change, is_staff, cx.now).await?;
    if row != before {
        store::write_open(&mut tx, cx, &row).await?;
        let row = row::read(&mut tx, organization_id, checkout_id).await?;
        work_out(&row.ok_or(CheckoutError::Unknown)?, cx.now)?;
        event::notify(&mut tx).await?;
    }
    cx.commit(tx, &checkout_id).await?;
    Ok(checkout_id)
}

/// It can still be changed and confirmed.
pub(super) fn still_open(row: &CheckoutRow, cx: &Context) -> Result<(), CheckoutError> {
    match row.state()? {
        CheckoutState::Succeeded | CheckoutState::Failed => Err(CheckoutError::NotOpen),
        CheckoutState::Confirmed if row.is_charged => Err(CheckoutError::InProgress),
        CheckoutState::Expired => Err(CheckoutError::Expired),
        CheckoutState::Open | CheckoutState::Confirmed if row.expires_at <= cx.now => {
            Err(CheckoutError::Expired)
        }
        CheckoutState::Open | CheckoutState::Confirmed => Ok(()),
    }
}
