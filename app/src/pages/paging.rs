//! Pages of a list that the server makes as data: which one is asked for, where it stands, what is beside it.

use backend::page::{Count, Page, PageRequest};
use domain::format;

use super::sheet::Asked;
use crate::text::Text;
use crate::ui::sheet::{Block, Body, Link, Sheet};

/// The page that is asked for, the first by default. `Err` is a sheet that says that there is no such page; `first` is the list's address.
pub(crate) fn asked(
    t: Text,
    asked: &Asked,
    entries: i64,
    first: String,
) -> Result<PageRequest, Box<Sheet>> {
    let page = asked.page.as_deref().map_or(Ok(1), |text| text.parse().map_err(|_| ()));
    page.and_then(|page| PageRequest::new(page, entries).map_err(|_| ())).map_err(|()| {
        let sheet = Sheet::new(t.failure_invalid_page_title())
            .lead(t.failure_invalid_page_text())
            .status(422)
            .link(first, t.failure_to_first_page());
        Box::new(sheet)
    })
}

/// "Page 2 of 3", and the links to what is newer and older.
pub(crate) fn blocks<T>(t: Text, found: &Page<T>, path: &str) -> [Block; 2] {
    [Body::Note(place(t, found)), Body::Links(beside(t, found, path))]
        .map(|body| Block { title: None, body })
}

fn place<T>(t: Text, found: &Page<T>) -> String {
    let count = |number: i64| format::count(number, t.locale());
    match found.total {
        Count::Exact(total) => {
            t.pagination_of_exact(total, &count(found.page), &count(found.last_page()))
        }
        Count::AtLeast(total) => t.pagination_of_at_least(&count(found.page), &count(total)),
    }
}

fn beside<T>(t: Text, found: &Page<T>, path: &str) -> Vec<Link> {
    let link = |page: i64, label: &str| {
        let is_there = (1..=found.last_page()).contains(&page);
        is_there.then(|| (format!("{path}?page={page}"), label.to_owned()))
    };
    let links =
        [link(found.page - 1, t.payments_newer()), link(found.page + 1, t.payments_older())];
    links.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use domain::locale::Locale;

    use super::*;

    #[test]
    fn pages_lead_to_their_neighbours() {
        let t = Text::of(Locale::En);
        let page =
            |page, total| Page { items: vec![()], total: Count::Exact(total), page, limit: 20 };
        let links = |page: Page<()>| -> Vec<String> {
            beside(t, &page, "/acme/list").into_iter().map(|(href, _)| href).collect()
        };
        assert_eq!(links(page(1, 20)), Vec::<String>::new());
        assert_eq!(links(page(2, 60)), ["/acme/list?page=1", "/acme/list?page=3"]);
    }
}
