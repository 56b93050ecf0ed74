//! Issuing one order's invoice: the snapshot, then the number, taken last.

use domain::address::Address;
use domain::event_type::EventType;
use domain::id::{CustomerId, InvoiceId, OrderId, OrganizationId};
use domain::invoice::{
    InvoiceLine, InvoiceParty, InvoiceSnapshot, SNAPSHOT_VERSION, invoice_number, tax_sums,
};
use domain::money::{Currency, Money};
use domain::order::{OrderStatus, OrderTotals};
use domain::order_amounts::OrderLineKind;
use domain::period::Period;
use domain::tax::{TaxBehavior, TaxRate, TaxReason};
use serde_json::json;
use sqlx::PgConnection;
use sqlx::types::Json;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::context::Context;
use crate::error::{DatabaseError, InconsistencyError};
use crate::event::{self, NewEvent};

/// Two series of one organization get the same random code once in 200 thousand million; so often another one is drawn.
const CODES_TRIED_MAX: usize = 5;
const CODE_LETTERS: usize = 8;

#[derive(Debug, Error)]
pub enum IssueError {
    #[error("a stored row breaks a rule")]
    Inconsistency(#[from] InconsistencyError),
    #[error("no code was left for a series of invoices")]
    NoCode,
    #[error("the invoice could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for IssueError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// A locked order.
pub(super) struct OrderToIssue {
    pub organization_id: Uuid,
    pub order_id: Uuid,
    pub customer_id: Uuid,
    pub status: String,
    pub currency: String,
    pub subtotal_minor: i64,
    pub discount_minor: i64,
    pub tax_minor: i64,
    pub tax_behavior: String,
    pub total_minor: i64,
    pub created_at: OffsetDateTime,
}

/// Issues the invoice, or takes the order off the list: because it needs none, or until the details come that it lacks.
pub(super) async fn issue(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: &OrderToIssue,
) -> Result<(), IssueError> {
    let needs_one = order.total_minor != 0
        && OrderStatus::parse(&order.status)
            .is_some_and(|status| !matches!(status, OrderStatus::Draft | OrderStatus::Void));
    let parties = if needs_one { parties(tx, order).await? } else { None };
    if let Some(parties) = parties {
        let snapshot =
            snapshot(tx, order, parties.seller, parties.buyer, parties.time_zone).await?;
        write(tx, cx, order, &parties.slug, &snapshot).await?;
    }
    sqlx::query!(
        "update orders set issue_due_at = null where organization_id = $1 and order_id = $2",
        order.organization_id,
        order.order_id,
    )
    .execute(tx)
    .await?;
    Ok(())
}

struct Parties {
    seller: InvoiceParty,
    buyer: InvoiceParty,
    slug: String,
    time_zone: String,
}

/// Who sells and who buys; `None` while a name or an address is missing.
async fn parties(
    tx: &mut PgConnection,
    order: &OrderToIssue,
) -> Result<Option<Parties>, IssueError> {
    let row = sqlx::query!(
        r#"select o.slug, o.time_zone, o.legal_name, o.address as "seller_address: Json<Address>", o.tax_id as seller_tax_id,
            o.support_email, coalesce(r.billing_name, c.billing_name) as billing_name,
            case when r.billing_name is null then c.company end as company,
            coalesce(r.billing_address, c.billing_address) as "buyer_address: Json<Address>", c.tax_id as buyer_tax_id, c.email
         from organization o
         join customer c on c.organization_id = o.organization_id
         join orders r on r.organization_id = o.organization_id and r.customer_id = c.customer_id
         where o.organization_id = $1 and c.customer_id = $2 and r.order_id = $3"#,
        order.organization_id,
        order.customer_id,
        order.order_id,
    )
    .fetch_one(tx)
    .await?;
    let (Some(legal_name), Some(Json(seller_address)), Some(Json(buyer_address))) =
        (row.legal_name, row.seller_address, row.buyer_address)
    else {
        return Ok(None);
    };
    let (name, company) = match (row.billing_name, row.company) {
        (Some(name), company) => (name, company),
        (None, Some(company)) => (company, None),
        (None, None) => return Ok(None),
    };
    Ok(Some(Parties {
        seller: InvoiceParty {
            name: legal_name,
            company: None,
            address: seller_address,
            tax_id: row.seller_tax_id,
            email: row.support_email,
        },
        buyer: InvoiceParty {
            name,
            company,
            address: buyer_address,
            tax_id: row.buyer_tax_id,
            email: Some(row.email),
        },
        slug: row.slug,
        time_zone: row.time_zone,
    }))
}

async fn snapshot(
    tx: &mut PgConnection,
    order: &OrderToIssue,
    seller: InvoiceParty,
    buyer: InvoiceParty,
    time_zone: String,
) -> Result<InvoiceSnapshot, IssueError> {
    let bad = |column| InconsistencyError::new("orders", column, order.order_id);
    let currency = Currency::parse(&order.currency).map_err(|_| bad("currency"))?;
    let tax_behavior =
        TaxBehavior::parse(&order.tax_behavior).ok_or_else(|| bad("tax_behavior"))?;
    let money = |minor| Money::new(minor, currency);
    let lines = lines(tx, order).await?;
    Ok(InvoiceSnapshot {
        version: SNAPSHOT_VERSION,
        seller,
        buyer,
        currency,
        ordered_at: order.created_at,
        time_zone,
        taxes: tax_sums(&lines, tax_behavior),
        lines,
        totals: OrderTotals {
            subtotal: money(order.subtotal_minor),
            discount: money(order.discount_minor),
            tax: money(order.tax_minor),
            tax_behavior,
            total: money(order.total_minor),
        },
    })
}

async fn lines(
    tx: &mut PgConnection,
    order: &OrderToIssue,
) -> Result<Vec<InvoiceLine>, IssueError> {
    let items = sqlx::query!(
        "select order_item_id, kind, label, quantity, amount_minor, discount_minor, tax_minor, tax_rate_ppm, tax_reason, period_start,
            period_end, seats_before, seats_after
         from order_item where organization_id = $1 and order_id = $2
         order by position, order_item_id",
        order.organization_id,
        order.order_id,
    )
    .fetch_all(tx)
    .await?;
    let lines = items.into_iter().map(|item| {
        let bad = |column| InconsistencyError::new("order_item", column, item.order_item_id);
        Ok(InvoiceLine {
            kind: OrderLineKind::parse(&item.kind).ok_or_else(|| bad("kind"))?,
            label: item.label,
            quantity: item.quantity,
            amount_minor: item.amount_minor,
            discount_minor: item.discount_minor,
            tax_minor: item.tax_minor,
            tax_rate: TaxRate {
                rate_ppm: u32::try_from(item.tax_rate_ppm).map_err(|_| bad("tax_rate_ppm"))?,
                reason: TaxReason::parse(&item.tax_reason).ok_or_else(|| bad("tax_reason"))?,
            },
            period: item
                .period_start
                .zip(item.period_end)
                .map(|(start, end)| Period { start, end }),
            seats_before: item.seats_before,
            seats_after: item.seats_after,
        })
    });
    Ok(lines.collect::<Result<_, InconsistencyError>>()?)
}

async fn write(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: &OrderToIssue,
    slug: &str,
    snapshot: &InvoiceSnapshot,
) -> Result<(), IssueError> {
    let invoice_id: InvoiceId = cx.new_id();
    let number = next_number(tx, cx, order, slug).await?;
    sqlx::query!(
        "insert into invoice (organization_id, invoice_id, order_id, customer_id, number, issued_at, snapshot)
         values ($1, $2, $3, $4, $5, $6, $7)",
        order.organization_id,
        invoice_id.as_uuid(),
        order.order_id,
        order.customer_id,
        number,
        cx.now,
        Json(snapshot) as _,
    )
    .execute(&mut *tx)
    .await?;
    let issued = NewEvent {
        organization_id: OrganizationId::from(order.organization_id),
        event_type: EventType::InvoiceIssued,
        subject_kind: "order",
        subject_id: OrderId::from(order.order_id).into(),
        customer_id: Some(CustomerId::from(order.customer_id)),
        snapshot: json!({
            "invoice_id": invoice_id,
            "number": number,
            "currency": snapshot.currency,
            "total_minor": order.total_minor,
        }),
    };
    event::record(tx, cx, issued).await?;
    Ok(())
}

/// The next number of the customer's series, which stays locked until the invoice is written: so none is left out.
async fn next_number(
    tx: &mut PgConnection,
    cx: &mut Context,
    order: &OrderToIssue,
    slug: &str,
) -> Result<String, IssueError> {
    for _ in 0..=CODES_TRIED_MAX {
        let taken = sqlx::query!(
            "update invoice_series set last_number = last_number + 1
             where organization_id = $1 and customer_id = $2
             returning code, last_number",
            order.organization_id,
            order.customer_id,
        )
        .fetch_optional(&mut *tx)
        .await?;
        if let Some(taken) = taken {
            return Ok(invoice_number(slug, &taken.code, taken.last_number));
        }
        // The first invoice of the customer. When somebody else made the series meanwhile, or the code is taken, nothing happens.
        sqlx::query!(
            "insert into invoice_series (organization_id, customer_id, code) values ($1, $2, $3) on conflict do nothing",
            order.organization_id,
            order.customer_id,
            series_code(cx),
        )
        .execute(&mut *tx)
        .await?;
    }
    Err(IssueError::NoCode)
}

fn series_code(cx: &mut Context) -> String {
    cx.random_bytes::<CODE_LETTERS>().iter().map(|byte| char::from(b'A' + byte % 26)).collect()
}
