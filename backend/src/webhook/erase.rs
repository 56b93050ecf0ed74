//! Erasing what messages hold of a customer.

use domain::id::{CustomerId, OrganizationId};
use sqlx::PgConnection;

/// Empties the bodies of messages that concern a customer, and what endpoints answered to them. What still waits is rendered again,
/// from what is left of the customer.
pub(crate) async fn erase(
    tx: &mut PgConnection,
    organization_id: OrganizationId,
    customer_id: CustomerId,
) -> Result<(), sqlx::Error> {
    let (organization, customer) = (organization_id.as_uuid(), customer_id.as_uuid());
    sqlx::query!(
        "update webhook_attempt a set response = null
         from webhook_event e
         where e.organization_id = $1 and e.customer_id = $2 and a.organization_id = $1 and a.webhook_event_id = e.webhook_event_id
           and a.response is not null",
        organization,
        customer,
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query!(
        "update webhook_event set body = null where organization_id = $1 and customer_id = $2 and body is not null",
        organization,
        customer,
    )
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::fixtures;
    use crate::webhook::keep_body;
    use crate::webhook::test_helpers::Case;

    #[tokio::test]
    async fn a_customers_messages_and_the_answers_to_them_are_emptied_and_others_are_not() {
        let case = Case::start().await;
        let ada = fixtures::member(&case.db, case.organization_id, "ada@example.com").await;
        fixtures::member(&case.db, case.organization_id, "bob@example.com").await;
        for delivery in case.first(10).await {
            let (pool, id) = (&case.db.pool, delivery.webhook_event_id);
            keep_body(pool, case.organization_id, id, "{}").await.unwrap();
            case.answer(&delivery, 500).await;
        }
        let kept = "select count(*) filter (where customer_id = $1), count(*) from webhook_event where body is not null";
        let kept = async || -> (i64, i64) {
            sqlx::query_as(kept)
                .bind(ada.customer_id.as_uuid())
                .fetch_one(&case.db.pool)
                .await
                .unwrap()
        };
        let (of_ada, all) = kept().await;
        assert!(of_ada > 0 && all > of_ada, "{of_ada} of {all}");
        let mut tx = case.db.pool.begin().await.unwrap();
        erase(&mut tx, case.organization_id, ada.customer_id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(kept().await, (0, all - of_ada));
        let answers = "select count(*) from webhook_attempt where response is not null";
        let answers: i64 = sqlx::query_scalar(answers).fetch_one(&case.db.pool).await.unwrap();
        assert_eq!(answers, all - of_ada);
    }
}
