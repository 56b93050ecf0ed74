//! The portal's navigation.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::icon::{Icon, IconName};

/// A room of the portal.
#[derive(Clone, Debug)]
pub struct NavItem {
    pub href: String,
    pub label: String,
    pub icon: IconName,
    /// Paths below which this is the current room. The room's own path always counts.
    pub below: Vec<String>,
}

impl NavItem {
    /// Whether `path` lies in this room.
    fn holds(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        path == self.href
            || self.below.iter().any(|room| {
                path.strip_prefix(room.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            })
    }
}

/// Links to the rooms: a column beside the content on the desktop, a bar at the bottom of the phone.
///
/// ```ignore
/// view! { <Nav label=t.nav_label() items=items /> }
/// ```
#[component]
pub fn Nav(#[prop(into)] label: String, items: Vec<NavItem>) -> impl IntoView {
    let path = use_location().pathname;
    let links: Vec<_> = items
        .into_iter()
        .map(|item| {
            let (href, text, icon) = (item.href.clone(), item.label.clone(), item.icon);
            let current = move || path.with(|path| item.holds(path)).then_some("page");
            view! {
                <li>
                    <a class="nav-link" href=href aria-current=current>
                        <Icon name=icon />
                        <span>{text}</span>
                    </a>
                </li>
            }
        })
        .collect();
    view! {
        <nav class="frame-nav" aria-label=label>
            <ul class="nav-list">{links}</ul>
        </nav>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_holds_what_lies_below_it_and_no_neighbour() {
        let orders = NavItem {
            href: "/acme/portal/orders".to_owned(),
            label: String::new(),
            icon: IconName::Orders,
            below: vec!["/acme/portal/orders".to_owned()],
        };
        assert!(
            orders.holds("/acme/portal/orders")
                && orders.holds("/acme/portal/orders/1")
                && orders.holds("/acme/portal/orders/")
        );
        assert!(!orders.holds("/acme/portal") && !orders.holds("/acme/portal/orders-2"));
    }
}
