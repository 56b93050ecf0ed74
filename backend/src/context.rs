//! What a command is told about the moment: who acts, when, with which randomness, for which request.

use std::fmt;

use domain::id::OrganizationId;
use rand::Rng;
use rand::rngs::StdRng;
use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::{Postgres, Transaction};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::actor::Actor;
use crate::clock::whole_microseconds;
use crate::idempotency::{self, Claim};

/// The circumstances of one command. Time and chance are arguments, so that a test or the demo can choose them.
pub struct Context {
    pub actor: Actor,
    /// The instant of the command, in whole microseconds, UTC.
    pub now: OffsetDateTime,
    pub rng: StdRng,
    /// The id of the HTTP request that asked for it; stands on the events.
    pub request_id: Option<String>,
    /// True while history is loaded (the demo, an import): events are recorded, but nobody is written to.
    pub quiet: bool,
    /// The key under which a client of the API sent the request.
    pub idempotency: Option<Claim>,
}

impl Context {
    /// A context for `actor` at `now`.
    pub fn new(actor: Actor, now: OffsetDateTime, rng: StdRng) -> Self {
        Self {
            actor,
            now: whole_microseconds(now),
            rng,
            request_id: None,
            quiet: false,
            idempotency: None,
        }
    }

    /// Foyer itself acts, in any organization.
    pub fn system(now: OffsetDateTime, rng: StdRng) -> Self {
        Self::new(Actor::System { organization_id: None }, now, rng)
    }

    /// Foyer itself acts, for one organization.
    pub fn system_for(organization_id: OrganizationId, now: OffsetDateTime, rng: StdRng) -> Self {
        Self::new(Actor::System { organization_id: Some(organization_id) }, now, rng)
    }

    /// The same context with the id of its request.
    #[must_use]
    pub fn with_request_id(mut self, request_id: impl Into<String>) -> Self {
        self.request_id = Some(request_id.into());
        self
    }

    /// Commits a command that the API offers as a write. `outcome` is what it returns: it commits along when the client sent a key, so
    /// that [`Context::once`] finds it after a crash.
    ///
    /// # Errors
    /// Also when another request with the same key took over meanwhile: then nothing commits.
    pub async fn commit(
        &mut self,
        mut tx: Transaction<'_, Postgres>,
        outcome: &impl Serialize,
    ) -> Result<(), sqlx::Error> {
        if self.idempotency.is_some() {
            let nonce = self.random_bytes();
            if let Some(claim) = &self.idempotency {
                idempotency::add_outcome(&mut tx, claim, nonce, outcome).await?;
            }
        }
        tx.commit().await
    }

    /// Runs a command, unless an earlier request with the same key has committed it: then what came of it is returned again.
    ///
    /// The command ends with [`Context::commit`] of the value that it returns, at most once. A request that runs several commands runs
    /// them in the same order each time.
    pub async fn once<T: DeserializeOwned, E: From<sqlx::Error>>(
        &mut self,
        command: impl AsyncFnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        match self.idempotency.as_mut().and_then(Claim::next_step) {
            None => command(self).await,
            Some(outcome) => serde_json::from_value(outcome)
                .map_err(|error| sqlx::Error::Decode(Box::new(error)).into()),
        }
    }

    /// A new id: a version 7 UUID of this moment.
    pub fn new_id<T: From<Uuid>>(&mut self) -> T {
        let millis = u64::try_from(self.now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
        let random = self.random_bytes::<10>();
        T::from(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// `N` random bytes.
    pub fn random_bytes<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0_u8; N];
        self.rng.fill_bytes(&mut bytes);
        bytes
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("actor", &self.actor)
            .field("now", &self.now)
            .field("request_id", &self.request_id)
            .field("quiet", &self.quiet)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::Chance;
    use time::macros::datetime;

    #[test]
    fn ids_carry_the_moment_and_differ() {
        let mut cx = Context::system(datetime!(2026-05-01 00:00 UTC), Chance::seeded(1).rng());
        let (one, two): (Uuid, Uuid) = (cx.new_id(), cx.new_id());
        assert_ne!(one, two);
        assert_eq!(one.get_version_num(), 7);
        let (seconds, _) = one.get_timestamp().unwrap().to_unix();
        assert_eq!(i64::try_from(seconds).unwrap(), cx.now.unix_timestamp());
    }
}
