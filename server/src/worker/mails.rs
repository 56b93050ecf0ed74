//! Mails that are due: claimed, made, handed over, and noted.

use std::time::Instant;

use backend::mail::{self, ClaimedMail, DropReason, Prepared};

use super::{Left, Unit, Worker};
use crate::{
    mail::{Letter, TransportError},
    telemetry::log_error,
};

/// Mails per claim: five that take 20 s each end before the claim does, after two minutes.
const BATCH: i64 = 5;

pub(super) async fn send_due(worker: &Worker) -> Unit {
    let claimed = mail::claim(&worker.db, worker.clock.now(), BATCH).await?;
    let is_full = claimed.len() >= usize::try_from(BATCH)?;
    for claimed in claimed {
        send(worker, &claimed).await?;
        // The rest of the claim comes due again by itself.
        if worker.shutdown.is_cancelled() {
            return Ok(Left::Nothing);
        }
    }
    Ok(if is_full { Left::More } else { Left::Nothing })
}

async fn send(
    worker: &Worker,
    claimed: &ClaimedMail,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let letter =
        match mail::prepare(&worker.db, claimed, &worker.secret, worker.clock.now()).await? {
            Prepared::Send(letter) => Letter::from(*letter),
            Prepared::Drop(reason) => return drop_mail(worker, claimed, reason).await,
        };
    let template = letter.template.clone();
    let rendered = match worker.renderer.render(&letter) {
        Ok(rendered) => rendered,
        Err(error) => {
            // A mistake of ours: repaired by a new version, until then tried again as if the server were down.
            log_error("a mail could not be rendered", &error);
            return Ok(mail::failed(
                &worker.db,
                claimed,
                worker.clock.now(),
                "it could not be rendered",
            )
            .await?);
        }
    };
    let started = Instant::now();
    match worker.transport.send(&letter, &rendered).await {
        Ok(()) => {
            mail::sent(&worker.db, claimed, worker.clock.now()).await?;
            metrics::counter!("mails_sent_total", "template" => template.clone()).increment(1);
            tracing::info!(mail_id = %letter.mail_id, template, elapsed_ms = started.elapsed().as_millis(), "mail sent");
            Ok(())
        }
        Err(error @ TransportError::Temporary(_)) => {
            metrics::counter!("mails_failed_total", "template" => template.clone()).increment(1);
            tracing::warn!(mail_id = %letter.mail_id, template, %error, "mail not sent; it will be tried again");
            Ok(mail::failed(&worker.db, claimed, worker.clock.now(), &error.to_string()).await?)
        }
        Err(error @ TransportError::Refused(_)) => {
            tracing::warn!(mail_id = %letter.mail_id, template, %error, "mail refused");
            drop_mail(worker, claimed, DropReason::Refused).await
        }
    }
}

async fn drop_mail(
    worker: &Worker,
    claimed: &ClaimedMail,
    reason: DropReason,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    mail::dropped(&worker.db, claimed, worker.clock.now(), reason).await?;
    metrics::counter!("mails_dropped_total", "reason" => reason.as_str()).increment(1);
    tracing::warn!(mail_id = %claimed.mail_id, reason = reason.as_str(), "mail dropped");
    Ok(())
}
