//! The invoice of an order, or why there is none.

use domain::address::Address;
use domain::id::{CustomerId, InvoiceId, OrderId};
use domain::invoice::InvoiceSnapshot;
use sqlx::PgPool;
use sqlx::types::Json;
use time::OffsetDateTime;

use crate::actor::Actor;
use crate::error::{Forbidden, QueryError};

/// An issued invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invoice {
    pub invoice_id: InvoiceId,
    pub number: String,
    pub issued_at: OffsetDateTime,
    pub snapshot: InvoiceSnapshot,
}

/// How it stands with an order's invoice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OrderInvoice {
    Issued(Box<Invoice>),
    /// It will be issued in a moment.
    Due,
    /// The buyer's name or address is missing.
    NeedsBuyer,
    /// The seller has not said who it is.
    NeedsSeller,
    /// An order that came to nothing, or was given up before it was invoiced, has none.
    NotNeeded,
}

/// The invoice of this order; `None` when there is no such order in the actor's reach.
///
/// # Errors
/// `Forbidden` for roles that may not read billing.
pub async fn get(
    db: &PgPool,
    actor: &Actor,
    order_id: OrderId,
) -> Result<Option<OrderInvoice>, QueryError> {
    let organization_id = actor.organization_id().ok_or(Forbidden)?;
    actor.billing_reader(organization_id)?;
    let row = sqlx::query!(
        r#"select r.status, r.total_minor, i.invoice_id as "invoice_id?", i.number as "number?", i.issued_at as "issued_at?",
            i.snapshot as "snapshot?: Json<InvoiceSnapshot>", o.legal_name, o.address as "seller_address: Json<Address>",
            coalesce(c.billing_name, c.company) as buyer_name, c.billing_address as "buyer_address: Json<Address>"
         from orders r
         join organization o on o.organization_id = r.organization_id
         join customer c on c.organization_id = r.organization_id and c.customer_id = r.customer_id
         left join invoice i on i.organization_id = r.organization_id and i.order_id = r.order_id
         where r.organization_id = $1 and r.order_id = $2 and ($3::uuid is null or r.customer_id = $3) and r.status <> 'draft'"#,
        organization_id.as_uuid(),
        order_id.as_uuid(),
        actor.customer_id().map(CustomerId::as_uuid),
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    if let (Some(id), Some(number), Some(issued_at), Some(Json(snapshot))) =
        (row.invoice_id, row.number, row.issued_at, row.snapshot)
    {
        let invoice = Invoice { invoice_id: id.into(), number, issued_at, snapshot };
        return Ok(Some(OrderInvoice::Issued(Box::new(invoice))));
    }
    Ok(Some(if row.status == "void" || row.total_minor == 0 {
        OrderInvoice::NotNeeded
    } else if row.buyer_name.is_none() || row.buyer_address.is_none() {
        OrderInvoice::NeedsBuyer
    } else if row.legal_name.is_none() || row.seller_address.is_none() {
        OrderInvoice::NeedsSeller
    } else {
        OrderInvoice::Due
    }))
}
