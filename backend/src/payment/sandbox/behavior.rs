//! How a customer's card behaves in the sandbox.

use domain::id::{CustomerId, OrganizationId, PaymentMethodId};
use domain::payment::DeclineCode;
use domain::payment_method::CardExpiry;
use sqlx::PgPool;

use crate::context::Context;
use crate::error::DatabaseError;

macro_rules! behaviors {
    ($($(#[$doc:meta])* $name:ident = $text:literal $(declines $code:ident)?,)*) => {
        /// What happens when a card is charged.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum SandboxBehavior {
            $($(#[$doc])* $name,)*
        }

        impl SandboxBehavior {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The text in the books.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Why the card is declined, if it is.
            pub const fn declines(self) -> Option<DeclineCode> {
                match self {
                    $($(Self::$name => Some(DeclineCode::$code),)?)*
                    _ => None,
                }
            }
        }
    };
}

behaviors! {
    /// It pays.
    Approve = "approve",
    DeclineInsufficientFunds = "decline_insufficient_funds" declines InsufficientFunds,
    DeclineExpiredCard = "decline_expired_card" declines ExpiredCard,
    DeclineProcessingError = "decline_processing_error" declines ProcessingError,
    DeclineGeneric = "decline_generic" declines GenericDecline,
    DeclineLostCard = "decline_lost_card" declines LostCard,
    DeclineStolenCard = "decline_stolen_card" declines StolenCard,
    DeclinePickUpCard = "decline_pick_up_card" declines PickUpCard,
    DeclineInvalidAccount = "decline_invalid_account" declines InvalidAccount,
    DeclineClosedAccount = "decline_closed_account" declines ClosedAccount,
    DeclineDoNotTryAgain = "decline_do_not_try_again" declines DoNotTryAgain,
    DeclineFraudulent = "decline_fraudulent" declines Fraudulent,
    DeclineRevoked = "decline_revoked" declines RevocationOfAuthorization,
    DeclineIncorrectCvc = "decline_incorrect_cvc" declines IncorrectCvc,
    DeclineIncorrectNumber = "decline_incorrect_number" declines IncorrectNumber,
    DeclineCardNotSupported = "decline_card_not_supported" declines CardNotSupported,
    DeclineCurrencyNotSupported = "decline_currency_not_supported" declines CurrencyNotSupported,
    DeclineLimitExceeded = "decline_limit_exceeded" declines LimitExceeded,
    /// The customer has to approve it; without the customer it is declined.
    RequiresAction = "requires_action",
    /// It pays half a minute after it was asked.
    Slow = "slow",
    /// It pays, but the first answer never arrives.
    LostAnswer = "lost_answer",
    /// No answer, ever; not even when the payment is looked up.
    Never = "never",
}

impl SandboxBehavior {
    /// Reads the text; `None` when it is not one of the known ones.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|behavior| behavior.as_str() == text)
    }
}

/// A test card that a customer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SandboxCard {
    pub behavior: SandboxBehavior,
    /// In lower case, such as `visa`.
    pub brand: &'static str,
    /// Four digits.
    pub last4: &'static str,
    pub expiry: CardExpiry,
}

impl SandboxCard {
    pub const fn new(behavior: SandboxBehavior) -> Self {
        Self {
            behavior,
            brand: "visa",
            last4: "4242",
            expiry: CardExpiry { year: 2039, month: 12 },
        }
    }
}

/// Gives a customer one more saved card, as if it had been entered on the sandbox's page; the first one becomes the default. For the
/// demo and for tests.
pub async fn give_card(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    card: SandboxCard,
) -> Result<PaymentMethodId, DatabaseError> {
    let payment_method_id: PaymentMethodId = cx.new_id();
    let processor_method_id = format!("sandbox_method_{}", payment_method_id.as_uuid().simple());
    let processor_customer_id = super::books::customer(customer_id);
    let mut tx = db.begin().await?;
    sqlx::query!(
        "insert into sandbox.method (processor_method_id, processor_customer_id, brand, last4, exp_month, exp_year, behavior, created_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
        processor_method_id,
        processor_customer_id,
        card.brand,
        card.last4,
        card.expiry.month,
        card.expiry.year,
        card.behavior.as_str(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "insert into payment_method
            (organization_id, payment_method_id, customer_id, processor, processor_customer_id, processor_method_id,
             kind, brand, last4, exp_month, exp_year, created_at, expiry_notice_due_at)
         values ($1, $2, $3, 'sandbox', $4, $5, 'card', $6, $7, $8, $9, $10, $11)",
        organization_id.as_uuid(),
        payment_method_id.as_uuid(),
        customer_id.as_uuid(),
        processor_customer_id,
        processor_method_id,
        card.brand,
        card.last4,
        card.expiry.month,
        card.expiry.year,
        cx.now,
        card.expiry.next_notice_at(cx.now),
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update customer set default_payment_method_id = $3
         where organization_id = $1 and customer_id = $2 and default_payment_method_id is null",
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        payment_method_id.as_uuid(),
    )
    .execute(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(payment_method_id)
}

/// From the next charge on all cards of the customer behave so; without any, it gets one. For the demo and for tests.
pub async fn set_behavior(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    behavior: SandboxBehavior,
) -> Result<(), DatabaseError> {
    let changed = sqlx::query!(
        "update sandbox.method set behavior = $2 where processor_customer_id = $1",
        super::books::customer(customer_id),
        behavior.as_str(),
    )
    .execute(db)
    .await?;
    if changed.rows_affected() == 0 {
        give_card(db, cx, organization_id, customer_id, SandboxCard::new(behavior)).await?;
    }
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
