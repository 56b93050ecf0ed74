//! How a customer's card behaves in the sandbox.

use domain::id::{CustomerId, OrganizationId};
use domain::payment::DeclineCode;
use sqlx::PgPool;

use crate::error::DatabaseError;

/// What happens when a card is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SandboxBehavior {
    /// It pays.
    Approve,
    DeclineInsufficientFunds,
    DeclineExpiredCard,
    DeclineLostCard,
    DeclineGeneric,
    /// The customer has to approve it.
    RequiresAction,
    /// It pays half a minute after it was asked.
    Slow,
    /// It pays, but the first answer never arrives.
    LostAnswer,
    /// No answer, ever; not even when the payment is looked up.
    Never,
}

impl SandboxBehavior {
    pub const ALL: &'static [Self] = &[
        Self::Approve,
        Self::DeclineInsufficientFunds,
        Self::DeclineExpiredCard,
        Self::DeclineLostCard,
        Self::DeclineGeneric,
        Self::RequiresAction,
        Self::Slow,
        Self::LostAnswer,
        Self::Never,
    ];

    /// The text in the books.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::DeclineInsufficientFunds => "decline_insufficient_funds",
            Self::DeclineExpiredCard => "decline_expired_card",
            Self::DeclineLostCard => "decline_lost_card",
            Self::DeclineGeneric => "decline_generic",
            Self::RequiresAction => "requires_action",
            Self::Slow => "slow",
            Self::LostAnswer => "lost_answer",
            Self::Never => "never",
        }
    }

    /// Reads the text; `None` when it is not one of the known ones.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|behavior| behavior.as_str() == text)
    }

    /// Why the card is declined, if it is.
    pub(super) const fn declines(self) -> Option<DeclineCode> {
        match self {
            Self::DeclineInsufficientFunds => Some(DeclineCode::InsufficientFunds),
            Self::DeclineExpiredCard => Some(DeclineCode::ExpiredCard),
            Self::DeclineLostCard => Some(DeclineCode::LostCard),
            Self::DeclineGeneric => Some(DeclineCode::GenericDecline),
            _ => None,
        }
    }
}

/// Gives a customer a card that behaves so, from the next charge on.
pub async fn set_behavior(
    db: &PgPool,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    behavior: SandboxBehavior,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "insert into sandbox.card (organization_id, customer_id, behavior) values ($1, $2, $3)
         on conflict (organization_id, customer_id) do update set behavior = excluded.behavior",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        behavior.as_str(),
    )
    .execute(db)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_read_back() {
        for behavior in SandboxBehavior::ALL {
            assert_eq!(SandboxBehavior::parse(behavior.as_str()), Some(*behavior));
        }
        assert_eq!(SandboxBehavior::parse("generous"), None);
    }
}
