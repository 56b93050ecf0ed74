//! The customer's orders: all, or those that are open or paid, page by page.

use domain::id::SubscriptionId;
use domain::order::OrderStatusFilter;
use leptos::prelude::*;
use leptos_meta::Title;
use serde::{Deserialize, Serialize};

use super::refused::refused;
use super::table::{OrderRow, OrderTable};
use crate::error::AppError;
use crate::pages::load::page_with;
use crate::text::{Text, use_text};
use crate::ui::empty_state::EmptyState;
use crate::ui::filter_links::{FilterLink, FilterLinks};
use crate::ui::page_header::PageHeader;
use crate::ui::pagination::Pagination;
use crate::urls::paths;

/// One page of orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrdersView {
    pub organization: String,
    pub status: Option<OrderStatusFilter>,
    pub subscription_id: Option<SubscriptionId>,
    pub rows: Vec<OrderRow>,
    /// How many orders there are under this filter; at least so many when not exact.
    pub count: i64,
    pub is_count_exact: bool,
    pub page: i64,
    pub last_page: i64,
}

/// Loads a page of orders. `status` is `open` or `paid`, `page` counts from 1.
#[server(prefix = "/api", endpoint = "view/orders")]
pub async fn list_orders(
    organization: String,
    #[server(default)] status: Option<String>,
    #[server(default)] subscription: Option<String>,
    #[server(default)] page: Option<String>,
) -> Result<OrdersView, AppError> {
    super::load::list(&organization, status.as_deref(), subscription.as_deref(), page.as_deref())
        .await
}

/// `/{organization}/portal/orders`
pub fn page() -> AnyView {
    page_with::<ListOrders>(&["status", "subscription", "page"], orders, refused)
}

fn orders(view: OrdersView) -> AnyView {
    let t = use_text();
    let narrowed = view.subscription_id.map(|_| {
        view! {
            <p class="row">
                <span>{t.orders_of_subscription()}</span>
                <a href=paths::orders(&view.organization)>{t.orders_show_all()}</a>
            </p>
        }
    });
    let links = filter_links(t, &view);
    view! {
        <Title text=t.orders_title()/>
        <PageHeader title=t.orders_title() lead=t.orders_lead()/>
        <div class="stack">
            {narrowed}
            <FilterLinks label=t.orders_filter_label() links=links/>
            {if view.rows.is_empty() { nothing(t, &view) } else { table(t, view) }}
        </div>
    }
    .into_any()
}

fn table(t: Text, view: OrdersView) -> AnyView {
    let beside =
        |page: i64| (1..=view.last_page).contains(&page).then(|| address(&view, view.status, page));
    let (previous, next) = (beside(view.page - 1), beside(view.page + 1));
    let count = |number: i64| domain::format::count(number, t.locale());
    let place = if view.is_count_exact {
        t.pagination_of_exact(view.count, &count(view.page), &count(view.last_page))
    } else {
        t.pagination_of_at_least(&count(view.page), &count(view.count))
    };
    view! {
        <OrderTable rows=view.rows.clone() organization=view.organization.clone()/>
        <Pagination place=place previous=previous next=next/>
    }
    .into_any()
}

fn nothing(t: Text, view: &OrdersView) -> AnyView {
    let (title, hint) = match view.status {
        _ if view.page > 1 => (t.orders_empty_page(), t.orders_empty_page_hint()),
        Some(OrderStatusFilter::Open) => (t.orders_empty_open(), t.orders_empty_open_hint()),
        Some(OrderStatusFilter::Paid) => (t.orders_empty_paid(), t.orders_empty_paid_hint()),
        _ => (t.orders_empty_all(), t.orders_empty_all_hint()),
    };
    let link = (view.page > 1)
        .then(|| (address(view, view.status, 1), t.failure_to_first_page().to_owned()));
    view! { <EmptyState title=title hint=hint link=link/> }.into_any()
}

fn filter_links(t: Text, view: &OrdersView) -> Vec<FilterLink> {
    let filters = [
        (None, t.orders_filter_all()),
        (Some(OrderStatusFilter::Open), t.orders_filter_open()),
        (Some(OrderStatusFilter::Paid), t.orders_filter_paid()),
    ];
    let link = |(status, label): (Option<OrderStatusFilter>, &str)| FilterLink {
        href: address(view, status, 1),
        label: label.to_owned(),
        is_current: status == view.status,
    };
    filters.into_iter().map(link).collect()
}

/// The address of another view of the list; what is as usual stays out of it.
fn address(view: &OrdersView, status: Option<OrderStatusFilter>, page: i64) -> String {
    let mut query: Vec<String> = Vec::new();
    query.extend(view.subscription_id.map(|id| format!("subscription={id}")));
    query.extend(status.map(|status| format!("status={}", status.as_str())));
    query.extend((page > 1).then(|| format!("page={page}")));
    let path = paths::orders(&view.organization);
    if query.is_empty() { path } else { format!("{path}?{}", query.join("&")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_holds_only_what_is_unusual() {
        let view = OrdersView {
            organization: "acme".to_owned(),
            status: None,
            subscription_id: None,
            rows: Vec::new(),
            count: 0,
            is_count_exact: true,
            page: 1,
            last_page: 1,
        };
        assert_eq!(address(&view, None, 1), "/acme/portal/orders");
        assert_eq!(
            address(&view, Some(OrderStatusFilter::Open), 2),
            "/acme/portal/orders?status=open&page=2"
        );
        let id = SubscriptionId::from_uuid(uuid::Uuid::from_u128(7));
        let view = OrdersView { subscription_id: Some(id), ..view };
        assert_eq!(address(&view, None, 1), format!("/acme/portal/orders?subscription={id}"));
    }
}
