//! Who moves money. Which processor charges an organization's customers is the organization's own setting; here stands only what
//! this process needs to reach it.

use std::{sync::Arc, time::Duration};

use backend::payment::{PaymentProcessor, Sandbox};
use clap::Args;
use sqlx::PgPool;

#[derive(Args, Clone, Copy, Debug, Default)]
pub struct ProcessorSettings {
    /// How long the sandbox takes before and after each call takes effect, in milliseconds, as over a network
    #[arg(
        long,
        env = "FOYER_SANDBOX_LATENCY_MS",
        value_name = "MS",
        default_value_t = 0,
        hide = true,
        value_parser = clap::value_parser!(u32).range(..=10_000)
    )]
    pub sandbox_latency_ms: u32,
}

impl ProcessorSettings {
    /// The processor of this process: the sandbox, the only one so far. It charges nobody, and is asked only for organizations that
    /// chose it.
    pub fn processor(self, db: &PgPool) -> Arc<dyn PaymentProcessor> {
        let latency = Duration::from_millis(self.sandbox_latency_ms.into());
        Arc::new(Sandbox::new(db.clone()).with_latency(latency))
    }
}
