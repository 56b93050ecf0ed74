//! The numbers that the sandbox's page takes, and what each does. Any other number is refused: a real card has no business here.

use domain::payment::DeclineCode;
use domain::payment_method::CardExpiry;
use time::OffsetDateTime;

use super::SandboxBehavior;
use SandboxBehavior as Charged;

/// With this security code the bank refuses a declining card already when it is entered; with any other the card is saved, as most
/// banks do, and declined when it is charged.
pub const REFUSING_CVC: &str = "101";

/// Digits of a card's number.
const NUMBER_LENGTHS: std::ops::RangeInclusive<usize> = 12..=19;
/// Cards are issued for a few years.
const YEARS_AHEAD_MAX: i32 = 25;

/// A number that may be entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TestCard {
    pub number: &'static str,
    /// In lower case, such as `visa`.
    pub brand: &'static str,
    /// The bank asks its customer already when the card is entered.
    pub asks_when_entered: bool,
    pub charged: SandboxBehavior,
}

const fn card(number: &'static str, brand: &'static str, charged: SandboxBehavior) -> TestCard {
    TestCard { number, brand, asks_when_entered: false, charged }
}

const fn asking(number: &'static str, charged: SandboxBehavior) -> TestCard {
    TestCard { number, brand: "visa", asks_when_entered: true, charged }
}

pub const TEST_CARDS: &[TestCard] = &[
    card("4242424242424242", "visa", Charged::Approve),
    card("5555555555554444", "mastercard", Charged::Approve),
    card("378282246310005", "amex", Charged::Approve),
    asking("4000002500003155", Charged::Approve),
    asking("4000002760003184", Charged::RequiresAction),
    card("4000000000009995", "visa", Charged::DeclineInsufficientFunds),
    card("4000000000000069", "visa", Charged::DeclineExpiredCard),
    card("4000000000000002", "visa", Charged::DeclineGeneric),
    card("4000000000009987", "visa", Charged::DeclineLostCard),
    card("4000000000009979", "visa", Charged::DeclineStolenCard),
    card("4000000000000127", "visa", Charged::DeclineIncorrectCvc),
    card("4000000000000119", "visa", Charged::DeclineProcessingError),
    card("4000000000006975", "visa", Charged::DeclineLimitExceeded),
    card("4100000000000019", "visa", Charged::DeclineFraudulent),
    card("4000001000000018", "visa", Charged::DeclinePickUpCard),
    card("4000001000000026", "visa", Charged::DeclineInvalidAccount),
    card("4000001000000034", "visa", Charged::DeclineClosedAccount),
    card("4000001000000042", "visa", Charged::DeclineDoNotTryAgain),
    card("4000001000000059", "visa", Charged::DeclineRevoked),
    card("4000001000000067", "visa", Charged::DeclineIncorrectNumber),
    card("4000001000000075", "visa", Charged::DeclineCardNotSupported),
    card("4000001000000083", "visa", Charged::DeclineCurrencyNotSupported),
    card("4000001000000109", "visa", Charged::Slow),
    card("4000001000000117", "visa", Charged::LostAnswer),
    card("4000001000000125", "visa", Charged::Never),
];

/// What is wrong with what was typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardMistake {
    /// No digits, too few or too many, or a digit that is mistyped.
    Number,
    /// A number as a real card may have: it is not taken, and not kept.
    NotATestCard,
    Expiry,
    Expired,
    Cvc,
}

/// A card as it was typed, checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EnteredCard {
    pub card: &'static TestCard,
    pub expiry: CardExpiry,
    /// The bank refuses it at once, for this reason.
    pub refused: Option<DeclineCode>,
}

/// Checks a card as a person types it: spaces in the number, the expiry as `12/30` or `12/2030`. All that is wrong is told.
pub fn check_card(
    number: &str,
    expiry: &str,
    cvc: &str,
    now: OffsetDateTime,
) -> Result<EnteredCard, Vec<CardMistake>> {
    let mut mistakes = Vec::new();
    let mut note = |mistake| mistakes.push(mistake);
    let card = check_number(number).map_err(&mut note).ok();
    let expiry = check_expiry(expiry, now).map_err(&mut note).ok();
    let cvc = cvc.trim();
    if !(3..=4).contains(&cvc.len()) || !cvc.bytes().all(|byte| byte.is_ascii_digit()) {
        note(CardMistake::Cvc);
    }
    match (card, expiry) {
        (Some(card), Some(expiry)) if mistakes.is_empty() => Ok(EnteredCard {
            card,
            expiry,
            refused: (cvc == REFUSING_CVC).then(|| card.charged.declines()).flatten(),
        }),
        _ => Err(mistakes),
    }
}

