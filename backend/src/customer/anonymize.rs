//! Erasing the personal values of a deleted customer.

use domain::id::{CustomerId, OrganizationId};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::webhook;

/// Erases what is personal on the customer, on its members and in the tables beside them, in a transaction that has deleted them. The
/// address becomes a digest; a business (it has a tax number) keeps its name. Orders and invoices keep what the law asks for.
pub(super) async fn anonymize(
    tx: &mut PgConnection,
    now: OffsetDateTime,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<(), sqlx::Error> {
    let (organization, customer) = (organization_id.as_uuid(), customer_id.as_uuid());
    // Requests of the same addresses; where somebody else has the address, they can only be asked for again.
    sqlx::query!(
        "delete from sign_in s using member m
         where m.organization_id = $1 and m.customer_id = $2
           and s.organization_id = m.organization_id and lower(s.email) = lower(m.email)",
        organization,
        customer,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update member set email = substr(encode(sha256(convert_to(member_id::text || lower(email), 'UTF8')), 'hex'), 1, 32)
            || '@anonymized.invalid', name = null, external_id = null
         where organization_id = $1 and customer_id = $2",
        organization,
        customer,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update customer set email = substr(encode(sha256(convert_to(customer_id::text || lower(email), 'UTF8')), 'hex'), 1, 32)
                || '@anonymized.invalid',
            name = case when tax_id is not null then name end, billing_name = case when tax_id is not null then billing_name end,
            company = case when tax_id is not null then company end, billing_address = null, email_verified_at = null,
            metadata = metadata || jsonb_build_object('__anonymized_at', to_char($3::timestamptz at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'))
         where organization_id = $1 and customer_id = $2",
        organization,
        customer,
        now,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update checkout set customer_email = null, customer_name = null, customer_ip_address = null, billing_name = null,
            billing_address = null
         where organization_id = $1 and customer_id = $2",
        organization,
        customer,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "delete from email_update where organization_id = $1 and customer_id = $2",
        organization,
        customer,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update session set user_agent = '' where organization_id = $1 and customer_id = $2",
        organization,
        customer,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update subscription set cancellation_comment = null
         where organization_id = $1 and customer_id = $2 and cancellation_comment is not null",
        organization,
        customer,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update payment_method set brand = null, last4 = null, exp_month = null, exp_year = null, wallet = null
         where organization_id = $1 and customer_id = $2",
        organization,
        customer,
    )
    .execute(&mut *tx)
    .await?;
    webhook::erase(tx, organization_id, customer_id).await
}
