//! From a session cookie to the member who is signed in.

use domain::customer_type::CustomerType;
use domain::id::OrganizationId;
use domain::locale::Locale;
use domain::role::MemberRole;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::IDLE;
use crate::actor::MemberActor;
use crate::error::{InconsistencyError, QueryError};
use crate::token::{TOKEN_LENGTH_MAX, hash};

/// The last use is written, and the idle time prolonged, at most so often.
const USED_EVERY: Duration = Duration::minutes(5);

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedIn {
    pub actor: MemberActor,
    pub member_email: String,
    pub member_name: Option<String>,
    pub customer_name: Option<String>,
    pub customer_type: CustomerType,
    /// The customer's own language, if it has one.
    pub locale: Option<Locale>,
    /// The customer's time zone, else the organization's.
    pub time_zone: String,
    pub return_url: Option<String>,
    /// When the session ends at the latest.
    pub expires_at: OffsetDateTime,
}

struct Row {
    session_id: Uuid,
    customer_id: Uuid,
    member_id: Uuid,
    role: String,
    member_email: String,
    member_name: Option<String>,
    customer_name: Option<String>,
    customer_type: String,
    locale: Option<String>,
    time_zone: String,
    return_url: Option<String>,
    expires_at: OffsetDateTime,
    last_used_at: OffsetDateTime,
}

/// Who is signed in by this token, if its session is live; any text may be asked for. One statement, and every five minutes a second.
pub async fn authenticate(
    db: &PgPool,
    organization_id: OrganizationId,
    token: &str,
    now: OffsetDateTime,
) -> Result<Option<SignedIn>, QueryError> {
    if token.is_empty() || token.len() > TOKEN_LENGTH_MAX {
        return Ok(None);
    }
    let row = sqlx::query_as!(
        Row,
        r#"select s.session_id, s.customer_id, s.member_id, m.role, m.email as member_email, m.name as member_name,
            c.name as customer_name, c.type as customer_type, c.locale, coalesce(c.time_zone, o.time_zone) as "time_zone!",
            s.return_url, s.expires_at, s.last_used_at
         from session s
         join member m on m.organization_id = s.organization_id and m.member_id = s.member_id and m.deleted_at is null
         join customer c on c.organization_id = s.organization_id and c.customer_id = s.customer_id and c.deleted_at is null
         join organization o on o.organization_id = s.organization_id and o.deleted_at is null
         where s.organization_id = $1 and s.token_hash = $2
            and s.ended_at is null and s.idle_expires_at > $3 and s.expires_at > $3"#,
        organization_id.as_uuid(),
        &hash(token),
        now,
    )
    .fetch_optional(db)
    .await?;
    if let Some(row) = row.as_ref().filter(|row| row.last_used_at <= now - USED_EVERY) {
        write_use(db, organization_id, row.session_id, now).await?;
    }
    Ok(row.map(|row| row.signed_in(organization_id)).transpose()?)
}

async fn write_use(
    db: &PgPool,
    organization_id: OrganizationId,
    session_id: Uuid,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "update session set last_used_at = $3, idle_expires_at = least($4, expires_at)
         where organization_id = $1 and session_id = $2 and last_used_at < $3",
        organization_id.as_uuid(),
        session_id,
        now,
        now + IDLE,
    )
    .execute(db)
    .await?;
    Ok(())
}

impl Row {
    fn signed_in(self, organization_id: OrganizationId) -> Result<SignedIn, InconsistencyError> {
        let role = MemberRole::parse(&self.role)
            .ok_or_else(|| InconsistencyError::new("member", "role", self.member_id))?;
        let customer_type = CustomerType::parse(&self.customer_type)
            .ok_or_else(|| InconsistencyError::new("customer", "type", self.customer_id))?;
        Ok(SignedIn {
            actor: MemberActor {
                organization_id,
                customer_id: self.customer_id.into(),
                member_id: self.member_id.into(),
                role,
                session_id: self.session_id.into(),
            },
            member_email: self.member_email,
            member_name: self.member_name,
            customer_name: self.customer_name,
            customer_type,
            locale: self.locale.as_deref().and_then(Locale::from_tag),
            time_zone: self.time_zone,
            return_url: self.return_url,
            expires_at: self.expires_at,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::ABSOLUTE;
    use crate::test_support::{TestDb, fixtures};

    #[tokio::test]
    async fn a_session_lives_thirty_days_idle_and_ninety_at_most_to_the_microsecond() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let session = fixtures::session(&db, &ada).await;
        let start = db.now();
        let live = async |at: OffsetDateTime| {
            authenticate(&db.pool, organization_id, session.token.expose(), at)
                .await
                .unwrap()
                .is_some()
        };
        let tick = Duration::microseconds(1);
        assert!(!live(start + IDLE).await);
        assert!(live(start + IDLE - tick).await);
        assert!(live(start + IDLE + IDLE - tick - tick).await);
        assert!(live(start + Duration::days(80)).await);
        assert!(live(start + ABSOLUTE - tick).await);
        assert!(!live(start + ABSOLUTE).await);
    }

    #[tokio::test]
    async fn says_who_is_signed_in_and_writes_the_use_every_five_minutes() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let session = fixtures::session(&db, &ada).await;
        let mut written = Vec::new();
        for minute in [0, 4, 6] {
            let at = db.now() + Duration::minutes(minute);
            let found = authenticate(&db.pool, organization_id, session.token.expose(), at)
                .await
                .unwrap()
                .unwrap();
            assert_eq!(found.actor, session.actor);
            assert_eq!(
                (found.member_email.as_str(), found.time_zone.as_str()),
                ("ada@example.com", "Europe/Berlin")
            );
            let used: OffsetDateTime = sqlx::query_scalar("select last_used_at from session")
                .fetch_one(&db.pool)
                .await
                .unwrap();
            written.push((used - db.now()).whole_minutes());
        }
        assert_eq!(written, [0, 0, 6]);
    }

    #[tokio::test]
    async fn garbage_other_organizations_and_removed_members_are_nobody() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let other = fixtures::organization(&db, "other").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let session = fixtures::session(&db, &ada).await;
        for garbage in ["", "\0", "foyer_cst_", &"x".repeat(100_000)] {
            assert!(
                authenticate(&db.pool, organization_id, garbage, db.now()).await.unwrap().is_none()
            );
        }
        assert!(
            authenticate(&db.pool, other, session.token.expose(), db.now())
                .await
                .unwrap()
                .is_none()
        );
        sqlx::query("update member set deleted_at = created_at").execute(&db.pool).await.unwrap();
        assert!(
            authenticate(&db.pool, organization_id, session.token.expose(), db.now())
                .await
                .unwrap()
                .is_none()
        );
    }
}
