//! Tells the workers and the live updates of this process that something may be due: one `listen` connection, and a
//! jittered tick for the notifications that never arrive.

use std::time::Duration;

use backend::chance::Chance;
use rand::RngExt;
use sqlx::{PgPool, postgres::PgListener};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::telemetry::log_error;

const CHANNEL: &str = "foyer";
const RECONNECT_AFTER: Duration = Duration::from_secs(1);

/// Waits for the next reason to look.
#[derive(Clone, Debug)]
pub struct Wake {
    notifications: watch::Receiver<u64>,
    chance: Chance,
}

/// Starts listening; the task ends with `shutdown`. A lost connection is found again.
pub fn listen(db: PgPool, chance: Chance, shutdown: CancellationToken) -> Wake {
    let (sender, receiver) = watch::channel(0);
    tokio::spawn(async move {
        shutdown.run_until_cancelled(listen_for_ever(db, sender)).await;
    });
    Wake { notifications: receiver, chance }
}

async fn listen_for_ever(db: PgPool, sender: watch::Sender<u64>) {
    let mut is_down = false;
    loop {
        // Said once per outage: the tick goes on working without it.
        if let Err(error) = listen_once(&db, &sender, &mut is_down).await
            && !std::mem::replace(&mut is_down, true)
        {
            log_error(
                "listening for notifications was interrupted; trying again every second",
                &error,
            );
        }
        tokio::time::sleep(RECONNECT_AFTER).await;
    }
}

async fn listen_once(
    db: &PgPool,
    sender: &watch::Sender<u64>,
    is_down: &mut bool,
) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(db).await?;
    listener.listen(CHANNEL).await?;
    if std::mem::take(is_down) {
        tracing::info!("listening for notifications again");
    }
    loop {
        // What was told before the connection stood is unknown, so everybody looks once.
        sender.send_modify(|count| *count += 1);
        if listener.try_recv().await?.is_none() {
            return Ok(());
        }
    }
}

impl Wake {
    /// Returns at the next notification, at the latest after `tick`, ten percent more or less, so that many processes
    /// do not ask the database in step.
    pub async fn next(&mut self, tick: Duration) {
        let jitter = self.chance.rng().random_range(0.9..1.1);
        tokio::select! {
            changed = self.notifications.changed() => {
                if changed.is_err() {
                    tokio::time::sleep(tick).await;
                }
            }
            () = tokio::time::sleep(tick.mul_f64(jitter)) => {}
        }
    }
}
