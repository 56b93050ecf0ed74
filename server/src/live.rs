//! Live updates: each open page holds one event stream, and is told what changed, never the data.
//!
//! One question to the database per wake serves all streams of the process. Events commit out of order, so the last
//! seconds are asked for again, and what was told is remembered.

use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use app::ssr::Portal;
use backend::{
    actor::MemberActor,
    event::{self, Change},
};
use domain::id::{CustomerId, EventId, OrganizationId};
use time::OffsetDateTime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::{telemetry::log_error, wake::Wake};

/// Open streams of one session, and of the process.
const STREAMS_PER_SESSION: usize = 6;
const STREAMS_MAX: usize = 4_000;
/// Changes waiting for one slow reader; more would tell it nothing new, since it refetches the page.
const WAITING_MAX: usize = 16;
/// Changes that come close together are told together.
const COALESCE: Duration = Duration::from_millis(100);
/// Without a notification the database is asked this often.
const TICK: Duration = Duration::from_secs(5);
/// A transaction may commit this long after its events' time and is still seen.
const LATE_COMMIT: time::Duration = time::Duration::seconds(5);

/// What a stream is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Told {
    Change {
        kind: String,
        id: Uuid,
    },
    /// Something happened to the stream's own session: it may have ended.
    CheckSession,
}

#[derive(Clone, Debug, Default)]
pub struct Live(Arc<Hub>);

#[derive(Debug, Default)]
struct Hub {
    streams: Mutex<HashMap<u64, Stream>>,
    next_id: AtomicU64,
}

#[derive(Debug)]
struct Stream {
    organization_id: OrganizationId,
    customer_id: CustomerId,
    session_id: Uuid,
    opened_at: OffsetDateTime,
    sender: mpsc::Sender<Told>,
}

/// An open stream; dropping it closes it.
#[derive(Debug)]
pub struct Subscription {
    pub receiver: mpsc::Receiver<Told>,
    live: Live,
    id: u64,
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.live.streams().remove(&self.id);
        metrics::gauge!("live_streams").decrement(1);
    }
}

impl Live {
    /// Opens a stream of what concerns the member's customer. `None` when the session or the process has too many.
    pub fn open(&self, member: &MemberActor, now: OffsetDateTime) -> Option<Subscription> {
        let session_id = member.session_id.as_uuid();
        let mut streams = self.streams();
        let of_session = streams.values().filter(|stream| stream.session_id == session_id).count();
        if of_session >= STREAMS_PER_SESSION || streams.len() >= STREAMS_MAX {
            return None;
        }
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        let stream = Stream {
            organization_id: member.organization_id,
            customer_id: member.customer_id,
            session_id,
            opened_at: now,
            sender,
        };
        streams.insert(id, stream);
        metrics::gauge!("live_streams").increment(1);
        let live = self.clone();
        Some(Subscription { receiver, live, id })
    }

    fn streams(&self) -> MutexGuard<'_, HashMap<u64, Stream>> {
        self.0.streams.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn customers(&self) -> Vec<(OrganizationId, CustomerId)> {
        let streams = self.streams();
        let customers: HashSet<_> =
            streams.values().map(|stream| (stream.organization_id, stream.customer_id)).collect();
        customers.into_iter().collect()
    }

    fn tell(&self, change: &Change) {
        for stream in self.streams().values() {
            if (stream.organization_id, stream.customer_id)
                != (change.organization_id, change.customer_id)
            {
                continue;
            }
            // The page was made after these had committed.
            if change.occurred_at < stream.opened_at - LATE_COMMIT {
                continue;
            }
            let told = if change.subject_kind == "session" && change.subject_id == stream.session_id
            {
                Told::CheckSession
            } else {
                Told::Change { kind: change.subject_kind.clone(), id: change.subject_id }
            };
            // A full queue already makes the page refetch.
            let _ = stream.sender.try_send(told);
        }
    }

    /// Tells the open streams what changes, until `shutdown`.
    pub async fn run(self, portal: Portal, mut wake: Wake, shutdown: CancellationToken) {
        let mut memory = Memory::starting(portal.clock.now());
        let mut is_down = false;
        loop {
            tokio::select! {
                () = wake.next(TICK) => {}
                () = shutdown.cancelled() => return,
            }
            tokio::time::sleep(COALESCE).await;
            match self.look(&portal, &mut memory).await {
                Ok(()) => is_down = false,
                Err(error) => {
                    if !std::mem::replace(&mut is_down, true) {
                        log_error(
                            "live updates could not be read; trying again at the next tick",
                            &error,
                        );
                    }
                }
            }
        }
    }

    async fn look(
        &self,
        portal: &Portal,
        memory: &mut Memory,
    ) -> Result<(), backend::error::QueryError> {
        let now = portal.clock.now();
        let customers = self.customers();
        if customers.is_empty() {
            memory.forget_all(now);
            return Ok(());
        }
        for change in event::changed(&portal.db, &customers, memory.since).await? {
            if memory.is_new(&change) {
                self.tell(&change);
            }
        }
        memory.forget_before(now - LATE_COMMIT);
        Ok(())
    }
}

/// What was told lately.
#[derive(Debug)]
struct Memory {
    since: OffsetDateTime,
    told: HashMap<EventId, OffsetDateTime>,
}

impl Memory {
    fn starting(now: OffsetDateTime) -> Self {
        Self { since: now - LATE_COMMIT, told: HashMap::new() }
    }

    fn is_new(&mut self, change: &Change) -> bool {
        self.told.insert(change.event_id, change.occurred_at).is_none()
    }

    fn forget_before(&mut self, border: OffsetDateTime) {
        self.since = self.since.max(border);
        self.told.retain(|_, at| *at >= border);
    }

    fn forget_all(&mut self, now: OffsetDateTime) {
        self.told.clear();
        self.since = now - LATE_COMMIT;
    }
}

#[cfg(test)]
mod tests {
    use domain::{id::SessionId, role::MemberRole};

    use super::*;

    const NOW: OffsetDateTime = time::macros::datetime!(2026-05-01 09:00 UTC);

    fn member(session: u128) -> MemberActor {
        MemberActor {
            organization_id: OrganizationId::from_uuid(Uuid::from_u128(1)),
            customer_id: CustomerId::from_uuid(Uuid::from_u128(2)),
            member_id: domain::id::MemberId::from_uuid(Uuid::from_u128(3)),
            role: MemberRole::Owner,
            session_id: SessionId::from_uuid(Uuid::from_u128(session)),
        }
    }

    #[test]
    fn a_session_has_a_bounded_number_of_streams() {
        let live = Live::default();
        let mut open: Vec<_> =
            (0..STREAMS_PER_SESSION).map(|_| live.open(&member(7), NOW).unwrap()).collect();
        assert!(live.open(&member(7), NOW).is_none());
        assert!(live.open(&member(8), NOW).is_some());
        open.pop();
        assert!(live.open(&member(7), NOW).is_some());
    }
}
