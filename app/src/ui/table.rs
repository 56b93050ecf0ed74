//! Lists in columns, which become stacks of facts on the phone.
//!
//! The roles are written out because the phone's style takes the table's `display` away, and with it, in some browsers, the
//! meaning that assistive technology needs.

use leptos::prelude::*;

/// A column's heading.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    /// Amounts end on one edge.
    pub is_amount: bool,
}

impl Column {
    /// A column of words.
    pub fn text(name: impl Into<String>) -> Self {
        Self { name: name.into(), is_amount: false }
    }

    /// A column of amounts.
    pub fn amount(name: impl Into<String>) -> Self {
        Self { name: name.into(), is_amount: true }
    }
}

/// A table named `label`; its children are [`TableRow`]s.
///
/// ```ignore
/// view! {
///     <Table label=t.orders_table_label() columns=vec![Column::text("Order"), Column::amount("Amount")]>
///         <TableRow>
///             <RowHeading><a href="…">"Pro"</a></RowHeading>
///             <AmountCell><Money amount=amount /></AmountCell>
///         </TableRow>
///     </Table>
/// }
/// ```
#[component]
pub fn Table(
    #[prop(into)] label: String,
    columns: Vec<Column>,
    children: Children,
) -> impl IntoView {
    let headings: Vec<_> = columns
        .into_iter()
        .map(|column| {
            let class = column.is_amount.then_some("table-amount");
            view! { <th role="columnheader" scope="col" class=class>{column.name}</th> }
        })
        .collect();
    view! {
        <table class="table" role="table" aria-label=label>
            <thead role="rowgroup">
                <tr role="row">{headings}</tr>
            </thead>
            <tbody role="rowgroup">{children()}</tbody>
        </table>
    }
}

/// One entry of the list.
#[component]
pub fn TableRow(children: Children) -> impl IntoView {
    view! { <tr role="row">{children()}</tr> }
}

/// What the row is about; the phone gives it a line of its own.
#[component]
pub fn RowHeading(children: Children) -> impl IntoView {
    view! { <th role="rowheader" scope="row" class="table-main">{children()}</th> }
}

/// Words in a row; quiet where they only accompany the row's heading.
#[component]
pub fn Cell(#[prop(optional)] is_quiet: bool, children: Children) -> impl IntoView {
    view! { <td role="cell" class=is_quiet.then_some("quiet")>{children()}</td> }
}

/// An amount in a row.
#[component]
pub fn AmountCell(children: Children) -> impl IntoView {
    view! { <td role="cell" class="table-amount">{children()}</td> }
}