fn check_number(text: &str) -> Result<&'static TestCard, CardMistake> {
    let number: String = text.chars().filter(|c| !matches!(c, ' ' | '-')).collect();
    if !NUMBER_LENGTHS.contains(&number.len())
        || !number.bytes().all(|byte| byte.is_ascii_digit())
        || !is_luhn(&number)
    {
        return Err(CardMistake::Number);
    }
    TEST_CARDS.iter().find(|card| card.number == number).ok_or(CardMistake::NotATestCard)
}

fn check_expiry(text: &str, now: OffsetDateTime) -> Result<CardExpiry, CardMistake> {
    let digits = |part: &str| part.trim().parse::<i16>().ok().filter(|number| *number >= 0);
    let (month, year) = text.split_once('/').ok_or(CardMistake::Expiry)?;
    let (month, year) = digits(month).zip(digits(year)).ok_or(CardMistake::Expiry)?;
    let year = if year < 100 { 2000 + year } else { year };
    let this_month = i32::from(u8::from(now.month()));
    let months_left = (i32::from(year) - now.year()) * 12 + i32::from(month) - this_month;
    if !(1..=12).contains(&month) || months_left > YEARS_AHEAD_MAX * 12 {
        return Err(CardMistake::Expiry);
    }
    if months_left < 0 {
        return Err(CardMistake::Expired);
    }
    Ok(CardExpiry { year, month })
}

/// The check digit of a card's number, as ISO/IEC 7812-1 has it.
fn is_luhn(number: &str) -> bool {
    let sum: u32 = number
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, byte)| {
            let digit = u32::from(byte - b'0');
            if place % 2 == 0 { digit } else { digit * 2 / 10 + digit * 2 % 10 }
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-05-31 10:00 UTC);

    #[test]
    fn each_behavior_has_a_number_and_each_number_is_one() {
        let numbers: HashSet<_> = TEST_CARDS.iter().map(|card| card.number).collect();
        assert_eq!(numbers.len(), TEST_CARDS.len());
        for card in TEST_CARDS {
            assert!(is_luhn(card.number), "{}", card.number);
        }
        for behavior in SandboxBehavior::ALL {
            assert!(TEST_CARDS.iter().any(|card| card.charged == *behavior), "{behavior:?}");
        }
    }

    #[test]
    fn each_reason_that_a_bank_can_give_is_there() {
        for code in DeclineCode::ALL {
            let is_a_banks = !matches!(
                code,
                DeclineCode::PaymentMethodMissing
                    | DeclineCode::PaymentMethodDetached
                    // What a card that asks its customer is declined with when nobody is there.
                    | DeclineCode::AuthenticationRequired
            );
            let has_card = TEST_CARDS.iter().any(|card| card.charged.declines() == Some(*code));
            assert_eq!(has_card, is_a_banks, "{code}");
        }
    }

    #[test]
    fn cards_are_read_as_people_type_them() {
        let entered = check_card("4242 4242-42424242", "5/26", " 123 ", NOW).unwrap();
        assert_eq!((entered.card.brand, entered.refused), ("visa", None));
        assert_eq!(entered.expiry, CardExpiry { year: 2026, month: 5 });
        let declining = |cvc| check_card("4000000000009995", "12/2030", cvc, NOW).unwrap().refused;
        assert_eq!(declining("123"), None, "saved, and declined when charged");
        assert_eq!(declining(REFUSING_CVC), Some(DeclineCode::InsufficientFunds));
        assert_eq!(
            check_card("4242424242424242", "12/30", REFUSING_CVC, NOW).unwrap().refused,
            None
        );
    }

    #[test]
    fn all_that_is_wrong_is_told() {
        let wrong = |number, expiry, cvc| check_card(number, expiry, cvc, NOW).unwrap_err();
        for number in ["", "4242424242424241", "42", "4242x42424242424", "४२४२४२४२४२४२४२४२"]
        {
            assert_eq!(wrong(number, "12/30", "123"), [CardMistake::Number], "{number}");
        }
        assert_eq!(wrong("4111111111111111", "12/30", "123"), [CardMistake::NotATestCard]);
        for expiry in ["", "12", "13/30", "0/30", "12/60", "-1/30", "a/b", "12/30/31"] {
            assert_eq!(wrong("4242424242424242", expiry, "123"), [CardMistake::Expiry], "{expiry}");
        }
        assert_eq!(wrong("4242424242424242", "4/26", "123"), [CardMistake::Expired]);
        assert_eq!(
            wrong("1", "4/26", "12"),
            [CardMistake::Number, CardMistake::Expired, CardMistake::Cvc]
        );
    }
}
