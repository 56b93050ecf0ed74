//! Ending a subscription at once, with the refund that the organization's settings give: the amount is said before.

use backend::quote::{Quote, QuoteRequest};
use domain::format;

use super::load::subscription_of;
use super::quoted;
use crate::error::AppError;
use crate::pages::sheet::Asked;
use crate::text::Text;
use crate::ui::sheet::{Block, Sheet};
use crate::urls::paths;

/// `/{organization}/portal/subscriptions/{id}/cancel/now`
pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
    let mut reader = asked.reader().await?;
    reader.may_write_billing()?;
    let (t, slug) = (reader.text, asked.organization.as_str());
    let subscription = subscription_of(&reader, asked).await?;
    let name = subscription.plan.clone();
    let title = t.cancel_now_title(&name);
    let request = QuoteRequest::CancelNow { reason: None, comment: None };
    let quote = match quoted::ask(&mut reader, subscription.id, request).await? {
        Ok(quote) => quote,
        Err(refusal) => {
            return Ok(quoted::not_possible(t, slug, &subscription, title, refusal));
        }
    };
    let (lead, submit, points) = words(t, &name, &quote);
    let (up, later) = (
        paths::subscription(slug, subscription.id),
        paths::subscription_cancel(slug, subscription.id),
    );
    let form = quoted::form(&quote, submit, t.cancel_now_pending()).danger();
    let form = if subscription.can_keep() {
        form.secondary(up.clone(), t.common_back())
    } else {
        form.secondary(later, t.cancel_now_instead())
    };
    Ok(Sheet::new(title)
        .lead(lead)
        .back(up, subscription.name(t))
        .block(Block::points(t.cancel_consequences_title(), points))
        .form(form))
}

/// The page in a sentence, its button, and what happens.
fn words(t: Text, name: &str, quote: &Quote) -> (String, String, Vec<String>) {
    let money = |amount| format::money(amount, t.locale());
    let refund = quote.result.refund.as_ref().filter(|refund| !refund.amount.is_zero());
    let (lead, submit, back) = match refund {
        Some(refund) => {
            let amount = money(refund.amount);
            let back = if refund.tax.is_zero() {
                t.cancel_now_refund_untaxed(&amount)
            } else {
                t.cancel_now_refund(&amount, &money(refund.tax))
            };
            let submit = t.cancel_now_submit_refund(name, &amount);
            (t.cancel_now_lead_refund(name, &amount), submit, back)
        }
        None => (
            t.cancel_now_lead(name),
            t.cancel_now_submit(name),
            t.cancel_now_no_refund().to_owned(),
        ),
    };
    let points = vec![
        t.cancel_now_access(name),
        back,
        t.cancel_now_open_orders().to_owned(),
        t.cancel_now_no_undo().to_owned(),
    ];
    (lead, submit, points)
}
