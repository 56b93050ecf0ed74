//! The path of a page as data, such as `/:organization/portal/orders/:id`.

use std::borrow::Cow;

use leptos_router::{PartialPathMatch, PathSegment, PossibleRouteMatch};

/// A path whose segments are fixed, or stand for a value when they begin with a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PagePath(pub &'static str);

impl PagePath {
    fn segments(self) -> impl Iterator<Item = &'static str> {
        self.0.split('/').skip(1)
    }
}

impl PossibleRouteMatch for PagePath {
    fn optional(&self) -> bool {
        false
    }

    fn test<'a>(&self, path: &'a str) -> Option<PartialPathMatch<'a>> {
        let mut given = path.strip_prefix('/')?;
        let mut params = Vec::new();
        let mut segments = self.segments().peekable();
        while let Some(segment) = segments.next() {
            let (value, rest) =
                given.split_once('/').map_or((given, None), |(value, rest)| (value, Some(rest)));
            match segment.strip_prefix(':') {
                Some(name) if !value.is_empty() => {
                    params.push((Cow::Borrowed(name), value.to_owned()));
                }
                None if segment == value => {}
                _ => return None,
            }
            match (rest, segments.peek()) {
                (Some(rest), Some(_)) => given = rest,
                // A slash at the end is let pass.
                (None | Some(""), None) => return Some(PartialPathMatch::new("", params, path)),
                _ => return None,
            }
        }
        None
    }

    fn generate_path(&self, path: &mut Vec<PathSegment>) {
        path.extend(self.segments().map(|segment| match segment.strip_prefix(':') {
            Some(name) => PathSegment::Param(name.into()),
            None => PathSegment::Static(segment.into()),
        }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_the_colons_are() {
        let path = PagePath("/:organization/portal/orders/:id");
        let params = path.test("/acme/portal/orders/7/").map(|found| found.params().clone());
        let value = |name, value: &str| (Cow::Borrowed(name), value.to_owned());
        assert_eq!(params, Some(vec![value("organization", "acme"), value("id", "7")]));
    }

    #[test]
    fn other_paths_do_not_match() {
        let path = PagePath("/:organization/portal/orders");
        for other in [
            "/acme/portal",
            "/acme/portal/orders/7",
            "/acme/portal/ordersx",
            "//portal/orders",
            "/",
            "",
            "acme/portal/orders",
        ] {
            assert!(path.test(other).is_none(), "{other}");
        }
        assert!(path.test("/acme/portal/orders").is_some());
    }
}
