//! Secrets of endpoints, and signatures by them, after Standard Webhooks (standardwebhooks.com).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use domain::id::{OrganizationId, WebhookEndpointId, WebhookEventId};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use uuid::Uuid;

use crate::secret::SecretKey;

const PREFIX: &str = "whsec_";
/// 240 bits; a multiple of three, so that their base64 form needs no padding, which readers take differently.
const SECRET_BYTES: usize = 30;

/// The secret of an endpoint, as its owner sees it: `whsec_` and 40 characters of base64.
pub fn secret_of(
    key: &SecretKey,
    organization_id: OrganizationId,
    endpoint_id: WebhookEndpointId,
    secret_id: Uuid,
) -> String {
    let ids = [organization_id.as_uuid(), endpoint_id.as_uuid(), secret_id];
    let bytes = key.derive_of("webhook secret", &ids);
    format!("{PREFIX}{}", STANDARD.encode(&bytes[..SECRET_BYTES]))
}

/// The value of `webhook-signature`: for each secret, the newest first, a signature by the decoded secret, as Standard Webhooks has
/// it; and unless the endpoint wants only those, one by the secret's text, which the older published clients check.
pub fn signatures(
    secrets: &[String],
    is_standard_only: bool,
    id: WebhookEventId,
    timestamp_s: i64,
    body: &str,
) -> String {
    let mut signatures = Vec::new();
    for secret in secrets {
        if let Ok(key) = STANDARD.decode(secret.trim_start_matches(PREFIX)) {
            signatures.push(signature(&key, id, timestamp_s, body));
        }
        if !is_standard_only {
            signatures.push(signature(secret.as_bytes(), id, timestamp_s, body));
        }
    }
    signatures.join(" ")
}

fn signature(key: &[u8], id: impl std::fmt::Display, timestamp_s: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length is taken");
    mac.update(format!("{id}.{timestamp_s}.").as_bytes());
    mac.update(body.as_bytes());
    format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_its_endpoints_and_changes_with_its_id() {
        let key = SecretKey::from_hex(&"5e".repeat(32)).unwrap();
        let of = |endpoint: u128, secret: u128| {
            let endpoint_id = Uuid::from_u128(endpoint).into();
            secret_of(&key, Uuid::from_u128(1).into(), endpoint_id, Uuid::from_u128(secret))
        };
        assert_eq!(of(2, 3), of(2, 3));
        assert!(of(2, 3) != of(2, 4) && of(2, 3) != of(4, 3));
        let base64 = of(2, 3).strip_prefix("whsec_").unwrap().to_owned();
        assert_eq!((base64.len(), STANDARD.decode(base64).unwrap().len()), (40, SECRET_BYTES));
    }

    /// The example of the Standard Webhooks libraries' own tests.
    #[test]
    fn a_signature_is_the_one_of_the_standards_libraries() {
        let key = STANDARD.decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
        let made = signature(
            &key,
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1_614_265_330,
            "{\"test\": 2432232314}",
        );
        assert_eq!(made, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn both_key_forms_sign_unless_only_the_standards_is_wanted() {
        let secrets = ["whsec_AAAA".to_owned(), "whsec_BBBB".to_owned()];
        let id: WebhookEventId = Uuid::from_u128(7).into();
        let all = signatures(&secrets, false, id, 1_614_265_330, "{}");
        let all: Vec<_> = all.split(' ').collect();
        assert_eq!(all.len(), 4);
        assert_eq!(all[0], signature(&[0, 0, 0], id, 1_614_265_330, "{}"));
        assert_eq!(all[1], signature(b"whsec_AAAA", id, 1_614_265_330, "{}"));
        let standard = signatures(&secrets, true, id, 1_614_265_330, "{}");
        assert_eq!(standard, format!("{} {}", all[0], all[2]));
    }
}
