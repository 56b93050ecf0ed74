//! `PATCH /v1/customer-portal/subscriptions/{id}`

use axum::{Json, extract::State, http::StatusCode};
use backend::{
    context::Context,
    quote::{self, QuoteError, QuoteRequest},
    subscription::{self, CancelSubscription, PauseSubscription},
    subscription_change::{self, Confirmed},
};
use domain::{
    change::{ChangeRefusal, ProrationBehavior},
    id::{ProductId, SubscriptionId},
    subscription::CancellationReason,
};
use serde::{Deserialize, Deserializer};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};
use utoipa::ToSchema;

use super::{refusal, whole};
use crate::{
    rest::{
        caller::{Call, Caller, context},
        error::{ApiError, Issue},
        extract::{Body, Id},
        schema::{
            error::{NotPermitted, ResourceNotFound, Unauthorized, ValidationError},
            subscription::CustomerSubscription,
        },
    },
    state::AppState,
};

/// One change: the product; the seats; the end (`cancel_at_period_end`, with reason and comment); a pause (`pause_at_period_end`, with
/// `resumes_at`); `resume`; or `pending_update` as null, which drops the change that waits.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CustomerSubscriptionUpdate {
    #[schema(value_type = Option<Uuid>)]
    product_id: Option<ProductId>,
    seats: Option<i32>,
    cancel_at_period_end: Option<bool>,
    #[schema(value_type = Option<String>)]
    cancellation_reason: Option<CancellationReason>,
    cancellation_comment: Option<String>,
    pause_at_period_end: Option<bool>,
    /// When it goes on by itself: after the period's end.
    #[schema(value_type = Option<String>, format = DateTime)]
    resumes_at: Option<String>,
    resume: Option<bool>,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    pending_update: Option<serde_json::Value>,
}

/// `Some` also for null.
pub fn present<'de, D: Deserializer<'de>>(from: D) -> Result<Option<serde_json::Value>, D::Error> {
    serde_json::Value::deserialize(from).map(Some)
}

/// What is asked for.
#[derive(Debug, PartialEq)]
pub enum Meant {
    Nothing,
    Change(QuoteRequest),
    Cancel { reason: Option<CancellationReason>, comment: Option<String> },
    Keep,
    Pause { resumes_at: Option<OffsetDateTime> },
    UnschedulePause,
    UnscheduleUpdate,
}

impl CustomerSubscriptionUpdate {
    fn meant(self) -> Result<Meant, ApiError> {
        let wrong =
            |field, msg: &str| ApiError::Malformed(vec![Issue::body("invalid", field, msg)]);
        let kinds = [
            self.product_id.is_some(),
            self.seats.is_some(),
            self.cancel_at_period_end.is_some()
                || self.cancellation_reason.is_some()
                || self.cancellation_comment.is_some(),
            self.pause_at_period_end.is_some() || self.resumes_at.is_some(),
            self.resume.is_some(),
            self.pending_update.is_some(),
        ];
        if kinds.iter().filter(|is_meant| **is_meant).count() > 1 {
            let msg = "Ask for one change at a time.";
            return Err(ApiError::Malformed(vec![Issue {
                kind: "extra_forbidden",
                loc: vec!["body".into()],
                msg: msg.into(),
                input: serde_json::Value::Null,
            }]));
        }
        if let Some(product_id) = self.product_id {
            return Ok(Meant::Change(QuoteRequest::Plan { product_id, seats: None }));
        }
        if let Some(seats) = self.seats {
            return Ok(Meant::Change(QuoteRequest::Seats { seats }));
        }
        match self.pending_update {
            None => {}
            Some(serde_json::Value::Null) => return Ok(Meant::UnscheduleUpdate),
            Some(_) => return Err(wrong("pending_update", "Only null can be given.")),
        }
        match self.resume {
            None => {}
            Some(true) => return Ok(Meant::Change(QuoteRequest::Resume)),
            Some(false) => return Err(wrong("resume", "Only true can be given.")),
        }
        match (self.pause_at_period_end, self.resumes_at) {
            (Some(true), resumes_at) => {
                let resumes_at = resumes_at
                    .map(|text| OffsetDateTime::parse(&text, &Rfc3339))
                    .transpose()
                    .map_err(|_| wrong("resumes_at", "This is no instant as RFC 3339 tells it."))?;
                return Ok(Meant::Pause { resumes_at });
            }
            (Some(false), None) => return Ok(Meant::UnschedulePause),
            (Some(false), Some(_)) => {
                return Err(wrong("resumes_at", "This goes with a pause only."));
            }
            (None, Some(_)) => {
                return Err(wrong("pause_at_period_end", "This says whether to pause."));
            }
            (None, None) => {}
        }
        Ok(match self.cancel_at_period_end {
            Some(true) => Meant::Cancel {
                reason: self.cancellation_reason,
                comment: self.cancellation_comment,
            },
            Some(false) => Meant::Keep,
            None => Meant::Nothing,
        })
    }
}

