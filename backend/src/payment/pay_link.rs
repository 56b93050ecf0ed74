//! The link in a mail that opens one page on which one order can be paid, without a session. It is derived from the order when the
//! mail is sent and stored nowhere; it opens as often as needed until the order is settled or void.

use domain::id::{OrderId, OrganizationId};
use domain::money::{Currency, Money};
use domain::order::OrderStatus;
use domain::payment::{DeclineCode, PaymentAttemptState};
use sqlx::PgPool;

use super::MANUAL_TRIES_MAX;
use crate::actor::Actor;
use crate::error::{InconsistencyError, QueryError};
use crate::secret::SecretKey;

/// What a token is derived for.
const PURPOSE: &str = "pay link";

/// What a pay link opens: how much is asked for, and how that stands. Nothing about the customer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayLink {
    /// A `Payer`: who acts for whoever holds the link.
    pub actor: Actor,
    pub order_id: OrderId,
    pub amount: Money,
    pub state: PayLinkState,
}

/// How the order of a pay link stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PayLinkState {
    /// It waits for the money.
    Open {
        /// The order belongs to a subscription that goes on: the method can be kept for its next charges.
        keeps_method_possible: bool,
        /// Why the last charge failed, if one did.
        decline_code: Option<DeclineCode>,
        /// Where a charge waits to be approved.
        action_url: Option<String>,
        /// A charge runs and has no answer yet.
        is_running: bool,
        /// How often the customer may still try.
        tries_left: i64,
    },
    Paid,
    /// It is not to be paid any more, or all of it was given back.
    Void,
}

/// The token in an order's pay link.
pub fn token(secret: &SecretKey, organization_id: OrganizationId, order_id: OrderId) -> String {
    secret.token_of_id(PURPOSE, &[organization_id.as_uuid()], order_id)
}

/// The order that a token belongs to, if Foyer made it for this organization.
fn order_of(secret: &SecretKey, organization_id: OrganizationId, token: &str) -> Option<OrderId> {
    secret.id_of_token(PURPOSE, &[organization_id.as_uuid()], token).map(Into::into)
}

