//! `PATCH /v1/subscriptions/{id}`

use axum::{Json, extract::State, http::StatusCode};
use backend::{
    context::Context,
    quote::QuoteRequest,
    subscription::{self, AdjustError, AdjustSubscription, TrialEnd},
};
use domain::{
    change::ProrationBehavior,
    id::{DiscountId, ProductId, SubscriptionId},
    metadata::Metadata,
    scope::Scope,
    subscription::CancellationReason,
};
use serde::Deserialize;
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

use super::whole;
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::{Body, Given, Id},
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            subscription::Subscription,
        },
        v1::portal::subscriptions::{Meant, carry_out, change_billed, present},
    },
    state::AppState,
};

/// One change: the product, the discount, the end of the trial or your notes, in any mixture; the seats; the end
/// (`cancel_at_period_end`) or the end at once (`revoke`), with reason and comment; a pause (`pause_at_period_end`, with
/// `resumes_at`); `resume`; or `pending_update` as null, which drops the change that waits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionUpdate {
    /// Replaces all of it.
    #[schema(value_type = Option<Object>)]
    metadata: Option<Metadata>,
    #[schema(value_type = Option<Uuid>)]
    product_id: Option<ProductId>,
    seats: Option<i32>,
    /// How a change of product or seats is billed: `invoice`, `prorate` or `next_period`; without it, as your settings say.
    #[schema(value_type = Option<String>, example = "prorate")]
    proration_behavior: Option<ProrationBehavior>,
    /// Comes off from the next period on; null: none any more.
    #[serde(default)]
    #[schema(value_type = Option<Uuid>)]
    discount_id: Given<DiscountId>,
    /// An instant, or `now`: the first period begins at once.
    #[schema(example = "now")]
    trial_end: Option<String>,
    cancel_at_period_end: Option<bool>,
    revoke: Option<bool>,
    #[schema(value_type = Option<String>)]
    customer_cancellation_reason: Option<CancellationReason>,
    customer_cancellation_comment: Option<String>,
    pause_at_period_end: Option<bool>,
    /// When it goes on by itself: after the period's end.
    #[schema(value_type = Option<String>, format = DateTime)]
    resumes_at: Option<String>,
    resume: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    pending_update: Option<serde_json::Value>,
}

/// What is asked for: first the one, then the other.
#[derive(Debug)]
struct Asked {
    adjustment: Option<Adjustment>,
    change: Meant,
    behavior: Option<ProrationBehavior>,
}

#[derive(Debug)]
#[expect(clippy::option_option, reason = "null takes the discount away")]
struct Adjustment {
    metadata: Option<Metadata>,
    discount: Option<Option<DiscountId>>,
    trial_end: Option<TrialEnd>,
}

fn wrong(field: &str, msg: &str) -> ApiError {
    ApiError::Malformed(vec![Issue::body("invalid", field, msg)])
}

fn instant(field: &str, text: &str) -> Result<OffsetDateTime, ApiError> {
    OffsetDateTime::parse(text, &Rfc3339)
        .map_err(|_| wrong(field, "This is no instant as RFC 3339 tells it."))
}

impl SubscriptionUpdate {
    fn asked(self) -> Result<Asked, ApiError> {
        self.one_kind()?;
        let trial_end = match self.trial_end.as_deref() {
            None => None,
            Some("now") => Some(TrialEnd::Now),
            Some(text) => Some(TrialEnd::At(instant("trial_end", text)?)),
        };
        let discount = match self.discount_id {
            Given::Missing => None,
            Given::Null => Some(None),
            Given::Value(id) => Some(Some(id)),
        };
        let is_adjusted = self.metadata.is_some() || discount.is_some() || trial_end.is_some();
        let adjustment =
            is_adjusted.then_some(Adjustment { metadata: self.metadata, discount, trial_end });
        let (reason, comment) =
            (self.customer_cancellation_reason, self.customer_cancellation_comment);
        let change = if let Some(product_id) = self.product_id {
            Meant::Change(QuoteRequest::Plan { product_id, seats: None })
        } else if let Some(seats) = self.seats {
            Meant::Change(QuoteRequest::Seats { seats })
        } else if let Some(value) = self.pending_update {
            if !value.is_null() {
                return Err(wrong("pending_update", "Only null can be given."));
            }
            Meant::UnscheduleUpdate
        } else if let Some(is_meant) = self.resume {
            only_true("resume", is_meant)?;
            Meant::Change(QuoteRequest::Resume)
        } else if let Some(is_meant) = self.revoke {
            only_true("revoke", is_meant)?;
            Meant::Change(QuoteRequest::CancelNow { reason, comment })
        } else if self.pause_at_period_end.is_some() || self.resumes_at.is_some() {
            pause(self.pause_at_period_end, self.resumes_at.as_deref())?
        } else {
            match self.cancel_at_period_end {
                Some(true) => Meant::Cancel { reason, comment },
                Some(false) => Meant::Keep,
                None => Meant::Nothing,
            }
        };
        Ok(Asked { adjustment, change, behavior: self.proration_behavior })
    }

