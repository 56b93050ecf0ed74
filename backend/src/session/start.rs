//! Starting a session, after a proof.

use domain::event_type::EventType;
use domain::id::{CustomerId, MemberId, OrganizationId, SessionId};
use domain::role::MemberRole;
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{ABSOLUTE, IDLE};
use crate::actor::{Actor, MemberActor};
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event::{self, NewEvent};
use crate::token::{CUSTOMER_SESSION_PREFIX, MEMBER_SESSION_PREFIX, PlainToken, new_token};

const USER_AGENT_CHARS_MAX: usize = 512;

/// A session that has just begun. The token goes into the browser's cookie and nowhere else.
#[derive(Debug, Clone)]
pub struct NewSession {
    pub token: PlainToken,
    pub session_id: SessionId,
    pub actor: MemberActor,
    /// When it ends at the latest.
    pub expires_at: OffsetDateTime,
    /// The path within the portal to go on to.
    pub return_to: Option<String>,
}

/// Who signs in, and where.
#[derive(Debug, Clone)]
pub(crate) struct StartSession {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    pub member_id: MemberId,
    pub role: MemberRole,
    pub user_agent: String,
    pub return_to: Option<String>,
    /// The company's own page that "back" leads to.
    pub return_url: Option<String>,
}

/// Starts a session in the caller's transaction. From here on the member is the actor.
pub(crate) async fn start(
    tx: &mut PgConnection,
    cx: &mut Context,
    input: StartSession,
) -> Result<NewSession, DatabaseError> {
    let session_id: SessionId = cx.new_id();
    let prefix = if input.role == MemberRole::Owner {
        CUSTOMER_SESSION_PREFIX
    } else {
        MEMBER_SESSION_PREFIX
    };
    let token = new_token(prefix, &mut cx.rng);
    let expires_at = cx.now + ABSOLUTE;
    let user_agent: String =
        input.user_agent.chars().filter(|c| *c != '\0').take(USER_AGENT_CHARS_MAX).collect();
    sqlx::query!(
        "insert into session
            (organization_id, session_id, customer_id, member_id, token_hash, user_agent, return_url,
             created_at, last_used_at, idle_expires_at, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $8, $9, $10)",
        input.organization_id.as_uuid(),
        session_id.as_uuid(),
        input.customer_id.as_uuid(),
        input.member_id.as_uuid(),
        &token.hash(),
        user_agent,
        input.return_url,
        cx.now,
        cx.now + IDLE,
        expires_at,
    )
    .execute(&mut *tx)
    .await?;
    let actor = MemberActor {
        organization_id: input.organization_id,
        customer_id: input.customer_id,
        member_id: input.member_id,
        role: input.role,
        session_id,
    };
    cx.actor = Actor::Member(actor.clone());
    let event = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::SessionCreated,
        subject_kind: "session",
        subject_id: session_id.as_uuid(),
        customer_id: Some(input.customer_id),
        snapshot: json!({ "member_id": input.member_id }),
    };
    event::record(tx, cx, event).await?;
    event::notify(tx).await?;
    Ok(NewSession { token, session_id, actor, expires_at, return_to: input.return_to })
}
