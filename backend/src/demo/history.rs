//! Walking through the demo's fourteen months: what people do, and what falls due, in the order of time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use domain::email::EmailAddress;
use domain::id::{CustomerId, OrderId, OrganizationId, SubscriptionId};
use domain::role::MemberRole;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::cast::{PlannedCustomer, PlannedSubscription};
use super::catalog::Catalog;
use super::seed::SeedError;
use crate::actor::{Actor, MemberActor};
use crate::chance::Chance;
use crate::context::Context;
use crate::customer::{self, CreateCustomer};
use crate::invoice;
use crate::member::{self, AddMember};
use crate::order;
use crate::payment::{self, Sandbox};
use crate::progress::{OnProgress, Progress};
use crate::subscription::{self, CancelSubscription, StartSubscription};

/// Something that somebody does. Customers and subscriptions go by their place in the cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Deed {
    Join(usize),
    Start(usize, usize),
    Cancel(usize, usize),
    Keep(usize, usize),
    Pay(OrderId),
}

/// The walk: who is who by now, and what is still to come.
pub(super) struct History<'a> {
    db: &'a PgPool,
    chance: &'a Chance,
    organization_id: OrganizationId,
    catalog: &'a Catalog,
    cast: &'a [PlannedCustomer],
    deeds: BinaryHeap<Reverse<(OffsetDateTime, Deed)>>,
    owners: HashMap<usize, MemberActor>,
    subscriptions: HashMap<(usize, usize), SubscriptionId>,
    planned: HashMap<Uuid, &'a PlannedSubscription>,
    sandbox: Sandbox,
}

impl<'a> History<'a> {
    pub(super) fn new(
        db: &'a PgPool,
        chance: &'a Chance,
        organization_id: OrganizationId,
        catalog: &'a Catalog,
        cast: &'a [PlannedCustomer],
    ) -> Self {
        let mut deeds = BinaryHeap::new();
        for (c, customer) in cast.iter().enumerate() {
            deeds.push(Reverse((customer.joined_at, Deed::Join(c))));
            for (s, subscription) in customer.subscriptions.iter().enumerate() {
                deeds.push(Reverse((subscription.starts_at, Deed::Start(c, s))));
                deeds
                    .extend(subscription.cancels.map(|(at, ..)| Reverse((at, Deed::Cancel(c, s)))));
                deeds.extend(subscription.keeps_at.map(|at| Reverse((at, Deed::Keep(c, s)))));
            }
        }
        Self {
            db,
            chance,
            organization_id,
            catalog,
            cast,
            deeds,
            owners: HashMap::new(),
            subscriptions: HashMap::new(),
            planned: HashMap::new(),
            sandbox: Sandbox::new(db.clone()),
        }
    }

    /// Walks up to `until`, one deed or one renewal after the other.
    pub(super) async fn walk(
        mut self,
        from: OffsetDateTime,
        until: OffsetDateTime,
        progress: OnProgress<'_>,
    ) -> Result<(), SeedError> {
        let days = |span: Duration| u64::try_from(span.whole_days()).unwrap_or(0);
        let total = days(until - from).max(1);
        loop {
            let due_at = self.next_due().await?;
            let deed_at = self.deeds.peek().map(|Reverse((at, _))| *at);
            let now = match (due_at, deed_at) {
                (Some(due), Some(deed)) => due.min(deed),
                (Some(at), None) | (None, Some(at)) => at,
                (None, None) => break,
            };
            if now > until {
                break;
            }
            progress(Progress { done: days(now - from), total });
            if due_at == Some(now) {
                subscription::run_due(self.db, &mut self.system(now), usize::MAX).await?;
                payment::run_due(self.db, &self.sandbox, &mut self.system(now), usize::MAX).await?;
            } else if let Some(Reverse((at, deed))) = self.deeds.pop() {
                self.act(at, deed).await?;
            }
            invoice::issue_due(self.db, &mut self.system(now), usize::MAX).await?;
            self.plan_payments(now).await?;
        }
        progress(Progress { done: total, total });
        Ok(())
    }

    async fn next_due(&self) -> Result<Option<OffsetDateTime>, SeedError> {
        let subscription_at = subscription::next_due_at(self.db, Some(self.organization_id))
            .await
            .map_err(|error| error.0)?;
        let payment_at = payment::next_due_at(self.db, Some(self.organization_id))
            .await
            .map_err(|error| error.0)?;
        Ok([subscription_at, payment_at].into_iter().flatten().min())
    }

    async fn act(&mut self, now: OffsetDateTime, deed: Deed) -> Result<(), SeedError> {
        match deed {
            Deed::Join(c) => self.join(now, c).await,
            Deed::Start(c, s) => self.start(now, c, s).await,
            Deed::Cancel(c, s) => self.cancel(now, c, s).await,
            Deed::Keep(c, s) => {
                let (mut cx, subscription_id) = (self.owner(now, c)?, self.subscription(c, s)?);
                subscription::keep(self.db, &mut cx, subscription_id).await?;
                Ok(())
            }
            Deed::Pay(order_id) => Ok(order::record_payment(
                self.db,
                &mut self.system(now),
                self.organization_id,
                order_id,
            )
            .await?),
        }
    }

