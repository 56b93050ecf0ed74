//! A checkout that is over: bought, expired or failed.

use backend::checkout::CheckoutRecord;
use backend::organization::OrganizationView;
use domain::checkout::CustomerMatch;
use domain::format;

use super::open::day;
use crate::pages::subscription::view::named;
use crate::text::Text;
use crate::ui::sheet::{Block, Body, Sheet};
use crate::ui::tone::Tone;
use crate::urls::paths;

/// What was bought, when it is charged next, and where to go on.
pub(super) fn bought(
    t: Text,
    organization: &OrganizationView,
    record: &CheckoutRecord,
    is_signed_in: bool,
) -> Sheet {
    let (company, slug) = (organization.name.as_str(), organization.slug.as_str());
    let plan = named(t, &record.product_name, record.seats);
    let quote = &record.quote;
    let lead = match (&quote.next_charge, quote.facts.trial_end) {
        (Some(next), Some(end)) => {
            let total = format::money(next.amounts.totals.total, t.locale());
            t.checkout_bought_trial(&day(t, organization, end), &total)
        }
        (Some(next), None) => {
            let total = format::money(next.amounts.totals.total, t.locale());
            t.checkout_bought_renews(&day(t, organization, next.at), &total)
        }
        (None, _) => t.checkout_bought_free().to_owned(),
    };
    let mut sheet = Sheet::new(t.checkout_bought_title(&plan, company))
        .lead(lead)
        .badge((Tone::Good, t.checkout_bought_badge().to_owned()));
    let mut facts = Vec::new();
    if !quote.due_now.totals.total.is_zero() {
        let paid = format::money(quote.due_now.totals.total, t.locale());
        facts.push((t.checkout_bought_paid().to_owned(), paid));
    }
    if let Some(email) = &record.customer_email {
        facts.push((t.checkout_bought_mail().to_owned(), email.clone()));
    }
    if !facts.is_empty() {
        sheet = sheet.block(Block { title: None, body: Body::Facts(facts) });
    }
    if !is_signed_in && record.customer_match == Some(CustomerMatch::ByEmail) {
        sheet = sheet.block(Block::text(t.checkout_bought_known(company)));
    }
    if let Some(url) = success_url(record) {
        sheet = sheet.link(url, t.checkout_bought_continue(company));
    }
    if is_signed_in {
        sheet.link(paths::overview(slug), t.checkout_bought_account())
    } else {
        sheet.link(paths::sign_in(slug), t.checkout_sign_in())
    }
}

/// Where the organization wants its buyers afterwards.
pub(super) fn success_url(record: &CheckoutRecord) -> Option<String> {
    let url = record.success_url.as_ref()?;
    Some(url.replace("{CHECKOUT_ID}", &record.checkout_id.to_string()))
}

/// Nothing was bought, and nothing can be by this checkout any more.
pub(super) fn over(t: Text, organization: &OrganizationView, record: &CheckoutRecord) -> Sheet {
    let company = organization.name.as_str();
    let sheet =
        Sheet::new(t.checkout_expired_title()).status(410).lead(t.checkout_expired_text(company));
    match record.return_url.as_ref().or(organization.website_url.as_ref()) {
        Some(url) => sheet.link(url.clone(), t.checkout_back(company)),
        None => sheet.link(paths::sign_in(&organization.slug), t.checkout_sign_in()),
    }
}
