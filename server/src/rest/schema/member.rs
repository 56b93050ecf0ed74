//! Members on the wire.

use backend::member::MemberRecord;
use domain::{
    id::{CustomerId, MemberId},
    role::MemberRole,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::rest::timestamp::Timestamp;

/// A person who acts for a customer, as the organization sees it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Member {
    #[schema(value_type = Uuid)]
    pub id: MemberId,
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub customer_id: CustomerId,
    #[schema(example = "bob@example.com")]
    pub email: String,
    pub name: Option<String>,
    /// The id by which the organization knows the person.
    pub external_id: Option<String>,
    /// `owner`, `billing_manager` or `member`.
    #[schema(value_type = String, example = "member")]
    pub role: MemberRole,
}

impl From<MemberRecord> for Member {
    fn from(member: MemberRecord) -> Self {
        Self {
            id: member.member_id,
            created_at: member.created_at.into(),
            modified_at: member.modified_at.map(Into::into),
            customer_id: member.customer_id,
            email: member.email,
            name: member.name,
            external_id: member.external_id,
            role: member.role,
        }
    }
}

/// A person who acts for a customer, as its colleagues see it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct CustomerPortalMember {
    pub created_at: Timestamp,
    pub modified_at: Option<Timestamp>,
    #[schema(value_type = Uuid)]
    pub id: MemberId,
    #[schema(example = "bob@example.com")]
    pub email: String,
    pub name: Option<String>,
    /// `owner`, `billing_manager` or `member`.
    #[schema(value_type = String, example = "member")]
    pub role: MemberRole,
}

impl From<MemberRecord> for CustomerPortalMember {
    fn from(member: MemberRecord) -> Self {
        Self {
            created_at: member.created_at.into(),
            modified_at: member.modified_at.map(Into::into),
            id: member.member_id,
            email: member.email,
            name: member.name,
            role: member.role,
        }
    }
}
