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
    status: Option<String>,
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
    Refund {
        organization_id: OrganizationId,
        refund_id: RefundId,
        /// Perhaps after it had succeeded.
        has_failed: bool,
    },
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
        let refund = || {
            Some(Self::Refund {
                organization_id: organization()?,
                refund_id: object.named("foyer_refund_id")?,
                has_failed: matches!(object.status.as_deref(), Some("failed" | "canceled")),
            })
        };
        let (family, happened) = message.kind.split_once('.')?;
        Some(match (family, happened) {
            ("charge", "refunded") => {
                Self::Refunds(organization()?, object.named("foyer_payment_attempt_id")?)
            }
            ("charge", happened) if happened.starts_with("refund.") => refund()?,
            ("refund", _) => refund()?,
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
        About::Charge(..) | About::Refund { .. } | About::Refunds(..) => {}
    }
    let mut tx = db.begin().await?;
    if !note(&mut tx, cx, &message.id).await? {
        return Ok(ReceivedEvent::Repeated);
    }
    let nudged = match about {
        About::Charge(organization_id, id) => {
            nudge_charge(&mut tx, cx, organization_id, id).await?
        }
        About::Refund { organization_id, refund_id, has_failed } => {
            nudge_refund(&mut tx, cx, organization_id, refund_id, has_failed).await?
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

/// One that succeeded is looked at again only when it is said to have failed.
async fn nudge_refund(
    tx: &mut PgConnection,
    cx: &Context,
    organization_id: OrganizationId,
    refund_id: RefundId,
    has_failed: bool,
) -> Result<u64, sqlx::Error> {
    let nudged = sqlx::query!(
        "update refund r set due_at = least(r.due_at, $4)
         from payment_attempt a
         where r.organization_id = $1 and r.refund_id = $2
           and ((r.state = 'unknown' and r.due_at is not null) or ($5 and r.state = 'succeeded'))
           and a.organization_id = r.organization_id and a.payment_attempt_id = r.payment_attempt_id and a.processor = $3",
        organization_id.as_uuid(),
        refund_id.as_uuid(),
        Stripe::NAME,
        cx.now,
        has_failed,
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use time::{Duration, OffsetDateTime};
    use uuid::Uuid;

    use super::super::signature::signature_header;
    use super::*;
    use crate::payment::test_helpers::Case;
    use crate::payment::{RefundOrder, SandboxBehavior, refund_order};
    use domain::payment::RefundReason;

    const SECRET: &str = "whsec_of_the_tests";

    struct Inbox {
        case: Case,
        later: OffsetDateTime,
    }

    impl Inbox {
        /// A charge through Stripe that nobody knows the outcome of; it would be looked at in an hour.
        async fn new() -> Self {
            let case = Case::new(SandboxBehavior::Approve).await;
            let later = case.db.now() + Duration::hours(1);
            sqlx::query(
                "update payment_attempt set processor = 'stripe', state = 'unknown', due_at = $2 where payment_attempt_id = $1",
            )
            .bind(case.attempt_id.as_uuid())
            .bind(later)
            .execute(&case.db.pool)
            .await
            .unwrap();
            Self { case, later }
        }

        async fn receive(&self, message: &Value) -> Result<ReceivedEvent, ReceiveEventError> {
            let body = message.to_string();
            let header = signature_header(SECRET, self.case.db.now(), body.as_bytes());
            self.receive_signed(&body, &header).await
        }

        async fn receive_signed(
            &self,
            body: &str,
            signature: &str,
        ) -> Result<ReceivedEvent, ReceiveEventError> {
            let event = StripeEvent { secrets: &[SECRET], signature, body: body.as_bytes() };
            let mut cx = Context::system(self.case.db.now(), self.case.db.chance.rng());
            let db = &self.case.db.pool;
            receive_stripe_event(db, &Processors::default(), &mut cx, event).await
        }

        async fn due_at(&self) -> Option<OffsetDateTime> {
            sqlx::query_scalar("select due_at from payment_attempt where payment_attempt_id = $1")
                .bind(self.case.attempt_id.as_uuid())
                .fetch_one(&self.case.db.pool)
                .await
                .unwrap()
        }

        fn about_the_charge(&self, id: &str, kind: &str) -> Value {
            self.message(id, kind, "foyer_payment_attempt_id", self.case.attempt_id.into())
        }

        fn message(&self, id: &str, kind: &str, name: &str, value: Uuid) -> Value {
            let mut metadata = json!({"foyer_organization_id": self.case.organization_id});
            metadata[name] = json!(value);
            json!({"id": id, "object": "event", "type": kind,
                "data": {"object": {"id": "pi_1", "status": "succeeded", "metadata": metadata}}})
        }
    }

    #[tokio::test]
    async fn a_message_makes_a_charge_due_and_is_not_believed_further() {
        let inbox = Inbox::new().await;
        let message = inbox.about_the_charge("evt_1", "payment_intent.succeeded");
        assert_eq!(inbox.receive(&message).await.unwrap(), ReceivedEvent::Nudged);
        assert_eq!(inbox.due_at().await, Some(inbox.case.db.now()));
        let state: String =
            sqlx::query_scalar("select state from payment_attempt where payment_attempt_id = $1")
                .bind(inbox.case.attempt_id.as_uuid())
                .fetch_one(&inbox.case.db.pool)
                .await
                .unwrap();
        assert_eq!(state, "unknown", "what became of it is read, not taken from the message");
    }

    #[tokio::test]
    async fn a_message_counts_once_and_the_order_does_not_matter() {
        let inbox = Inbox::new().await;
        let failed = inbox.about_the_charge("evt_2", "payment_intent.payment_failed");
        let earlier = inbox.about_the_charge("evt_1", "payment_intent.processing");
        assert_eq!(inbox.receive(&failed).await.unwrap(), ReceivedEvent::Nudged);
        assert_eq!(inbox.receive(&earlier).await.unwrap(), ReceivedEvent::Nudged);
        for message in [&failed, &earlier, &failed] {
            assert_eq!(inbox.receive(message).await.unwrap(), ReceivedEvent::Repeated);
        }
    }

    #[tokio::test]
    async fn forged_and_old_messages_do_nothing() {
        let inbox = Inbox::new().await;
        let body = inbox.about_the_charge("evt_1", "payment_intent.succeeded").to_string();
        let now = inbox.case.db.now();
        let forged = signature_header("whsec_of_others", now, body.as_bytes());
        let refused = inbox.receive_signed(&body, &forged).await.unwrap_err();
        assert!(matches!(refused, ReceiveEventError::Signature(SignatureError::Forged)));
        let old = signature_header(SECRET, now - Duration::minutes(6), body.as_bytes());
        let refused = inbox.receive_signed(&body, &old).await.unwrap_err();
        assert!(matches!(refused, ReceiveEventError::Signature(SignatureError::OutOfTime)));
        let header = signature_header(SECRET, now, b"[]");
        let refused = inbox.receive_signed("[]", &header).await.unwrap_err();
        assert!(matches!(refused, ReceiveEventError::Malformed(_)));
        assert_eq!(inbox.due_at().await, Some(inbox.later));
        let noted: i64 = sqlx::query_scalar("select count(*) from processor_event")
            .fetch_one(&inbox.case.db.pool)
            .await
            .unwrap();
        assert_eq!(noted, 0);
    }

    #[tokio::test]
    async fn what_is_unknown_is_passed_over() {
        let inbox = Inbox::new().await;
        let nobody = Uuid::from_u128(99);
        let mut foreign = inbox.about_the_charge("evt_1", "payment_intent.succeeded");
        foreign["data"]["object"]["metadata"]["foyer_organization_id"] = json!(nobody);
        let mut bare = inbox.about_the_charge("evt_2", "payment_intent.succeeded");
        bare["data"]["object"]["metadata"] = json!({"foyer_payment_attempt_id": "no id"});
        let of_our_own = [
            ("evt_3", "payment_intent.succeeded", "foyer_payment_attempt_id"),
            ("evt_4", "refund.updated", "foyer_refund_id"),
            ("evt_5", "invoice.paid", "foyer_payment_attempt_id"),
            ("evt_6", "nonsense", "foyer_payment_attempt_id"),
        ];
        let of_our_own = of_our_own.map(|(id, kind, name)| inbox.message(id, kind, name, nobody));
        for message in [foreign, bare].iter().chain(&of_our_own) {
            let received = inbox.receive(message).await.unwrap();
            assert_eq!(received, ReceivedEvent::Nothing, "{message}");
        }
        let setup = inbox.message("evt_7", "setup_intent.succeeded", "foyer_setup_id", nobody);
        inbox.receive(&setup).await.unwrap();
        let method = inbox.message("evt_8", "payment_method.detached", "x", nobody);
        inbox.receive(&method).await.unwrap();
        assert_eq!(inbox.due_at().await, Some(inbox.later));
    }

    #[tokio::test]
    async fn a_refund_that_went_is_looked_at_again_only_when_it_is_said_to_have_failed() {
        let inbox = Inbox::new().await;
        sqlx::query("update payment_attempt set processor = 'sandbox', due_at = $1")
            .bind(inbox.case.db.now())
            .execute(&inbox.case.db.pool)
            .await
            .unwrap();
        inbox.case.run_attempt().await;
        let input = RefundOrder {
            organization_id: inbox.case.organization_id,
            order_id: inbox.case.order_id,
            amount_minor: None,
            reason: RefundReason::CustomerRequest,
            comment: None,
        };
        let refund_id =
            refund_order(&inbox.case.db.pool, &mut inbox.case.db.cx(), input).await.unwrap();
        inbox.case.work().await;
        let sql = |sql: &'static str| sqlx::query(sql).execute(&inbox.case.db.pool);
        sql("update payment_attempt set processor = 'stripe'").await.unwrap();
        let due = "select count(*) from refund where due_at <= settled_at";
        let mut message =
            inbox.message("evt_1", "refund.updated", "foyer_refund_id", refund_id.into());
        assert_eq!(inbox.receive(&message).await.unwrap(), ReceivedEvent::Nothing);
        assert_eq!(inbox.case.count(due).await, 0);
        message["id"] = json!("evt_2");
        message["data"]["object"]["status"] = json!("failed");
        assert_eq!(inbox.receive(&message).await.unwrap(), ReceivedEvent::Nudged);
        assert_eq!(inbox.case.count(due).await, 1);
        assert_eq!(inbox.case.text("select state from refund").await, "succeeded", "it is read");
    }

    #[tokio::test]
    async fn a_settled_charge_stays_settled() {
        let inbox = Inbox::new().await;
        sqlx::query("update payment_attempt set processor = 'sandbox', due_at = $1")
            .bind(inbox.case.db.now())
            .execute(&inbox.case.db.pool)
            .await
            .unwrap();
        inbox.case.run_attempt().await;
        let message = inbox.about_the_charge("evt_1", "payment_intent.succeeded");
        assert_eq!(inbox.receive(&message).await.unwrap(), ReceivedEvent::Nothing);
        assert_eq!(inbox.due_at().await, None);
    }
}
