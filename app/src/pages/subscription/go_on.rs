//! Going on for money: resuming a paused subscription, subscribing again to an ended one. The charge stands before the button.

use backend::quote::QuoteRequest;

use super::load::subscription_of;
use super::quoted::{self, Course};
use super::view::Standing;
use crate::error::AppError;
use crate::pages::sheet::Asked;
use crate::ui::sheet::Sheet;
use crate::urls::paths;

/// `/{organization}/portal/subscriptions/{id}/resume`
pub(crate) async fn resume(asked: &Asked) -> Result<Sheet, AppError> {
    let mut reader = asked.reader().await?;
    reader.may_write_billing()?;
    let (t, slug) = (reader.text, asked.organization.as_str());
    let subscription = subscription_of(&reader, asked).await?;
    let title = t.resume_title(&subscription.plan);
    let quote = match quoted::ask(&mut reader, subscription.id, QuoteRequest::Resume).await? {
        Ok(quote) => quote,
        Err(refusal) => {
            return Ok(quoted::not_possible(t, slug, &subscription, title, refusal));
        }
    };
    let name = quote.result.product_name.as_str();
    let (lead, submit) = match Course::of(&reader, &quote.result) {
        Course::Pay(amount) => {
            (t.resume_lead_pay(name, &amount), t.resume_submit_pay(&amount, name))
        }
        Course::Now | Course::Later(_) => (t.resume_lead(name), t.resume_submit(name)),
    };
    let up = paths::subscription(slug, subscription.id);
    let form =
        quoted::form(&quote, submit, t.resume_pending()).secondary(up.clone(), t.common_back());
    let sheet = Sheet::new(title).lead(lead).back(up, subscription.name(t));
    Ok(Sheet { blocks: quoted::blocks(&reader, &quote), ..sheet }.form(form))
}

/// `/{organization}/portal/subscriptions/{id}/resubscribe`
pub(crate) async fn resubscribe(asked: &Asked) -> Result<Sheet, AppError> {
    let mut reader = asked.reader().await?;
    reader.may_write_billing()?;
    let (t, slug) = (reader.text, asked.organization.as_str());
    let subscription = subscription_of(&reader, asked).await?;
    let title = t.resubscribe_title(&subscription.plan);
    let quote = match quoted::ask(&mut reader, subscription.id, QuoteRequest::Resubscribe).await? {
        Ok(quote) => quote,
        Err(refusal) => {
            let sheet = quoted::not_possible(t, slug, &subscription, title, refusal);
            // Elsewhere the way on is this very page.
            let here = subscription.standing() == Standing::Ended
                && refusal == domain::change::ChangeRefusal::Ended;
            let overview = vec![(paths::overview(slug), t.failure_to_overview().to_owned())];
            return Ok(if here { Sheet { links: overview, ..sheet } } else { sheet });
        }
    };
    let name = quote.result.product_name.as_str();
    let (lead, submit) = match Course::of(&reader, &quote.result) {
        Course::Pay(amount) => {
            (t.resubscribe_lead_pay(name, &amount), t.resubscribe_submit_pay(&amount, name))
        }
        Course::Now | Course::Later(_) => (t.resubscribe_lead(name), t.resubscribe_submit(name)),
    };
    let up = paths::subscription(slug, subscription.id);
    let form = quoted::form(&quote, submit, t.resubscribe_pending())
        .secondary(up.clone(), t.common_back());
    let sheet = Sheet::new(title).lead(lead).back(up, subscription.name(t));
    Ok(Sheet { blocks: quoted::blocks(&reader, &quote), ..sheet }.form(form))
}
