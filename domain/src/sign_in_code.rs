//! The code a person types to sign in: six characters, none of which looks like another.

use std::fmt;

use crate::field_errors::FieldError;

/// Digits and capitals without 0, 1, I, L and O.
pub const ALPHABET: &[u8; 31] = b"23456789ABCDEFGHJKMNPQRSTUVWXYZ";

/// How many characters a code has.
pub const LENGTH: usize = 6;

/// A code in its written form, upper-case.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct SignInCode([u8; LENGTH]);

impl SignInCode {
    /// The code that 16 uniformly random bytes stand for. The remainder favours no code by more than one in 2⁹⁸.
    pub fn from_random(bytes: [u8; 16]) -> Self {
        let mut number = u128::from_be_bytes(bytes);
        let mut code = [ALPHABET[0]; LENGTH];
        for character in &mut code {
            let digit = usize::try_from(number % 31).unwrap_or(0);
            *character = ALPHABET[digit];
            number /= 31;
        }
        Self(code)
    }

    /// Reads what a person typed or pasted: case, spaces and dashes do not matter.
    ///
    /// # Errors
    /// On the field `code`: `required` when nothing was typed, `code_invalid` when it cannot be a code.
    pub fn parse(raw: &str) -> Result<Self, FieldError> {
        let mut code = [0_u8; LENGTH];
        let mut length = 0;
        for character in raw
            .chars()
            .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '\u{2010}'..='\u{2015}'))
        {
            let byte = u8::try_from(character.to_ascii_uppercase())
                .ok()
                .filter(|byte| ALPHABET.contains(byte));
            let (Some(byte), Some(place)) = (byte, code.get_mut(length)) else {
                return Err(FieldError::new("code", "code_invalid"));
            };
            *place = byte;
            length += 1;
        }
        match length {
            LENGTH => Ok(Self(code)),
            0 => Err(FieldError::new("code", "required")),
            _ => Err(FieldError::new("code", "code_invalid")),
        }
    }

    /// The code's text, for the mail that carries it.
    pub fn expose(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// Are the codes the same? Takes the same time wherever they differ.
    pub fn matches(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).fold(0, |difference, (a, b)| difference | (a ^ b)) == 0
    }
}

/// Shows nothing: a code is a secret while it holds.
impl fmt::Debug for SignInCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignInCode(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_what_people_type() {
        for text in ["7KX3PQ", "7kx3pq", " 7KX 3PQ\n", "7k-x3-pq", "7KX–3PQ"] {
            assert_eq!(SignInCode::parse(text).unwrap().expose(), "7KX3PQ");
        }
    }

    #[test]
    fn says_what_is_no_code() {
        let code = |text: &str| SignInCode::parse(text).unwrap_err().code;
        assert_eq!(code(" - "), "required");
        for text in
            ["7KX3P", "7KX3PQQ", "7KX3P0", "7KX3PI", "7KX3Pé", "7KX3P\0", &"7".repeat(10_000)]
        {
            assert_eq!(code(text), "code_invalid", "{text:?}");
        }
    }

    #[test]
    fn the_alphabet_has_no_look_alikes() {
        assert!(b"01ILO".iter().all(|look_alike| !ALPHABET.contains(look_alike)));
        assert!(ALPHABET.is_sorted_by(|one, next| one < next));
    }

    proptest! {
        #[test]
        fn every_code_reads_back_and_matches_itself_only(one: [u8; 16], other: [u8; 16]) {
            let (one, other) = (SignInCode::from_random(one), SignInCode::from_random(other));
            prop_assert_eq!(SignInCode::parse(one.expose()).unwrap(), one);
            prop_assert_eq!(one.matches(&other), one.expose() == other.expose());
        }
    }
}
