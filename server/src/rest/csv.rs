//! A table of comma-separated values that is sent while it is read.

use axum::{
    body::{Body, Bytes},
    http::header,
    response::{IntoResponse, Response},
};
use futures::Stream;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::error::ApiError;

/// So many rows are read at once.
pub const ROWS_AT_ONCE: i64 = 500;

/// The answer: each part is some whole lines.
pub fn answer<S>(file_name: &str, parts: S) -> Response
where
    S: Stream<Item = Result<String, ApiError>> + Send + 'static,
{
    use futures::StreamExt;
    let parts = parts.map(|part| match part {
        Ok(lines) => Ok(Bytes::from(lines)),
        // What went wrong is logged; the file breaks off, which its reader notices.
        Err(_) => Err(std::io::Error::other("the export broke off")),
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file_name}\"")),
    ];
    (headers, Body::from_stream(parts)).into_response()
}

/// Appends a line. A cell that a spreadsheet would take for a formula begins with an apostrophe.
pub fn line<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (place, cell) in cells.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        if is_formula || cell.contains(['"', ',', '\n', '\r']) {
            out.push('"');
            if is_formula && cell.parse::<i64>().is_err() {
                out.push('\'');
            }
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}

/// An instant as RFC 3339 tells it; empty when there is none.
pub fn instant(at: Option<OffsetDateTime>) -> String {
    at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_and_formulas_are_texts() {
        let mut out = String::new();
        line(&mut out, ["a", "b,c", "say \"x\"", "=1+1", "-5", ""]);
        assert_eq!(out, "a,\"b,c\",\"say \"\"x\"\"\",\"'=1+1\",\"-5\",\r\n");
    }
}
