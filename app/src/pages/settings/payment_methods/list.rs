//! The methods that there are, each with its steps.

use backend::payment_method::{self, PaymentMethod, setup_failure};
use domain::id::PaymentMethodId;
use time::OffsetDateTime;

use crate::error::AppError;
use crate::pages::sheet::{Asked, Reader};
use crate::pages::{decline, method};
use crate::text::Text;
use crate::ui::sheet::{Block, Body, Link, Message, Sheet, SheetCard};
use crate::ui::tone::Tone;
use crate::urls::paths;

/// `/{organization}/portal/settings/payment-methods`
pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
    let reader = asked.reader().await?;
    reader.may_write_billing()?;
    let methods = all(&reader).await?;
    let failed =
        news_of_setup(&reader, asked, paths::payment_method_add(&asked.organization)).await?;
    Ok(describe(&reader, asked, &methods, failed))
}

/// The customer's methods, the default first, then the backup, then the newest.
pub(crate) async fn all(reader: &Reader) -> Result<Vec<PaymentMethod>, AppError> {
    let mut methods = payment_method::list(&reader.portal.db, &reader.actor()).await?;
    methods.sort_by_key(|method| (!method.is_default, !method.is_backup));
    Ok(methods)
}

/// The method that an address names, among those of its customer.
pub(super) fn named<'a>(
    methods: &'a [PaymentMethod],
    id: &str,
) -> Result<&'a PaymentMethod, AppError> {
    let id: PaymentMethodId = id.parse().map_err(|_| AppError::NotFound)?;
    let found = methods.iter().find(|method| method.payment_method_id == id);
    found.ok_or(AppError::NotFound)
}

fn describe(
    reader: &Reader,
    asked: &Asked,
    methods: &[PaymentMethod],
    news: Option<Message>,
) -> Sheet {
    let (t, slug, organization) = (reader.text, asked.organization.as_str(), &reader.organization);
    let mut sheet = Sheet::new(t.methods_title());
    sheet = match organization.payment_processor.as_deref() {
        Some(name) => sheet.lead(t.methods_lead(method::processor_name(Some(name)))),
        None => sheet.lead(t.methods_lead_direct(&organization.name)),
    };
    let news = news.or_else(|| confirmation(t, asked.done.as_deref()?, methods));
    if let Some(news) = news {
        sheet = sheet.block(Block { title: None, body: Body::Alert(news) });
    }
    let body = if methods.is_empty() {
        Body::Empty(t.methods_empty().to_owned(), t.methods_empty_hint().to_owned())
    } else {
        Body::Cards(methods.iter().map(|method| card(t, slug, method, reader.cx.now)).collect())
    };
    if organization.has_processor || !methods.is_empty() {
        // The cards are headings of their own, one level below.
        let title = (!methods.is_empty()).then(|| t.methods_saved().to_owned());
        sheet = sheet.block(Block { title, body });
    }
    if organization.has_processor {
        sheet = sheet.link(paths::payment_method_add(slug), t.methods_add());
    }
    sheet.link(paths::payments(slug), t.methods_history())
}

fn card(t: Text, slug: &str, method: &PaymentMethod, now: OffsetDateTime) -> SheetCard {
    let expiry = method.details.expiry;
    let marks = [
        method.is_default.then(|| (Tone::Good, t.methods_default().to_owned())),
        method.is_backup.then(|| (Tone::Note, t.methods_backup().to_owned())),
        method::validity(expiry, now).badge(t),
    ];
    SheetCard {
        title: method::name(t, &method.details),
        badges: marks.into_iter().flatten().collect(),
        text: expiry.map(|_| method::expiry(t, expiry, now)),
        items: method.subscriptions.iter().map(|(_, name)| t.methods_used_for(name)).collect(),
        links: steps(t, slug, method),
        price: None,
    }
}

/// What can be done with a method now.
fn steps(t: Text, slug: &str, method: &PaymentMethod) -> Vec<Link> {
    let id = method.payment_method_id;
    let backup = if method.is_backup { t.methods_drop_backup() } else { t.methods_make_backup() };
    let steps = [
        (!method.is_default, paths::payment_method_default(slug, id), t.methods_make_default()),
        (!method.is_default, paths::payment_method_backup(slug, id), backup),
        (true, paths::payment_method_remove(slug, id), t.methods_remove()),
    ];
    steps
        .into_iter()
        .filter(|(is_possible, ..)| *is_possible)
        .map(|(_, href, label)| (href, label.to_owned()))
        .collect()
}

