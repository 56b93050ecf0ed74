//! The secret of a checkout: whoever holds it may fill it in and confirm it. It is derived from the ids and stored nowhere.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::id::{CheckoutId, OrganizationId};
use uuid::Uuid;

use crate::secret::{SecretKey, same_digest};

/// Prefix of a checkout's secret.
pub const CLIENT_SECRET_PREFIX: &str = "foyer_c_";

const ID_LENGTH: usize = 16;
const DIGEST_LENGTH: usize = 32;

/// The secret of a checkout: both ids and a digest that only Foyer can make; 256 secret bits.
pub fn client_secret(
    secret: &SecretKey,
    organization_id: OrganizationId,
    checkout_id: CheckoutId,
) -> String {
    let mut bytes = [0_u8; 2 * ID_LENGTH + DIGEST_LENGTH];
    bytes[..ID_LENGTH].copy_from_slice(organization_id.as_uuid().as_bytes());
    bytes[ID_LENGTH..2 * ID_LENGTH].copy_from_slice(checkout_id.as_uuid().as_bytes());
    bytes[2 * ID_LENGTH..].copy_from_slice(&digest(secret, organization_id, checkout_id));
    format!("{CLIENT_SECRET_PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The checkout that a secret belongs to, if Foyer made it.
pub fn of_client_secret(secret: &SecretKey, text: &str) -> Option<(OrganizationId, CheckoutId)> {
    let text = text.strip_prefix(CLIENT_SECRET_PREFIX).filter(|text| text.len() <= 128)?;
    let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
    let (organization_id, rest) = bytes.split_at_checked(ID_LENGTH)?;
    let (checkout_id, given) = rest.split_at_checked(ID_LENGTH)?;
    let organization_id: OrganizationId = Uuid::from_slice(organization_id).ok()?.into();
    let checkout_id: CheckoutId = Uuid::from_slice(checkout_id).ok()?.into();
    let given: &[u8; DIGEST_LENGTH] = given.try_into().ok()?;
    let expected = digest(secret, organization_id, checkout_id);
    same_digest(given, &expected).then_some((organization_id, checkout_id))
}

fn digest(
    secret: &SecretKey,
    organization_id: OrganizationId,
    checkout_id: CheckoutId,
) -> [u8; DIGEST_LENGTH] {
    secret.derive_of("checkout", &[organization_id.as_uuid(), checkout_id.as_uuid()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_its_own_secret_opens_a_checkout() {
        let key = SecretKey::from_hex(&"5a".repeat(32)).unwrap();
        let (acme, checkout) = (Uuid::from_u128(1).into(), Uuid::from_u128(2).into());
        let text = client_secret(&key, acme, checkout);
        assert_eq!(of_client_secret(&key, &text), Some((acme, checkout)));
        let other = SecretKey::from_hex(&"5b".repeat(32)).unwrap();
        assert_eq!(of_client_secret(&other, &text), None);
        let mut damaged = text.clone();
        damaged.replace_range(12..13, if &text[12..13] == "A" { "B" } else { "A" });
        for wrong in [damaged, text[..60].to_owned(), String::new(), text.replace("_c_", "_d_")] {
            assert_eq!(of_client_secret(&key, &wrong), None, "{wrong}");
        }
    }
}
