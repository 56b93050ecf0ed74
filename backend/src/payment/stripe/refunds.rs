//! Giving money back.

use domain::id::RefundId;

use super::amount::in_stripe_units;
use super::client::{CallError, Client, Reply, escaped};
use super::objects::{List, Refund};
use crate::payment::processor::{NewProcessorRefund, NoAnswer, RefundOutcome};

const PATH: &str = "/v1/refunds";
/// A payment with more refunds than ten pages of them is looked at by a person.
const PAGES_MAX: usize = 10;

pub(super) async fn refund(
    client: &Client,
    wanted: NewProcessorRefund<'_>,
) -> Result<RefundOutcome, NoAnswer> {
    let refund_id = wanted.refund_id.to_string();
    let Some(amount) = in_stripe_units(wanted.amount) else {
        tracing::error!(refund_id, amount = ?wanted.amount, "Stripe cannot give this amount back");
        return Ok(RefundOutcome::Failed);
    };
    let (amount, organization) = (amount.to_string(), wanted.organization_id.to_string());
    let form = [
        ("payment_intent", wanted.processor_payment_id),
        ("amount", &amount),
        ("metadata[foyer_refund_id]", &refund_id),
        ("metadata[foyer_organization_id]", &organization),
    ];
    match client.post::<Refund>(PATH, &form, Some(&refund_id)).await {
        Ok(Reply { value: refund, is_replayed: false }) => Ok(outcome(refund)),
        Ok(Reply { value: refund, is_replayed: true }) => {
            let path = format!("{PATH}/{}", escaped(&refund.id));
            let read = client.get::<Refund>(&path, &[]).await.map_err(CallError::into_no_answer)?;
            Ok(outcome(read.value))
        }
        Err(CallError::Refused(refusal)) => {
            let known = read(client, wanted.refund_id, wanted.processor_payment_id).await?;
            if known.is_none() {
                let error = &refusal as &dyn std::error::Error;
                tracing::error!(refund_id, error, "Stripe gives no money back");
            }
            Ok(known.unwrap_or(RefundOutcome::Failed))
        }
        Err(error) => Err(error.into_no_answer()),
    }
}

/// Among the refunds of the payment, the one that carries our id.
pub(super) async fn read(
    client: &Client,
    refund_id: RefundId,
    processor_payment_id: &str,
) -> Result<Option<RefundOutcome>, NoAnswer> {
    let refund_id = refund_id.to_string();
    let is_it = |refund: &Refund| {
        let metadata = refund.metadata.as_ref();
        metadata.and_then(|metadata| metadata.get("foyer_refund_id")) == Some(&refund_id)
    };
    let mut last: Option<String> = None;
    for _ in 0..PAGES_MAX {
        let mut query = vec![("payment_intent", processor_payment_id), ("limit", "100")];
        query.extend(last.as_deref().map(|last| ("starting_after", last)));
        let page = client.get::<List<Refund>>(PATH, &query).await;
        let page = page.map_err(CallError::into_no_answer)?.value;
        last = page.data.last().map(|refund| refund.id.clone());
        if let Some(refund) = page.data.into_iter().find(is_it) {
            return Ok(Some(outcome(refund)));
        }
        if !page.has_more || last.is_none() {
            break;
        }
    }
    Ok(None)
}

