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
    let amount = amount.to_string();
    let form = [
        ("payment_intent", wanted.processor_payment_id),
        ("amount", &amount),
        ("metadata[foyer_refund_id]", &refund_id),
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
