//! The key from which codes and links are derived.

use std::path::PathBuf;

use backend::secret::SecretKey;
use clap::Args;

use super::{Mistakes, given};

const WHAT_TO_DO: &str = "make one with `openssl rand -hex 32` and keep it: \
     whoever has it can make sign-in codes";

#[derive(Args, Clone, Default)]
pub struct SecretSettings {
    /// The secret key: 64 hexadecimal digits. Better given as a file or by the environment
    #[arg(long, env = "FOYER_SECRET_KEY", hide_env_values = true, value_name = "HEX")]
    pub secret_key: Option<String>,
    /// A file that holds the secret key
    #[arg(long, env = "FOYER_SECRET_KEY_FILE", value_name = "FILE")]
    pub secret_key_file: Option<PathBuf>,
}

impl std::fmt::Debug for SecretSettings {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("SecretSettings([redacted])")
    }
}

impl SecretSettings {
    pub fn check(&self, mistakes: &mut Mistakes) -> Option<SecretKey> {
        mistakes.take(self.read())
    }

    fn read(&self) -> Result<SecretKey, String> {
        let key = given(self.secret_key.as_ref());
        match (key, &self.secret_key_file) {
            (Some(_), Some(_)) => {
                Err("both --secret-key (FOYER_SECRET_KEY) and --secret-key-file \
                 (FOYER_SECRET_KEY_FILE) are set: keep one"
                    .to_owned())
            }
            (Some(hex), None) => parse(hex, "--secret-key (FOYER_SECRET_KEY)"),
            (None, Some(file)) => {
                let name = format!("--secret-key-file (FOYER_SECRET_KEY_FILE) {}", file.display());
                let hex = std::fs::read_to_string(file)
                    .map_err(|error| format!("{name} cannot be read: {error}"))?;
                parse(hex.trim(), &name)
            }
            (None, None) => Err(format!(
                "--secret-key-file (FOYER_SECRET_KEY_FILE) or --secret-key (FOYER_SECRET_KEY) is \
                 missing: {WHAT_TO_DO}"
            )),
        }
    }
}

fn parse(hex: &str, name: &str) -> Result<SecretKey, String> {
    SecretKey::from_hex(hex)
        .map_err(|_| format!("{name} must hold 64 hexadecimal digits: {WHAT_TO_DO}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(key: Option<&str>, file: Option<&str>) -> Result<(), String> {
        let settings = SecretSettings {
            secret_key: key.map(str::to_owned),
            secret_key_file: file.map(PathBuf::from),
        };
        assert!(!format!("{settings:?}").contains("aaaa"));
        settings.read().map(drop)
    }

    #[test]
    fn a_key_comes_from_one_place() {
        let key = "a".repeat(64);
        assert_eq!(read(Some(&key), None), Ok(()));
        assert!(read(Some(&key), Some("x")).unwrap_err().contains("keep one"));
        assert!(read(None, None).unwrap_err().contains("openssl rand"));
        assert!(read(None, Some("/nonexistent/key")).unwrap_err().contains("cannot be read"));
        let wrong = read(Some("aaaaxyz"), None).unwrap_err();
        assert!(wrong.contains("64 hexadecimal") && !wrong.contains("xyz"));
    }
}
