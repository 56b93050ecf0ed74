//! Requests of a caller in a minute. Processes take them from the database in portions, so that most requests cost nothing.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use domain::id::OrganizationId;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::check::{CheckError, limited};
use crate::error::DatabaseError;

/// A process takes so many portions to use a minute up.
const PORTIONS: i32 = 10;
/// More callers are not remembered; the database knows them all.
const ENTRIES_MAX: usize = 10_000;

/// Whom requests are counted for: the organization (nil without a token), and which of its callers.
pub type AllowanceKey = (OrganizationId, String);

/// What a process has taken and not used yet.
#[derive(Debug, Default)]
pub struct Allowances(Mutex<HashMap<AllowanceKey, Portion>>);

#[derive(Debug, Clone, Copy)]
struct Portion {
    minute_at: OffsetDateTime,
    left: i32,
    /// The minute holds no more.
    is_last: bool,
}

/// What is known without the database.
enum Known {
    Granted,
    Refused,
    Unknown,
}

impl Allowances {
    /// Takes one request of `caller` from its minute.
    ///
    /// # Errors
    /// `Limited` until the minute's end when it is used up.
    pub async fn take(
        &self,
        db: &PgPool,
        caller: AllowanceKey,
        now: OffsetDateTime,
        per_minute: i32,
    ) -> Result<(), CheckError> {
        let minute_at = minute_of(now);
        let refused = || CheckError::from(limited(minute_at + Duration::MINUTE, now));
        match self.take_here(&caller, minute_at) {
            Known::Granted => return Ok(()),
            Known::Refused => return Err(refused()),
            Known::Unknown => {}
        }
        let wanted = (per_minute / PORTIONS).max(1);
        let granted = fetch(db, &caller, minute_at, wanted, per_minute).await?;
        self.keep(caller.clone(), minute_at, granted, granted < wanted);
        // Others of this process may have fetched the last portion at the same time, and not used it up.
        if granted > 0 || matches!(self.take_here(&caller, minute_at), Known::Granted) {
            Ok(())
        } else {
            Err(refused())
        }
    }

    fn take_here(&self, caller: &AllowanceKey, minute_at: OffsetDateTime) -> Known {
        let mut portions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match portions.get_mut(caller).filter(|portion| portion.minute_at == minute_at) {
            Some(portion) if portion.left > 0 => {
                portion.left -= 1;
                Known::Granted
            }
            Some(portion) if portion.is_last => Known::Refused,
            _ => Known::Unknown,
        }
    }

    /// Keeps what was fetched, but for the request that is being answered.
    fn keep(&self, caller: AllowanceKey, minute_at: OffsetDateTime, granted: i32, is_last: bool) {
        let mut portions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if portions.len() >= ENTRIES_MAX {
            portions.retain(|_, portion| portion.minute_at == minute_at);
        }
        let has_room = portions.len() < ENTRIES_MAX;
        let left = (granted - 1).max(0);
        match portions.get_mut(&caller).filter(|portion| portion.minute_at == minute_at) {
            // Somebody else of this process fetched at the same time.
            Some(portion) => {
                portion.left += left;
                portion.is_last |= is_last;
            }
            None if has_room => {
                portions.insert(caller, Portion { minute_at, left, is_last });
            }
            None => {}
        }
    }
}

fn minute_of(now: OffsetDateTime) -> OffsetDateTime {
    let seconds = now.unix_timestamp();
    now.replace_nanosecond(0).unwrap_or(now) - Duration::seconds(seconds.rem_euclid(60))
}

async fn fetch(
    db: &PgPool,
    (organization_id, caller): &AllowanceKey,
    minute_at: OffsetDateTime,
    wanted: i32,
    per_minute: i32,
) -> Result<i32, DatabaseError> {
    let granted = sqlx::query_scalar!(
        "insert into request_allowance as old (organization_id, caller, minute_at, granted, last_granted)
         values ($1, $2, $3, least($4::integer, $5), least($4, $5))
         on conflict on constraint request_allowance_pkey do update set
            minute_at = greatest(old.minute_at, $3),
            granted = case when old.minute_at < $3 then least($4, $5) else least(old.granted + $4, $5) end,
            last_granted = case when old.minute_at < $3 then least($4, $5) else greatest(least(old.granted + $4, $5) - old.granted, 0) end
         returning last_granted",
        organization_id.as_uuid(),
        caller,
        minute_at,
        wanted,
        per_minute,
    )
    .fetch_one(db)
    .await?;
    Ok(granted)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::TestDb;
    use uuid::Uuid;

    fn ada() -> AllowanceKey {
        (Uuid::nil().into(), "ada".into())
    }

    async fn passed(one: &Allowances, db: &TestDb, after: Duration, times: usize) -> usize {
        let mut passed = 0;
        for _ in 0..times {
            match one.take(&db.pool, ada(), db.now() + after, 50).await {
                Ok(()) => passed += 1,
                Err(CheckError::Limited(limited)) => {
                    assert!((1..=60).contains(&limited.retry_after_s));
                }
                Err(error) => panic!("{error}"),
            }
        }
        passed
    }

    #[tokio::test]
    async fn a_minute_holds_so_many_over_all_processes() {
        let db = TestDb::new().await;
        let (one, other) = (Allowances::default(), Allowances::default());
        assert_eq!(passed(&one, &db, Duration::ZERO, 30).await, 30);
        assert_eq!(passed(&other, &db, Duration::ZERO, 30).await, 20);
        assert_eq!(passed(&one, &db, Duration::ZERO, 5).await, 0);
        let stranger = (Uuid::nil().into(), "bob".to_owned());
        assert!(one.take(&db.pool, stranger, db.now(), 50).await.is_ok());
        assert_eq!(passed(&one, &db, Duration::MINUTE, 60).await, 50);
    }

    #[tokio::test]
    async fn most_requests_do_not_reach_the_database_and_those_at_once_are_all_counted() {
        let db = TestDb::new().await;
        let one = Allowances::default();
        assert_eq!(passed(&one, &db, Duration::ZERO, 1).await, 1);
        db.pool.close().await;
        assert_eq!(passed(&one, &db, Duration::ZERO, 4).await, 4);

        let db = TestDb::new().await;
        let all = futures::future::join_all(
            (0..200).map(|_| one.take(&db.pool, (Uuid::nil().into(), "c".into()), db.now(), 50)),
        )
        .await;
        assert_eq!(all.iter().filter(|taken| taken.is_ok()).count(), 50);
    }
}