/// What the link opens; `None` for a token that Foyer did not make for this organization.
pub async fn open(
    db: &PgPool,
    secret: &SecretKey,
    organization_id: OrganizationId,
    token: &str,
) -> Result<Option<PayLink>, QueryError> {
    let Some(order_id) = order_of(secret, organization_id, token) else { return Ok(None) };
    let row = sqlx::query!(
        r#"select o.customer_id, o.status, o.total_minor, o.currency,
            (s.subscription_id is not null and s.ended_at is null) as "keeps_method_possible!",
            failed.decline_code as "decline_code?", open.state as "open_state?", open.action_url as "action_url?",
            (select count(*) from payment_attempt a
             where a.organization_id = o.organization_id and a.order_id = o.order_id and a.trigger = 'retry_customer') as "tries!"
         from orders o
         left join subscription s on s.organization_id = o.organization_id and s.subscription_id = o.subscription_id
         left join payment_attempt open on open.organization_id = o.organization_id and open.order_id = o.order_id and open.settled_at is null
         left join lateral (
            select a.decline_code from payment_attempt a
            where a.organization_id = o.organization_id and a.order_id = o.order_id and a.state = 'declined'
            order by a.settled_at desc
            limit 1) failed on true
         where o.organization_id = $1 and o.order_id = $2 and o.status <> 'draft'"#,
        organization_id.as_uuid(),
        order_id.as_uuid(),
    )
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let bad = |column| InconsistencyError::new("orders", column, order_id);
    let waits = row.open_state.as_deref() == Some(PaymentAttemptState::RequiresAction.as_str());
    let state = match OrderStatus::parse(&row.status).ok_or_else(|| bad("status"))? {
        OrderStatus::Draft | OrderStatus::Pending => PayLinkState::Open {
            keeps_method_possible: row.keeps_method_possible,
            decline_code: row.decline_code.as_deref().and_then(DeclineCode::parse),
            action_url: row.action_url.filter(|_| waits),
            is_running: row.open_state.is_some() && !waits,
            tries_left: (MANUAL_TRIES_MAX - row.tries).max(0),
        },
        OrderStatus::Paid | OrderStatus::PartiallyRefunded => PayLinkState::Paid,
        OrderStatus::Refunded | OrderStatus::Void => PayLinkState::Void,
    };
    let customer_id = row.customer_id.into();
    Ok(Some(PayLink {
        actor: Actor::Payer { organization_id, customer_id, order_id },
        order_id,
        amount: Money::new(
            row.total_minor,
            Currency::parse(&row.currency).map_err(|_| bad("currency"))?,
        ),
        state,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payment::test_helpers::Case;
    use crate::payment::{RefundOrder, SandboxBehavior, refund_order};
    use crate::test_support::fixtures;
    use domain::payment::RefundReason;
    use uuid::Uuid;

    fn secret() -> SecretKey {
        SecretKey::from_hex(&"ab".repeat(32)).unwrap()
    }

    async fn opened(case: &Case) -> PayLink {
        let token = token(&secret(), case.organization_id, case.order_id);
        assert_eq!(token.len(), crate::secret::TOKEN_LENGTH);
        open(&case.db.pool, &secret(), case.organization_id, &token).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn it_opens_until_the_order_is_settled() {
        let case = Case::absent(SandboxBehavior::DeclineLostCard).await;
        case.work().await;
        let link = opened(&case).await;
        assert_eq!((link.actor.clone(), link.order_id), (case.payer(), case.order_id));
        assert_eq!(link.amount, Money::new(2_900, Currency::EUR));
        let PayLinkState::Open {
            keeps_method_possible,
            decline_code,
            action_url,
            is_running,
            tries_left,
        } = link.state
        else {
            panic!("{link:?}");
        };
        assert_eq!((keeps_method_possible, decline_code), (true, Some(DeclineCode::LostCard)));
        assert_eq!((action_url, is_running, tries_left), (None, false, 5));
        let asks = case.another_card(SandboxBehavior::RequiresAction).await;
        case.pay(Some(asks)).await.unwrap();
        assert!(matches!(
            opened(&case).await.state,
            PayLinkState::Open { action_url: Some(_), is_running: false, tries_left: 4, .. }
        ));
        // Whoever holds the link finds the same approval.
        assert!(case.pay_as(case.payer(), None).await.is_ok());
        let id: Uuid = sqlx::query_scalar(
            "select payment_attempt_id from payment_attempt where settled_at is null",
        )
        .fetch_one(&case.db.pool)
        .await
        .unwrap();
        case.sandbox.finish_action(id.into(), true).await.unwrap();
        case.pay(None).await.unwrap();
        assert_eq!(opened(&case).await.state, PayLinkState::Paid);
        let input = RefundOrder {
            organization_id: case.organization_id,
            order_id: case.order_id,
            amount_minor: None,
            reason: RefundReason::Duplicate,
            comment: None,
        };
        refund_order(&case.db.pool, &mut case.db.cx(), input).await.unwrap();
        case.work().await;
        assert_eq!(opened(&case).await.state, PayLinkState::Void);
    }

    #[tokio::test]
    async fn only_foyers_own_tokens_open_and_only_in_their_organization() {
        let case = Case::absent(SandboxBehavior::Approve).await;
        let good = token(&secret(), case.organization_id, case.order_id);
        let other = fixtures::organization(&case.db, "other").await;
        let another_key = SecretKey::from_hex(&"cd".repeat(32)).unwrap();
        let mut forged = good.clone();
        forged.replace_range(63.., if good.ends_with('A') { "B" } else { "A" });
        let unknown = token(&secret(), case.organization_id, Uuid::nil().into());
        for (organization_id, text) in [
            (other, good.clone()),
            (case.organization_id, token(&another_key, case.organization_id, case.order_id)),
            (case.organization_id, token(&secret(), other, case.order_id)),
            (case.organization_id, forged),
            (case.organization_id, unknown),
            (case.organization_id, good[..63].to_owned()),
            (case.organization_id, "é".repeat(32)),
            (case.organization_id, String::new()),
        ] {
            let opened = open(&case.db.pool, &secret(), organization_id, &text).await.unwrap();
            assert_eq!(opened, None, "{text}");
        }
    }
}
