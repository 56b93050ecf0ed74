//! Confirming a quote: one form for all changes that move money.

use leptos::prelude::*;

use crate::error::AppError;
use crate::ui::form::Done;

/// Confirms a quote, and charges what it says is due now.
#[server(prefix = "/api", endpoint = "subscription/confirm")]
pub async fn confirm_change(organization: String, quote_id: String) -> Result<Done, AppError> {
    command::confirm(&organization, &quote_id).await
}

#[cfg(feature = "ssr")]
mod command {
    use backend::quote;
    use backend::subscription_change::{self, ConfirmError, Confirmed};
    use domain::change::ChangeKind;
    use domain::id::{QuoteId, SubscriptionId};

    use crate::error::AppError;
    use crate::pages::decline;
    use crate::pages::sheet::Reader;
    use crate::ssr::internal;
    use crate::ui::form::Done;
    use crate::urls::paths;

    pub(super) async fn confirm(organization: &str, quote_id: &str) -> Result<Done, AppError> {
        let mut reader = Reader::of(organization).await?;
        let quote_id: QuoteId = quote_id.parse().map_err(|_| AppError::NotFound)?;
        let db = &reader.portal.db;
        let quote = quote::get(db, &reader.actor(), quote_id).await?.ok_or(AppError::NotFound)?;
        let processors = &reader.portal.processors;
        let confirmed =
            subscription_change::confirm(db, processors, &mut reader.cx, quote_id).await;
        let done = match quote.request.kind() {
            ChangeKind::Plan | ChangeKind::Seats => "changed",
            ChangeKind::Resume => "resumed",
            ChangeKind::Resubscribe => "begun",
            ChangeKind::CancelNow => "ended",
        };
        let at = |id: SubscriptionId, done: &str| {
            Done::at(format!("{}?done={done}", paths::subscription(organization, id)))
        };
        match confirmed {
            Ok(Confirmed::Applied { subscription_id }) => Ok(at(subscription_id, done)),
            // The page says that by itself.
            Ok(
                Confirmed::Scheduled { subscription_id } | Confirmed::Pending { subscription_id },
            ) => Ok(at(subscription_id, "asked")),
            Ok(Confirmed::RequiresAction { url, .. }) => Done::leave(url),
            Err(error) => Err(refusal(error)),
        }
    }

    fn refusal(error: ConfirmError) -> AppError {
        match error {
            ConfirmError::Unknown => AppError::NotFound,
            ConfirmError::Forbidden(_) => AppError::Forbidden,
            ConfirmError::Redeemed => AppError::conflict("quote_redeemed"),
            ConfirmError::Stale { .. } => AppError::conflict("quote_stale"),
            ConfirmError::Expired { .. } => AppError::conflict("quote_expired"),
            ConfirmError::Refused(refusal) => AppError::conflict(refusal.code()),
            ConfirmError::Declined { code } => {
                AppError::Declined { code: decline::error_code(code).to_owned() }
            }
            ConfirmError::NoPaymentMethod => AppError::conflict("payment_method_needed"),
            error => internal(&error),
        }
    }

    #[cfg(test)]
    mod tests {
        use domain::change::ChangeRefusal;
        use domain::locale::Locale;
        use domain::payment::DeclineCode;

        use super::*;
        use crate::text::Text;

        #[test]
        fn every_refusal_and_every_decline_has_a_text_in_both_languages() {
            let refusals = [
                ChangeRefusal::PlanChangesOff,
                ChangeRefusal::SeatChangesOff,
                ChangeRefusal::CancelNowOff,
                ChangeRefusal::ChangePending,
                ChangeRefusal::OrderOpen,
                ChangeRefusal::RenewalDue,
                ChangeRefusal::Ended,
                ChangeRefusal::Canceling,
                ChangeRefusal::Paused,
                ChangeRefusal::PauseScheduled,
                ChangeRefusal::PastDue,
                ChangeRefusal::NotRunning,
                ChangeRefusal::NotPaused,
                ChangeRefusal::NotEnded,
                ChangeRefusal::Resubscribed,
                ChangeRefusal::NotOffered,
                ChangeRefusal::OtherCurrency,
                ChangeRefusal::PlanWithoutSeats,
                ChangeRefusal::NotSeatBased,
                ChangeRefusal::NothingChanges,
                ChangeRefusal::BelowMinimum { minimum: 1 },
                ChangeRefusal::AboveMaximum { maximum: 1 },
                ChangeRefusal::SeatsAssigned { assigned: 1 },
            ];
            for locale in Locale::ALL {
                let t = Text::of(locale);
                for refusal in refusals {
                    assert!(t.error(refusal.code()).is_some(), "{}", refusal.code());
                }
                for code in DeclineCode::ALL {
                    assert!(t.error(decline::error_code(*code)).is_some(), "{code}");
                }
            }
        }

        #[test]
        fn a_declined_charge_is_402_and_an_old_quote_409() {
            let declined = refusal(ConfirmError::Declined { code: DeclineCode::StolenCard });
            assert_eq!(declined, AppError::Declined { code: "payment_declined".to_owned() });
            assert_eq!(declined.status(), 402);
            assert_eq!(refusal(ConfirmError::Redeemed).status(), 409);
            assert_eq!(refusal(ConfirmError::Unknown).status(), 404);
        }
    }
}
