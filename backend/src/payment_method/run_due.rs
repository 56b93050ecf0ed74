//! Doing what is due about methods: setups whose browser never came back, removed methods, cards that end.

use domain::id::OrganizationId;
use sqlx::PgPool;
use thiserror::Error;
use time::Duration;

use super::setup_row;
use super::{FinishSetupError, RefreshError, SetupState, detach, expiry, finish_setup};
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event;
use crate::payment::Processors;

/// From one look at a setup to the next, at most.
const LOOK_MAX: Duration = Duration::hours(1);

#[derive(Debug, Error)]
pub enum RunDueError {
    #[error("a setup could not be finished")]
    Setup(#[from] FinishSetupError),
    #[error("a method that ends could not be told of")]
    Method(#[from] RefreshError),
    #[error("what is due about payment methods could not be read")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RunDueError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Does at most `limit` pieces of work that are due at the context's time, and returns how many it did; fewer than `limit` means that
/// nothing is left, or that other workers have the rest. Any number of workers may run at once. A context of one organization works for
/// that one only. What fails for a reason of ours is logged and comes due again.
pub async fn run_due(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    limit: usize,
) -> Result<usize, RunDueError> {
    let mut done = 0;
    while done < limit && look_at_setup(db, processors, cx).await? {
        done += 1;
    }
    for processor in processors.iter() {
        while done < limit && detach::run_one(db, processor, cx).await? {
            done += 1;
        }
        while done < limit && expiry::run_one(db, processor, cx).await? {
            done += 1;
        }
    }
    if done > 0 {
        let mut connection = db.acquire().await?;
        event::notify(&mut connection).await?;
    }
    Ok(done)
}

/// Looks at one setup that is due; false when there is none.
async fn look_at_setup(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
) -> Result<bool, RunDueError> {
    let claimed = sqlx::query!(
        "with due as (
            select organization_id, payment_method_setup_id from payment_method_setup
            where due_at <= $1 and ($2::uuid is null or organization_id = $2)
            order by due_at
            limit 1
            for no key update skip locked)
         update payment_method_setup s
         set tries = s.tries + 1,
            due_at = $1::timestamptz + least($4::interval, $3::interval * power(2, least(s.tries, 10)))
         from due
         where s.organization_id = due.organization_id and s.payment_method_setup_id = due.payment_method_setup_id
         returning s.organization_id, s.payment_method_setup_id, s.state",
        cx.now,
        cx.actor.organization_id().map(OrganizationId::as_uuid),
        super::begin_setup::FIRST_LOOK as _,
        LOOK_MAX as _,
    )
    .fetch_optional(db)
    .await?;
    let Some(claimed) = claimed else { return Ok(false) };
    let organization_id: OrganizationId = claimed.organization_id.into();
    let setup_id = claimed.payment_method_setup_id.into();
    let finished = if claimed.state == "prepared" {
        setup_row::close_unsent(db, cx.now, organization_id, setup_id).await.map(|_| None)
    } else {
        finish_setup(db, processors, cx, organization_id, setup_id)
            .await
            .map(|finished| Some(finished.state))
    };
    match finished {
        Ok(Some(SetupState::Open) | None) => {}
        Ok(Some(state)) => {
            tracing::debug!(%setup_id, ?state, "a setup whose browser did not come back is finished");
        }
        Err(error) => {
            tracing::error!(%setup_id, error = &error as &dyn std::error::Error, "a setup cannot be finished");
        }
    }
    Ok(true)
}
