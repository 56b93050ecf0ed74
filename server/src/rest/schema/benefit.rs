//! Benefits on the wire, as the organization itself sees them.

use backend::benefit::BenefitDetail;
use domain::{
    benefit::BenefitVisibility,
    id::{BenefitId, OrganizationId},
    metadata::Metadata,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rest::timestamp::Timestamp;

/// What comes with your products.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "as the clients have them")]
pub struct Benefit {
    #[schema(value_type = Uuid)]
    pub id: BenefitId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    /// `custom`: a sentence for the customer.
    #[serde(rename = "type")]
    #[schema(example = "custom")]
    pub kind: String,
    #[schema(example = "Support by phone")]
    pub description: String,
    pub selectable: bool,
    pub deletable: bool,
    pub is_deleted: bool,
    #[schema(value_type = Uuid)]
    pub organization_id: OrganizationId,
    /// What you note at it.
    #[schema(value_type = Object)]
    pub metadata: Metadata,
    /// `draft`, `private` or `public`; only public ones are shown to customers.
    #[schema(value_type = String, example = "public")]
    pub visibility: BenefitVisibility,
    pub properties: BenefitProperties,
    pub visibility_configurable: bool,
}

/// What a benefit gives.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct BenefitProperties {
    /// What customers read who have it.
    pub note: Option<String>,
}

impl From<&BenefitDetail> for Benefit {
    fn from(benefit: &BenefitDetail) -> Self {
        Self {
            id: benefit.benefit_id,
            created_at: benefit.created_at.into(),
            modified_at: benefit.modified_at.map(Into::into),
            kind: benefit.kind.clone(),
            description: benefit.description.clone(),
            selectable: true,
            deletable: true,
            is_deleted: benefit.is_deleted,
            organization_id: benefit.organization_id,
            metadata: benefit.metadata.clone(),
            visibility: benefit.visibility,
            properties: BenefitProperties { note: benefit.note.clone() },
            visibility_configurable: true,
        }
    }
}
