use time::Duration;

use super::*;
use crate::secret::SecretKey;
use crate::test_support::{TestDb, fixtures};

fn secret() -> SecretKey {
    SecretKey::from_hex(&"5a".repeat(32)).unwrap()
}

async fn ask(db: &TestDb, key: &str, request: u8, after: Duration) -> Claimed {
    let mut cx = db.cx();
    cx.now += after;
    let key = ClaimKey { organization_id: None, caller: "test", key, request_hash: [request; 32] };
    claim(&db.pool, &secret(), &mut cx, key).await.unwrap()
}

fn running(claimed: Claimed) -> Claim {
    match claimed {
        Claimed::Run(claim) => *claim,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn of_many_at_once_one_runs() {
    let db = TestDb::new().await;
    let all = futures::future::join_all((0..20).map(|_| ask(&db, "k", 1, Duration::ZERO))).await;
    assert_eq!(all.iter().filter(|claimed| matches!(claimed, Claimed::Run(_))).count(), 1);
    assert!(matches!(ask(&db, "other", 1, Duration::ZERO).await, Claimed::Run(_)));
    assert!(matches!(ask(&db, "k", 2, Duration::ZERO).await, Claimed::OtherRequest));
}

#[tokio::test]
async fn who_was_taken_for_dead_cannot_commit_and_what_it_committed_before_is_found() {
    let db = TestDb::new().await;
    let organization_id = fixtures::organization(&db, "acme").await;
    let mut dead = db.cx();
    dead.idempotency = Some(running(ask(&db, "k", 1, Duration::ZERO).await));
    let first: Result<u32, sqlx::Error> = dead
        .once(async |cx| {
            let mut tx = db.pool.begin().await?;
            rename(&mut tx, organization_id, "first").await?;
            cx.commit(tx, &1_u32).await?;
            Ok(1)
        })
        .await;
    assert_eq!(first.unwrap(), 1);
    assert!(matches!(ask(&db, "k", 1, CLAIMED_FOR - Duration::SECOND).await, Claimed::Running));
    let mut heir = db.cx();
    heir.idempotency = Some(running(ask(&db, "k", 1, CLAIMED_FOR).await));
    let tx = db.pool.begin().await.unwrap();
    assert!(dead.commit(tx, &()).await.is_err());

    let again = heir.once(async |_| -> Result<u32, sqlx::Error> { panic!("it is done") }).await;
    assert_eq!(again.unwrap(), 1);
    let second = heir.once(async |_| Ok::<_, sqlx::Error>(2_u32)).await;
    assert_eq!(second.unwrap(), 2);
}

async fn rename(
    tx: &mut sqlx::PgConnection,
    organization_id: domain::id::OrganizationId,
    name: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query("update organization set name = $2 where organization_id = $1")
        .bind(organization_id.as_uuid())
        .bind(name)
        .execute(tx)
        .await?;
    Ok(())
}

#[tokio::test]
async fn an_answer_stays_for_a_day_and_one_let_go_is_carried_on_at_once() {
    let db = TestDb::new().await;
    let claim = running(ask(&db, "k", 1, Duration::ZERO).await);
    let_go(&db.pool, &db.cx(), &claim).await.unwrap();
    let claim = running(ask(&db, "k", 1, Duration::ZERO).await);
    keep_answer(&db.pool, &mut db.cx(), &claim, b"done").await.unwrap();
    let soon = ask(&db, "k", 1, KEPT_FOR - Duration::SECOND).await;
    assert!(matches!(soon, Claimed::Answered(answer) if answer == b"done"));
    assert!(matches!(ask(&db, "k", 1, KEPT_FOR).await, Claimed::Run(_)));
}
