//! Bearer tokens: over 200 random bits, shown once, stored as their SHA-256.
//!
//! The form is a prefix, 37 random letters and digits, and the CRC-32 of those in six base-62 digits. The check sum
//! serves scanners that look for leaked secrets; nothing is validated by it.

use std::fmt;

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Prefix of an organization's access token.
pub const ACCESS_TOKEN_PREFIX: &str = "foyer_oat_";
/// Prefix of the token of a customer's session (its owner acts).
pub const CUSTOMER_SESSION_PREFIX: &str = "foyer_cst_";
/// Prefix of the token of a member's session.
pub const MEMBER_SESSION_PREFIX: &str = "foyer_mst_";
/// Prefix of the tokens that tie a sign-in to its browser.
pub const SIGN_IN_PREFIX: &str = "foyer_sin_";
/// Prefix of a hand-over code.
pub const HAND_OVER_PREFIX: &str = "foyer_hoc_";

/// Prefix of the token that ties a purchase to its browser.
pub const CHECKOUT_BROWSER_PREFIX: &str = "foyer_cob_";

/// Nothing longer is a token; longer input is not even hashed.
pub const TOKEN_LENGTH_MAX: usize = 128;

const RANDOM_LENGTH: usize = 37;
const CHECK_LENGTH: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A token in clear: handed to its owner once, never stored (but sealed, under a key of its owner's: [`crate::idempotency`]), never
/// logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlainToken(String);

impl PlainToken {
    /// The token's text, for the cookie or the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    pub fn hash(&self) -> [u8; 32] {
        hash(&self.0)
    }
}

impl fmt::Debug for PlainToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainToken(…)")
    }
}

/// Makes a token.
pub fn new_token(prefix: &str, rng: &mut impl Rng) -> PlainToken {
    let random: String =
        (0..RANDOM_LENGTH).map(|_| char::from(BASE62[rng.random_range(0..BASE62.len())])).collect();
    let check = base62(crc32(random.as_bytes()));
    PlainToken(format!("{prefix}{random}{check}"))
}

/// The SHA-256 by which a token is stored and found.
pub fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

fn base62(mut number: u32) -> String {
    let mut digits = [b'0'; CHECK_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = BASE62[(number % 62) as usize];
        number /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

/// CRC-32 as in IEEE 802.3 (reflected, polynomial 0xEDB88320).
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 * (crc & 1)))
    };
    !bytes.iter().fold(u32::MAX, step)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;

    #[test]
    fn a_token_has_its_prefix_its_length_and_its_check_sum() {
        let token = new_token(ACCESS_TOKEN_PREFIX, &mut Chance::seeded(1).rng());
        let body = token.expose().strip_prefix("foyer_oat_").unwrap();
        assert_eq!(body.len(), 43);
        assert!(body.bytes().all(|byte| byte.is_ascii_alphanumeric()));
        let (random, check) = body.split_at(37);
        assert_eq!(check, base62(crc32(random.as_bytes())));
        assert_eq!(format!("{token:?}"), "PlainToken(…)");
    }

    #[test]
    fn the_check_sum_is_the_known_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(base62(0), "000000");
        assert_eq!(base62(63), "000011");
        assert_eq!(base62(u32::MAX).len(), 6);
    }

    #[test]
    fn two_tokens_differ_and_hash_differently() {
        let mut rng = Chance::os().rng();
        let (one, two) = (new_token("a_", &mut rng), new_token("a_", &mut rng));
        assert_ne!(one.hash(), two.hash());
        assert_eq!(one.hash(), hash(one.expose()));
    }
}