/// Change a subscription: its product, its seats, when it ends, or whether it pauses. What is due is charged.
#[utoipa::path(
    patch,
    path = "/v1/customer-portal/subscriptions/{id}",
    operation_id = "customer_portal:subscriptions:update",
    tag = "customer_portal",
    security(("customer_session" = []), ("member_session" = [])),
    params(("id" = Uuid, Path, description = "Of the subscription.")),
    request_body = CustomerSubscriptionUpdate,
    responses(
        (status = 200, description = "As it is now. A charge that is still running is applied when it is answered.", body = CustomerSubscription),
        (status = 400, description = "Seats: `NotASeatBasedSubscription`, `BelowMinimumSeats`, `AboveMaximumSeats`, `SeatsAlreadyAssigned`.", body = NotPermitted),
        (status = 401, body = Unauthorized),
        (status = 402, description = "`PaymentFailed`: nothing changed. `PaymentActionRequired`: the change waits for the customer's approval at the address told.", body = NotPermitted),
        (status = 403, description = "`NotPermitted`, `AlreadyCanceledSubscription`, `UpdateSubscriptionPlanNotAllowed`, `UpdateSubscriptionSeatsNotAllowed`, `PauseResumeNotAllowed`.", body = NotPermitted),
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
    body: Result<Body<CustomerSubscriptionUpdate>, ApiError>,
) -> Result<Json<CustomerSubscription>, ApiError> {
    let actor = caller.billing()?;
    let Id(id) = id?;
    let meant = body?.0.meant()?;
    let organization_id = actor.organization_id;
    if !subscription::is_of(&state.portal.db, &actor, id).await? {
        return Err(ApiError::not_found());
    }
    let mut cx = context(&state, actor.into(), call);
    let id = carry_out(&state, &mut cx, id, meant).await?;
    let found = whole(&state, organization_id, &[id]).await?.pop();
    Ok(Json(found.ok_or_else(ApiError::not_found)?))
}

/// Carries out what is asked for, whoever asks.
pub async fn carry_out(
    state: &AppState,
    cx: &mut Context,
    subscription_id: SubscriptionId,
    meant: Meant,
) -> Result<SubscriptionId, ApiError> {
    let db = &state.portal.db;
    match meant {
        Meant::Nothing => {}
        Meant::Change(request) => return change(state, cx, subscription_id, request).await,
        Meant::Cancel { reason, comment } => {
            let input = CancelSubscription { subscription_id, reason, comment };
            cx.once(async |cx| subscription::cancel(db, cx, input).await.map(drop))
                .await
                .map_err(refusal::cancel)?;
        }
        Meant::Keep => {
            cx.once(async |cx| subscription::keep(db, cx, subscription_id).await.map(drop))
                .await
                .map_err(refusal::keep)?;
        }
        Meant::Pause { resumes_at } => {
            let input = PauseSubscription { subscription_id, resumes_at };
            cx.once(async |cx| subscription::pause(db, cx, input).await.map(drop))
                .await
                .map_err(refusal::pause)?;
        }
        Meant::UnschedulePause => {
            cx.once(async |cx| {
                subscription::unschedule_pause(db, cx, subscription_id).await.map(drop)
            })
            .await
            .map_err(refusal::unschedule_pause)?;
        }
        Meant::UnscheduleUpdate => {
            cx.once(async |cx| {
                subscription::unschedule_update(db, cx, subscription_id).await.map(drop)
            })
            .await
            .map_err(refusal::unschedule_update)?;
        }
    }
    Ok(subscription_id)
}

