//! Asking for a code.

use domain::email::EmailAddress;
use domain::id::{ApiSignInId, CustomerId, OrganizationId};
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::Duration;
use uuid::Uuid;

use super::{CODE_EXPIRES_AFTER, code_of, count, hash_of};
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event;
use crate::rate_limit::{CheckError, Limited};
use crate::secret::SecretKey;
use crate::sign_in::MAILS_PER_HOUR;

/// Customers with one address that are offered, or written to, at most.
const CUSTOMERS_MAX: usize = 10;

/// Somebody who wants to sign in.
#[derive(Debug, Clone)]
pub struct RequestApiSignIn {
    pub organization_id: OrganizationId,
    pub email: EmailAddress,
    /// Which of the address's customers is meant.
    pub customer_id: Option<CustomerId>,
    /// Who is counted: the client's address.
    pub client: String,
}

/// What comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiSignInRequested {
    /// Whoever has the address gets a code. The same for addresses that nobody has.
    Asked { request_id: Uuid },
    /// The address belongs to several customers, and the organization asks which one is meant: ids and names.
    Choice(Vec<(CustomerId, Option<String>)>),
}

/// Why nothing was sent.
#[derive(Debug, Error)]
pub enum RequestApiSignInError {
    #[error("the client asked too often")]
    Limited(#[from] Limited),
    #[error("could not store the request to sign in")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RequestApiSignInError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

impl From<CheckError> for RequestApiSignInError {
    fn from(error: CheckError) -> Self {
        match error {
            CheckError::Limited(limited) => limited.into(),
            CheckError::Database(error) => error.into(),
        }
    }
}

/// Writes down that somebody wants to sign in, and the mail with the code: one for each customer that may be meant.
///
/// An address that had its mails of the hour gets no further one; codes already sent still work.
pub async fn request(
    db: &PgPool,
    secret: &SecretKey,
    cx: &mut Context,
    input: RequestApiSignIn,
) -> Result<ApiSignInRequested, RequestApiSignInError> {
    count(db, &input.client, cx.now).await?;
    let mut tx = db.begin().await?;
    let choice = choice(&mut tx, &input).await?;
    if choice.len() > 1 {
        return Ok(ApiSignInRequested::Choice(choice));
    }
    let request_id: Uuid = cx.new_id();
    insert(&mut tx, secret, cx, &input, request_id).await?;
    event::notify(&mut tx).await?;
    tx.commit().await?;
    Ok(ApiSignInRequested::Asked { request_id })
}

/// The customers to choose from; none where the organization does not ask, or the caller has chosen.
async fn choice(
    tx: &mut PgConnection,
    input: &RequestApiSignIn,
) -> Result<Vec<(CustomerId, Option<String>)>, sqlx::Error> {
    let rows = sqlx::query!(
        "select c.customer_id, c.name
         from member m
         join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id and c.deleted_at is null
         join organization o on o.organization_id = m.organization_id and o.asks_which_customer and o.deleted_at is null
         where m.organization_id = $1 and lower(m.email) = lower($2) and m.deleted_at is null and $3::uuid is null
         order by c.created_at, c.customer_id
         limit $4",
        input.organization_id.as_uuid(),
        input.email.as_str(),
        input.customer_id.map(CustomerId::as_uuid),
        i64::try_from(CUSTOMERS_MAX).unwrap_or(i64::MAX),
    )
    .fetch_all(tx)
    .await?;
    Ok(rows.into_iter().map(|row| (row.customer_id.into(), row.name)).collect())
}

async fn insert(
    tx: &mut PgConnection,
    secret: &SecretKey,
    cx: &mut Context,
    input: &RequestApiSignIn,
    request_id: Uuid,
) -> Result<(), sqlx::Error> {
    // As many as there may be customers: what is done does not tell whether there are any.
    let ids: Vec<ApiSignInId> = (0..CUSTOMERS_MAX).map(|_| cx.new_id()).collect();
    let hashes: Vec<Vec<u8>> =
        ids.iter().map(|id| hash_of(secret, code_of(secret, *id)).to_vec()).collect();
    let ids: Vec<Uuid> = ids.into_iter().map(Into::into).collect();
    sqlx::query!(
        "with found as (
            select m.customer_id, m.member_id, row_number() over (order by m.created_at, m.member_id) as place
            from member m
            join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id and c.deleted_at is null
            join organization o on o.organization_id = m.organization_id and o.deleted_at is null
            where m.organization_id = $1 and lower(m.email) = lower($2) and m.deleted_at is null
              and ($3::uuid is null or m.customer_id = $3)),
         earlier as (
            select count(distinct request_id) as mails from api_sign_in
            where organization_id = $1 and lower(email) = lower($2) and is_mailed and created_at > $9),
         asked as (
            insert into api_sign_in (organization_id, api_sign_in_id, request_id, customer_id, member_id, email, code_hash,
                is_mailed, created_at, expires_at)
            select $1, ids.id, $4, found.customer_id, found.member_id, $2, ids.code_hash, earlier.mails < $10, $7, $8
            from found
            join unnest($5::uuid[], $6::bytea[]) with ordinality as ids (id, code_hash, place) using (place)
            cross join earlier
            returning organization_id, api_sign_in_id, member_id, is_mailed)
         insert into mail (organization_id, mail_id, template, parameters, member_id, created_at, expires_at, due_at)
         select organization_id, api_sign_in_id, 'api_sign_in', jsonb_build_object('api_sign_in_id', api_sign_in_id), member_id, $7, $8, $7
         from asked where is_mailed",
        input.organization_id.as_uuid(),
        input.email.as_str(),
        input.customer_id.map(CustomerId::as_uuid),
        request_id,
        &ids,
        &hashes,
        cx.now,
        cx.now + CODE_EXPIRES_AFTER,
        cx.now - Duration::hours(1),
        MAILS_PER_HOUR,
    )
    .execute(tx)
    .await?;
    Ok(())
}
