//! What happened on the account, and who did it.

use backend::activity::{self, Activity, Doer};
use backend::actor::MemberActor;
use backend::page::Page;
use domain::event_type::EventType;
use domain::format;

use crate::error::AppError;
use crate::pages::paging;
use crate::pages::sheet::{Asked, Reader};
use crate::ssr::local;
use crate::text::Text;
use crate::ui::sheet::{Block, Body, Sheet, SheetCell, SheetTable};
use crate::urls::paths;

/// Entries on one page.
const PAGE_ENTRIES: i64 = 30;

/// `/{organization}/portal/settings/activity`
pub(crate) async fn sheet(asked: &Asked) -> Result<Sheet, AppError> {
    let reader = asked.reader().await?;
    let first = paths::activity(&asked.organization);
    let request = match paging::asked(reader.text, asked, PAGE_ENTRIES, first) {
        Ok(request) => request,
        Err(refused) => return Ok(*refused),
    };
    let found = activity::list(&reader.portal.db, &reader.person.actor, request).await?;
    Ok(describe(&reader, &asked.organization, &found))
}

fn describe(reader: &Reader, slug: &str, found: &Page<Activity>) -> Sheet {
    let t = reader.text;
    let sheet = Sheet::new(t.activity_title()).lead(t.activity_lead());
    let block = |body| Block { title: None, body };
    if found.items.is_empty() {
        let words = (t.activity_empty().to_owned(), t.activity_empty_hint().to_owned());
        let sheet = sheet.block(block(Body::Empty(words.0, words.1)));
        return if found.page > 1 {
            sheet.link(paths::activity(slug), t.failure_to_first_page())
        } else {
            sheet
        };
    }
    let zone = reader.person.time_zone.as_str();
    let rows = found
        .items
        .iter()
        .map(|entry| row(t, &reader.organization.name, &reader.person.actor, zone, entry))
        .collect();
    let columns = [t.activity_column_event(), t.activity_column_actor(), t.activity_column_when()];
    let table = SheetTable {
        label: t.activity_title().to_owned(),
        columns: columns.map(|name| (name.to_owned(), false)).into(),
        rows,
    };
    let named = found.items.first().map(|entry| local(entry.occurred_at, zone).zone);
    let sheet = sheet.block(block(Body::Table(table)));
    let sheet = match named {
        Some(named) => sheet.block(block(Body::Note(t.common_time_zone(&named)))),
        None => sheet,
    };
    paging::blocks(t, found, &paths::activity(slug)).into_iter().fold(sheet, Sheet::block)
}

fn row(
    t: Text,
    company: &str,
    reader: &MemberActor,
    zone: &str,
    entry: &Activity,
) -> Vec<SheetCell> {
    let at = local(entry.occurred_at, zone);
    let doer = match &entry.doer {
        Doer::Member { member_id, .. } if *member_id == reader.member_id => {
            t.activity_actor_you().to_owned()
        }
        Doer::Member { name, .. } => name.clone().unwrap_or_default(),
        Doer::Organization => company.to_owned(),
        Doer::System => t.activity_actor_system().to_owned(),
    };
    let when = format!("{}, {}", format::date(at.date, t.locale()), format::time(at.time));
    vec![words(t, entry.event_type).into(), doer.into(), when.into()]
}

/// What happened. An event that is of no kind a customer knows is a change.
fn words(t: Text, event_type: Option<EventType>) -> String {
    let name = event_type.map(|event_type| event_type.as_str().replace('.', "_"));
    name.and_then(|name| t.activity_event(&name))
        .unwrap_or_else(|| t.activity_event_other())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use domain::locale::Locale;

    use super::*;

    #[test]
    fn every_event_of_a_customer_has_words_in_both_languages() {
        // What only the company does is not listed for a customer.
        let staff = [
            "organization.",
            "product.",
            "price.",
            "discount.",
            "benefit.",
            "access_token.",
            "webhook_endpoint.",
        ];
        for locale in Locale::ALL {
            let t = Text::of(locale);
            let silent: Vec<&str> = EventType::ALL
                .iter()
                .filter(|event_type| words(t, Some(**event_type)) == t.activity_event_other())
                .map(|event_type| event_type.as_str())
                .filter(|name| !staff.iter().any(|area| name.starts_with(area)))
                .collect();
            assert_eq!(silent, Vec::<&str>::new());
        }
    }
}
