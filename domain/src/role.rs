//! What a person may do for a customer.

use serde::{Deserialize, Serialize};

/// The role of a member. Every customer has exactly one owner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MemberRole {
    Owner,
    BillingManager,
    Member,
}

impl MemberRole {
    pub const ALL: [Self; 3] = [Self::Owner, Self::BillingManager, Self::Member];

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::BillingManager => "billing_manager",
            Self::Member => "member",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.as_str() == text)
    }

    /// May see orders, amounts and payment methods.
    pub const fn can_read_billing(self) -> bool {
        matches!(self, Self::Owner | Self::BillingManager)
    }

    /// May change subscriptions and pay.
    pub const fn can_write_billing(self) -> bool {
        matches!(self, Self::Owner | Self::BillingManager)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_role_reads_back() {
        for role in MemberRole::ALL {
            assert_eq!(MemberRole::parse(role.as_str()), Some(role));
            assert_eq!(serde_json::to_string(&role).unwrap(), format!("\"{}\"", role.as_str()));
        }
        assert_eq!(MemberRole::parse("Owner"), None);
    }

    #[test]
    fn a_plain_member_has_no_say_in_billing() {
        assert!(!MemberRole::Member.can_read_billing() && !MemberRole::Member.can_write_billing());
        assert!(
            MemberRole::BillingManager.can_write_billing() && MemberRole::Owner.can_write_billing()
        );
    }
}
