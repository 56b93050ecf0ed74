//! Who moves money. Which processor charges an organization's customers is the organization's own setting; here stands only what
//! this process needs to reach the sandbox, which charges nobody.

use std::{net::SocketAddr, time::Duration};

use backend::payment::{Sandbox, SandboxPoint};
use clap::Args;
use sqlx::PgPool;
use url::{Host, Url};

use super::{Mistakes, OutsideConfig, given};

#[derive(Args, Clone, Debug, Default)]
pub struct ProcessorSettings {
    /// Where the sandbox's own pages listen, on which test cards are entered; off when left out
    #[arg(long, env = "FOYER_SANDBOX_ADDR", value_name = "ADDRESS:PORT")]
    pub sandbox_addr: Option<String>,
    /// The address at which browsers find the sandbox's pages: another host name than the portal's. On this machine it follows from
    /// --sandbox-addr
    #[arg(long, env = "FOYER_SANDBOX_URL", value_name = "URL")]
    pub sandbox_url: Option<String>,
    /// How long the sandbox takes before and after each call takes effect, in milliseconds, as over a network
    #[arg(
        long,
        env = "FOYER_SANDBOX_LATENCY_MS",
        value_name = "MS",
        default_value_t = 0,
        hide = true,
        value_parser = clap::value_parser!(u32).range(..=10_000)
    )]
    pub sandbox_latency_ms: u32,
    /// End this process, as in a power cut, when a call to the sandbox comes to this point
    #[arg(long, value_name = "POINT", hide = true, value_parser = parse_point)]
    pub sandbox_dies_at: Option<SandboxPoint>,
}

/// A checked sandbox.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Where its pages listen; `None`: not in this process.
    pub listen: Option<SocketAddr>,
    /// Scheme, host and port of its pages; `None`: there are none.
    pub origin: Option<String>,
    /// Scheme, host and port of the portal.
    pub portal_origin: String,
    latency: Duration,
    dies_at: Option<SandboxPoint>,
}

impl ProcessorSettings {
    /// `outside` is the portal's side; without it there is nothing to compare with, and its own mistake is told already.
    pub fn check(
        &self,
        mistakes: &mut Mistakes,
        outside: Option<&OutsideConfig>,
    ) -> Option<SandboxConfig> {
        let listen = given(self.sandbox_addr.as_ref()).map(|text| {
            mistakes.take(text.parse::<SocketAddr>().map_err(|_| {
                "--sandbox-addr (FOYER_SANDBOX_ADDR) must be an address and a port, such as 127.0.0.1:3001".to_owned()
            }))
        });
        let public_url = &outside?.public_url;
        let url = match (given(self.sandbox_url.as_ref()), listen) {
            (Some(text), _) => Some(mistakes.take(check_url(text, public_url))?),
            (None, Some(Some(listen))) => {
                Some(mistakes.take(url_on_this_machine(listen, public_url))?)
            }
            (None, _) => None,
        };
        let listen = match listen {
            Some(checked) => Some(checked?),
            None => None,
        };
        Some(SandboxConfig {
            listen,
            origin: url.map(|url| url.origin().ascii_serialization()),
            portal_origin: public_url.origin().ascii_serialization(),
            latency: Duration::from_millis(self.sandbox_latency_ms.into()),
            dies_at: self.sandbox_dies_at,
        })
    }
}

impl SandboxConfig {
    /// The sandbox with its books in this database.
    pub fn sandbox(&self, db: &PgPool) -> Sandbox {
        let sandbox = Sandbox::new(db.clone()).with_latency(self.latency).dying_at(self.dies_at);
        match &self.origin {
            Some(origin) => sandbox.with_pages(origin, &self.portal_origin),
            None => sandbox,
        }
    }
}

