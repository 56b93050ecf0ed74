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
