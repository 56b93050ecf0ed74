//! What a token may do at the HTTP API.

use crate::text_enum::text_enum;

text_enum! {
    /// One permission, as `<resource>:read` or `<resource>:write`. Writing includes reading.
    Scope {
        CustomerSessionsWrite = "customer_sessions:write",
        CustomersRead = "customers:read",
        CustomersWrite = "customers:write",
        ProductsRead = "products:read",
        ProductsWrite = "products:write",
        DiscountsRead = "discounts:read",
        DiscountsWrite = "discounts:write",
        SubscriptionsRead = "subscriptions:read",
        SubscriptionsWrite = "subscriptions:write",
        OrdersRead = "orders:read",
        OrdersWrite = "orders:write",
        RefundsRead = "refunds:read",
        RefundsWrite = "refunds:write",
        CheckoutsRead = "checkouts:read",
        CheckoutsWrite = "checkouts:write",
        OrganizationsRead = "organizations:read",
        OrganizationsWrite = "organizations:write",
        WebhooksRead = "webhooks:read",
        WebhooksWrite = "webhooks:write",
        MembersRead = "members:read",
        MembersWrite = "members:write",
        CustomerSeatsRead = "customer_seats:read",
        CustomerSeatsWrite = "customer_seats:write",
        BenefitsRead = "benefits:read",
        BenefitsWrite = "benefits:write",
        OrganizationAccessTokensRead = "organization_access_tokens:read",
        OrganizationAccessTokensWrite = "organization_access_tokens:write",
    }
}

impl Scope {
    /// Whether a token with these scopes may do what asks for `self`.
    pub fn is_in(self, granted: &[Self]) -> bool {
        granted.iter().any(|scope| *scope == self || self.is_included_by(*scope))
    }

    fn is_included_by(self, other: Self) -> bool {
        let resource = |scope: Self| scope.as_str().split_once(':').map(|(resource, _)| resource);
        self.as_str().ends_with(":read")
            && other.as_str().ends_with(":write")
            && resource(self) == resource(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writing_includes_reading_of_the_same_and_nothing_else() {
        assert!(Scope::OrdersRead.is_in(&[Scope::OrdersWrite]));
        assert!(Scope::OrdersRead.is_in(&[Scope::OrdersRead]));
        assert!(!Scope::OrdersWrite.is_in(&[Scope::OrdersRead]));
        assert!(!Scope::OrdersRead.is_in(&[Scope::CustomersWrite]));
        assert!(!Scope::OrdersRead.is_in(&[]));
    }
}
