//! The web side of the process.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use clap::Args;

use super::{Mistakes, given};
use crate::redacted::Redacted;

#[derive(Args, Clone, Debug, Default)]
pub struct WebSettings {
    /// Where to listen
    #[arg(
        long,
        env = "FOYER_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:3000"
    )]
    pub listen: String,
    /// The folder with the built scripts and styles (what `cargo xtask build` writes)
    #[arg(long, env = "FOYER_SITE_ROOT", value_name = "DIR", default_value = "target/site")]
    pub site_root: PathBuf,
    /// A bearer token for /metrics. Without one, /metrics answers only to this machine itself
    #[arg(long, env = "FOYER_METRICS_TOKEN", hide_env_values = true, value_name = "TOKEN")]
    pub metrics_token: Option<String>,
    /// Requests that each caller of the API has in a minute, over all processes
    #[arg(
        long,
        env = "FOYER_API_REQUESTS_PER_MINUTE",
        value_name = "COUNT",
        default_value_t = API_REQUESTS_PER_MINUTE,
        value_parser = clap::value_parser!(i32).range(1..)
    )]
    pub api_requests_per_minute: i32,
}

/// As Polar's production grants them.
const API_REQUESTS_PER_MINUTE: i32 = 500;

/// A checked web side.
#[derive(Clone, Debug)]
pub struct WebConfig {
    pub listen: SocketAddr,
    pub site_root: PathBuf,
    pub metrics_token: Option<Redacted>,
    pub api_requests_per_minute: i32,
}

impl WebSettings {
    pub fn check(&self, mistakes: &mut Mistakes) -> Option<WebConfig> {
        let listen = mistakes.take(self.listen.trim().parse().map_err(|_| {
            "--listen (FOYER_LISTEN) must be an address and a port, such as 127.0.0.1:3000 or \
             0.0.0.0:3000"
                .to_owned()
        }));
        let site_root = mistakes.take(check_site_root(&self.site_root));
        let metrics_token = given(self.metrics_token.as_ref());
        if metrics_token.is_some_and(|token| token.len() < 16) {
            mistakes.push("--metrics-token (FOYER_METRICS_TOKEN) must have at least 16 characters");
        }
        Some(WebConfig {
            listen: listen?,
            site_root: site_root?,
            metrics_token: metrics_token.map(Redacted::new),
            api_requests_per_minute: self.api_requests_per_minute,
        })
    }
}

fn check_site_root(folder: &Path) -> Result<PathBuf, String> {
    if folder.join("pkg").is_dir() {
        return Ok(folder.to_owned());
    }
    Err(format!(
        "--site-root (FOYER_SITE_ROOT) {} holds no `pkg` folder: build the pages' scripts with \
         `cargo xtask build --release`, or point it at the folder that came with this program",
        folder.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told() {
        let mut mistakes = Mistakes::default();
        let settings = WebSettings {
            listen: "here".to_owned(),
            site_root: PathBuf::from("/nonexistent"),
            metrics_token: Some("short".to_owned()),
            api_requests_per_minute: 1,
        };
        assert!(settings.check(&mut mistakes).is_none());
        assert_eq!(mistakes.iter().count(), 3);
    }
}
