//! Clients that wait, remembered in the process, so that a flood does not reach the database.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, MutexGuard, PoisonError};

use domain::id::OrganizationId;
use time::OffsetDateTime;

/// Organization, purpose and client of a limit.
pub(super) type Key = (OrganizationId, &'static str, String);

/// More are not remembered; the database knows them all.
const ENTRIES_MAX: usize = 10_000;

static BLOCKED: LazyLock<Mutex<HashMap<Key, OffsetDateTime>>> = LazyLock::new(Mutex::default);

/// Until when the client waits, if this process knows that it does.
pub(super) fn blocked_until(key: &Key, now: OffsetDateTime) -> Option<OffsetDateTime> {
    lock().get(key).copied().filter(|until| *until > now)
}

/// Remembers that a client waits.
pub(super) fn block(key: Key, until: OffsetDateTime, now: OffsetDateTime) {
    let mut blocked = lock();
    if blocked.len() >= ENTRIES_MAX {
        blocked.retain(|_, until| *until > now);
    }
    if blocked.len() < ENTRIES_MAX {
        blocked.insert(key, until);
    }
}

/// Forgets a client, as another process would not know it.
#[cfg(test)]
pub(super) fn forget(key: &Key) {
    lock().remove(key);
}

fn lock() -> MutexGuard<'static, HashMap<Key, OffsetDateTime>> {
    BLOCKED.lock().unwrap_or_else(PoisonError::into_inner)
}
