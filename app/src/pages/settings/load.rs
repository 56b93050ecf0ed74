//! Sessions from the database to their page.

use backend::session::{self, EndSessionError, SessionView};
use domain::id::SessionId;

use super::device::device;
use super::sessions::{SessionRow, SessionsView};
use crate::error::AppError;
use crate::ssr::{self, CookieKind};
use crate::ui::form::Done;
use crate::urls::paths;

/// The member's own sessions, the one that asks first.
pub(super) async fn sessions(slug: &str) -> Result<SessionsView, AppError> {
    let (organization, person) = ssr::signed_in(slug).await?;
    let portal = ssr::portal()?;
    let found = session::list(&portal.db, &person.actor, portal.clock.now()).await?;
    let mut sessions: Vec<SessionRow> =
        found.into_iter().map(|session| session_row(session, &person.time_zone)).collect();
    sessions.sort_by_key(|session| !session.is_current);
    Ok(SessionsView { organization: organization.slug.clone(), sessions })
}

fn session_row(session: SessionView, zone: &str) -> SessionRow {
    SessionRow {
        session_id: session.id,
        device: device(&session.user_agent)
            .map(|device| (device.browser.to_owned(), device.system.to_owned())),
        signed_in_at: ssr::local(session.created_at, zone),
        last_used_at: ssr::local(session.last_used_at, zone),
        is_current: session.is_current,
    }
}

/// Ends one session; the one that asks is signed out.
pub(super) async fn end(slug: &str, session_id: &str) -> Result<Done, AppError> {
    let (organization, person) = ssr::signed_in(slug).await?;
    let portal = ssr::portal()?;
    let session_id: SessionId = session_id.parse().map_err(|_| AppError::NotFound)?;
    let mut cx = portal.context(person.actor.clone(), &ssr::request_info()?);
    session::end(&portal.db, &mut cx, session_id).await.map_err(refusal)?;
    if session_id == person.actor.session_id {
        ssr::clear_cookie(&portal.urls, CookieKind::Session, organization.id);
        return Ok(Done::at(format!("{}?ended=1", paths::sign_in(slug))));
    }
    Ok(Done::at(format!("{}?done=ended", paths::sessions(slug))))
}

/// Ends all sessions but the one that asks.
pub(super) async fn end_others(slug: &str) -> Result<Done, AppError> {
    let (_, person) = ssr::signed_in(slug).await?;
    let portal = ssr::portal()?;
    let mut cx = portal.context(person.actor.clone(), &ssr::request_info()?);
    session::end_others(&portal.db, &mut cx).await.map_err(refusal)?;
    Ok(Done::at(format!("{}?done=ended_others", paths::sessions(slug))))
}

fn refusal(error: EndSessionError) -> AppError {
    match error {
        EndSessionError::Unknown => AppError::NotFound,
        EndSessionError::Forbidden(_) => AppError::Forbidden,
        EndSessionError::Database(_) | EndSessionError::Event(_) => ssr::internal(&error),
    }
}
