//! Who calls, for limits: the client's address behind the proxies that we trust.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::HeaderMap,
    middleware::Next,
    response::Response,
};

use crate::{
    client_address::{client_address, client_key},
    state::AppState,
};

/// The caller of a request, in its extensions.
#[derive(Clone, Debug)]
pub struct Client {
    /// The key under which tries are counted.
    pub key: String,
    /// The caller sits on this machine, and no proxy stands between.
    pub is_this_machine: bool,
}

pub async fn client(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request
        .extensions()
        .get::<ConnectInfo<SocketAddr>>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
    let headers = request.headers();
    let lines: Vec<&str> =
        headers.get_all("x-forwarded-for").iter().filter_map(|line| line.to_str().ok()).collect();
    let client = Client {
        key: client_key(client_address(peer, &lines, &state.trusted_proxies)),
        is_this_machine: peer.to_canonical().is_loopback() && !is_forwarded(headers),
    };
    request.extensions_mut().insert(client);
    next.run(request).await
}

fn is_forwarded(headers: &HeaderMap) -> bool {
    ["x-forwarded-for", "forwarded", "x-forwarded-host", "x-real-ip", "via"]
        .iter()
        .any(|name| headers.contains_key(*name))
}