    fn one_kind(&self) -> Result<(), ApiError> {
        let is_base = self.metadata.is_some()
            || self.product_id.is_some()
            || self.trial_end.is_some()
            || !matches!(self.discount_id, Given::Missing);
        let kinds = [
            is_base,
            self.seats.is_some(),
            self.cancel_at_period_end.is_some(),
            self.revoke.is_some(),
            self.pause_at_period_end.is_some() || self.resumes_at.is_some(),
            self.resume.is_some(),
            self.pending_update.is_some(),
        ];
        if kinds.iter().filter(|is_meant| **is_meant).count() > 1 {
            return Err(ApiError::Malformed(vec![Issue {
                kind: "extra_forbidden",
                loc: vec!["body".into()],
                msg: "Ask for one change at a time.".into(),
                input: serde_json::Value::Null,
            }]));
        }
        let is_ending = self.cancel_at_period_end.is_some() || self.revoke.is_some();
        let is_reasoned = self.customer_cancellation_reason.is_some()
            || self.customer_cancellation_comment.is_some();
        if is_reasoned && !is_ending {
            let msg = "This goes with an end only.";
            return Err(wrong("customer_cancellation_reason", msg));
        }
        let is_billed = self.product_id.is_some() || self.seats.is_some();
        if self.proration_behavior.is_some() && !is_billed {
            let msg = "This goes with another product or number of seats.";
            return Err(wrong("proration_behavior", msg));
        }
        Ok(())
    }
}

fn only_true(field: &str, is_meant: bool) -> Result<(), ApiError> {
    if is_meant { Ok(()) } else { Err(wrong(field, "Only true can be given.")) }
}

fn pause(pauses: Option<bool>, resumes_at: Option<&str>) -> Result<Meant, ApiError> {
    match (pauses, resumes_at) {
        (Some(true), text) => {
            let resumes_at = text.map(|text| instant("resumes_at", text)).transpose()?;
            Ok(Meant::Pause { resumes_at })
        }
        (Some(false), None) => Ok(Meant::UnschedulePause),
        (Some(false), Some(_)) => Err(wrong("resumes_at", "This goes with a pause only.")),
        (None, _) => Err(wrong("pause_at_period_end", "This says whether to pause.")),
    }
}

/// Change a customer's subscription. What is due is charged to the customer.
#[utoipa::path(
    patch,
    path = "/v1/subscriptions/{id}",
    operation_id = "subscriptions:update",
    tag = "subscriptions",
    security(("access_token" = ["subscriptions:write"])),
    params(("id" = Uuid, Path, description = "Of the subscription.")),
    request_body = SubscriptionUpdate,
    responses(
        (status = 200, description = "As it is now. A charge that is still running is applied when it is answered.", body = Subscription),
        (status = 400, description = "Seats: `NotASeatBasedSubscription`, `BelowMinimumSeats`, `AboveMaximumSeats`, `SeatsAlreadyAssigned`.", body = NotPermitted),
        (status = 401, body = Unauthorized),
        (status = 402, description = "`PaymentFailed`: nothing changed. `PaymentActionRequired`: the change waits for the customer's approval at the address told.", body = NotPermitted),
        (status = 403, description = "`AlreadyCanceledSubscription`.", body = NotPermitted),
        (status = 404, body = ResourceNotFound),
        (status = 409, description = "`PaymentMethodRequired`, `CannotPauseSubscription`, `NoScheduledPause`, `NotPausedSubscription`, `SubscriptionNotScheduledToCancel`, `SubscriptionLocked`.", body = NotPermitted),
        (status = 410, description = "It has ended.", body = ResourceNotFound),
        (status = 422, body = ValidationError),
    )
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    call: Call,
    id: Result<Id<SubscriptionId>, ApiError>,
    body: Result<Body<SubscriptionUpdate>, ApiError>,
) -> Result<Json<Subscription>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::SubscriptionsWrite)?;
    let Id(id) = id?;
    let asked = body?.0.asked()?;
    let mut cx = context(&state, actor, call);
    if let Some(adjustment) = asked.adjustment {
        adjust(&state, &mut cx, id, adjustment).await?;
    }
    let id = match asked.change {
        Meant::Change(request) => {
            change_billed(&state, &mut cx, id, request, asked.behavior).await?
        }
        other => carry_out(&state, &mut cx, id, other).await?,
    };
    let found = whole(&state.portal.db, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}

