//! What a customer asks a price for.

use domain::change::ChangeKind;
use domain::field_errors::FieldError;
use domain::id::ProductId;
use domain::subscription::{CancellationReason, parse_cancellation_comment};
use serde::{Deserialize, Serialize};

/// A change to a subscription, as it was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum QuoteRequest {
    /// Another product. Without a number of seats it keeps the present one, or takes the fewest that are sold.
    Plan {
        product_id: ProductId,
        seats: Option<i32>,
    },
    Seats {
        seats: i32,
    },
    /// A paused one goes on now.
    Resume,
    /// An ended one is bought anew.
    Resubscribe,
    /// It ends now, with the refund that the organization's settings give.
    CancelNow {
        reason: Option<CancellationReason>,
        /// As it was typed; cleaned and bounded when it is stored.
        comment: Option<String>,
    },
}

impl QuoteRequest {
    pub const fn kind(&self) -> ChangeKind {
        match self {
            Self::Plan { .. } => ChangeKind::Plan,
            Self::Seats { .. } => ChangeKind::Seats,
            Self::Resume => ChangeKind::Resume,
            Self::Resubscribe => ChangeKind::Resubscribe,
            Self::CancelNow { .. } => ChangeKind::CancelNow,
        }
    }

    /// The request with its texts cleaned.
    ///
    /// # Errors
    /// On `comment`: `comment_too_long`.
    pub(super) fn cleaned(self) -> Result<Self, FieldError> {
        match self {
            Self::CancelNow { reason, comment } => {
                let comment = parse_cancellation_comment(comment.as_deref().unwrap_or_default())?;
                Ok(Self::CancelNow { reason, comment })
            }
            other => Ok(other),
        }
    }
}
