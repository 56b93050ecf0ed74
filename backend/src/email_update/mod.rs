//! Changing a customer's e-mail address, by the customer: the new address is proved by a link that is mailed to it, and the one before
//! is told.

mod find;
mod mails;
mod request;
mod verify;

pub use find::{EmailUpdate, check, find, waiting};
pub(crate) use mails::VERIFICATION;
pub use request::{RequestEmailUpdate, RequestEmailUpdateError, request};
pub use verify::{VerifyEmailUpdateError, verify_for_api, verify_in_browser};

use domain::id::{EmailUpdateId, OrganizationId};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::rate_limit::{self, CheckError, Limits};
use crate::secret::SecretKey;

/// How long a link holds (the API's rule).
pub const EXPIRES_AFTER: Duration = Duration::minutes(30);
/// How often one client may ask for a link, look at one, and use one, together (the API's rule).
const LIMITS: Limits = Limits { per_minute: 6, per_hour: 12, wait: Duration::minutes(15) };

/// What a link's token is derived for.
const PURPOSE: &str = "email update";

/// The token in the link of a change.
pub(crate) fn token_of(secret: &SecretKey, email_update_id: EmailUpdateId) -> String {
    secret.token_of_id(PURPOSE, &[], email_update_id)
}

/// One count for the whole installation: a link names no organization.
async fn count(db: &PgPool, client: &str, now: OffsetDateTime) -> Result<(), CheckError> {
    let whole: OrganizationId = Uuid::nil().into();
    rate_limit::check(db, whole, "email_update", client, now, LIMITS).await
}

#[cfg(test)]
mod tests;