fn outcome(refund: Refund) -> RefundOutcome {
    match refund.status.as_deref() {
        Some("succeeded") => RefundOutcome::Succeeded { processor_refund_id: refund.id },
        Some("failed" | "canceled") => RefundOutcome::Failed,
        // On its way, or waiting for the customer.
        _ => RefundOutcome::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use domain::id::OrganizationId;
    use domain::money::{Currency, Money};
    use serde_json::{Value, json};
    use time::OffsetDateTime;
    use uuid::Uuid;

    use super::super::test_server::{TestAnswer, TestServer, answer, ok, replayed};
    use super::*;
    use crate::payment::processor::PaymentProcessor;

    const ID: &str = "00000000-0000-0000-0000-00000000000b";
    const CREATE: &str = "POST /v1/refunds?payment_intent=pi_1&amount=500&metadata[foyer_refund_id]=00000000-0000-0000-0000-00000000000b\
        &metadata[foyer_organization_id]=00000000-0000-0000-0000-000000000001 [00000000-0000-0000-0000-00000000000b]";
    const LIST: &str = "GET /v1/refunds?payment_intent=pi_1&limit=100";

    fn object(id: &str, status: &str) -> Value {
        json!({"id": id, "object": "refund", "status": status, "metadata": {"foyer_refund_id": ID}})
    }

    fn succeeded() -> RefundOutcome {
        RefundOutcome::Succeeded { processor_refund_id: "re_1".into() }
    }

    async fn refunded(answers: Vec<TestAnswer>) -> (Result<RefundOutcome, NoAnswer>, Vec<String>) {
        let server = TestServer::start(answers).await;
        let wanted = NewProcessorRefund {
            refund_id: RefundId::from(Uuid::from_u128(11)),
            organization_id: OrganizationId::from(Uuid::from_u128(1)),
            processor_payment_id: "pi_1",
            amount: Money::new(500, Currency::EUR),
        };
        let outcome = server.stripe.refund(wanted, OffsetDateTime::UNIX_EPOCH).await;
        (outcome, server.calls())
    }

    #[tokio::test]
    async fn money_goes_back_once_per_refund() {
        let (outcome, calls) = refunded(vec![ok(&object("re_1", "succeeded"))]).await;
        assert_eq!(outcome.unwrap(), succeeded());
        assert_eq!(calls, [CREATE]);
        let (outcome, _) = refunded(vec![ok(&object("re_1", "failed"))]).await;
        assert_eq!(outcome.unwrap(), RefundOutcome::Failed);
        assert!(refunded(vec![answer(503, &json!({}))]).await.0.is_err());
    }

    #[tokio::test]
    async fn what_was_pending_is_read_again() {
        let (outcome, calls) =
            refunded(vec![replayed(&object("re_1", "pending")), ok(&object("re_1", "succeeded"))])
                .await;
        assert_eq!(outcome.unwrap(), succeeded());
        assert_eq!(calls, [CREATE, "GET /v1/refunds/re_1"]);
        let (outcome, _) = refunded(vec![ok(&object("re_1", "pending"))]).await;
        assert_eq!(outcome.unwrap(), RefundOutcome::Unknown);
    }

    #[tokio::test]
    async fn a_refusal_counts_only_when_no_refund_is_there() {
        let refusal =
            json!({"error": {"type": "invalid_request_error", "code": "charge_already_refunded"}});
        let page = json!({"data": [{"id": "re_0", "status": "succeeded", "metadata": {}}, object("re_1", "succeeded")], "has_more": false});
        let (outcome, calls) = refunded(vec![answer(400, &refusal), ok(&page)]).await;
        assert_eq!(outcome.unwrap(), succeeded());
        assert_eq!(calls, [CREATE, LIST]);
        let nothing = ok(&json!({"data": [], "has_more": false}));
        let (outcome, _) = refunded(vec![answer(400, &refusal), nothing]).await;
        assert_eq!(outcome.unwrap(), RefundOutcome::Failed);
    }

    #[tokio::test]
    async fn reading_follows_the_pages() {
        let first = json!({"data": [{"id": "re_9", "status": "succeeded", "metadata": null}], "has_more": true});
        let second = json!({"data": [object("re_1", "succeeded")], "has_more": true});
        let server = TestServer::start(vec![ok(&first), ok(&second)]).await;
        let refund_id = RefundId::from(Uuid::from_u128(11));
        let read = server.stripe.read_refund(refund_id, "pi_1").await.unwrap();
        assert_eq!(read, Some(succeeded()));
        assert_eq!(server.calls(), [LIST.to_owned(), format!("{LIST}&starting_after=re_9")]);
    }
}
