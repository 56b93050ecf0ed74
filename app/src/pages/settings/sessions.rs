//! Browsers in which one is signed in; each can be ended from here.

use domain::id::SessionId;
use domain::local_time::LocalDateTime;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;
use serde::{Deserialize, Serialize};

use crate::error::AppError;
use crate::frame::use_frame;
use crate::pages::load::page_of;
use crate::text::{Text, use_text};
use crate::ui::alert::Alert;
use crate::ui::badge::Badge;
use crate::ui::button::{Button, ButtonKind};
use crate::ui::date_time::{DateTimeText, ZoneNote};
use crate::ui::empty_state::EmptyState;
use crate::ui::form::{Done, Form, SubmitButton, action};
use crate::ui::page_header::PageHeader;
use crate::ui::tone::Tone;

/// One signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionRow {
    pub session_id: SessionId,
    /// Browser and system by their names, where known.
    pub device: Option<(String, String)>,
    pub signed_in_at: LocalDateTime,
    pub last_used_at: LocalDateTime,
    pub is_current: bool,
}

/// The page's data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionsView {
    pub organization: String,
    /// The one that asks comes first.
    pub sessions: Vec<SessionRow>,
}

/// Loads the signed-in member's own sessions.
#[server(prefix = "/api", endpoint = "view/sessions")]
pub async fn load_sessions(organization: String) -> Result<SessionsView, AppError> {
    super::load::sessions(&organization).await
}

/// Ends one of the member's own sessions; the current one like signing out.
#[server(prefix = "/api", endpoint = "session/end")]
pub async fn end_session(organization: String, session_id: String) -> Result<Done, AppError> {
    super::load::end(&organization, &session_id).await
}

/// Ends all sessions of the member but the one that asks.
#[server(prefix = "/api", endpoint = "session/end_others")]
pub async fn end_other_sessions(organization: String) -> Result<Done, AppError> {
    super::load::end_others(&organization).await
}

/// `/{organization}/portal/settings/sessions`
pub fn page() -> AnyView {
    page_of::<LoadSessions>(show)
}

fn show(view: SessionsView) -> AnyView {
    let t = use_text();
    let email = use_frame().person.as_ref().map(|person| person.email.clone()).unwrap_or_default();
    let is_alone = view.sessions.len() <= 1;
    let slug = view.organization.clone();
    let zone = view
        .sessions
        .first()
        .map(|session| view! { <ZoneNote zone=session.last_used_at.zone.clone()/> });
    let rows: Vec<AnyView> = view.sessions.into_iter().map(|session| row(t, session)).collect();
    let others = if is_alone {
        view! { <EmptyState title=t.sessions_none_other() hint=t.sessions_none_other_hint()/> }
            .into_any()
    } else {
        view! {
            <Form action={action::<EndOtherSessions>()} organization=slug.clone()>
                <div class="form-actions">
                    <SubmitButton label=t.sessions_end_others() pending=t.sessions_ending() class=ButtonKind::Secondary.class()/>
                </div>
            </Form>
        }
        .into_any()
    };
    view! {
        <Title text=t.sessions_title()/>
        <PageHeader title=t.sessions_title() lead=t.sessions_lead(&email)/>
        {confirmation(t, is_alone)}
        <div class="stack">
            <Form action={action::<EndSession>()} organization=slug>
                <ul class="card-list">{rows}</ul>
            </Form>
            {others}
            {zone}
        </div>
    }
    .into_any()
}

/// Right after ending one: said beside the list, in which it is no more.
fn confirmation(t: Text, is_alone: bool) -> impl IntoView {
    let query = use_query_map();
    move || {
        let title = match query.with(|query| query.get("done")).as_deref() {
            Some("ended_others") if is_alone => t.sessions_ended_others(),
            Some("ended") => t.sessions_ended(),
            _ => return None,
        };
        Some(view! { <Alert tone=Tone::Good title=title announce=true/> })
    }
}

fn row(t: Text, session: SessionRow) -> AnyView {
    let device = session.device.map_or_else(
        || t.sessions_device_unknown().to_owned(),
        |(browser, system)| t.sessions_device(&browser, &system),
    );
    let (label, spoken) = if session.is_current {
        (t.nav_sign_out(), t.nav_sign_out().to_owned())
    } else {
        (t.sessions_end(), t.sessions_end_device(&device))
    };
    let (last_used, signed_in) = (session.last_used_at, session.signed_in_at);
    view! {
        <li class="entry">
            <div class="entry-text">
                <h2 class="entry-title">
                    {device}
                    {session.is_current.then(|| view! { <Badge tone=Tone::Good label=t.sessions_this()/> })}
                </h2>
                <p class="entry-detail">{t.sessions_last_used()} " " <DateTimeText at=last_used without_zone=true/></p>
                <p class="entry-detail">{t.sessions_signed_in()} " " <DateTimeText at=signed_in without_zone=true/></p>
            </div>
            <Button is_small=true name="session_id" value=session.session_id.to_string() label=spoken>{label}</Button>
        </li>
    }
    .into_any()
}
