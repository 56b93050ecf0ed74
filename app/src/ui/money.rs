//! Amounts.

use domain::format::money_parts;
use domain::money::Money as Amount;
use leptos::prelude::*;

use crate::text::use_text;

/// An amount with its currency quiet beside it. A column of them aligns at the decimal mark.
///
/// `is_loud` is for the one total of a view.
///
/// ```ignore
/// view! { <Money amount=order.total is_loud=true /> }
/// ```
#[component]
pub fn Money(amount: Amount, #[prop(optional)] is_loud: bool) -> impl IntoView {
    let parts = money_parts(amount, use_text().locale());
    let class = if is_loud { "money money-loud" } else { "money" };
    let space = if parts.is_symbol_spaced { "\u{a0}" } else { "" };
    let (before, after) = if parts.is_symbol_first {
        (format!("{}{space}", parts.symbol), String::new())
    } else {
        (String::new(), format!("{space}{}", parts.symbol))
    };
    let sign = if parts.is_negative { "-" } else { "" };
    let figures = format!(
        "{sign_after}{}{}{}",
        parts.integer,
        parts.decimal_mark,
        parts.fraction,
        sign_after = if before.is_empty() { sign } else { "" }
    );
    let before = if before.is_empty() { before } else { format!("{sign}{before}") };
    view! {
        <span class=class>
            {symbol(before)}
            {figures}
            {symbol(after)}
        </span>
    }
}

fn symbol(text: String) -> Option<impl IntoView> {
    (!text.is_empty()).then(|| view! { <span class="money-symbol">{text}</span> })
}
