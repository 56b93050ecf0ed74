//! Changing the plan: what is offered, then what the chosen one costs.

use backend::quote::{OfferedPlan, Quote, QuoteRequest, offered_plans};
use domain::change::ChangeRefusal;

use super::load::subscription_of;
use super::quoted::{self, Course};
use super::view::{SubscriptionView, price_interval};
use crate::error::AppError;
use crate::pages::sheet::{Asked, Reader};
use crate::text::Text;
use crate::ui::sheet::{Block, Body, List, Sheet, SheetCard};
use crate::ui::tone::Tone;
use crate::urls::paths;

/// `/{organization}/portal/subscriptions/{id}/plan`, with `?product=` the quote for that product.
pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
    let mut reader = asked.reader().await?;
    reader.may_write_billing()?;
    let (t, slug) = (reader.text, asked.organization.as_str());
    let subscription = subscription_of(&reader, asked).await?;
    let plans = offered_plans(&reader.portal.db, &reader.actor(), subscription.id)
        .await?
        .ok_or(AppError::NotFound)?;
    let off = (!reader.organization.settings.update_plan)
        .then_some(ChangeRefusal::PlanChangesOff)
        .or(subscription.change_refusal());
    if let Some(refusal) = off {
        return Ok(quoted::not_possible(t, slug, &subscription, t.plan_title(), refusal));
    }
    let Some(product) = asked.product.as_deref() else {
        return Ok(choose(&reader, slug, &subscription, &plans));
    };
    let product_id = product.parse().map_err(|_| AppError::NotFound)?;
    let request = QuoteRequest::Plan { product_id, seats: None };
    match quoted::ask(&mut reader, subscription.id, request).await? {
        Ok(quote) => Ok(offer(&reader, slug, &subscription, &plans, &quote)),
        Err(refusal) => {
            let sheet = quoted::not_possible(t, slug, &subscription, t.plan_title(), refusal);
            let back = paths::subscription_plan(slug, subscription.id);
            Ok(match refusal {
                ChangeRefusal::NotOffered
                | ChangeRefusal::OtherCurrency
                | ChangeRefusal::PlanWithoutSeats
                | ChangeRefusal::NothingChanges => {
                    Sheet { links: vec![(back, t.plan_other().to_owned())], ..sheet }
                }
                _ => sheet,
            })
        }
    }
}

fn choose(
    reader: &Reader,
    slug: &str,
    subscription: &SubscriptionView,
    plans: &[OfferedPlan],
) -> Sheet {
    let t = reader.text;
    let up = paths::subscription(slug, subscription.id);
    let sheet = Sheet::new(t.plan_title())
        .lead(t.plan_lead(&subscription.plan))
        .back(up.clone(), subscription.name(t));
    let sheet = if plans.iter().all(|plan| plan.is_current) {
        let text = t.plan_none_text(&reader.organization.name);
        sheet.block(Block::alert(Tone::Note, t.plan_none_title(), Some(text)))
    } else {
        sheet
    };
    let cards = plans.iter().map(|plan| card(t, slug, subscription, plan)).collect();
    sheet.block(Block::new(t.plan_offered(), Body::Cards(cards)))
}

fn card(t: Text, slug: &str, subscription: &SubscriptionView, plan: &OfferedPlan) -> SheetCard {
    let page = paths::subscription_plan(slug, subscription.id);
    let link = (format!("{page}?product={}", plan.product_id), t.plan_choose().to_owned());
    let name = plan.seats.map_or_else(
        || plan.name.clone(),
        |seats| t.subscription_plan_seats(seats.into(), &plan.name),
    );
    SheetCard {
        title: name,
        badges: plan
            .is_current
            .then(|| (Tone::Note, t.plan_current().to_owned()))
            .into_iter()
            .collect(),
        price: Some(price_interval(t, plan.amount, plan.interval)),
        text: plan.description.clone(),
        items: plan.benefits.clone(),
        links: (!plan.is_current).then_some(link).into_iter().collect(),
    }
}

fn offer(
    reader: &Reader,
    slug: &str,
    subscription: &SubscriptionView,
    plans: &[OfferedPlan],
    quote: &Quote,
) -> Sheet {
    let t = reader.text;
    let name = quote.result.product_name.as_str();
    let (lead, submit) = match Course::of(reader, &quote.result) {
        Course::Pay(amount) => {
            (t.plan_quote_lead_pay(name, &amount), t.plan_submit_pay(&amount, name))
        }
        Course::Now => (t.plan_quote_lead_now(name), t.plan_submit_now(name)),
        Course::Later(date) => {
            (t.plan_quote_lead_later(name, &date), t.plan_submit_later(name, &date))
        }
    };
    let choose = paths::subscription_plan(slug, subscription.id);
    let mut sheet =
        Sheet::new(t.plan_quote_title(name)).lead(lead).back(choose.clone(), t.plan_other());
    let mut blocks = quoted::blocks(reader, quote);
    if let Some(benefits) = benefits(t, plans, quote) {
        blocks.insert(0, benefits);
    }
    sheet.blocks = blocks;
    sheet.form(quoted::form(quote, submit, t.plan_pending()).secondary(choose, t.plan_other()))
}

/// What is gained, lost and kept, side by side.
fn benefits(t: Text, plans: &[OfferedPlan], quote: &Quote) -> Option<Block> {
    let QuoteRequest::Plan { product_id, .. } = &quote.request else { return None };
    let of =
        |plan: Option<&OfferedPlan>| plan.map(|plan| plan.benefits.clone()).unwrap_or_default();
    let before = of(plans.iter().find(|plan| plan.is_current));
    let after = of(plans.iter().find(|plan| plan.product_id == *product_id));
    let only = |these: &[String], others: &[String], is_in_both: bool| -> Vec<String> {
        these.iter().filter(|item| others.contains(item) == is_in_both).cloned().collect()
    };
    let lists: Vec<List> = [
        (t.plan_gained(), Tone::Good, only(&after, &before, false)),
        (t.plan_lost(), Tone::Neutral, only(&before, &after, false)),
        (t.plan_kept(), Tone::Good, only(&after, &before, true)),
    ]
    .into_iter()
    .filter(|(_, _, items)| !items.is_empty())
    .map(|(title, tone, items)| List { title: title.to_owned(), tone, items })
    .collect();
    (!lists.is_empty()).then(|| Block::new(t.plan_benefits(), Body::Columns(lists)))
}
