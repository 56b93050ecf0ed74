//! Who moves money. Which processor charges an organization's customers is the organization's own setting; here stands only what
//! this process needs to reach it.

use std::time::Duration;

use backend::payment::{Processors, Sandbox};
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
    /// The processors of this process. Each is asked only for organizations that chose it; the sandbox charges nobody.
    pub fn processors(self, db: &PgPool) -> Processors {
        let latency = Duration::from_millis(self.sandbox_latency_ms.into());
        Processors::default().with(Sandbox::new(db.clone()).with_latency(latency))
    }
}
