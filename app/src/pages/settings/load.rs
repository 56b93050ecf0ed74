//! Sessions and activity from the database to their pages.

use backend::activity::{self, Activity};
use backend::actor::MemberActor;
use backend::page::{Count, PageRequest};
use backend::session::{self, EndSessionError, SessionView};
use domain::event_type::EventType;
use domain::id::SessionId;
use leptos::prelude::use_context;

use super::activity::{ActivityRow, ActivityView, Doer};
use super::device::device;
use super::sessions::{SessionRow, SessionsView};
use crate::error::AppError;
use crate::ssr::{self, CookieKind};
use crate::text::Text;
use crate::ui::form::Done;
use crate::urls::paths;

/// Entries on one page of activity.
const PAGE_ENTRIES: i64 = 30;

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

/// One page of the customer's activity.
pub(super) async fn activity(slug: &str, page: Option<&str>) -> Result<ActivityView, AppError> {
    let (_, person) = ssr::signed_in(slug).await?;
    let page = page
        .map_or(Ok(1), |text| text.parse().map_err(|_| AppError::field("page", "page_invalid")))?;
    let request = PageRequest::new(page, PAGE_ENTRIES)?;
    let t = use_context::<Text>().ok_or(AppError::Outdated)?;
    let found = activity::list(&ssr::portal()?.db, &person.actor, request).await?;
    let last_page = found.last_page();
    Ok(ActivityView {
        count: found.total.known(),
        is_count_exact: matches!(found.total, Count::Exact(_)),
        page: found.page,
        last_page,
        rows: found
            .items
            .into_iter()
            .map(|entry| activity_row(t, entry, &person.actor, &person.time_zone))
            .collect(),
    })
}

/// What happened. An event that is of no kind a customer knows is a change.
fn words(t: Text, event_type: Option<EventType>) -> String {
    let name = event_type.map(|event_type| event_type.as_str().replace('.', "_"));
    name.and_then(|name| t.activity_event(&name))
        .unwrap_or_else(|| t.activity_event_other())
        .to_owned()
}

fn activity_row(t: Text, entry: Activity, reader: &MemberActor, zone: &str) -> ActivityRow {
    let doer = match entry.doer {
        activity::Doer::Member { member_id, .. } if member_id == reader.member_id => Doer::You,
        activity::Doer::Member { name, .. } => Doer::Member(name.unwrap_or_default()),
        activity::Doer::Organization => Doer::Organization,
        activity::Doer::System => Doer::System,
    };
    ActivityRow { words: words(t, entry.event_type), doer, at: ssr::local(entry.occurred_at, zone) }
}

#[cfg(test)]
mod tests {
    use domain::locale::Locale;

    use super::*;

    #[test]
    fn every_event_of_a_customer_has_words_in_both_languages() {
        // What only the company does is not listed for a customer.
        let staff =
            ["organization.", "product.", "price.", "discount.", "benefit.", "access_token."];
        for locale in Locale::ALL {
            let t = Text::of(locale);
            let silent: Vec<&str> = EventType::ALL
                .iter()
                .filter(|event_type| words(t, Some(**event_type)) == t.activity_event_other())
                .map(|event_type| event_type.as_str())
                .filter(|name| !staff.iter().any(|area| name.starts_with(area)))
                .collect();
            assert_eq!(silent, Vec::<&str>::new());
        }
    }
}
