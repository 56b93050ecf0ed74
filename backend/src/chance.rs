//! The port through which randomness enters.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rand::rngs::{StdRng, SysRng};
use rand::{Rng, SeedableRng, TryRng};

/// Makes random number generators: from the operating system, or from a seed for tests and the demo.
#[derive(Clone)]
pub struct Chance {
    source: Source,
}

#[derive(Clone)]
enum Source {
    OperatingSystem,
    Seeded(Arc<Mutex<StdRng>>),
}

impl Chance {
    /// Unpredictable generators; secrets may be made from them.
    pub fn os() -> Self {
        Self { source: Source::OperatingSystem }
    }

    /// A repeatable sequence of generators. For tests and the demo's history only.
    pub fn seeded(seed: u64) -> Self {
        Self { source: Source::Seeded(Arc::new(Mutex::new(StdRng::seed_from_u64(seed)))) }
    }

    /// A fresh generator, good for secrets when the source is.
    ///
    /// # Panics
    /// When the operating system gives no randomness: nothing safe can be done without it.
    pub fn rng(&self) -> StdRng {
        let mut seed = [0_u8; 32];
        match &self.source {
            Source::OperatingSystem => {
                SysRng.try_fill_bytes(&mut seed).expect("the operating system gives random bytes");
            }
            Source::Seeded(rng) => {
                rng.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut seed);
            }
        }
        StdRng::from_seed(seed)
    }
}

impl fmt::Debug for Chance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chance").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_sequence_of_different_generators() {
        let (one, two) = (Chance::seeded(7), Chance::seeded(7));
        let first = (one.rng().next_u64(), one.rng().next_u64());
        assert_eq!(first, (two.rng().next_u64(), two.rng().next_u64()));
        assert_ne!(first.0, first.1);
    }

    #[test]
    fn the_operating_system_repeats_nothing() {
        let chance = Chance::os();
        assert_ne!(chance.rng().next_u64(), chance.rng().next_u64());
    }
}
