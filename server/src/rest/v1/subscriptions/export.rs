//! `GET /v1/subscriptions/export`

use axum::{extract::State, response::Response};
use backend::{
    actor::Actor,
    subscription::{self, ExportedSubscription},
};
use domain::{id::SubscriptionId, scope::Scope};
use sqlx::PgPool;

use crate::{
    rest::{
        caller::Caller,
        csv,
        error::ApiError,
        extract::Query,
        schema::error::{Unauthorized, ValidationError},
    },
    state::AppState,
};

const HEAD: [&str; 14] = [
    "id",
    "customer_email",
    "customer_name",
    "product",
    "status",
    "amount",
    "currency",
    "recurring_interval",
    "recurring_interval_count",
    "seats",
    "started_at",
    "current_period_end",
    "ends_at",
    "ended_at",
];

/// Export all subscriptions as CSV, the oldest first. Amounts are in minor units.
#[utoipa::path(
    get,
    path = "/v1/subscriptions/export",
    operation_id = "subscriptions:export",
    tag = "subscriptions",
    security(("access_token" = ["subscriptions:read"])),
    params(("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Yours; of another there are none.")),
    responses(
        (status = 200, body = String, content_type = "text/csv"),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn export(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Response, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::SubscriptionsRead)?;
    let is_elsewhere = query.is_elsewhere(organization_id);
    query.done()?;
    let mut head = String::new();
    csv::line(&mut head, HEAD);
    let db = state.portal.db.clone();
    let parts = futures::stream::try_unfold(
        (db, actor, Next::Head { head, is_elsewhere }),
        async |(db, actor, next)| {
            let (part, next) = part(&db, &actor, next).await?;
            Ok::<_, ApiError>(part.map(|part| (part, (db, actor, next))))
        },
    );
    Ok(csv::answer("subscriptions.csv", parts))
}

/// What comes next in the file.
enum Next {
    Head { head: String, is_elsewhere: bool },
    After(Option<SubscriptionId>),
    Nothing,
}

async fn part(db: &PgPool, actor: &Actor, next: Next) -> Result<(Option<String>, Next), ApiError> {
    let after = match next {
        Next::Head { head, is_elsewhere: true } => return Ok((Some(head), Next::Nothing)),
        Next::Head { head, .. } => return Ok((Some(head), Next::After(None))),
        Next::After(after) => after,
        Next::Nothing => return Ok((None, Next::Nothing)),
    };
    let rows = subscription::export(db, actor, after, csv::ROWS_AT_ONCE).await?;
    let Some(last) = rows.last() else { return Ok((None, Next::Nothing)) };
    let next = Next::After(Some(last.subscription_id));
    let mut out = String::new();
    for row in &rows {
        write(&mut out, row);
    }
    Ok((Some(out), next))
}

fn write(out: &mut String, row: &ExportedSubscription) {
    let cells = [
        row.subscription_id.to_string(),
        row.customer_email.clone(),
        row.customer_name.clone().unwrap_or_default(),
        row.product_name.clone(),
        row.status.clone(),
        row.amount_minor.to_string(),
        row.currency.clone(),
        row.recurring_interval.clone(),
        row.recurring_interval_count.to_string(),
        row.seats.map(|seats| seats.to_string()).unwrap_or_default(),
        csv::instant(row.started_at),
        csv::instant(Some(row.current_period_end)),
        csv::instant(row.ends_at),
        csv::instant(row.ended_at),
    ];
    csv::line(out, cells.iter().map(String::as_str));
}