/// Right after a step: said only while it is true, whatever the address claims.
fn confirmation(t: Text, done: &str, methods: &[PaymentMethod]) -> Option<Message> {
    let name = |found: Option<&PaymentMethod>| found.map(|found| method::name(t, &found.details));
    let newest = || methods.iter().max_by_key(|method| method.created_at);
    let title = match done {
        "added" => t.methods_done_added(&name(newest())?),
        "default" => t.methods_done_default(&name(methods.iter().find(|one| one.is_default))?),
        "backup" => t.methods_done_backup(&name(methods.iter().find(|one| one.is_backup))?),
        "no_backup" if methods.iter().all(|one| !one.is_backup) => {
            t.methods_done_no_backup().to_owned()
        }
        "removed" => t.methods_done_removed().to_owned(),
        _ => return None,
    };
    Some(Message { tone: Tone::Good, title, is_news: true, ..Message::default() })
}

/// What is said of a setup that came back without a method: why, and the next step, which is at `again`. `None` of any other.
pub(crate) async fn news_of_setup(
    reader: &Reader,
    asked: &Asked,
    again: String,
) -> Result<Option<Message>, AppError> {
    let t = reader.text;
    match asked.done.as_deref() {
        Some("failed") => {
            let code = match asked.setup.as_deref().and_then(|id| id.parse().ok()) {
                Some(id) => setup_failure(&reader.portal.db, &reader.actor(), id).await?,
                None => None,
            };
            let text = match code {
                Some(code) => {
                    t.methods_failed_text(&decline::sentence(t, code), decline::advice(t, code))
                }
                None => t.methods_failed_left().to_owned(),
            };
            let again = (again, t.methods_try_again().to_owned());
            Ok(Some(Message {
                tone: Tone::Bad,
                title: t.methods_failed_title().to_owned(),
                text: Some(text),
                link: Some(again),
                is_news: true,
            }))
        }
        Some("waiting") => Ok(Some(Message {
            tone: Tone::Wait,
            title: t.methods_waiting_title().to_owned(),
            text: Some(t.methods_waiting_text().to_owned()),
            is_news: true,
            ..Message::default()
        })),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use domain::locale::Locale;
    use time::macros::datetime;

    use super::*;
    use crate::pages::method::tests::visa;

    const NOW: OffsetDateTime = datetime!(2027-11-15 10:00 UTC);

    #[test]
    fn a_card_says_what_it_is_used_for_and_what_can_be_done() {
        let t = Text::of(Locale::En);
        let used = PaymentMethod {
            is_default: true,
            subscriptions: vec![(uuid::Uuid::from_u128(3).into(), "Team".to_owned())],
            ..visa(2)
        };
        let shown = card(t, "acme", &used, NOW);
        assert_eq!(shown.title, "Visa ending in 4242");
        assert_eq!(
            shown.badges,
            [(Tone::Good, "Default".to_owned()), (Tone::Wait, "Expires soon".to_owned())]
        );
        assert_eq!(shown.text.as_deref(), Some("Expires 12/2027"));
        assert_eq!(shown.items, ["Pays for Team"]);
        assert_eq!(shown.links.len(), 1, "the default can be removed, and nothing else");
        let backup = PaymentMethod { is_backup: true, ..visa(2) };
        let labels: Vec<String> =
            steps(t, "acme", &backup).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["Make default", "No longer backup", "Remove"]);
    }

    #[test]
    fn an_address_confirms_only_what_is_true() {
        let t = Text::of(Locale::En);
        let title = |done: &str, methods: &[PaymentMethod]| {
            confirmation(t, done, methods).map(|message| message.title)
        };
        let default = PaymentMethod { is_default: true, ..visa(2) };
        assert_eq!(
            title("default", std::slice::from_ref(&default)).as_deref(),
            Some("Visa ending in 4242 is your default now.")
        );
        assert_eq!(title("default", &[visa(2)]), None);
        assert_eq!(title("backup", &[default]), None);
        assert_eq!(title("added", &[]), None);
        let backup = PaymentMethod { is_backup: true, ..visa(2) };
        assert_eq!(title("no_backup", &[backup]), None);
        assert_eq!(title("<script>", &[visa(2)]), None);
    }

    #[test]
    fn a_method_is_found_only_among_the_customers_own() {
        let methods = [visa(2)];
        assert!(named(&methods, &visa(2).payment_method_id.to_string()).is_ok());
        for other in [visa(3).payment_method_id.to_string(), "x".to_owned(), String::new()] {
            assert_eq!(named(&methods, &other).unwrap_err(), AppError::NotFound, "{other}");
        }
    }
}
