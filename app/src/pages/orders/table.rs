//! Orders as a table: on their own page and among the recent ones.

use domain::id::OrderId;
use domain::money::Money as Amount;
use domain::order::{BillingReason, OrderStatus};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use time::Date;

use super::status::{OrderBadge, reason};
use crate::text::use_text;
use crate::ui::date_time::DateText;
use crate::ui::money::Money;
use crate::ui::table::{AmountCell, Cell, Column, RowHeading, Table, TableRow};
use crate::urls::paths;

/// One order, in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderRow {
    pub order_id: OrderId,
    pub product_name: String,
    pub reason: BillingReason,
    pub status: OrderStatus,
    pub total: Amount,
    /// In the customer's time zone.
    #[serde(with = "domain::local_time::date_text")]
    pub date: Date,
}

/// The table; each order leads to its page.
#[component]
pub fn OrderTable(rows: Vec<OrderRow>, organization: String) -> impl IntoView {
    let t = use_text();
    let columns = vec![
        Column::text(t.orders_column_order()),
        Column::text(t.orders_column_date()),
        Column::text(t.orders_column_status()),
        Column::amount(t.orders_column_amount()),
    ];
    let rows: Vec<AnyView> = rows
        .into_iter()
        .map(|row| {
            let href = paths::order(&organization, row.order_id);
            view! {
                <TableRow>
                    <RowHeading>
                        <a href=href>{row.product_name}</a>
                        <span class="table-detail">{reason(t, row.reason)}</span>
                    </RowHeading>
                    <Cell><DateText date=row.date/></Cell>
                    <Cell><OrderBadge status=row.status/></Cell>
                    <AmountCell><Money amount=row.total/></AmountCell>
                </TableRow>
            }
            .into_any()
        })
        .collect();
    view! { <Table label=t.orders_table_label() columns=columns>{rows}</Table> }
}
