//! Making a hand-over.

use domain::event_type::EventType;
use domain::id::{CustomerId, HandOverId, MemberId, OrganizationId};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use super::HAND_OVER_EXPIRES_AFTER;
use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};
use crate::token::{HAND_OVER_PREFIX, PlainToken, new_token};

/// A customer whose owner is to be signed in.
#[derive(Debug, Clone)]
pub struct CreateHandOver {
    pub organization_id: OrganizationId,
    pub customer_id: CustomerId,
    /// Who is signed in; `None`: the customer's owner.
    pub member_id: Option<MemberId>,
    /// The path of the portal to open; another kind of address is dropped.
    pub return_to: Option<String>,
    /// The company's own page that "back" leads to.
    pub return_url: Option<String>,
}

#[derive(Debug, Error)]
pub enum CreateHandOverError {
    #[error("there is no such customer")]
    UnknownCustomer,
    #[error("only the organization itself may hand a customer over")]
    Forbidden(#[from] Forbidden),
    #[error("the hand-over could not be written down")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for CreateHandOverError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Makes a code that signs the customer's owner, or the member who is named, in once, within five minutes. It is shown here and nowhere else.
pub async fn create(
    db: &PgPool,
    cx: &mut Context,
    input: CreateHandOver,
) -> Result<PlainToken, CreateHandOverError> {
    cx.actor.staff(input.organization_id)?;
    let id: HandOverId = cx.new_id();
    let code = new_token(HAND_OVER_PREFIX, &mut cx.rng);
    let mut tx = db.begin().await?;
    let made = sqlx::query!(
        "insert into hand_over
            (organization_id, hand_over_id, code_hash, member_id, return_to, return_url, created_at, expires_at)
         select m.organization_id, $3, $4, m.member_id, $5, $6, $7, $8
         from member m
         join customer c on c.organization_id = m.organization_id and c.customer_id = m.customer_id and c.deleted_at is null
         where m.organization_id = $1 and m.customer_id = $2 and m.deleted_at is null
            and (m.member_id = $9 or ($9::uuid is null and m.role = 'owner'))",
        input.organization_id.as_uuid(),
        input.customer_id.as_uuid(),
        id.as_uuid(),
        &code.hash(),
        crate::sign_in::safe_path(input.return_to),
        input.return_url.filter(|url| is_web_url(url)),
        cx.now,
        cx.now + HAND_OVER_EXPIRES_AFTER,
        input.member_id.map(MemberId::as_uuid),
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    if made == 0 {
        return Err(CreateHandOverError::UnknownCustomer);
    }
    let event = NewEvent {
        organization_id: input.organization_id,
        event_type: EventType::HandOverCreated,
        subject_kind: "hand_over",
        subject_id: id.as_uuid(),
        customer_id: Some(input.customer_id),
        snapshot: json!({}),
    };
    event::record(&mut tx, cx, event).await?;
    tx.commit().await?;
    Ok(code)
}

pub(crate) fn is_web_url(url: &str) -> bool {
    url.len() <= 2_000
        && (url.starts_with("https://") || url.starts_with("http://"))
        && !url.contains(|c: char| c.is_control() || c.is_whitespace())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hand_over::redeem;
    use crate::session;
    use crate::test_support::{TestDb, fixtures};
    use time::Duration;

    fn input(member: &crate::actor::MemberActor) -> CreateHandOver {
        CreateHandOver {
            organization_id: member.organization_id,
            customer_id: member.customer_id,
            member_id: None,
            return_to: Some("/acme/portal/orders".into()),
            return_url: Some("https://app.example.com/account".into()),
        }
    }

    #[tokio::test]
    async fn a_code_signs_in_once() {
        let db = TestDb::new().await;
        let organization = fixtures::organization(&db, "acme").await;
        let member = fixtures::member(&db, organization, "ann@example.com").await;
        let code = create(&db.pool, &mut db.cx(), input(&member)).await.unwrap();
        let session = redeem(&db.pool, &mut db.cx(), organization, code.expose(), "Firefox")
            .await
            .unwrap()
            .unwrap();
        assert_eq!(session.actor.member_id, member.member_id);
        assert_eq!(session.return_to.as_deref(), Some("/acme/portal/orders"));
        let found = session::authenticate(&db.pool, organization, session.token.expose(), db.now())
            .await
            .unwrap()
            .unwrap();
        assert_eq!(found.return_url.as_deref(), Some("https://app.example.com/account"));
        assert!(
            redeem(&db.pool, &mut db.cx(), organization, code.expose(), "Firefox")
                .await
                .unwrap()
                .is_none()
        );
    }

    #[tokio::test]
    async fn redeemed_at_once_by_many_it_makes_one_session() {
        let db = TestDb::new().await;
        let organization = fixtures::organization(&db, "acme").await;
        let member = fixtures::member(&db, organization, "ann@example.com").await;
        let code = create(&db.pool, &mut db.cx(), input(&member)).await.unwrap();
        let mut contexts = [db.cx(), db.cx(), db.cx(), db.cx()];
        let [a, b, c, d] = &mut contexts;
        let (pool, text) = (&db.pool, code.expose());
        let answers = tokio::join!(
            redeem(pool, a, organization, text, ""),
            redeem(pool, b, organization, text, ""),
            redeem(pool, c, organization, text, ""),
            redeem(pool, d, organization, text, ""),
        );
        let answers = [answers.0, answers.1, answers.2, answers.3];
        assert_eq!(
            answers.into_iter().filter(|answer| answer.as_ref().unwrap().is_some()).count(),
            1
        );
    }

    #[tokio::test]
    async fn a_late_a_foreign_and_an_invented_code_are_nothing() {
        let db = TestDb::new().await;
        let organization = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let member = fixtures::member(&db, organization, "ann@example.com").await;
        let code = create(&db.pool, &mut db.cx(), input(&member)).await.unwrap();
        for (organization, code) in [
            (other, code.expose()),
            (organization, ""),
            (organization, "foyer_hoc_x"),
            (organization, "\0"),
        ] {
            assert!(
                redeem(&db.pool, &mut db.cx(), organization, code, "").await.unwrap().is_none(),
                "{code:?}"
            );
        }
        db.clock.advance(Duration::minutes(5));
        assert!(
            redeem(&db.pool, &mut db.cx(), organization, code.expose(), "")
                .await
                .unwrap()
                .is_none()
        );
    }

    #[tokio::test]
    async fn only_the_organization_itself_hands_over_and_only_its_own() {
        let db = TestDb::new().await;
        let organization = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let member = fixtures::member(&db, organization, "ann@example.com").await;
        let refused = create(&db.pool, &mut db.cx_of(member.clone()), input(&member)).await;
        assert!(matches!(refused, Err(CreateHandOverError::Forbidden(_))));
        let foreign = CreateHandOver { organization_id: other, ..input(&member) };
        let unknown = create(&db.pool, &mut db.cx(), foreign).await;
        assert!(matches!(unknown, Err(CreateHandOverError::UnknownCustomer)));
    }
}
