//! What happened to a customer's account, newest first.

use domain::event_type::EventType;
use domain::id::{CustomerId, MemberId, OrganizationId};
use sqlx::PgPool;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::actor::MemberActor;
use crate::error::{InconsistencyError, QueryError};
use crate::page::{Count, EXACT_COUNT_MAX, Page, PageRequest};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Doer {
    /// A person of the same customer; the name, else the address. Nothing once it has been erased.
    Member { member_id: MemberId, name: Option<String> },
    /// The organization's own side.
    Organization,
    /// Foyer by itself, as in a renewal.
    System,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// `None` for a kind that this version of the program does not know: the newer one may run beside it.
    pub event_type: Option<EventType>,
    pub doer: Doer,
    pub occurred_at: OffsetDateTime,
}

struct Row {
    event_id: Uuid,
    event_type: String,
    actor_kind: String,
    actor_id: Option<Uuid>,
    member_name: Option<String>,
    occurred_at: OffsetDateTime,
}

/// The activity of the customer for whom the member acts. A role that may not read billing sees no orders here either.
pub async fn list(
    db: &PgPool,
    actor: &MemberActor,
    page: PageRequest,
) -> Result<Page<Activity>, QueryError> {
    let (organization_id, customer_id) = (actor.organization_id, actor.customer_id);
    let can_read_billing = actor.role.can_read_billing();
    let rows = sqlx::query_as!(
        Row,
        r#"select e.event_id, e.type as event_type, e.actor_kind, e.actor_id, coalesce(m.name, m.email) as "member_name?", e.occurred_at
         from event e
         left join member m on m.organization_id = e.organization_id and m.member_id = e.actor_id and m.customer_id = e.customer_id
         where e.organization_id = $1 and e.customer_id = $2 and ($3 or e.subject_kind <> 'order')
         order by e.occurred_at desc, e.sequence desc
         limit $4 offset $5"#,
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        can_read_billing,
        page.limit(),
        page.offset(),
    )
    .fetch_all(db)
    .await?;
    let total = count(db, organization_id, customer_id, can_read_billing).await?;
    let items = rows.into_iter().map(Activity::try_from).collect::<Result<Vec<_>, _>>()?;
    Ok(Page::new(items, total, page))
}

async fn count(
    db: &PgPool,
    organization_id: OrganizationId,
    customer_id: CustomerId,
    can_read_billing: bool,
) -> Result<Count, sqlx::Error> {
    let counted = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
            select from event e
            where e.organization_id = $1 and e.customer_id = $2 and ($3 or e.subject_kind <> 'order')
            limit $4) as counted"#,
        organization_id.as_uuid(),
        customer_id.as_uuid(),
        can_read_billing,
        EXACT_COUNT_MAX + 1,
    )
    .fetch_one(db)
    .await?;
    Ok(Count::from_bounded(counted))
}

impl TryFrom<Row> for Activity {
    type Error = InconsistencyError;

    fn try_from(row: Row) -> Result<Self, InconsistencyError> {
        let doer = match (row.actor_kind.as_str(), row.actor_id) {
            ("member", Some(id)) => Doer::Member { member_id: id.into(), name: row.member_name },
            ("access_token" | "console_user", _) => Doer::Organization,
            // Of a pay link it is not known who held it.
            ("system" | "payer", _) => Doer::System,
            _ => return Err(InconsistencyError::new("event", "actor_kind", row.event_id)),
        };
        Ok(Self { event_type: row.event_type.parse().ok(), doer, occurred_at: row.occurred_at })
    }
}

#[cfg(test)]
mod tests {
    use domain::role::MemberRole;
    use time::Duration;

    use super::*;
    use crate::session;
    use crate::test_support::{TestDb, fixtures};

    fn first_page() -> PageRequest {
        PageRequest::new(1, 10).unwrap()
    }

    #[tokio::test]
    async fn lists_what_happened_to_this_customer_newest_first_with_its_doer() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let bob = fixtures::member(&db, organization_id, "bob@example.com").await;
        let before = list(&db.pool, &ada, first_page()).await.unwrap().total.known();
        let here = fixtures::session(&db, &ada).await;
        fixtures::session(&db, &bob).await;
        db.clock.advance(Duration::minutes(1));
        session::sign_out(&db.pool, &mut db.cx_of(here.actor)).await.unwrap();
        let page = list(&db.pool, &ada, first_page()).await.unwrap();
        let newest = &page.items[0];
        assert_eq!(
            (newest.event_type, newest.occurred_at),
            (Some(EventType::SessionEnded), db.now())
        );
        let Doer::Member { member_id, name: Some(_) } = &newest.doer else { panic!("{newest:?}") };
        assert_eq!(*member_id, ada.member_id);
        assert_eq!(page.items[1].event_type, Some(EventType::SessionCreated));
        assert_eq!(page.total.known(), before + 2);
        assert!(page.items.windows(2).all(|pair| pair[0].occurred_at >= pair[1].occurred_at));
    }

    #[tokio::test]
    async fn a_role_without_billing_sees_no_orders() {
        let db = TestDb::new().await;
        let organization_id = fixtures::organization(&db, "acme").await;
        let ada = fixtures::member(&db, organization_id, "ada@example.com").await;
        let before = list(&db.pool, &ada, first_page()).await.unwrap().total.known();
        sqlx::query(
            "insert into event (organization_id, event_id, occurred_at, type, subject_kind, subject_id, customer_id, actor_kind, snapshot)
             values ($1, $2, $3, 'order.created', 'order', $2, $4, 'system', '{}'), ($1, $5, $3, 'order.exploded', 'order', $2, $4, 'system', '{}')",
        )
        .bind(organization_id.as_uuid())
        .bind(Uuid::from_u128(1))
        .bind(db.now() + Duration::days(1))
        .bind(ada.customer_id.as_uuid())
        .bind(Uuid::from_u128(2))
        .execute(&db.pool)
        .await
        .unwrap();
        let seen = list(&db.pool, &ada, first_page()).await.unwrap();
        assert_eq!(seen.total.known(), before + 2);
        let types: Vec<_> = seen.items[..2]
            .iter()
            .map(|activity| (activity.event_type, activity.doer.clone()))
            .collect();
        assert!(
            types.contains(&(Some(EventType::OrderCreated), Doer::System))
                && types.contains(&(None, Doer::System))
        );
        let plain = MemberActor { role: MemberRole::Member, ..ada };
        assert_eq!(list(&db.pool, &plain, first_page()).await.unwrap().total.known(), before);
    }
}
