//! Where requests may go: public addresses only, so that nobody can make Foyer call what stands behind its own wall.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use thiserror::Error;
use url::{Host, Url};

/// Whether private addresses and plain http are taken: for development only.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    #[default]
    PublicOnly,
    PrivateToo,
}

const URL_LENGTH_MAX: usize = 2083;

/// Why an address is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum UrlRefusal {
    #[error("This is no URL of at most 2083 characters.")]
    NotUrl,
    #[error("The URL must begin with https://.")]
    NotHttps,
    #[error("The URL must not hold a user name or a password.")]
    HoldsPassword,
    #[error("The URL must lead to a public address.")]
    NotPublic,
}

/// Checks what can be known of a URL before its host is looked up. Answers its usual form.
pub fn check_url(text: &str, reach: Reach) -> Result<String, UrlRefusal> {
    if text.len() > URL_LENGTH_MAX {
        return Err(UrlRefusal::NotUrl);
    }
    let url = Url::parse(text.trim()).map_err(|_| UrlRefusal::NotUrl)?;
    let is_scheme_known = match reach {
        Reach::PublicOnly => url.scheme() == "https",
        Reach::PrivateToo => matches!(url.scheme(), "http" | "https"),
    };
    if !is_scheme_known {
        return Err(UrlRefusal::NotHttps);
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(UrlRefusal::HoldsPassword);
    }
    if url.as_str().len() > URL_LENGTH_MAX {
        return Err(UrlRefusal::NotUrl);
    }
    let is_public = match url.host() {
        None => return Err(UrlRefusal::NotUrl),
        Some(Host::Domain(name)) => is_public_name(name),
        Some(Host::Ipv4(address)) => is_public(address.into()),
        Some(Host::Ipv6(address)) => is_public(address.into()),
    };
    if !is_public && reach == Reach::PublicOnly {
        return Err(UrlRefusal::NotPublic);
    }
    Ok(url.into())
}

/// Names that are never found on the Internet (RFC 6761, 6762, 8375, and the reserved `internal`).
fn is_public_name(name: &str) -> bool {
    let name = name.trim_end_matches('.');
    let last = name.rsplit('.').next().unwrap_or(name);
    let private = ["localhost", "local", "internal", "test", "invalid", "onion"];
    name.contains('.') && !private.contains(&last) && !name.ends_with(".home.arpa")
}

/// Whether an address is one of the public Internet.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => is_public_v6(address),
    }
}

/// All but the blocks of IANA's registry of special addresses.
fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let is_special = a == 0
        || a == 10
        || a == 127
        || (a == 100 && (64..128).contains(&b))
        || (a == 169 && b == 254)
        || (a == 172 && (16..32).contains(&b))
        || (a, b, c) == (192, 0, 0)
        || (a, b, c) == (192, 0, 2)
        || (a, b, c) == (192, 88, 99)
        || (a, b) == (192, 168)
        || (a == 198 && (b == 18 || b == 19))
        || (a, b, c) == (198, 51, 100)
        || (a, b, c) == (203, 0, 113)
        // Multicast, reserved, broadcast.
        || a >= 224;
    !is_special
}

/// Global unicast only, without the blocks in it that lead elsewhere; what carries an IPv4 address is as public as that.
fn is_public_v6(address: Ipv6Addr) -> bool {
    let segments = address.segments();
    let [a, b, ..] = segments;
    let carried = |high: u16, low: u16| {
        let ([one, two], [three, four]) = (high.to_be_bytes(), low.to_be_bytes());
        is_public_v4(Ipv4Addr::new(one, two, three, four))
    };
    match (a, b) {
        // Translated from IPv4 (RFC 6052).
        (0x64, 0xff9b) if segments[2..6] == [0; 4] => carried(segments[6], segments[7]),
        // 6to4.
        (0x2002, high) => carried(high, segments[2]),
        // Teredo, benchmarking, ORCHID and the rest of the protocol block; documentation.
        (0x2001, 0..0x200 | 0xdb8) | (0x3fff, 0..0x1000) => false,
        _ => (0x2000..0x4000).contains(&a),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_addresses_are_refused_in_every_form() {
        for private in [
            "0.0.0.0",
            "10.1.2.3",
            "127.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.168.1.1",
            "192.0.0.1",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "2002:7f00:1::",
            "2002:c0a8:101::",
            "2001::1",
            "2001:db8::1",
            "2001:2::1",
            "3fff::1",
            "fc00::1",
            "fd12:3456::1",
            "fe80::1",
            "fec0::1",
            "ff02::1",
            "100::1",
            "5f00::1",
        ] {
            assert!(!is_public(private.parse().unwrap()), "{private}");
        }
        for public in [
            "1.1.1.1",
            "100.63.0.1",
            "100.128.0.1",
            "172.15.0.1",
            "172.32.0.1",
            "192.169.0.1",
            "198.20.0.1",
            "223.255.255.255",
            "2606:4700::1111",
            "2001:4860:4860::8888",
            "64:ff9b::101:101",
            "2002:101:101::1",
        ] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn a_url_is_https_and_public() {
        let refused = |text: &str| check_url(text, Reach::PublicOnly).unwrap_err();
        for text in ["", "x", "//a.example", "https://"] {
            assert_eq!(refused(text), UrlRefusal::NotUrl, "{text}");
        }
        assert_eq!(refused(&format!("https://a.example/{}", "x".repeat(2083))), UrlRefusal::NotUrl);
        for text in ["http://a.example", "ftp://a.example", "file:///etc/passwd"] {
            assert_eq!(refused(text), UrlRefusal::NotHttps, "{text}");
        }
        assert_eq!(refused("https://u:p@a.example"), UrlRefusal::HoldsPassword);
        for text in [
            "https://localhost/",
            "https://LOCALHOST./",
            "https://db/",
            "https://a.local/",
            "https://metadata.google.internal/",
            "https://127.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest",
        ] {
            assert_eq!(refused(text), UrlRefusal::NotPublic, "{text}");
        }
        assert_eq!(
            check_url(" https://Hooks.Example:8443/a?b=c ", Reach::PublicOnly).unwrap(),
            "https://hooks.example:8443/a?b=c"
        );
    }

    #[test]
    fn for_development_this_machine_may_be_called() {
        assert!(check_url("http://127.0.0.1:9000/hook", Reach::PrivateToo).is_ok());
        assert!(check_url("http://localhost:9000", Reach::PrivateToo).is_ok());
        assert_eq!(check_url("ftp://a.example", Reach::PrivateToo), Err(UrlRefusal::NotHttps));
    }
}