async fn adjust(
    state: &AppState,
    cx: &mut Context,
    subscription_id: SubscriptionId,
    adjustment: Adjustment,
) -> Result<(), ApiError> {
    let Adjustment { metadata, discount, trial_end } = adjustment;
    let input = AdjustSubscription { subscription_id, metadata, discount, trial_end };
    let db = &state.portal.db;
    cx.once(async |cx| subscription::adjust(db, cx, input).await).await.map_err(refused)
}

fn refused(error: AdjustError) -> ApiError {
    let invalid = |field, error: &AdjustError| {
        ApiError::Invalid(vec![Issue::body("invalid", field, error.to_string())])
    };
    match error {
        AdjustError::Unknown => ApiError::not_found(),
        AdjustError::Ended => {
            ApiError::typed(StatusCode::FORBIDDEN, "AlreadyCanceledSubscription", error.to_string())
        }
        AdjustError::ChangePending => {
            ApiError::typed(StatusCode::CONFLICT, "SubscriptionLocked", error.to_string())
        }
        AdjustError::UnknownDiscount | AdjustError::DiscountRefused(_) => {
            invalid("discount_id", &error)
        }
        AdjustError::NotTrialing | AdjustError::TrialEndOutOfRange => invalid("trial_end", &error),
        AdjustError::Forbidden(_) => ApiError::unauthorized(),
        error => ApiError::internal("a subscription could not be changed", &error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn asked(body: serde_json::Value) -> Option<Asked> {
        serde_json::from_value::<SubscriptionUpdate>(body).ok()?.asked().ok()
    }

    #[test]
    fn each_form_is_told_apart() {
        let change = |body| asked(body).unwrap().change;
        assert_eq!(change(json!({})), Meant::Nothing);
        assert_eq!(
            change(json!({ "seats": 3, "proration_behavior": "invoice" })),
            Meant::Change(QuoteRequest::Seats { seats: 3 })
        );
        let unused = Some(CancellationReason::Unused);
        assert_eq!(
            change(json!({ "revoke": true, "customer_cancellation_reason": "unused" })),
            Meant::Change(QuoteRequest::CancelNow { reason: unused, comment: None })
        );
        assert_eq!(
            change(
                json!({ "cancel_at_period_end": true, "customer_cancellation_reason": "unused" })
            ),
            Meant::Cancel { reason: unused, comment: None }
        );
        assert_eq!(change(json!({ "pending_update": null })), Meant::UnscheduleUpdate);
        assert_eq!(change(json!({ "resume": true })), Meant::Change(QuoteRequest::Resume));
        let both = asked(json!({ "discount_id": null, "trial_end": "now", "metadata": {} }));
        let adjustment = both.unwrap().adjustment.unwrap();
        assert_eq!(adjustment.discount, Some(None));
        assert_eq!(adjustment.trial_end, Some(TrialEnd::Now));
        assert!(adjustment.metadata.is_some());
        for wrong in [
            json!({ "seats": 1, "product_id": "00000000-0000-4000-8000-000000000000" }),
            json!({ "revoke": false }),
            json!({ "trial_end": "soon" }),
            json!({ "proration_behavior": "invoice" }),
            json!({ "seats": 1, "proration_behavior": "reset" }),
            json!({ "resume": true, "customer_cancellation_reason": "unused" }),
            json!({ "current_billing_period_end": "2030-01-01T00:00:00Z" }),
        ] {
            assert!(asked(wrong.clone()).is_none(), "{wrong}");
        }
    }
}
