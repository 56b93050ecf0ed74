//! Organizations by slug, remembered for a moment: every request needs one, they change rarely.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use backend::error::QueryError;
use backend::organization::{self, OrganizationView};
use sqlx::PgPool;

/// How long a change of an organization may stay unseen by this process.
const KEPT: Duration = Duration::from_secs(5);
/// Beyond this many slugs the memory is emptied: a stranger may ask for any number of names.
const SLUGS_MAX: usize = 1_000;

type Entry = (Instant, Option<Arc<OrganizationView>>);

/// A bounded memory of organizations, misses included.
#[derive(Clone, Debug, Default)]
pub struct OrganizationCache(Arc<Mutex<HashMap<String, Entry>>>);

impl OrganizationCache {
    /// The organization of a slug.
    ///
    /// # Errors
    /// When it is not remembered and the database does not answer.
    pub async fn get(
        &self,
        db: &PgPool,
        slug: &str,
    ) -> Result<Option<Arc<OrganizationView>>, QueryError> {
        if let Some((since, known)) =
            self.0.lock().unwrap_or_else(PoisonError::into_inner).get(slug)
            && since.elapsed() < KEPT
        {
            return Ok(known.clone());
        }
        let found = organization::find_by_slug(db, slug).await?.map(Arc::new);
        let mut memory = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if memory.len() >= SLUGS_MAX {
            memory.clear();
        }
        memory.insert(slug.to_owned(), (Instant::now(), found.clone()));
        Ok(found)
    }
}
