//! Who calls the API: read from the bearer token before anything else, on every path.

use axum::{
    extract::{FromRequestParts, Request, State},
    http::{HeaderMap, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use backend::{
    access_token::{self, LiveAccessToken},
    actor::{Actor, MemberActor},
    api_session::{self, ApiSession},
    context::Context,
    error::QueryError,
    idempotency::Claim,
    token::ACCESS_TOKEN_PREFIX,
};
use domain::{id::OrganizationId, scope::Scope};

use super::{
    error::{ApiError, BILLING_ONLY},
    limit,
};
use crate::{
    middleware::{client::Client, request_id::RequestId},
    state::AppState,
};

/// Who calls, as far as the token says.
#[derive(Clone, Debug)]
pub enum Caller {
    Anonymous,
    /// The organization's own backend.
    Organization(LiveAccessToken),
    /// A customer or one of its members.
    Portal(ApiSession),
}

impl Caller {
    /// A customer or a member of any role.
    ///
    /// # Errors
    /// 401 for everybody else.
    pub fn portal(self) -> Result<ApiSession, ApiError> {
        match self {
            Self::Portal(session) => Ok(session),
            Self::Anonymous | Self::Organization(_) => Err(ApiError::unauthorized()),
        }
    }

    /// A customer, or a member who may see and change what is billed.
    ///
    /// # Errors
    /// 403 for other members, 401 for everybody else.
    pub fn billing(self) -> Result<MemberActor, ApiError> {
        let session = self.portal()?;
        if session.actor.role.can_write_billing() {
            Ok(session.actor)
        } else {
            Err(ApiError::not_permitted(BILLING_ONLY))
        }
    }

    /// The organization's backend with this scope.
    ///
    /// # Errors
    /// 403 without the scope, 401 for everybody else.
    pub fn organization(self, scope: Scope) -> Result<(Actor, OrganizationId), ApiError> {
        let Self::Organization(token) = self else { return Err(ApiError::unauthorized()) };
        if !scope.is_in(&token.scopes) {
            return Err(ApiError::InsufficientScope(scope));
        }
        match token.actor.organization_id() {
            Some(organization_id) => Ok((token.actor, organization_id)),
            None => Err(ApiError::unauthorized()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(parts.extensions.get::<Self>().cloned().unwrap_or(Self::Anonymous))
    }
}

/// What a request brings into the context of commands: its id, and the key under which its client sent it.
#[derive(Clone, Debug, Default)]
pub struct Call {
    request_id: String,
    claim: Option<Claim>,
}

impl<S: Send + Sync> FromRequestParts<S> for Call {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let request_id = parts.extensions.get::<RequestId>().map(|id| id.0.clone());
        Ok(Self {
            request_id: request_id.unwrap_or_default(),
            claim: parts.extensions.get().cloned(),
        })
    }
}

/// Under which name tries of the calling machine are counted.
#[derive(Clone, Debug)]
pub struct ClientKey(pub String);

impl<S: Send + Sync> FromRequestParts<S> for ClientKey {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Ok(Self(
            parts.extensions.get::<Client>().map(|client| client.key.clone()).unwrap_or_default(),
        ))
    }
}

/// The context of a command that the caller asks for.
pub fn context(state: &AppState, actor: Actor, call: Call) -> Context {
    let portal = &state.portal;
    let cx = Context::new(actor, portal.clock.now(), portal.chance.rng());
    Context { idempotency: call.claim, ..cx.with_request_id(call.request_id) }
}

/// Puts the caller into the request's extensions. A token that is nobody's is refused on every path, public ones included.
pub async fn authenticate(
    State(state): State<AppState>,
    mut request: Request,
    next: Next,
) -> Response {
    let caller = match bearer(request.headers()) {
        None => Ok(Some(Caller::Anonymous)),
        Some(token) => of_token(&state, token).await,
    };
    match caller {
        Ok(Some(caller)) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Ok(None) => match limit::take_of_client(&state, request.extensions()).await {
            Ok(()) => ApiError::InvalidToken.into_response(),
            Err(error) => error.into_response(),
        },
        Err(error) => ApiError::internal("a token could not be looked up", &error).into_response(),
    }
}

/// The bearer token. What is not text is ignored, as if it were absent.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

async fn of_token(state: &AppState, token: &str) -> Result<Option<Caller>, QueryError> {
    let portal = &state.portal;
    let (db, now) = (&portal.db, portal.clock.now());
    if token.starts_with(ACCESS_TOKEN_PREFIX) {
        let found = access_token::authenticate(db, token, now).await?;
        Ok(found.map(Caller::Organization))
    } else {
        let found = api_session::authenticate(db, token, now).await?;
        Ok(found.map(Caller::Portal))
    }
}
