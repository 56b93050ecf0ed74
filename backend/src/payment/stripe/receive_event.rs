//! A message of Stripe's: it says that something happened, and is believed no further. What became of it is read.

use std::collections::HashMap;

use domain::id::{OrganizationId, PaymentAttemptId, PaymentMethodSetupId, RefundId};
use serde::Deserialize;
use sqlx::{PgConnection, PgPool};
use thiserror::Error;

use super::{SignatureError, Stripe, signature};
use crate::context::Context;
use crate::error::DatabaseError;
use crate::event;
use crate::payment::Processors;
use crate::payment_method::{self, RefreshError};

/// A message as it came in.
#[derive(Clone, Copy)]
pub struct StripeEvent<'a> {
    /// With any of these it may be signed.
    pub secrets: &'a [&'a str],
    /// The header `Stripe-Signature`.
    pub signature: &'a str,
    /// The body, byte for byte.
    pub body: &'a [u8],
}

impl std::fmt::Debug for StripeEvent<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("StripeEvent")
    }
}

/// What a message came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReceivedEvent {
    /// Something is looked at now.
    Nudged,
    /// It was taken before.
    Repeated,
    /// It is about nothing of ours, or about something that is settled.
    Nothing,
}

impl ReceivedEvent {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Nudged => "nudged",
            Self::Repeated => "repeated",
            Self::Nothing => "nothing",
        }
    }
}

