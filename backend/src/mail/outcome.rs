//! What became of a claimed mail.

use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::claim::ClaimedMail;
use crate::error::DatabaseError;

/// Waiting times before the next tries; the last one is repeated until the mail expires.
const BACK_OFF: [Duration; 5] = [
    Duration::minutes(1),
    Duration::minutes(5),
    Duration::minutes(15),
    Duration::minutes(60),
    Duration::minutes(240),
];
/// A sign-in is of no use later, so its mail is tried in short order.
const SIGN_IN_BACK_OFF: Duration = Duration::seconds(15);
const ERROR_CHARS_MAX: usize = 500;

/// Why a mail is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DropReason {
    /// Past its time: a code that no longer works, a notice nobody could deliver for a week.
    Expired,
    /// The address belongs to nobody (any more).
    NoRecipient,
    /// The mail server refused it for good.
    Refused,
    /// What it asks for has been done meanwhile, or is not asked for any more.
    Obsolete,
}

impl DropReason {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::NoRecipient => "no_recipient",
            Self::Refused => "refused",
            Self::Obsolete => "obsolete",
        }
    }
}

/// The mail was handed over.
pub async fn sent(
    db: &PgPool,
    mail: &ClaimedMail,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update mail set sent_at = $3, due_at = null, last_error = null
         where organization_id = $1 and mail_id = $2 and due_at is not null",
        mail.organization_id.as_uuid(),
        mail.mail_id.as_uuid(),
        now,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// The mail did not leave; it is due again later. `error` names no recipient.
pub async fn failed(
    db: &PgPool,
    mail: &ClaimedMail,
    now: OffsetDateTime,
    error: &str,
) -> Result<(), DatabaseError> {
    let error: String = error.chars().filter(|c| *c != '\0').take(ERROR_CHARS_MAX).collect();
    sqlx::query!(
        "update mail set due_at = $3, last_error = $4
         where organization_id = $1 and mail_id = $2 and due_at is not null",
        mail.organization_id.as_uuid(),
        mail.mail_id.as_uuid(),
        now + back_off(mail),
        error,
    )
    .execute(db)
    .await?;
    Ok(())
}

fn back_off(mail: &ClaimedMail) -> Duration {
    if mail.sign_in_id.is_some() {
        return SIGN_IN_BACK_OFF;
    }
    let tried = usize::try_from(mail.attempts.max(1) - 1).unwrap_or(0);
    BACK_OFF[tried.min(BACK_OFF.len() - 1)]
}

/// The mail is given up.
pub async fn dropped(
    db: &PgPool,
    mail: &ClaimedMail,
    now: OffsetDateTime,
    reason: DropReason,
) -> Result<(), DatabaseError> {
    sqlx::query!(
        "update mail set dropped_at = $3, drop_reason = $4, due_at = null
         where organization_id = $1 and mail_id = $2 and due_at is not null",
        mail.organization_id.as_uuid(),
        mail.mail_id.as_uuid(),
        now,
        reason.as_str(),
    )
    .execute(db)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::{CLAIM_LASTS, claim};
    use crate::test_support::{TestDb, fixtures};
    use uuid::Uuid;

    /// Mails to a member, due now, that expire in a week.
    async fn put_mails(db: &TestDb, count: i32) {
        let organization = fixtures::organization(db, "acme").await;
        let member = fixtures::member(db, organization, "ann@example.com").await;
        for _ in 0..count {
            sqlx::query(
                "insert into mail (organization_id, mail_id, template, parameters, member_id, created_at, expires_at, due_at)
                 values ($1, $2, 'subscription_revoked', '{}', $3, $4, $4 + interval '7 days', $4)",
            )
            .bind(organization.as_uuid())
            .bind(db.cx().new_id::<Uuid>())
            .bind(member.member_id.as_uuid())
            .bind(db.now())
            .execute(&db.pool)
            .await
            .unwrap();
        }
    }

    #[tokio::test]
    async fn two_workers_never_claim_the_same_mail_and_a_dead_one_gives_it_back() {
        let db = TestDb::new().await;
        put_mails(&db, 8).await;
        let (pool, now) = (&db.pool, db.now());
        let (one, two) = tokio::join!(claim(pool, now, 5), claim(pool, now, 5));
        let claimed: std::collections::BTreeSet<_> =
            one.unwrap().into_iter().chain(two.unwrap()).map(|mail| mail.mail_id).collect();
        let rest = claim(pool, now, 10).await.unwrap();
        assert_eq!(claimed.len() + rest.len(), 8, "each is claimed once");
        assert_eq!(
            claim(pool, now + CLAIM_LASTS - Duration::microseconds(1), 10).await.unwrap(),
            vec![]
        );
        assert_eq!(claim(pool, now + CLAIM_LASTS, 10).await.unwrap().len(), 8);
    }

    #[tokio::test]
    async fn a_failed_mail_waits_longer_each_time_and_a_sent_one_never_returns() {
        let db = TestDb::new().await;
        put_mails(&db, 1).await;
        let mut now = db.now();
        for minutes in [1, 5, 15, 60, 240, 240] {
            let mail = claim(&db.pool, now, 1).await.unwrap().remove(0);
            failed(&db.pool, &mail, now, "the SMTP server answered 451\0").await.unwrap();
            now += Duration::minutes(minutes);
            assert_eq!(
                claim(&db.pool, now - Duration::microseconds(1), 1).await.unwrap(),
                vec![],
                "{minutes}"
            );
        }
        let mail = claim(&db.pool, now, 1).await.unwrap().remove(0);
        sent(&db.pool, &mail, now).await.unwrap();
        dropped(&db.pool, &mail, now, DropReason::Refused).await.unwrap();
        assert_eq!(claim(&db.pool, now + Duration::days(1), 1).await.unwrap(), vec![]);
        let states: (bool, bool) =
            sqlx::query_as("select sent_at is not null, dropped_at is not null from mail")
                .fetch_one(&db.pool)
                .await
                .unwrap();
        assert_eq!(states, (true, false), "what was sent is not dropped after");
    }
}
