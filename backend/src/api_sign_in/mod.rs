//! Signing in through the API, in a portal that somebody else built: by a code that is mailed, and that works there only.

mod authenticate;
mod request;

pub use authenticate::{AuthenticateApiSignIn, AuthenticateApiSignInError, authenticate};
pub use request::{ApiSignInRequested, RequestApiSignIn, RequestApiSignInError, request};

use domain::id::{ApiSignInId, OrganizationId};
use domain::sign_in_code::SignInCode;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::rate_limit::{self, CheckError, Limits};
use crate::secret::SecretKey;

/// How long a code holds.
pub const CODE_EXPIRES_AFTER: Duration = Duration::minutes(10);
/// How often the codes of one request may be tried.
const TRIES_MAX: i16 = 5;
/// How often one client may ask for codes and try them, together (the API's rule).
const LIMITS: Limits = Limits { per_minute: 6, per_hour: 12, wait: Duration::minutes(15) };

/// The code of a row; it stands in the mail and nowhere else.
pub(crate) fn code_of(secret: &SecretKey, api_sign_in_id: ApiSignInId) -> SignInCode {
    let digest = secret.derive("api sign-in code", api_sign_in_id);
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    SignInCode::from_random(bytes)
}

/// By which the row of a code is found.
fn hash_of(secret: &SecretKey, code: SignInCode) -> [u8; 32] {
    secret.derive_of_texts("api sign-in code", &[code.expose().as_bytes()])
}

/// One count for the whole installation: a code names no organization.
async fn count(db: &PgPool, client: &str, now: OffsetDateTime) -> Result<(), CheckError> {
    let whole: OrganizationId = Uuid::nil().into();
    rate_limit::check(db, whole, "api_sign_in", client, now, LIMITS).await
}