/// Makes a quote and redeems it. What changes nothing is done already.
pub(super) async fn change(
    state: &AppState,
    cx: &mut Context,
    subscription_id: SubscriptionId,
    request: QuoteRequest,
) -> Result<SubscriptionId, ApiError> {
    change_billed(state, cx, subscription_id, request, None).await
}

/// The same, billed as the organization says for this once.
pub async fn change_billed(
    state: &AppState,
    cx: &mut Context,
    subscription_id: SubscriptionId,
    request: QuoteRequest,
    behavior: Option<ProrationBehavior>,
) -> Result<SubscriptionId, ApiError> {
    let portal = &state.portal;
    let db = &portal.db;
    let redeemed = cx
        .once(async |cx| {
            let quote = match quote::create_billed(db, cx, subscription_id, request, behavior).await
            {
                Err(QuoteError::Refused(ChangeRefusal::NothingChanges)) => return Ok(None),
                quote => quote.map_err(refusal::quote)?,
            };
            let redeemed = subscription_change::redeem(db, cx, quote.quote_id).await;
            redeemed.map(Some).map_err(refusal::confirm)
        })
        .await?;
    let Some(redeemed) = redeemed else { return Ok(subscription_id) };
    let confirmed = subscription_change::finish(db, &portal.processors, cx, redeemed)
        .await
        .map_err(refusal::confirm)?;
    match confirmed {
        Confirmed::Applied { subscription_id }
        | Confirmed::Scheduled { subscription_id }
        | Confirmed::Pending { subscription_id } => Ok(subscription_id),
        Confirmed::RequiresAction { url, .. } => Err(ApiError::typed(
            StatusCode::PAYMENT_REQUIRED,
            "PaymentActionRequired",
            format!("The bank wants the customer's approval: {url}"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn meant(body: serde_json::Value) -> Option<Meant> {
        serde_json::from_value::<CustomerSubscriptionUpdate>(body).ok()?.meant().ok()
    }

    #[test]
    fn each_form_is_told_apart() {
        assert_eq!(meant(json!({})), Some(Meant::Nothing));
        assert_eq!(meant(json!({ "cancel_at_period_end": null })), Some(Meant::Nothing));
        assert_eq!(meant(json!({ "pending_update": null })), Some(Meant::UnscheduleUpdate));
        assert_eq!(
            meant(json!({ "seats": 3 })),
            Some(Meant::Change(QuoteRequest::Seats { seats: 3 }))
        );
        assert_eq!(meant(json!({ "resume": true })), Some(Meant::Change(QuoteRequest::Resume)));
        assert_eq!(meant(json!({ "pause_at_period_end": false })), Some(Meant::UnschedulePause));
        assert_eq!(
            meant(json!({ "pause_at_period_end": true, "resumes_at": null })),
            Some(Meant::Pause { resumes_at: None })
        );
        let canceled = Meant::Cancel { reason: Some(CancellationReason::Unused), comment: None };
        assert_eq!(
            meant(json!({ "cancel_at_period_end": true, "cancellation_reason": "unused" })),
            Some(canceled)
        );
        for wrong in [
            json!({ "seats": 1, "resume": true }),
            json!({ "resume": false }),
            json!({ "pending_update": {} }),
            json!({ "resumes_at": "2030-01-01T00:00:00Z" }),
            json!({ "pause_at_period_end": true, "resumes_at": "tomorrow" }),
            json!({ "cancellation_reason": "bored" }),
            json!({ "proration_behavior": "invoice" }),
        ] {
            assert_eq!(meant(wrong.clone()), None, "{wrong}");
        }
    }
}
