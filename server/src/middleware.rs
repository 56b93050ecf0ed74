//! What happens to every request before and after its handler, from the outside in:
//! request id, access log, headers, problem page, panics, well-formed URL, client, timeout, origin, body, portal.

pub mod access_log;
pub mod body_limit;
pub mod client;
pub mod headers;
pub mod origin;
pub mod panic;
pub mod portal;
pub mod problem_page;
pub mod request_id;
pub mod timeout;
pub mod well_formed;
