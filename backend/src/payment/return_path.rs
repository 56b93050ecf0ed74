//! Where a processor leads a browser back to. These paths need no session: they finish what was begun, and redirect.

use domain::id::{OrganizationId, PaymentAttemptId, PaymentMethodSetupId};

/// After approving a charge.
pub fn of_attempt(organization_id: OrganizationId, payment_attempt_id: PaymentAttemptId) -> String {
    format!("/pay/return/{organization_id}/{payment_attempt_id}")
}

/// After entering a new method.
pub fn of_setup(
    organization_id: OrganizationId,
    payment_method_setup_id: PaymentMethodSetupId,
) -> String {
    format!("/pay/setups/{organization_id}/{payment_method_setup_id}")
}
