//! Orders from the database to their pages.

use backend::order::{self, OrderFilter, OrderSummary};
use backend::page::{Count, PageRequest};
use domain::id::SubscriptionId;
use domain::order::OrderStatusFilter;

use super::list::OrdersView;
use super::table::OrderRow;
use crate::error::AppError;
use crate::ssr;

/// Orders on one page.
const PAGE_ORDERS: i64 = 10;

/// One page of the customer's orders.
pub(super) async fn list(
    slug: &str,
    status: Option<&str>,
    subscription: Option<&str>,
    page: Option<&str>,
) -> Result<OrdersView, AppError> {
    let (organization, signed_in) = ssr::signed_in(slug).await?;
    let (filter, request) = (filter(status, subscription)?, page_request(page)?);
    let found = order::list(&ssr::portal()?.db, &signed_in.actor, filter, request).await?;
    let last_page = found.last_page();
    Ok(OrdersView {
        organization: organization.slug.clone(),
        status: filter.status,
        subscription_id: filter.subscription_id,
        count: found.total.known(),
        is_count_exact: matches!(found.total, Count::Exact(_)),
        page: found.page,
        last_page,
        rows: found.items.into_iter().map(|summary| row(summary, &signed_in.time_zone)).collect(),
    })
}

/// An order in short, with its date in the customer's `zone`.
pub(crate) fn row(summary: OrderSummary, zone: &str) -> OrderRow {
    OrderRow {
        order_id: summary.order_id,
        product_name: summary.product_name,
        reason: summary.billing_reason,
        status: summary.status,
        total: summary.total,
        date: ssr::local(summary.created_at, zone).date,
    }
}

fn filter(status: Option<&str>, subscription: Option<&str>) -> Result<OrderFilter, AppError> {
    let status = status.map(|text| match OrderStatusFilter::parse(text) {
        Some(filter @ (OrderStatusFilter::Open | OrderStatusFilter::Paid)) => Ok(filter),
        _ => Err(AppError::field("status", "status_invalid")),
    });
    let subscription =
        subscription.map(|text| text.parse::<SubscriptionId>().map_err(|_| AppError::NotFound));
    Ok(OrderFilter { status: status.transpose()?, subscription_id: subscription.transpose()? })
}

fn page_request(page: Option<&str>) -> Result<PageRequest, AppError> {
    let page = page
        .map_or(Ok(1), |text| text.parse().map_err(|_| AppError::field("page", "page_invalid")))?;
    Ok(PageRequest::new(page, PAGE_ORDERS)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_number_is_a_whole_number_from_one() {
        assert_eq!(page_request(None).unwrap().page(), 1);
        assert_eq!(page_request(Some("3")).unwrap().page(), 3);
        for garbage in ["-1", "0", "1.5", "x", "99999999999999999999", "10001", " 1"] {
            assert_eq!(page_request(Some(garbage)).unwrap_err().status(), 422, "{garbage}");
        }
    }

    #[test]
    fn only_the_filters_of_the_page_are_taken() {
        assert_eq!(filter(Some("open"), None).unwrap().status, Some(OrderStatusFilter::Open));
        assert_eq!(filter(Some("draft"), None).unwrap_err().status(), 422);
        assert_eq!(filter(None, Some("x' or 1=1")).unwrap_err(), AppError::NotFound);
    }
}
