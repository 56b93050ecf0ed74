//! `GET /v1/customers/export`

use axum::{extract::State, response::Response};
use backend::{
    actor::Actor,
    customer::{self, ExportCursor, ExportedCustomer},
};
use domain::{id::OrganizationId, scope::Scope};
use futures::stream;
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

/// What comes next in the file.
enum Next {
    Head { head: String, is_elsewhere: bool },
    After(Option<ExportCursor>),
    Nothing,
}

/// Get all customers as a list for a spreadsheet, newest first.
#[utoipa::path(
    get,
    path = "/v1/customers/export",
    operation_id = "customers:export",
    tag = "customers",
    security(("access_token" = ["customers:read"])),
    params(("organization_id" = Option<Vec<uuid::Uuid>>, Query, description = "Yours; of another there are none.")),
    responses(
        (status = 200, description = "`ID`, `External ID`, `Created At`, `Email`, `Name`.", body = String, content_type = "text/csv"),
        (status = 401, body = Unauthorized),
        (status = 422, body = ValidationError),
    )
)]
pub async fn export(
    State(state): State<AppState>,
    caller: Caller,
    mut query: Query,
) -> Result<Response, ApiError> {
    let (actor, organization_id) = caller.organization(Scope::CustomersRead)?;
    let is_elsewhere = query.is_elsewhere(organization_id);
    query.done()?;
    let mut head = String::new();
    csv::line(&mut head, ["ID", "External ID", "Created At", "Email", "Name"]);
    let first = Next::Head { head, is_elsewhere };
    let db = state.portal.db.clone();
    let start = (db, actor, organization_id, first);
    let parts = stream::try_unfold(start, async |(db, actor, organization_id, next)| {
        let (part, next) = part(&db, &actor, organization_id, next).await?;
        Ok::<_, ApiError>(part.map(|part| (part, (db, actor, organization_id, next))))
    });
    Ok(csv::answer("customers.csv", parts))
}

async fn part(
    db: &PgPool,
    actor: &Actor,
    organization_id: OrganizationId,
    next: Next,
) -> Result<(Option<String>, Next), ApiError> {
    let after = match next {
        Next::Head { head, is_elsewhere: true } => return Ok((Some(head), Next::Nothing)),
        Next::Head { head, .. } => return Ok((Some(head), Next::After(None))),
        Next::After(after) => after,
        Next::Nothing => return Ok((None, Next::Nothing)),
    };
    let rows = customer::export(db, actor, organization_id, after).await?;
    let Some(last) = rows.last() else { return Ok((None, Next::Nothing)) };
    let next = Next::After(Some((last.created_at, last.customer_id)));
    let mut out = String::new();
    for row in &rows {
        write(&mut out, row);
    }
    Ok((Some(out), next))
}

fn write(out: &mut String, customer: &ExportedCustomer) {
    let cells = [
        customer.customer_id.to_string(),
        customer.external_id.clone().unwrap_or_default(),
        csv::instant(Some(customer.created_at)),
        customer.email.clone(),
        customer.name.clone().unwrap_or_default(),
    ];
    csv::line(out, cells.iter().map(String::as_str));
}
