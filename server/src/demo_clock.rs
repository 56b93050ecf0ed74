//! The demo's time: the system's, moved ahead by what `foyer demo --advance` has stored. Without a stored offset, as
//! everywhere but in the demo, it is the system's.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use backend::{
    clock::{Clock, SystemClock},
    demo,
};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

#[derive(Clone, Debug, Default)]
pub struct DemoClock {
    offset_s: Arc<AtomicI64>,
}

impl DemoClock {
    /// Reads the stored offset again.
    ///
    /// # Errors
    /// When the database does not answer; the last offset then stays.
    pub async fn refresh(&self, db: &PgPool) -> Result<(), sqlx::Error> {
        let offset = demo::clock_offset(db).await?;
        self.offset_s.store(offset.map_or(0, Duration::whole_seconds), Ordering::Relaxed);
        Ok(())
    }
}

impl Clock for DemoClock {
    fn now(&self) -> OffsetDateTime {
        SystemClock.now() + Duration::seconds(self.offset_s.load(Ordering::Relaxed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_ahead_by_the_offset() {
        let clock = DemoClock::default();
        let before = clock.now();
        clock.offset_s.store(86_400, Ordering::Relaxed);
        assert!(clock.now() - before >= Duration::days(1));
    }
}