/// Cookies ignore ports: under the portal's own host name the sandbox would be sent the portal's.
fn check_url(text: &str, public_url: &Url) -> Result<Url, String> {
    let wrong = |what: &str| Err(format!("--sandbox-url (FOYER_SANDBOX_URL) {what}"));
    let Ok(url) = Url::parse(text) else {
        return wrong("is not a URL: write it as http://localhost:3001");
    };
    if !matches!(url.scheme(), "http" | "https") || url.host().is_none() {
        return wrong("must start with http:// or https:// and name a host");
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return wrong("must end after the host and the port");
    }
    if url.host() == public_url.host() {
        return wrong(
            "must name another host than --public-url: browsers send cookies to every port of a host. On one machine take localhost for \
             the one and 127.0.0.1 for the other",
        );
    }
    Ok(url)
}

fn url_on_this_machine(listen: SocketAddr, public_url: &Url) -> Result<Url, String> {
    let missing = "--sandbox-url (FOYER_SANDBOX_URL) is missing: give the address at which browsers find what listens at --sandbox-addr";
    if !listen.ip().is_loopback() {
        return Err(missing.to_owned());
    }
    let is_localhost = matches!(public_url.host(), Some(Host::Domain("localhost")));
    let host = if is_localhost { listen.ip().to_string() } else { "localhost".to_owned() };
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    Url::parse(&format!("http://{host}:{}", listen.port())).map_err(|_| missing.to_owned())
}

fn parse_point(text: &str) -> Result<SandboxPoint, String> {
    SandboxPoint::parse(text).ok_or_else(|| {
        let points: Vec<&str> = SandboxPoint::ALL.iter().map(|point| point.as_str()).collect();
        format!("choose one of {}", points.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(
        public_url: &str,
        addr: Option<&str>,
        url: Option<&str>,
    ) -> Result<Option<String>, String> {
        let outside = OutsideConfig {
            public_url: Url::parse(public_url).unwrap(),
            trusted_proxies: vec![],
            webhook_reach: backend::webhook::Reach::PublicOnly,
        };
        let settings = ProcessorSettings {
            sandbox_addr: addr.map(str::to_owned),
            sandbox_url: url.map(str::to_owned),
            ..ProcessorSettings::default()
        };
        let mut mistakes = Mistakes::default();
        let config = settings.check(&mut mistakes, Some(&outside));
        if mistakes.is_empty() { Ok(config.unwrap().origin) } else { Err(mistakes.to_string()) }
    }

    #[test]
    fn the_sandbox_is_another_host() {
        let here = "http://127.0.0.1:3000";
        assert_eq!(checked(here, None, None), Ok(None));
        let localhost = Some("http://localhost:3001".to_owned());
        assert_eq!(checked(here, Some("127.0.0.1:3001"), None), Ok(localhost.clone()));
        assert_eq!(checked(here, None, Some("http://localhost:3001/")), Ok(localhost));
        assert_eq!(
            checked("http://localhost:3000", Some("127.0.0.1:3001"), None),
            Ok(Some("http://127.0.0.1:3001".to_owned()))
        );
        assert_eq!(
            checked("http://localhost:3000", Some("[::1]:3001"), None),
            Ok(Some("http://[::1]:3001".to_owned()))
        );
    }

    #[test]
    fn mistakes_say_what_to_do() {
        let here = "http://127.0.0.1:3000";
        for (addr, url, told) in [
            (Some("here"), None, "--sandbox-addr"),
            (Some("0.0.0.0:3001"), None, "--sandbox-url (FOYER_SANDBOX_URL) is missing"),
            (None, Some("http://127.0.0.1:3001"), "another host"),
            (None, Some("localhost"), "--sandbox-url"),
            (None, Some("ftp://localhost"), "--sandbox-url"),
            (None, Some("http://localhost/x"), "--sandbox-url"),
        ] {
            assert!(checked(here, addr, url).unwrap_err().contains(told), "{addr:?} {url:?}");
        }
        assert!(parse_point("nowhere").unwrap_err().contains("create-before"));
    }
}