#[derive(Debug, Error)]
pub enum ReceiveEventError {
    #[error("a message to the address for Stripe's was refused")]
    Signature(#[from] SignatureError),
    #[error("a message of Stripe's cannot be read")]
    Malformed(#[source] serde_json::Error),
    #[error("a payment method could not be read again")]
    Refresh(#[from] RefreshError),
    #[error("a message of Stripe's could not be taken")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for ReceiveEventError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

#[derive(Deserialize)]
struct Message {
    id: String,
    #[serde(rename = "type")]
    kind: String,
    data: Data,
}

#[derive(Deserialize)]
struct Data {
    object: Object,
}

#[derive(Deserialize)]
struct Object {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    metadata: Option<HashMap<String, String>>,
}

impl Object {
    fn named<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.metadata.as_ref()?.get(name)?.parse().ok()
    }
}

/// What a message is about.
enum About<'a> {
    Charge(OrganizationId, PaymentAttemptId),
    Refund(OrganizationId, RefundId),
    /// A charge some of which was given back.
    Refunds(OrganizationId, PaymentAttemptId),
    Setup(OrganizationId, PaymentMethodSetupId),
    Method(&'a str),
}

impl<'a> About<'a> {
    /// `None` for what is not of ours. A setup that failed is no news: the customer may be trying again in the frame.
    fn of(message: &'a Message) -> Option<Self> {
        let object = &message.data.object;
        let organization = || object.named("foyer_organization_id");
        let (family, happened) = message.kind.split_once('.')?;
        Some(match (family, happened) {
            ("charge", "refunded") => {
                Self::Refunds(organization()?, object.named("foyer_payment_attempt_id")?)
            }
            ("charge", refund) if refund.starts_with("refund.") => {
                Self::Refund(organization()?, object.named("foyer_refund_id")?)
            }
            ("refund", _) => Self::Refund(organization()?, object.named("foyer_refund_id")?),
            ("payment_intent" | "charge", _) => {
                Self::Charge(organization()?, object.named("foyer_payment_attempt_id")?)
            }
            ("setup_intent", "succeeded" | "canceled") | ("checkout", _) => {
                Self::Setup(organization()?, object.named("foyer_setup_id")?)
            }
            ("payment_method", _) => Self::Method(object.id.as_deref()?),
            _ => return None,
        })
    }
}

/// Takes a message of Stripe's: makes due now what it is about. In any order, any number of times; unknown things are passed over.
///
/// # Errors
/// [`ReceiveEventError::Signature`] when it is forged or too old, [`ReceiveEventError::Malformed`] when it is no message.
pub async fn receive_stripe_event(
    db: &PgPool,
    processors: &Processors,
    cx: &mut Context,
    event: StripeEvent<'_>,
) -> Result<ReceivedEvent, ReceiveEventError> {
    signature::verify(event.secrets, event.signature, event.body, cx.now)?;
    let message: Message =
        serde_json::from_slice(event.body).map_err(ReceiveEventError::Malformed)?;
    let Some(about) = About::of(&message) else { return Ok(ReceivedEvent::Nothing) };
    // Doing these again is harmless, and a message that was noted would not come again: they stand before the note.
    match about {
        About::Method(processor_method_id) => {
            payment_method::refresh(db, processors, cx, Stripe::NAME, processor_method_id).await?;
        }
        About::Setup(organization_id, id) => {
            payment_method::nudge_setup(db, organization_id, id).await?;
        }
        About::Charge(..) | About::Refund(..) | About::Refunds(..) => {}
    }
    let mut tx = db.begin().await?;
    if !note(&mut tx, cx, &message.id).await? {
        return Ok(ReceivedEvent::Repeated);
    }
    let nudged = match about {
        About::Charge(organization_id, id) => {
            nudge_charge(&mut tx, cx, organization_id, id).await?
        }
        About::Refund(organization_id, id) => {
            nudge_refund(&mut tx, cx, organization_id, id).await?
        }
        About::Refunds(organization_id, id) => {
            nudge_refunds(&mut tx, cx, organization_id, id).await?
        }
        About::Setup(..) | About::Method(_) => 1,
    };
    if nudged > 0 {
        event::notify(&mut tx).await?;
    }
    tx.commit().await?;
    Ok(if nudged > 0 { ReceivedEvent::Nudged } else { ReceivedEvent::Nothing })
}

/// False when it was taken before.
async fn note(tx: &mut PgConnection, cx: &Context, id: &str) -> Result<bool, sqlx::Error> {
    let noted = sqlx::query!(
        "insert into processor_event (processor, processor_event_id, received_at) values ($1, $2, $3)
         on conflict on constraint processor_event_pkey do nothing",
        Stripe::NAME,
        id,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// One that was just sent is being worked on, and its answer comes by itself.
async fn nudge_charge(
    tx: &mut PgConnection,
    cx: &Context,
    organization_id: OrganizationId,
    payment_attempt_id: PaymentAttemptId,
) -> Result<u64, sqlx::Error> {
    let nudged = sqlx::query!(
        "update payment_attempt set due_at = least(due_at, $4)
         where organization_id = $1 and payment_attempt_id = $2 and processor = $3 and settled_at is null and due_at is not null
           and state in ('unknown', 'requires_action')",
        organization_id.as_uuid(),
        payment_attempt_id.as_uuid(),
        Stripe::NAME,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(nudged.rows_affected())
}

async fn nudge_refund(
    tx: &mut PgConnection,
    cx: &Context,
    organization_id: OrganizationId,
    refund_id: RefundId,
) -> Result<u64, sqlx::Error> {
    let nudged = sqlx::query!(
        "update refund r set due_at = least(r.due_at, $4)
         from payment_attempt a
         where r.organization_id = $1 and r.refund_id = $2 and r.settled_at is null and r.due_at is not null and r.state = 'unknown'
           and a.organization_id = r.organization_id and a.payment_attempt_id = r.payment_attempt_id and a.processor = $3",
        organization_id.as_uuid(),
        refund_id.as_uuid(),
        Stripe::NAME,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(nudged.rows_affected())
}

async fn nudge_refunds(
    tx: &mut PgConnection,
    cx: &Context,
    organization_id: OrganizationId,
    payment_attempt_id: PaymentAttemptId,
) -> Result<u64, sqlx::Error> {
    let nudged = sqlx::query!(
        "update refund r set due_at = least(r.due_at, $4)
         from payment_attempt a
         where a.organization_id = $1 and a.payment_attempt_id = $2 and a.processor = $3
           and r.organization_id = a.organization_id and r.payment_attempt_id = a.payment_attempt_id
           and r.settled_at is null and r.due_at is not null and r.state = 'unknown'",
        organization_id.as_uuid(),
        payment_attempt_id.as_uuid(),
        Stripe::NAME,
        cx.now,
    )
    .execute(tx)
    .await?;
    Ok(nudged.rows_affected())
}
