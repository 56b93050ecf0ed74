//! A page of a list on the wire.

use backend::page::{Count, Page, PageRequest};
use serde::Serialize;
use utoipa::ToSchema;

/// Some entries, and how many there are.
#[derive(Debug, Serialize, ToSchema)]
pub struct ListResource<T> {
    pub items: Vec<T>,
    pub pagination: Pagination,
}

/// How long a list is. Exact up to 10,000 entries.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
pub struct Pagination {
    pub total_count: i64,
    /// The last page; 0 when the list is empty.
    pub max_page: i64,
}

impl<T> ListResource<T> {
    /// A page of ids with what is shown of each.
    pub fn filled<Id>(ids: &Page<Id>, items: Vec<T>) -> Self {
        let page = Page { items, total: ids.total, page: ids.page, limit: ids.limit };
        Self::of(page, |item| item)
    }

    pub fn empty(page: PageRequest) -> Self {
        Self::of(Page::new(vec![], Count::Exact(0), page), |item| item)
    }

    /// `to_wire` says how an entry looks on the wire.
    pub fn of<Entry>(page: Page<Entry>, to_wire: impl Fn(Entry) -> T) -> Self {
        let total_count = page.total.known();
        let known = total_count / page.limit + i64::from(total_count % page.limit != 0);
        // Where the count stops short, a full page has another one after it: an iteration never ends early.
        let is_full = i64::try_from(page.items.len()).is_ok_and(|count| count == page.limit);
        let max_page = match page.total {
            Count::AtLeast(_) if is_full => known.max(page.page + 1),
            Count::AtLeast(_) => page.page,
            Count::Exact(_) => known,
        };
        Self {
            items: page.items.into_iter().map(to_wire).collect(),
            pagination: Pagination { total_count, max_page },
        }
    }
}
