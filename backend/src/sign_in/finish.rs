//! After the proof of an address: the session, or the choice between several customers.

use domain::customer_type::CustomerType;
use domain::id::{CustomerId, MemberId, OrganizationId, SignInId};
use domain::role::MemberRole;
use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

use crate::context::Context;
use crate::error::{DatabaseError, InconsistencyError, QueryError};
use crate::session::{self, NewSession, StartSession};
use crate::token::{PlainToken, SIGN_IN_PREFIX, new_token};

/// How long the choice may take.
const CHOICE_EXPIRES_AFTER: Duration = Duration::minutes(10);

/// More customers of one address are not offered.
const CHOICES_MAX: i64 = 50;

/// What a proof leads to.
#[derive(Debug, Clone)]
pub enum SignInOutcome {
    /// The address acts for one customer: signed in.
    SignedIn(NewSession),
    /// It acts for several: one is chosen next, with this token of the proof.
    Choose { proof_token: PlainToken, choices: Vec<Choice>, return_to: Option<String> },
}

/// A customer that the proven address may act for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    pub member_id: MemberId,
    pub customer_id: CustomerId,
    /// The customer's name, else its address.
    pub customer_name: String,
    pub customer_type: CustomerType,
    pub role: MemberRole,
}

/// A sign-in whose code or link has just been used.
pub(super) struct Proven {
    pub organization_id: OrganizationId,
    pub sign_in_id: SignInId,
    pub email: String,
    pub return_to: Option<String>,
    pub user_agent: String,
}

/// Signs in, or offers the choice; `None` when nobody (any more) has this address.
pub(super) async fn finish(
    tx: &mut PgConnection,
    cx: &mut Context,
    proven: Proven,
) -> Result<Option<SignInOutcome>, QueryError> {
    let choices = choices_of(tx, proven.organization_id, &proven.email).await?;
    sqlx::query!(
        "update customer set email_verified_at = $3
         where organization_id = $1 and lower(email) = lower($2) and deleted_at is null and email_verified_at is null",
        proven.organization_id.as_uuid(),
        proven.email,
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    match choices.as_slice() {
        [] => Ok(None),
        [only] => Ok(Some(SignInOutcome::SignedIn(sign_in_as(tx, cx, proven, only).await?))),
        _ => {
            let proof_token = new_token(SIGN_IN_PREFIX, &mut cx.rng);
            sqlx::query!(
                "update sign_in set proof_hash = $3, proof_expires_at = $4 where organization_id = $1 and sign_in_id = $2",
                proven.organization_id.as_uuid(),
                proven.sign_in_id.as_uuid(),
                &proof_token.hash(),
                cx.now + CHOICE_EXPIRES_AFTER,
            )
            .execute(tx)
            .await?;
            Ok(Some(SignInOutcome::Choose { proof_token, choices, return_to: proven.return_to }))
        }
    }
}

/// Starts the session of a chosen customer.
pub(super) async fn sign_in_as(
    tx: &mut PgConnection,
    cx: &mut Context,
    proven: Proven,
    choice: &Choice,
) -> Result<NewSession, DatabaseError> {
    let input = StartSession {
        organization_id: proven.organization_id,
        customer_id: choice.customer_id,
        member_id: choice.member_id,
        role: choice.role,
        user_agent: proven.user_agent,
        return_to: proven.return_to,
        return_url: None,
    };
    session::start(tx, cx, input).await
}

/// The customers that an address may act for.
pub(super) async fn choices_of(
    connection: &mut PgConnection,
    organization_id: OrganizationId,
    email: &str,
) -> Result<Vec<Choice>, QueryError> {
    let rows = sqlx::query_as!(
        Row,
        r#"select m.member_id, m.customer_id, coalesce(c.name, c.email) as "customer_name!", c.type as customer_type, m.role
         from member m
         join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id and c.deleted_at is null
         where m.organization_id = $1 and lower(m.email) = lower($2) and m.deleted_at is null
         order by m.role = 'owner' desc, 3, m.member_id
         limit $3"#,
        organization_id.as_uuid(),
        email,
        CHOICES_MAX,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(Choice::try_from).collect::<Result<_, _>>()?)
}

struct Row {
    member_id: Uuid,
    customer_id: Uuid,
    customer_name: String,
    customer_type: String,
    role: String,
}

impl TryFrom<Row> for Choice {
    type Error = InconsistencyError;

    fn try_from(row: Row) -> Result<Self, InconsistencyError> {
        Ok(Self {
            member_id: row.member_id.into(),
            customer_id: row.customer_id.into(),
            customer_name: row.customer_name,
            customer_type: CustomerType::parse(&row.customer_type)
                .ok_or_else(|| InconsistencyError::new("customer", "type", row.customer_id))?,
            role: MemberRole::parse(&row.role)
                .ok_or_else(|| InconsistencyError::new("member", "role", row.member_id))?,
        })
    }
}
