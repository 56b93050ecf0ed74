//! Members as the organization's backend and their colleagues see them.

use std::collections::HashMap;

use domain::id::{CustomerId, MemberId, OrganizationId};
use domain::role::MemberRole;
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::{InconsistencyError, QueryError};

/// A person who acts for a customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberRecord {
    pub member_id: MemberId,
    pub customer_id: CustomerId,
    pub email: String,
    pub name: Option<String>,
    /// The organization's own id of the person.
    pub external_id: Option<String>,
    pub role: MemberRole,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
    pub deleted_at: Option<OffsetDateTime>,
}

/// These members of one organization, deleted ones too: one statement. Who may see them is for the caller to have asked.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn records(
    db: &PgPool,
    organization_id: OrganizationId,
    member_ids: &[MemberId],
) -> Result<HashMap<MemberId, MemberRecord>, QueryError> {
    if member_ids.is_empty() {
        return Ok(HashMap::new());
    }
    let ids: Vec<Uuid> = member_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query!(
        "select member_id, customer_id, email, name, external_id, role, created_at, modified_at, deleted_at
         from member where organization_id = $1 and member_id = any ($2)",
        organization_id.as_uuid(),
        &ids,
    )
    .fetch_all(db)
    .await?;
    let mut records = HashMap::with_capacity(rows.len());
    for row in rows {
        let role = MemberRole::parse(&row.role)
            .ok_or_else(|| InconsistencyError::new("member", "role", row.member_id))?;
        let member_id = row.member_id.into();
        let record = MemberRecord {
            member_id,
            customer_id: row.customer_id.into(),
            email: row.email,
            name: row.name,
            external_id: row.external_id,
            role,
            created_at: row.created_at,
            modified_at: row.modified_at,
            deleted_at: row.deleted_at,
        };
        records.insert(member_id, record);
    }
    Ok(records)
}
