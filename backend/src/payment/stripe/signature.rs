//! Whether a message is Stripe's own. Source: Stripe's documentation of webhook signatures.

#[cfg(any(test, feature = "test-support"))]
use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use thiserror::Error;
use time::{Duration, OffsetDateTime};

use crate::secret::same_digest;

/// An older message may be one that somebody caught and sends again.
const TOLERANCE: Duration = Duration::minutes(5);
/// Stripe signs once with each of the secrets that are valid at that time: two while one replaces the other.
const SIGNATURES_MAX: usize = 8;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SignatureError {
    #[error("the message carries no signature that can be read")]
    Missing,
    #[error("the message is not signed by Stripe")]
    Forged,
    #[error("the message was signed too long ago, or in the future")]
    OutOfTime,
}

/// Checks a `Stripe-Signature` header over the body as it came, with any of the secrets.
///
/// # Errors
/// When the header is missing parts, fits none of the secrets, or is more than five minutes away from `now`.
///
/// # Panics
/// Never: HMAC takes a key of any length.
pub fn verify(
    secrets: &[&str],
    header: &str,
    body: &[u8],
    now: OffsetDateTime,
) -> Result<(), SignatureError> {
    let mut signed_at_text = None;
    let mut signatures = Vec::new();
    for (name, value) in header.split(',').filter_map(|part| part.trim().split_once('=')) {
        match name {
            "t" => signed_at_text = Some(value),
            "v1" if signatures.len() < SIGNATURES_MAX => signatures.extend(digest(value)),
            _ => {}
        }
    }
    let text = signed_at_text.ok_or(SignatureError::Missing)?;
    let signed_at = text.parse().ok().and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok());
    let signed_at = signed_at.ok_or(SignatureError::Missing)?;
    if signatures.is_empty() {
        return Err(SignatureError::Missing);
    }
    let mut is_signed = false;
    for secret in secrets {
        let expected = sign(secret, text, body);
        for signature in &signatures {
            is_signed |= same_digest(&expected, signature);
        }
    }
    if !is_signed {
        return Err(SignatureError::Forged);
    }
    if (now - signed_at).abs() > TOLERANCE {
        return Err(SignatureError::OutOfTime);
    }
    Ok(())
}

/// What Stripe writes into `v1`.
fn sign(secret: &str, signed_at: &str, body: &[u8]) -> [u8; 32] {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length is taken");
    mac.update(signed_at.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

fn digest(hex: &str) -> Option<[u8; 32]> {
    let mut digest = [0_u8; 32];
    if hex.len() != 2 * digest.len() || !hex.is_ascii() {
        return None;
    }
    for (byte, pair) in digest.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        let high = char::from(pair[0]).to_digit(16)?;
        let low = char::from(pair[1]).to_digit(16)?;
        *byte = u8::try_from(high * 16 + low).ok()?;
    }
    Some(digest)
}

/// A header as Stripe would write it.
#[cfg(any(test, feature = "test-support"))]
pub fn signature_header(secret: &str, signed_at: OffsetDateTime, body: &[u8]) -> String {
    let at = signed_at.unix_timestamp().to_string();
    let digest = sign(secret, &at, body);
    let mut header = format!("t={at},v1=");
    for byte in digest {
        // Writing into a text cannot fail.
        let _ = write!(header, "{byte:02x}");
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    const NOW: OffsetDateTime = datetime!(2026-05-01 09:00 UTC);
    const OLD: &str = "whsec_old";
    const NEW: &str = "whsec_new";

    #[test]
    fn a_message_of_stripes_passes_and_an_altered_one_does_not() {
        let header = signature_header(NEW, NOW, b"{}");
        assert_eq!(verify(&[NEW], &header, b"{}", NOW), Ok(()));
        assert_eq!(verify(&[OLD, NEW], &header, b"{}", NOW), Ok(()));
        assert_eq!(verify(&[NEW], &header, b"{ }", NOW), Err(SignatureError::Forged));
        assert_eq!(verify(&[OLD], &header, b"{}", NOW), Err(SignatureError::Forged));
        assert_eq!(verify(&[], &header, b"{}", NOW), Err(SignatureError::Forged));
    }

    /// Made with `printf '1777626000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_known`.
    #[test]
    fn a_signature_that_another_program_made() {
        let header = "t=1777626000,v0=00,v1=1f40a72e4eacd2a9efc3dd267542f4fd55d0263f207cf9c25ad8ea3080af31c2";
        let at = OffsetDateTime::from_unix_timestamp(1_777_626_000).unwrap();
        assert_eq!(verify(&["whsec_known"], header, br#"{"id":"evt_1"}"#, at), Ok(()));
    }

    #[test]
    fn one_of_several_signatures_is_enough() {
        let one = signature_header(OLD, NOW, b"{}");
        let other = signature_header(NEW, NOW, b"{}");
        let both = format!("{one},{}", other.split_once(',').unwrap().1);
        assert_eq!(verify(&[NEW], &both, b"{}", NOW), Ok(()));
        assert_eq!(verify(&[OLD], &both, b"{}", NOW), Ok(()));
    }

    #[test]
    fn five_minutes_and_no_more_and_the_time_is_signed_too() {
        for (age, expected) in [
            (Duration::minutes(5), Ok(())),
            (Duration::seconds(301), Err(SignatureError::OutOfTime)),
            (Duration::seconds(-301), Err(SignatureError::OutOfTime)),
        ] {
            let header = signature_header(NEW, NOW - age, b"{}");
            assert_eq!(verify(&[NEW], &header, b"{}", NOW), expected, "{age}");
        }
        let old = signature_header(NEW, NOW - Duration::hours(1), b"{}");
        let renewed = format!("t={},{}", NOW.unix_timestamp(), old.split_once(',').unwrap().1);
        assert_eq!(verify(&[NEW], &renewed, b"{}", NOW), Err(SignatureError::Forged));
    }

    #[test]
    fn nonsense_is_refused() {
        for header in
            ["", "t=1", "v1=00", "t=x,v1=00", "t=99999999999999999,v1=00", "t=1,v1=zz", "é"]
        {
            assert_eq!(
                verify(&[NEW], header, b"{}", NOW),
                Err(SignatureError::Missing),
                "{header}"
            );
        }
    }
}
