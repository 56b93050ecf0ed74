//! Refuses addresses that no link of ours has: too long, wrongly encoded, or with control characters.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::problem::Problem;

/// Bytes of path and query together. The longest link of ours has some 700.
const LENGTH_MAX: usize = 4096;

pub async fn well_formed(request: Request, next: Next) -> Response {
    let uri = request.uri();
    let length = uri.path().len() + uri.query().map_or(0, str::len);
    if length > LENGTH_MAX {
        return Problem::UrlTooLong.into_response();
    }
    if !is_well_formed(uri.path(), false) || !is_well_formed(uri.query().unwrap_or(""), true) {
        return Problem::MalformedUrl.into_response();
    }
    next.run(request).await
}

/// Whether the percent-encoding is whole and decodes to UTF-8 without control characters (a query may hold line ends).
fn is_well_formed(text: &str, lines: bool) -> bool {
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let mut digit = || bytes.next().and_then(|byte| char::from(byte).to_digit(16));
        let (Some(high), Some(low)) = (digit(), digit()) else {
            return false;
        };
        decoded.extend(u8::try_from(high * 16 + low));
    }
    std::str::from_utf8(&decoded).is_ok_and(|text| {
        text.chars().all(|character| {
            !character.is_control() || (lines && matches!(character, '\r' | '\n' | '\t'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::is_well_formed;

    #[test]
    fn damaged_addresses_are_told_apart() {
        for right in ["/northwind/portal", "/a%20b/%C3%BC", "", "a=%E2%82%AC"] {
            assert!(is_well_formed(right, false), "{right}");
        }
        for wrong in ["/%", "/%2", "/%zz", "/%ff", "/%C3", "/%00", "/a%0D%0Ab"] {
            assert!(!is_well_formed(wrong, false), "{wrong}");
        }
        assert!(is_well_formed("comment=a%0D%0Ab", true));
    }
}
