//! `GET /v1/subscriptions/`

use axum::{Json, extract::State};
use backend::subscription::{self, SubscriptionSearch, SubscriptionSearchSort as Sort};
use domain::{
    scope::Scope,
    subscription::{CancellationReason, SubscriptionStatus},
};

use super::whole;
use crate::{
    rest::{
        caller::Caller,
        error::ApiError,
        extract::Query,
        list::ListResource,
        schema::{
            error::{Unauthorized, ValidationError},
            subscription::Subscription,
        },
    },
    state::AppState,
};

const SORTS: &[(&str, Sort)] = &[
    ("customer", Sort::Customer),
    ("status", Sort::Status),
    ("started_at", Sort::StartedAt),
    ("current_period_end", Sort::CurrentPeriodEnd),
    ("ended_at", Sort::EndedAt),
    ("ends_at", Sort::EndsAt),
    ("amount", Sort::Amount),
    ("product", Sort::Product),
    ("discount", Sort::Discount),
];

/// List subscriptions.
#[utoipa::path(
    get,
    path = "/v1/subscriptions",
    operation_id = "subscriptions:list",
    tag = "subscriptions",
    security(("access_token" = ["subscriptions:read"])),
    params(
        ("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Yours; of another there are none."),
        ("product_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these products."),
        ("customer_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these customers."),
        ("external_customer_id" = Option<Vec<String>>, Query, description = "The same, by your own ids."),
        ("discount_id" = Option<Vec<uuid::Uuid>>, Query, description = "With one of these discounts."),
        ("active" = Option<bool>, Query, description = "`true`: trialing or active. `false`: ended. Without it, all."),
        ("status" = Option<Vec<String>>, Query, description = "One of these."),
        ("cancel_at_period_end" = Option<bool>, Query, description = "Whether it ends with its period."),
        ("customer_cancellation_reason" = Option<Vec<String>>, Query, description = "Canceled for one of these reasons."),
        ("canceled_at_after" = Option<String>, Query, description = "Canceled then or later.", format = DateTime),
        ("canceled_at_before" = Option<String>, Query, description = "Canceled then or before.", format = DateTime),
        ("started_after" = Option<String>, Query, description = "Started then or later.", format = DateTime),
        ("started_before" = Option<String>, Query, description = "Started then or before.", format = DateTime),
        ("metadata" = Option<Object>, Query, style = DeepObject, description = "`metadata[key]=value`: what you noted."),
        ("page" = Option<i64>, Query, description = "From 1.", minimum = 1),
        ("limit" = Option<i64>, Query, description = "10 when absent; more than 100 is 100.", minimum = 1),
        ("sorting" = Option<Vec<String>>, Query, description = "`customer`, `status`, `started_at`, `current_period_end`, `ended_at`, `ends_at`, `amount`, `product` or `discount`; with `-` before it, descending. `-started_at` when absent."),
    ),
    responses(
        (status = 200, body = ListResource<Subscription>),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Json<ListResource<Subscription>>, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::SubscriptionsRead)?;
    let search = search_of(&mut query);
    let is_elsewhere = query.is_elsewhere(organization_id);
    let sorting = query.sorting(SORTS, (Sort::StartedAt, true));
    let page = query.page();
    query.done()?;
    if is_elsewhere {
        return Ok(Json(ListResource::empty(page)));
    }
    let db = &state.portal.db;
    let ids = subscription::search(db, &actor, &search, &sorting, page).await?;
    let items = whole(db, organization_id, &ids.items).await?;
    Ok(Json(ListResource::filled(&ids, items)))
}

fn search_of(query: &mut Query) -> SubscriptionSearch {
    let statuses: Vec<_> =
        SubscriptionStatus::ALL.iter().map(|status| (status.as_str(), *status)).collect();
    let reasons: Vec<_> =
        CancellationReason::ALL.iter().map(|reason| (reason.as_str(), *reason)).collect();
    SubscriptionSearch {
        product_ids: query.ids("product_id"),
        customer_ids: query.ids("customer_id"),
        external_customer_ids: query.texts("external_customer_id"),
        discount_ids: query.ids("discount_id"),
        is_active: query.flag("active"),
        statuses: query.choices("status", &statuses),
        cancel_at_period_end: query.flag("cancel_at_period_end"),
        cancellation_reasons: query.choices("customer_cancellation_reason", &reasons),
        canceled_from: query.instant("canceled_at_after"),
        canceled_to: query.instant("canceled_at_before"),
        started_from: query.instant("started_after"),
        started_to: query.instant("started_before"),
        metadata: query.metadata(),
    }
}
