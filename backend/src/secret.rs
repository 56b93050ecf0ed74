//! The installation's secret key, from which codes and links are derived when they are sent, so that none is stored.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;
use uuid::Uuid;

const ID_LENGTH: usize = 16;
const DIGEST_LENGTH: usize = 32;
/// The characters of a link's token.
pub const TOKEN_LENGTH: usize = 64;

/// 256 secret bits, the same in all processes of an installation.
#[derive(Clone)]
pub struct SecretKey([u8; 32]);

/// The text is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a secret key is 64 hexadecimal digits")]
pub struct SecretKeyError;

impl SecretKey {
    /// Reads 64 hexadecimal digits.
    pub fn from_hex(text: &str) -> Result<Self, SecretKeyError> {
        let text = text.trim().as_bytes();
        let mut key = [0_u8; 32];
        if text.len() != 2 * key.len() {
            return Err(SecretKeyError);
        }
        for (byte, pair) in key.iter_mut().zip(text.chunks_exact(2)) {
            *byte = hex_digit(pair[0])? * 16 + hex_digit(pair[1])?;
        }
        Ok(Self(key))
    }

    /// HMAC-SHA-256 over a purpose and an id: different for each purpose, worthless without the key.
    pub fn derive(&self, purpose: &str, id: impl Into<Uuid>) -> [u8; 32] {
        self.derive_of(purpose, &[id.into()])
    }

    /// The same over several texts, each with its length before it.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length.
    pub fn derive_of_texts(&self, purpose: &str, texts: &[&[u8]]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length is taken");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        for text in texts {
            mac.update(&(text.len() as u64).to_be_bytes());
            mac.update(text);
        }
        mac.finalize().into_bytes().into()
    }

    /// The same over several ids, such as an organization's and that of a row of it.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length.
    pub fn derive_of(&self, purpose: &str, ids: &[Uuid]) -> [u8; 32] {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(&self.0).expect("a key of any length is taken");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        for id in ids {
            mac.update(id.as_bytes());
        }
        mac.finalize().into_bytes().into()
    }
}

impl SecretKey {
    /// A token for a link: an id, and a digest over `within` and the id that only Foyer can make; 64 URL-safe characters.
    pub fn token_of_id(&self, purpose: &str, within: &[Uuid], id: impl Into<Uuid>) -> String {
        let id = id.into();
        let mut bytes = [0_u8; ID_LENGTH + DIGEST_LENGTH];
        bytes[..ID_LENGTH].copy_from_slice(id.as_bytes());
        bytes[ID_LENGTH..].copy_from_slice(&self.derive_of(purpose, &[within, &[id]].concat()));
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The id that such a token belongs to, if Foyer made it for the same purpose, within the same.
    pub fn id_of_token(&self, purpose: &str, within: &[Uuid], token: &str) -> Option<Uuid> {
        if token.len() != TOKEN_LENGTH {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (id, digest) = bytes.split_at_checked(ID_LENGTH)?;
        let id = Uuid::from_slice(id).ok()?;
        let digest: &[u8; DIGEST_LENGTH] = digest.try_into().ok()?;
        same_digest(digest, &self.derive_of(purpose, &[within, &[id]].concat())).then_some(id)
    }
}

fn hex_digit(byte: u8) -> Result<u8, SecretKeyError> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok()).ok_or(SecretKeyError)
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(…)")
    }
}

/// Compares two digests in a time that does not depend on where they differ.
pub fn same_digest(one: &[u8; 32], other: &[u8; 32]) -> bool {
    let difference = one.iter().zip(other).fold(0_u8, |sum, (a, b)| sum | (a ^ b));
    std::hint::black_box(difference) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_leads_back_to_its_id_and_cannot_be_forged() {
        let secret = SecretKey::from_hex(&"01".repeat(32)).unwrap();
        let (id, shop) = (Uuid::from_u128(7), [Uuid::from_u128(1)]);
        let token = secret.token_of_id("a link", &shop, id);
        assert_eq!(token.len(), TOKEN_LENGTH);
        assert_eq!(secret.id_of_token("a link", &shop, &token), Some(id));
        let other = SecretKey::from_hex(&"02".repeat(32)).unwrap();
        assert_eq!(other.id_of_token("a link", &shop, &token), None);
        assert_eq!(secret.id_of_token("another link", &shop, &token), None);
        assert_eq!(secret.id_of_token("a link", &[Uuid::from_u128(2)], &token), None);
        assert_eq!(secret.id_of_token("a link", &[], &token), None);
        for forged in ["", "x", &"A".repeat(64), &"é".repeat(32), &token[1..], &format!("{token}A")]
        {
            assert_eq!(secret.id_of_token("a link", &shop, forged), None);
        }
        let flipped = format!("{}{}", if token.starts_with('B') { 'C' } else { 'B' }, &token[1..]);
        assert_eq!(secret.id_of_token("a link", &shop, &flipped), None);
    }

    #[test]
    fn a_key_is_64_hexadecimal_digits_and_never_shown() {
        let key = SecretKey::from_hex(&"0aF1".repeat(16)).unwrap();
        assert_eq!(key.0[..2], [0x0a, 0xf1]);
        assert_eq!(format!("{key:?}"), "SecretKey(…)");
        for bad in ["", "zz", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
            assert_eq!(SecretKey::from_hex(bad).unwrap_err(), SecretKeyError);
        }
    }

    #[test]
    fn purposes_and_ids_are_kept_apart() {
        let key = SecretKey::from_hex(&"ab".repeat(32)).unwrap();
        let id = Uuid::from_u128(1);
        assert_eq!(key.derive("code", id), key.derive("code", id));
        assert_ne!(key.derive("code", id), key.derive("link", id));
        assert_ne!(key.derive("code", id), key.derive("code", Uuid::from_u128(2)));
        let other = Uuid::from_u128(2);
        assert_eq!(key.derive("code", id), key.derive_of("code", &[id]));
        assert_ne!(key.derive_of("code", &[id, other]), key.derive_of("code", &[other, id]));
        assert_ne!(
            key.derive_of_texts("key", &[b"ab", b"c"]),
            key.derive_of_texts("key", &[b"a", b"bc"])
        );
        assert!(!same_digest(&key.derive("code", id), &key.derive("link", id)));
    }
}
