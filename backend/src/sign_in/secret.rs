//! Code and link of a sign-in: derived from its id when they are needed, stored nowhere.

use domain::id::SignInId;
use domain::sign_in_code::SignInCode;

use crate::secret::SecretKey;

/// What a link's token is derived for.
const LINK: &str = "sign-in link";

/// The code of a sign-in.
pub fn code_of(secret: &SecretKey, sign_in_id: SignInId) -> SignInCode {
    let digest = secret.derive("sign-in code", sign_in_id);
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    SignInCode::from_random(bytes)
}

/// The token in a sign-in's link.
pub fn link_token_of(secret: &SecretKey, sign_in_id: SignInId) -> String {
    secret.token_of_id(LINK, &[], sign_in_id)
}

/// The sign-in that a link token belongs to, if Foyer made it.
pub(super) fn sign_in_of(secret: &SecretKey, link_token: &str) -> Option<SignInId> {
    secret.id_of_token(LINK, &[], link_token).map(Into::into)
}
