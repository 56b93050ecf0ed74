//! Code and link of a sign-in: derived from its id when they are needed, stored nowhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::SignInId;
use domain::sign_in_code::SignInCode;
use uuid::Uuid;

use crate::secret::{SecretKey, same_digest};

const ID_LENGTH: usize = 16;
const DIGEST_LENGTH: usize = 32;
const LINK_TOKEN_LENGTH: usize = 64;

/// The code of a sign-in.
pub fn code_of(secret: &SecretKey, sign_in_id: SignInId) -> SignInCode {
    let digest = secret.derive("sign-in code", sign_in_id);
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    SignInCode::from_random(bytes)
}

/// The token in a sign-in's link: its id and a digest that only Foyer can make; 64 URL-safe characters.
pub fn link_token_of(secret: &SecretKey, sign_in_id: SignInId) -> String {
    let mut bytes = [0_u8; ID_LENGTH + DIGEST_LENGTH];
    bytes[..ID_LENGTH].copy_from_slice(sign_in_id.as_uuid().as_bytes());
    bytes[ID_LENGTH..].copy_from_slice(&secret.derive("sign-in link", sign_in_id));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The sign-in that a link token belongs to, if Foyer made it.
pub(super) fn sign_in_of(secret: &SecretKey, link_token: &str) -> Option<SignInId> {
    if link_token.len() != LINK_TOKEN_LENGTH {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(link_token).ok()?;
    let (id, digest) = bytes.split_at_checked(ID_LENGTH)?;
    let sign_in_id: SignInId = Uuid::from_slice(id).ok()?.into();
    let digest: &[u8; DIGEST_LENGTH] = digest.try_into().ok()?;
    same_digest(digest, &secret.derive("sign-in link", sign_in_id)).then_some(sign_in_id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_token_leads_back_to_its_sign_in_and_cannot_be_forged() {
        let secret = SecretKey::from_hex(&"01".repeat(32)).unwrap();
        let id: SignInId = Uuid::from_u128(7).into();
        let token = link_token_of(&secret, id);
        assert_eq!(token.len(), LINK_TOKEN_LENGTH);
        assert_eq!(sign_in_of(&secret, &token), Some(id));
        let other = SecretKey::from_hex(&"02".repeat(32)).unwrap();
        assert_eq!(sign_in_of(&other, &token), None);
        for forged in ["", "x", &"A".repeat(64), &"é".repeat(32), &token[1..], &format!("{token}A")]
        {
            assert_eq!(sign_in_of(&secret, forged), None);
        }
        let flipped = format!("{}{}", if token.starts_with('B') { 'C' } else { 'B' }, &token[1..]);
        assert_eq!(sign_in_of(&secret, &flipped), None);
    }
}
