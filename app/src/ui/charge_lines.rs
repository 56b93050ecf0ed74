//! What a charge is made of.

use domain::money::Money as Amount;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::money::Money;

/// One line: what for, how it comes about, how much.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChargeLine {
    pub label: String,
    /// For example "12 seats".
    pub detail: Option<String>,
    pub amount: Amount,
}

/// Lines, then what is added and taken off, then the total, loud.
///
/// `parts` stand between the lines and the total: subtotal, discount, tax.
///
/// ```ignore
/// view! { <ChargeLines lines=lines parts=vec![(t.charge_tax().to_owned(), tax)] total=(t.charge_total().to_owned(), total) /> }
/// ```
#[component]
pub fn ChargeLines(
    lines: Vec<ChargeLine>,
    #[prop(optional)] parts: Vec<(String, Amount)>,
    total: (String, Amount),
) -> impl IntoView {
    let lines: Vec<_> = lines
        .into_iter()
        .map(|line| {
            view! {
                <div class="charge-line">
                    <dt>
                        {line.label}
                        {line.detail.map(|detail| view! { <span class="charge-line-detail">{detail}</span> })}
                    </dt>
                    <dd><Money amount=line.amount /></dd>
                </div>
            }
        })
        .collect();
    let parts: Vec<_> = parts
        .into_iter()
        .enumerate()
        .map(|(at, (label, amount))| {
            let class = if at == 0 {
                "charge-line charge-line-part charge-line-sum"
            } else {
                "charge-line charge-line-part"
            };
            view! {
                <div class=class>
                    <dt>{label}</dt>
                    <dd><Money amount=amount /></dd>
                </div>
            }
        })
        .collect();
    let (total_label, total) = total;
    view! {
        <dl class="charge-lines">
            {lines}
            {parts}
            <div class="charge-line charge-line-total">
                <dt>{total_label}</dt>
                <dd><Money amount=total is_loud=true /></dd>
            </div>
        </dl>
    }
}
