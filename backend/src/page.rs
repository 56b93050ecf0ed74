//! Pages of a list, with a count that stays cheap.

use domain::field_errors::FieldErrors;
use serde::{Deserialize, Serialize};

/// Counts are exact up to here; beyond, "at least so many" is said.
pub const EXACT_COUNT_MAX: i64 = 10_000;

/// The deepest page that can be asked for: skipping rows costs in proportion.
pub const PAGE_MAX: i64 = 10_000;

/// How many entries a list has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Count {
    Exact(i64),
    AtLeast(i64),
}

impl Count {
    /// From a count that was stopped at `EXACT_COUNT_MAX + 1` rows.
    pub fn from_bounded(counted: i64) -> Self {
        if counted > EXACT_COUNT_MAX {
            Self::AtLeast(EXACT_COUNT_MAX)
        } else {
            Self::Exact(counted)
        }
    }

    /// The number that is certain.
    pub fn known(self) -> i64 {
        match self {
            Self::Exact(count) | Self::AtLeast(count) => count,
        }
    }
}

/// Which page, of how many entries. Pages count from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    page: i64,
    limit: i64,
}

impl PageRequest {
    /// The first ten entries.
    pub const FIRST: Self = Self { page: 1, limit: 10 };

    /// Checks the numbers: page 1 to 10,000, limit 1 to 100.
    pub fn new(page: i64, limit: i64) -> Result<Self, FieldErrors> {
        let mut errors = FieldErrors::default();
        if !(1..=PAGE_MAX).contains(&page) {
            errors.push("page", "page_out_of_range");
        }
        if !(1..=100).contains(&limit) {
            errors.push("limit", "limit_out_of_range");
        }
        errors.result(Self { page, limit })
    }

    pub fn page(self) -> i64 {
        self.page
    }

    pub fn limit(self) -> i64 {
        self.limit
    }

    /// How many entries come before this page.
    pub fn offset(self) -> i64 {
        (self.page - 1) * self.limit
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page<T> {
    pub items: Vec<T>,
    pub total: Count,
    pub page: i64,
    pub limit: i64,
}

impl<T> Page<T> {
    /// A page as the request asked for it.
    pub fn new(items: Vec<T>, total: Count, request: PageRequest) -> Self {
        Self { items, total, page: request.page, limit: request.limit }
    }

    /// The number of the last page; at least 1.
    pub fn last_page(&self) -> i64 {
        let (pages, rest) = (self.total.known() / self.limit, self.total.known() % self.limit);
        (pages + i64::from(rest > 0)).max(1)
    }

    /// The same page with every item turned into something else.
    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page {
            items: self.items.into_iter().map(f).collect(),
            total: self.total,
            page: self.page,
            limit: self.limit,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_number_below_one_is_refused_by_name() {
        let errors = PageRequest::new(-1, 0).unwrap_err();
        assert!(errors.first("page").is_some() && errors.first("limit").is_some());
        assert_eq!(PageRequest::new(3, 20).unwrap().offset(), 40);
    }

    #[test]
    fn the_last_page_counts_the_rest() {
        let page = |total| {
            Page::<()>::new(vec![], Count::Exact(total), PageRequest::new(1, 20).unwrap())
                .last_page()
        };
        assert_eq!((page(0), page(20), page(21)), (1, 1, 2));
        assert_eq!(Count::from_bounded(10_001), Count::AtLeast(10_000));
    }
}
