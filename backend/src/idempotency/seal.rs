//! Sealing what is kept of a write: it may hold tokens that are shown once.

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};

/// A key that is derived from the installation's secret and the client's own key: neither opens anything alone.
#[derive(Clone, Debug)]
pub(super) struct Seal(LessSafeKey);

impl Seal {
    /// # Panics
    /// Never: the key has the length that the algorithm asks for.
    pub fn new(key: &[u8; 32]) -> Self {
        let key = UnboundKey::new(&CHACHA20_POLY1305, key).expect("the key has 256 bits");
        Self(LessSafeKey::new(key))
    }

    /// The sealed bytes, with the nonce before them.
    ///
    /// # Panics
    /// Never: only texts of more than 256 GiB are refused.
    pub fn close(&self, nonce: [u8; NONCE_LEN], plain: &[u8]) -> Vec<u8> {
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::empty(),
                &mut sealed,
            )
            .expect("the text is short enough");
        [nonce.as_slice(), &sealed].concat()
    }

    /// What was sealed, unless it was sealed under another key or damaged.
    pub fn open(&self, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut plain = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        Some(self.0.open_in_place(nonce, Aad::empty(), &mut plain).ok()?.to_vec())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_key_opens_and_nothing_damaged_is_opened() {
        let seal = Seal::new(&[1; 32]);
        let mut sealed = seal.close([7; 12], b"token");
        assert!(!sealed.windows(5).any(|part| part == b"token"));
        assert_eq!(seal.open(&sealed).as_deref(), Some(b"token".as_slice()));
        assert_eq!(Seal::new(&[2; 32]).open(&sealed), None);
        *sealed.last_mut().unwrap() ^= 1;
        assert_eq!(seal.open(&sealed), None);
        assert_eq!(seal.open(b"short"), None);
    }
}
