//! Ending a token, at once and for ever.

use domain::event_type::EventType;
use domain::id::{AccessTokenId, OrganizationId};
use serde_json::json;
use sqlx::PgPool;
use thiserror::Error;

use crate::context::Context;
use crate::error::{DatabaseError, Forbidden};
use crate::event::{self, NewEvent};

#[derive(Debug, Error)]
pub enum RevokeAccessTokenError {
    #[error("there is no such token")]
    Unknown,
    #[error("only the organization itself may revoke its tokens")]
    Forbidden(#[from] Forbidden),
    #[error("the token could not be revoked")]
    Database(#[from] DatabaseError),
}

impl From<sqlx::Error> for RevokeAccessTokenError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// Revokes a token; it may be the one that asks.
pub async fn revoke(
    db: &PgPool,
    cx: &mut Context,
    organization_id: OrganizationId,
    access_token_id: AccessTokenId,
) -> Result<(), RevokeAccessTokenError> {
    cx.actor.staff(organization_id)?;
    let mut tx = db.begin().await?;
    let revoked = sqlx::query!(
        "update access_token set revoked_at = $3, modified_at = $3
         where organization_id = $1 and access_token_id = $2 and revoked_at is null",
        organization_id.as_uuid(),
        access_token_id.as_uuid(),
        cx.now,
    )
    .execute(&mut *tx)
    .await?;
    if revoked.rows_affected() == 0 {
        return Err(RevokeAccessTokenError::Unknown);
    }
    let happened = NewEvent {
        organization_id,
        event_type: EventType::AccessTokenRevoked,
        subject_kind: "access_token",
        subject_id: access_token_id.into(),
        customer_id: None,
        snapshot: json!({}),
    };
    event::record(&mut tx, cx, happened).await?;
    cx.commit(tx, &()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access_token::{CreateAccessToken, authenticate, create, list};
    use crate::actor::Actor;
    use crate::page::PageRequest;
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn a_token_ends_once_even_by_itself() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let owner = fixtures::member(&db, organization_id, "ada@example.com").await;
        let input = CreateAccessToken {
            organization_id,
            name: "backend".into(),
            scopes: vec![],
            expires_at: None,
        };
        let (id, token) = create(&db.pool, &mut db.cx(), input).await.unwrap();
        let elsewhere = revoke(&db.pool, &mut db.cx(), other, id).await;
        assert!(matches!(elsewhere, Err(RevokeAccessTokenError::Unknown)));
        let forbidden = revoke(&db.pool, &mut db.cx_of(owner), organization_id, id).await;
        assert!(matches!(forbidden, Err(RevokeAccessTokenError::Forbidden(_))));
        let listed = async || list(&db.pool, organization_id, PageRequest::FIRST).await.unwrap();
        assert_eq!(listed().await.items[0].access_token_id, id);
        let actor = Actor::AccessToken { organization_id, access_token_id: id };
        revoke(&db.pool, &mut db.cx_of(actor), organization_id, id).await.unwrap();
        assert_eq!(authenticate(&db.pool, token.expose(), db.now()).await.unwrap(), None);
        let again = revoke(&db.pool, &mut db.cx(), organization_id, id).await;
        assert!(matches!(again, Err(RevokeAccessTokenError::Unknown)));
        assert_eq!(listed().await.items, []);
        assert_eq!(fixtures::event_types(&db).await.last().unwrap(), "access_token.revoked");
    }
}
