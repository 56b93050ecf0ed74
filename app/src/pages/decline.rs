//! Why a charge was declined, and what to do about it, in plain words: the one place for every page.

use domain::payment::DeclineCode;

use crate::text::Text;

/// The reason as it stands after a colon, without a stop: "the card has expired". A card reported lost or stolen is not told
/// apart from other refusals: whoever holds it shall not learn it here.
#[must_use]
pub fn reason(t: Text, code: DeclineCode) -> &'static str {
    t.decline_reason(code.as_str()).unwrap_or_else(|| t.decline_reason_generic_decline())
}

/// The reason as a sentence of its own: "The card has expired."
#[must_use]
pub fn sentence(t: Text, code: DeclineCode) -> String {
    let mut letters = reason(t, code).chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters).chain(['.']).collect()
}

/// What the customer can do, as one or two sentences.
#[must_use]
pub fn advice(t: Text, code: DeclineCode) -> &'static str {
    t.decline_advice(code.as_str()).unwrap_or_else(|| t.decline_advice_generic_decline())
}

/// The code of the text that a refused form shows: what only concerns the bank is a plain no.
pub(crate) const fn error_code(code: DeclineCode) -> &'static str {
    match code {
        DeclineCode::InsufficientFunds
        | DeclineCode::ExpiredCard
        | DeclineCode::AuthenticationRequired
        | DeclineCode::ProcessingError => code.as_str(),
        _ => "payment_declined",
    }
}

#[cfg(test)]
mod tests {
    use domain::locale::Locale;

    use super::*;

    #[test]
    fn every_code_has_a_reason_and_an_advice_of_its_own_in_each_language() {
        for locale in Locale::ALL {
            let t = Text::of(locale);
            for code in DeclineCode::ALL {
                let reason = t.decline_reason(code.as_str()).unwrap();
                let advice = t.decline_advice(code.as_str()).unwrap();
                assert!(!reason.ends_with('.') && advice.ends_with('.'), "{code}: {reason}");
            }
        }
    }

    #[test]
    fn a_reason_stands_after_a_colon_or_alone() {
        let t = Text::of(Locale::En);
        assert_eq!(reason(t, DeclineCode::ExpiredCard), "the card has expired");
        assert_eq!(sentence(t, DeclineCode::ExpiredCard), "The card has expired.");
    }

    #[test]
    fn a_thief_learns_nothing() {
        for locale in Locale::ALL {
            let t = Text::of(locale);
            let said = |code| (reason(t, code), advice(t, code));
            assert_eq!(said(DeclineCode::StolenCard), said(DeclineCode::PickUpCard));
            assert_eq!(said(DeclineCode::Fraudulent), said(DeclineCode::GenericDecline));
        }
    }
}
