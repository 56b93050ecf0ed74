//! `GET /v1/orders/export`

use axum::{extract::State, response::Response};
use backend::{
    actor::Actor,
    order::{self, ExportedOrder},
};
use domain::{
    id::{OrderId, ProductId},
    scope::Scope,
};
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
    "created_at",
    "status",
    "customer_email",
    "customer_name",
    "product",
    "billing_reason",
    "invoice_number",
    "currency",
    "subtotal_amount",
    "discount_amount",
    "tax_amount",
    "total_amount",
    "refunded_total_amount",
];

/// Export all orders as CSV, the oldest first. Amounts are in minor units.
#[utoipa::path(
    get,
    path = "/v1/orders/export",
    operation_id = "orders:export",
    tag = "orders",
    security(("access_token" = ["orders:read"])),
    params(
        ("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Yours; of another there are none."),
        ("product_id" = Option<Vec<uuid::Uuid>>, Query, description = "Of one of these products."),
    ),
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
    let (actor, organization_id) = caller.organization(Scope::OrdersRead)?;
    let is_elsewhere = query.is_elsewhere(organization_id);
    let product_ids: Vec<ProductId> = query.ids("product_id");
    query.done()?;
    let mut head = String::new();
    csv::line(&mut head, HEAD);
    let db = state.portal.db.clone();
    let parts = futures::stream::try_unfold(
        (db, actor, product_ids, Next::Head { head, is_elsewhere }),
        async |(db, actor, product_ids, next)| {
            let (part, next) = part(&db, &actor, &product_ids, next).await?;
            Ok::<_, ApiError>(part.map(|part| (part, (db, actor, product_ids, next))))
        },
    );
    Ok(csv::answer("orders.csv", parts))
}

/// What comes next in the file.
enum Next {
    Head { head: String, is_elsewhere: bool },
    After(Option<OrderId>),
    Nothing,
}

async fn part(
    db: &PgPool,
    actor: &Actor,
    product_ids: &[ProductId],
    next: Next,
) -> Result<(Option<String>, Next), ApiError> {
    let after = match next {
        Next::Head { head, is_elsewhere: true } => return Ok((Some(head), Next::Nothing)),
        Next::Head { head, .. } => return Ok((Some(head), Next::After(None))),
        Next::After(after) => after,
        Next::Nothing => return Ok((None, Next::Nothing)),
    };
    let rows = order::export(db, actor, product_ids, after, csv::ROWS_AT_ONCE).await?;
    let Some(last) = rows.last() else { return Ok((None, Next::Nothing)) };
    let next = Next::After(Some(last.order_id));
    let mut out = String::new();
    for row in &rows {
        write(&mut out, row);
    }
    Ok((Some(out), next))
}

fn write(out: &mut String, row: &ExportedOrder) {
    let cells = [
        row.order_id.to_string(),
        csv::instant(Some(row.created_at)),
        row.status.clone(),
        row.customer_email.clone(),
        row.customer_name.clone().unwrap_or_default(),
        row.product_name.clone(),
        row.billing_reason.clone(),
        row.invoice_number.clone().unwrap_or_default(),
        row.currency.clone(),
        row.subtotal_minor.to_string(),
        row.discount_minor.to_string(),
        row.tax_minor.to_string(),
        row.total_minor.to_string(),
        row.refunded_minor.to_string(),
    ];
    csv::line(out, cells.iter().map(String::as_str));
}
