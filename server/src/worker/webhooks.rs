//! Deliveries to webhook endpoints: claimed, rendered once, sent, and noted.
//!
//! Unlike the other loops this one never waits for what it has begun: an endpoint that takes its ten seconds holds back no other.

use std::{collections::HashMap, error::Error, time::Duration};

use backend::webhook::{self, Busy, ClaimedDelivery, Letter, Message};
use domain::id::WebhookEndpointId;
use tokio::{
    task::{Id, JoinError, JoinSet},
    time::MissedTickBehavior,
};

use super::{Left, TICK, Unit, Worker};
use crate::{rest::v1::checkouts::Links, telemetry::chain, webhook::render};

/// First tries on their way at once, of all endpoints.
const FIRST_MAX: usize = 48;
/// Repeated tries on their way at once; apart, so that endpoints that fail never hold back what is new.
const RETRIES_MAX: usize = 16;

/// The tick is kept here, so that it comes however often something lands.
const NEVER: Duration = Duration::from_hours(1);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    First,
    Retry,
}

type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// What is on its way.
#[derive(Default)]
struct Flights {
    running: JoinSet<Outcome>,
    of: HashMap<Id, (Kind, WebhookEndpointId)>,
}

impl Flights {
    fn count(&self, kind: Kind) -> usize {
        self.of.values().filter(|(other, _)| *other == kind).count()
    }

    fn busy(&self, kind: Kind) -> Busy {
        let mut counts = HashMap::new();
        for (_, endpoint_id) in self.of.values().filter(|(other, _)| *other == kind) {
            *counts.entry(*endpoint_id).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }

    /// Claims as many as may be on their way, and sends them off. Answers how many.
    async fn take_off(
        &mut self,
        worker: &Worker,
        kind: Kind,
    ) -> Result<usize, Box<dyn Error + Send + Sync>> {
        let max = if kind == Kind::First { FIRST_MAX } else { RETRIES_MAX };
        let free = max.saturating_sub(self.count(kind));
        if free == 0 {
            return Ok(0);
        }
        let (now, busy, limit) = (worker.clock.now(), self.busy(kind), i64::try_from(free)?);
        let claimed = match kind {
            Kind::First => webhook::claim_first(&worker.db, now, &busy, limit).await?,
            Kind::Retry => webhook::claim_retries(&worker.db, now, &busy, limit).await?,
        };
        let count = claimed.len();
        for delivery in claimed {
            let (worker, endpoint_id) = (worker.clone(), delivery.webhook_endpoint_id);
            let task = self.running.spawn(async move { deliver(&worker, &delivery).await });
            self.of.insert(task.id(), (kind, endpoint_id));
        }
        Ok(count)
    }

    /// One has come back; which kind it was.
    fn landed(&mut self, landed: Result<(Id, Outcome), JoinError>) -> Option<Kind> {
        let (id, outcome) = match landed {
            Ok((id, outcome)) => (id, outcome.map_err(|error| chain(error.as_ref()))),
            Err(error) => (error.id(), Err("it panicked".to_owned())),
        };
        if let Err(error) = outcome {
            // Its claim ends by itself, and it is tried again.
            tracing::error!(error, "a webhook delivery failed here");
        }
        self.of.remove(&id).map(|(kind, _)| kind)
    }
}

/// Delivers until `shutdown`; what is on its way then is waited for.
pub(super) async fn run(worker: &Worker) {
    let mut wake = worker.wake.clone();
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut flights = Flights::default();
    let mut kinds = vec![Kind::First, Kind::Retry];
    let mut is_failing = false;
    loop {
        let is_ending = worker.shutdown.is_cancelled();
        if is_ending && flights.of.is_empty() {
            return;
        }
        for kind in kinds.drain(..).filter(|_| !is_ending) {
            match flights.take_off(worker, kind).await {
                Ok(_) if std::mem::take(&mut is_failing) => {
                    tracing::info!(work = "webhooks", "works again");
                }
                Err(error) if !std::mem::replace(&mut is_failing, true) => {
                    let error = chain(error.as_ref());
                    tracing::error!(
                        work = "webhooks",
                        error,
                        "work failed; it is tried again at every tick"
                    );
                }
                Ok(_) | Err(_) => {}
            }
        }
        tokio::select! {
            Some(landed) = flights.running.join_next_with_id() => kinds.extend(flights.landed(landed)),
            _ = tick.tick(), if !is_ending => kinds.extend([Kind::First, Kind::Retry]),
            () = wake.next(NEVER), if !is_ending => kinds.extend([Kind::First, Kind::Retry]),
            () = worker.shutdown.cancelled(), if !is_ending => {}
        }
    }
}

/// All that is due now, to its end.
pub(super) async fn deliver_due(worker: &Worker) -> Unit {
    let mut flights = Flights::default();
    let mut count = 0;
    for kind in [Kind::First, Kind::Retry] {
        count += flights.take_off(worker, kind).await?;
    }
    while let Some(landed) = flights.running.join_next_with_id().await {
        flights.landed(landed);
    }
    Ok(if count > 0 { Left::More } else { Left::Nothing })
}

async fn deliver(worker: &Worker, delivery: &ClaimedDelivery) -> Outcome {
    let (db, started_at) = (&worker.db, worker.clock.now());
    let letter = webhook::letter(db, &worker.secret, delivery, started_at).await?;
    let Some(letter) = letter else {
        return Ok(webhook::skipped(db, &worker.context(), delivery).await?);
    };
    let Some(body) = body(worker, delivery, &letter).await? else { return Ok(()) };
    let timestamp_s = started_at.unix_timestamp();
    let id = delivery.webhook_event_id;
    let signatures =
        webhook::signatures(&letter.secrets, letter.is_standard_only, id, timestamp_s, &body);
    let message = Message {
        url: &letter.url,
        id,
        timestamp_s,
        signatures: &signatures,
        body: &body,
        is_test: letter.is_test,
    };
    let answer = worker.webhooks.send(&message, started_at).await;
    let outcome = if answer.is_success() { "delivered" } else { "failed" };
    metrics::counter!("webhook_tries_total", "outcome" => outcome).increment(1);
    tracing::debug!(webhook_event_id = %id, webhook_endpoint_id = %delivery.webhook_endpoint_id, tries = delivery.tries,
        http_code = answer.http_code, elapsed_ms = answer.duration_ms, outcome, "webhook");
    Ok(webhook::answered(db, &mut worker.context(), delivery, started_at, &answer).await?)
}

/// As it was told before, or rendered now; `None` when there is nothing to send, which is noted.
async fn body(
    worker: &Worker,
    delivery: &ClaimedDelivery,
    letter: &Letter,
) -> Result<Option<String>, Box<dyn Error + Send + Sync>> {
    if let Some(body) = &letter.body {
        return Ok(Some(body.clone()));
    }
    let (db, organization_id) = (&worker.db, delivery.organization_id);
    let links = Links { secret: &worker.secret, urls: &worker.urls };
    match render(db, links, organization_id, letter, worker.clock.now()).await {
        Ok(Some(body)) => {
            let id = delivery.webhook_event_id;
            Ok(Some(webhook::keep_body(db, organization_id, id, &body).await?))
        }
        Ok(None) => {
            webhook::skipped(db, &worker.context(), delivery).await?;
            Ok(None)
        }
        // Logged where it happened.
        Err(_) => {
            webhook::failed(db, &mut worker.context(), delivery).await?;
            Ok(None)
        }
    }
}
