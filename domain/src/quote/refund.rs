//! What goes back when a subscription ends at once.

use time::Duration;

use super::facts::QuoteFacts;
use super::result::{OrderRefund, Refund};
use crate::money::{Money, round_half_away};
use crate::order_amounts::OrderLineKind;
use crate::proration::{PaidOrder, Share, creditable_minor, paid_minor, plan_share};
use crate::refund_policy::RefundPolicy;

/// The refund that the organization's settings give, from the newest orders first; `None` when nothing goes back. Waiting lines
/// will never be billed: what they cost is kept back, what they credit is given.
pub(super) fn refund(facts: &QuoteFacts) -> Option<Refund> {
    let subscription = &facts.subscription;
    let period = subscription.current_period;
    let waiting = |is_wanted: fn(OrderLineKind) -> bool| -> i64 {
        let lines = facts.waiting.iter().filter(|line| is_wanted(line.kind));
        lines.map(|line| line.amount_minor).sum()
    };
    let net_minor = match facts.rules.refund {
        RefundPolicy::None => 0,
        RefundPolicy::Prorated => {
            let discounted = facts.discounted_minor(subscription.amount.minor, period.start);
            let left = plan_share(discounted, Share::left_of(period, facts.at));
            let most = creditable_minor(&facts.paid, &facts.waiting_parts(), period, facts.at);
            left.min(most) - waiting(|_| true)
        }
        RefundPolicy::FullWithinDays { days } => {
            if facts.at >= period.start + Duration::days(i64::from(days)) {
                0
            } else {
                paid_minor(&facts.paid, &[], period)
                    - waiting(|kind| kind == OrderLineKind::CarriedCredit)
            }
        }
    };
    let mut left_minor = net_minor.max(0);
    let mut orders = vec![];
    for order in &facts.paid {
        let net = left_minor.min(order.net_left_minor());
        if net <= 0 {
            continue;
        }
        if let Some(refund) = refund_of(order, net) {
            orders.push(refund);
        }
        left_minor -= net;
    }
    let sum = |part: fn(&OrderRefund) -> i64| {
        Money::new(orders.iter().map(part).sum(), subscription.amount.currency)
    };
    let (amount, tax) = (sum(|o| o.amount_minor), sum(|o| o.tax_minor));
    (amount.minor > 0).then_some(Refund { amount, tax, orders })
}

/// So much of an order's prices, with the tax on it; never more than what is left of it.
fn refund_of(order: &PaidOrder, net_minor: i64) -> Option<OrderRefund> {
    let left = order.total_minor - order.refunded_minor;
    let tax_left = (order.tax_minor - order.refunded_tax_minor).max(0);
    let (amount, tax) = if net_minor == order.net_left_minor() {
        (left, tax_left)
    } else {
        let part = i128::from(order.tax_minor) * i128::from(net_minor);
        let tax = round_half_away(part, i128::from(order.net_minor)).min(tax_left);
        (if order.is_tax_inclusive { net_minor } else { net_minor + tax }, tax)
    };
    let amount_minor = amount.min(left);
    (amount_minor > 0).then_some(OrderRefund {
        order_id: order.order_id,
        amount_minor,
        tax_minor: tax.min(amount_minor),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proration::PaidLine;
    use time::macros::datetime;

    /// An order of 100.00 and 19 % on it.
    fn order(is_tax_inclusive: bool, refunded: (i64, i64)) -> PaidOrder {
        let period = crate::period::Period {
            start: datetime!(2026-06-01 0:00 UTC),
            end: datetime!(2026-07-01 0:00 UTC),
        };
        let (net_minor, total_minor, tax_minor) =
            if is_tax_inclusive { (10_000, 10_000, 1_597) } else { (10_000, 11_900, 1_900) };
        PaidOrder {
            order_id: uuid::Uuid::nil().into(),
            net_minor,
            total_minor,
            tax_minor,
            refunded_minor: refunded.0,
            refunded_tax_minor: refunded.1,
            is_tax_inclusive,
            lines: vec![PaidLine { net_minor, period, is_whole_period: true }],
        }
    }

    fn back(order: &PaidOrder, net_minor: i64) -> (i64, i64) {
        refund_of(order, net_minor).map_or((0, 0), |part| (part.amount_minor, part.tax_minor))
    }

    #[test]
    fn tax_goes_back_with_its_price() {
        assert_eq!(back(&order(false, (0, 0)), 5_000), (5_950, 950));
        assert_eq!(back(&order(true, (0, 0)), 5_000), (5_000, 799));
        assert_eq!(back(&order(false, (0, 0)), 10_000), (11_900, 1_900));
    }

    #[test]
    fn the_rest_is_all_that_goes_back() {
        let partly = order(false, (5_950, 950));
        assert_eq!(partly.net_left_minor(), 5_000);
        assert_eq!(back(&partly, 5_000), (5_950, 950));
        assert_eq!(back(&order(false, (11_900, 1_900)), 0), (0, 0));
    }
}
