//! Finding a member of a customer.

use domain::email::EmailAddress;
use domain::id::{CustomerId, MemberId, OrganizationId};
use sqlx::PgPool;

use crate::actor::Actor;
use crate::error::QueryError;

/// By what a member of a customer is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MemberKey {
    Id(MemberId),
    ExternalId(String),
    /// Without regard to case.
    Email(EmailAddress),
}

/// A live member of a live customer; `None` when there is none in the actor's reach.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn find(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    key: &MemberKey,
) -> Result<Option<MemberId>, QueryError> {
    actor.billing_reader(organization_id)?;
    if actor.customer_id().is_some_and(|own| own != customer_id) {
        return Ok(None);
    }
    let (id, external_id, email) = match key {
        MemberKey::Id(id) => (Some(id.as_uuid()), None, None),
        MemberKey::ExternalId(external_id) => (None, Some(external_id.as_str()), None),
        MemberKey::Email(email) => (None, None, Some(email.as_str())),
    };
    let found = sqlx::query_scalar!(
        "select m.member_id from member m
         join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id and c.deleted_at is null
         where m.organization_id = $1 and m.customer_id = $2 and m.deleted_at is null
           and (m.member_id = $3 or m.external_id = $4 or lower(m.email) = lower($5))",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        id,
        external_id,
        email,
    )
    .fetch_optional(db)
    .await?;
    Ok(found.map(Into::into))
}
