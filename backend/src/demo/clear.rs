//! Taking a demo away that was interrupted while it was loaded.

use domain::id::OrganizationId;
use sqlx::PgPool;

/// Deletes all rows of an organization. For the demo only: real organizations keep their books.
pub(super) async fn clear(db: &PgPool, organization_id: OrganizationId) -> Result<(), sqlx::Error> {
    let id = organization_id.as_uuid();
    let mut tx = db.begin().await?;
    for statement in [
        "delete from mail where organization_id = $1",
        "delete from hand_over where organization_id = $1",
        "delete from session where organization_id = $1",
        "delete from sign_in where organization_id = $1",
        "delete from rate_limit where organization_id = $1",
        "delete from token where organization_id = $1",
        "delete from access_token where organization_id = $1",
        "delete from event where organization_id = $1",
        "delete from invoice where organization_id = $1",
        "delete from invoice_series where organization_id = $1",
        "delete from sandbox.refund where processor_payment_id in (
            select processor_payment_id from sandbox.payment join customer using (customer_id) where organization_id = $1)",
        "delete from sandbox.payment where customer_id in (select customer_id from customer where organization_id = $1)",
        "delete from sandbox.setup where processor_method_id in (
            select processor_method_id from payment_method where organization_id = $1 and processor = 'sandbox')",
        "delete from sandbox.method where processor_method_id in (
            select processor_method_id from payment_method where organization_id = $1 and processor = 'sandbox')",
        "delete from refund where organization_id = $1",
        "delete from payment_method_setup where organization_id = $1",
        "delete from payment_attempt where organization_id = $1",
        "delete from customer_seat where organization_id = $1",
        "delete from subscription_change where organization_id = $1",
        "delete from quote where organization_id = $1",
        "delete from proration_entry where organization_id = $1",
        "delete from subscription_pending_update where organization_id = $1",
        "delete from order_item where organization_id = $1",
        "delete from orders where organization_id = $1",
        "delete from subscription where organization_id = $1",
        "delete from discount_redemption where organization_id = $1",
        "delete from discount_product where organization_id = $1",
        "delete from discount_amount where organization_id = $1",
        "delete from discount where organization_id = $1",
        "delete from product_benefit where organization_id = $1",
        "delete from benefit where organization_id = $1",
        "delete from price where organization_id = $1",
        "delete from product where organization_id = $1",
        "update customer set default_payment_method_id = null, backup_payment_method_id = null where organization_id = $1",
        "delete from payment_method where organization_id = $1",
        "delete from processor_customer where organization_id = $1",
        "delete from member where organization_id = $1",
        "delete from customer where organization_id = $1",
        "delete from portal_setting where organization_id = $1",
        "delete from organization where organization_id = $1",
    ] {
        sqlx::query(statement).bind(id).execute(&mut *tx).await?;
    }
    tx.commit().await
}
