//! Benefits with all that the API shows of them.

use std::collections::HashMap;

use domain::benefit::BenefitVisibility;
use domain::id::{BenefitId, OrganizationId};
use domain::metadata::Metadata;
use serde::Deserialize;
use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::error::{InconsistencyError, QueryError};

/// What comes with a product.
#[derive(Debug, Clone, PartialEq)]
pub struct BenefitDetail {
    pub benefit_id: BenefitId,
    pub organization_id: OrganizationId,
    /// `custom`: a sentence for the customer.
    pub kind: String,
    pub description: String,
    /// What customers read who have it.
    pub note: Option<String>,
    pub visibility: BenefitVisibility,
    pub metadata: Metadata,
    pub is_deleted: bool,
    pub created_at: OffsetDateTime,
    pub modified_at: Option<OffsetDateTime>,
}

/// These benefits of an organization, deleted ones included, in one statement.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn records(
    db: &PgPool,
    organization_id: OrganizationId,
    benefit_ids: &[BenefitId],
) -> Result<HashMap<BenefitId, BenefitDetail>, QueryError> {
    let ids: Vec<Uuid> = benefit_ids.iter().map(|id| id.as_uuid()).collect();
    let rows = sqlx::query_as!(
        BenefitRow,
        r#"select benefit_id, type as kind, description, note, visibility, metadata as "metadata: Json<Metadata>",
            deleted_at is not null as "is_deleted!", created_at, modified_at
         from benefit where organization_id = $1 and benefit_id = any ($2)"#,
        organization_id.as_uuid(),
        &ids,
    )
    .fetch_all(db)
    .await?;
    let detailed = |row: BenefitRow| Ok((row.benefit_id.into(), row.detail(organization_id)?));
    rows.into_iter().map(detailed).collect()
}

/// The live benefit with this id.
///
/// # Errors
/// [`QueryError::Database`] and [`QueryError::Inconsistency`].
pub async fn get(
    db: &PgPool,
    organization_id: OrganizationId,
    benefit_id: BenefitId,
) -> Result<Option<BenefitDetail>, QueryError> {
    let found = records(db, organization_id, &[benefit_id]).await?.remove(&benefit_id);
    Ok(found.filter(|benefit| !benefit.is_deleted))
}

/// A benefit as the table holds it.
#[derive(Debug, Deserialize)]
pub(crate) struct BenefitRow {
    pub benefit_id: Uuid,
    pub kind: String,
    pub description: String,
    pub note: Option<String>,
    pub visibility: String,
    pub metadata: Json<Metadata>,
    pub is_deleted: bool,
    #[serde(with = "time::serde::rfc3339")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    pub modified_at: Option<OffsetDateTime>,
}

impl BenefitRow {
    pub(crate) fn detail(
        self,
        organization_id: OrganizationId,
    ) -> Result<BenefitDetail, InconsistencyError> {
        let bad = |column| InconsistencyError::new("benefit", column, self.benefit_id);
        Ok(BenefitDetail {
            benefit_id: self.benefit_id.into(),
            organization_id,
            kind: self.kind,
            description: self.description,
            note: self.note,
            visibility: BenefitVisibility::parse(&self.visibility)
                .ok_or_else(|| bad("visibility"))?,
            metadata: self.metadata.0,
            is_deleted: self.is_deleted,
            created_at: self.created_at,
            modified_at: self.modified_at,
        })
    }
}