    async fn join(&mut self, now: OffsetDateTime, c: usize) -> Result<(), SeedError> {
        let planned = &self.cast[c];
        let mut cx = self.system(now);
        let input = CreateCustomer {
            organization_id: self.organization_id,
            external_id: Some(format!("nw-{:04}", 1001 + c)),
            email: email(&planned.email)?,
            name: Some(planned.name.clone()),
            customer_type: planned.customer_type,
            locale: Some(planned.locale),
            time_zone: Some(planned.time_zone.to_owned()),
            owner_email: None,
            owner_name: Some(planned.owner_name.clone()),
        };
        let customer = customer::create(self.db, &mut cx, input).await?;
        for (name, address, role) in &planned.members {
            let input = AddMember {
                organization_id: self.organization_id,
                customer_id: customer.id,
                email: email(address)?,
                name: Some(name.clone()),
                role: *role,
            };
            member::add(self.db, &mut cx, input).await?;
        }
        let owner = self.find_owner(customer.id).await?;
        self.owners.insert(c, owner);
        Ok(())
    }

    async fn start(&mut self, now: OffsetDateTime, c: usize, s: usize) -> Result<(), SeedError> {
        let planned = &self.cast[c].subscriptions[s];
        let customer_id = self.owners.get(&c).ok_or(SeedError::OutOfOrder)?.customer_id;
        let (product_id, price_id) =
            *self.catalog.get(&(planned.plan, planned.currency)).ok_or(SeedError::OutOfOrder)?;
        let input = StartSubscription {
            organization_id: self.organization_id,
            customer_id,
            product_id,
            price_id,
            seats: planned.seats,
            discount_id: None,
        };
        let started = subscription::start(self.db, &mut self.system(now), input).await?;
        self.subscriptions.insert((c, s), started.subscription_id);
        self.planned.insert(started.subscription_id.into(), planned);
        Ok(())
    }

    async fn cancel(&mut self, now: OffsetDateTime, c: usize, s: usize) -> Result<(), SeedError> {
        let Some((_, reason, comment)) = self.cast[c].subscriptions[s].cancels else {
            return Ok(());
        };
        let (mut cx, subscription_id) = (self.owner(now, c)?, self.subscription(c, s)?);
        let input = CancelSubscription {
            subscription_id,
            reason: Some(reason),
            comment: comment.map(str::to_owned),
        };
        subscription::cancel(self.db, &mut cx, input).await?;
        Ok(())
    }

    /// Orders made at `now` are paid after a while, if their customer still pays.
    async fn plan_payments(&mut self, now: OffsetDateTime) -> Result<(), SeedError> {
        let orders = sqlx::query!(
            r#"select order_id, subscription_id as "subscription_id!" from orders
             where organization_id = $1 and status = 'pending' and created_at = $2 and subscription_id is not null
             order by order_id"#,
            self.organization_id.as_uuid(),
            now,
        )
        .fetch_all(self.db)
        .await?;
        for order in orders {
            let Some(planned) = self.planned.get(&order.subscription_id) else { continue };
            let deed = Reverse((now + planned.pays_after, Deed::Pay(order.order_id.into())));
            if planned.pays_until.is_none_or(|until| now < until)
                && !self.deeds.iter().any(|known| *known == deed)
            {
                self.deeds.push(deed);
            }
        }
        Ok(())
    }

    fn system(&self, now: OffsetDateTime) -> Context {
        quiet(Context::system_for(self.organization_id, now, self.chance.rng()))
    }

    fn owner(&self, now: OffsetDateTime, c: usize) -> Result<Context, SeedError> {
        let owner = self.owners.get(&c).ok_or(SeedError::OutOfOrder)?;
        Ok(quiet(Context::new(Actor::Member(owner.clone()), now, self.chance.rng())))
    }

    fn subscription(&self, c: usize, s: usize) -> Result<SubscriptionId, SeedError> {
        self.subscriptions.get(&(c, s)).copied().ok_or(SeedError::OutOfOrder)
    }

    async fn find_owner(&self, customer_id: CustomerId) -> Result<MemberActor, SeedError> {
        let member_id = sqlx::query_scalar!(
            "select member_id from member where organization_id = $1 and customer_id = $2 and role = 'owner' and deleted_at is null",
            self.organization_id.as_uuid(),
            customer_id.as_uuid(),
        )
        .fetch_one(self.db)
        .await?;
        Ok(MemberActor {
            organization_id: self.organization_id,
            customer_id,
            member_id: member_id.into(),
            role: MemberRole::Owner,
            // Nobody is signed in while history is made.
            session_id: Uuid::nil().into(),
        })
    }
}

/// History is recorded, but nobody is written to.
fn quiet(mut cx: Context) -> Context {
    cx.quiet = true;
    cx
}

fn email(text: &str) -> Result<EmailAddress, SeedError> {
    EmailAddress::parse(text).map_err(|error| SeedError::Catalog(error.into()))
}
