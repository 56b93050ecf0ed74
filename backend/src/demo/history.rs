//! Walking through the demo's eighteen months: what people do, and what falls due, in the order of time.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

use domain::email::EmailAddress;
use domain::id::{CustomerId, MemberId, OrganizationId, SubscriptionId};
use domain::role::MemberRole;
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::cast::{Deed, PlannedCustomer};
use super::catalog::{Catalog, Plan};
use super::seed::SeedError;
use super::work;
use crate::actor::{Actor, MemberActor};
use crate::chance::Chance;
use crate::context::Context;
use crate::customer::{self, CreateCustomer, CustomerExtras, UpdateBillingDetails};
use crate::member::{self, AddMember};
use crate::organization::{self, UpdatePortalSettings};
use crate::payment::{self, Processors, Sandbox};
use crate::payment_method;
use crate::progress::{OnProgress, Progress};
use crate::quote::{self, QuoteRequest};
use crate::seat::{self, AssignSeat};
use crate::subscription::{self, CancelSubscription, PauseSubscription, StartSubscription};
use crate::subscription_change;

/// Something that happens at a moment. Customers, subscriptions and deeds go by their place in the cast.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Settings,
    Join(usize),
    Start(usize, usize),
    Do(usize, usize, usize),
}

/// The walk: who is who by now, and what is still to come.
pub(super) struct History<'a> {
    db: &'a PgPool,
    processors: Processors,
    chance: &'a Chance,
    organization_id: OrganizationId,
    catalog: &'a Catalog,
    cast: &'a [PlannedCustomer],
    steps: BinaryHeap<Reverse<(OffsetDateTime, Step)>>,
    owners: HashMap<usize, MemberActor>,
    subscriptions: HashMap<(usize, usize), SubscriptionId>,
}

impl<'a> History<'a> {
    /// `settings_change_at` is when the organization begins to bill changes as it does today.
    pub(super) fn new(
        db: &'a PgPool,
        chance: &'a Chance,
        organization_id: OrganizationId,
        catalog: &'a Catalog,
        cast: &'a [PlannedCustomer],
        settings_change_at: OffsetDateTime,
    ) -> Self {
        let mut steps = BinaryHeap::from([Reverse((settings_change_at, Step::Settings))]);
        for (c, customer) in cast.iter().enumerate() {
            steps.push(Reverse((customer.joined_at, Step::Join(c))));
            for (s, subscription) in customer.subscriptions.iter().enumerate() {
                steps.push(Reverse((subscription.starts_at, Step::Start(c, s))));
                for (d, (at, _)) in subscription.deeds.iter().enumerate() {
                    steps.push(Reverse((*at, Step::Do(c, s, d))));
                }
            }
        }
        Self {
            db,
            processors: Processors::default().with(Sandbox::new(db.clone())),
            chance,
            organization_id,
            catalog,
            cast,
            steps,
            owners: HashMap::new(),
            subscriptions: HashMap::new(),
        }
    }

    /// Walks up to `until`, one step or one moment's work after the other.
    pub(super) async fn walk(
        mut self,
        from: OffsetDateTime,
        until: OffsetDateTime,
        progress: OnProgress<'_>,
    ) -> Result<(), SeedError> {
        let days = |span: Duration| u64::try_from(span.whole_days()).unwrap_or(0);
        let total = days(until - from).max(1);
        let mut worked_at = from;
        loop {
            let due_at = work::next_due_at(self.db, Some(self.organization_id), worked_at).await?;
            let step_at = self.steps.peek().map(|Reverse((at, _))| *at);
            let now = match (due_at, step_at) {
                (Some(due), Some(step)) => due.min(step),
                (Some(at), None) | (None, Some(at)) => at,
                (None, None) => break,
            };
            if now > until {
                break;
            }
            progress(Progress { done: days(now - from), total });
            if step_at == Some(now)
                && let Some(Reverse((_, step))) = self.steps.pop()
            {
                self.take(now, step).await?;
            }
            work::run(self.db, &self.processors, &mut self.system(now)).await?;
            worked_at = now;
        }
        progress(Progress { done: total, total });
        Ok(())
    }

    async fn take(&mut self, now: OffsetDateTime, step: Step) -> Result<(), SeedError> {
        match step {
            Step::Settings => {
                let input = UpdatePortalSettings::everything(self.organization_id);
                let input = super::seed::settings_of_today(input);
                organization::update_portal_settings(self.db, &mut self.system(now), input).await?;
                Ok(())
            }
            Step::Join(c) => self.join(now, c).await,
            Step::Start(c, s) => self.start(now, c, s).await,
            Step::Do(c, s, d) => {
                self.act(now, c, s, self.cast[c].subscriptions[s].deeds[d].1).await
            }
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
            extras: CustomerExtras::default(),
        };
        let customer = customer::create(self.db, &mut cx, input).await?;
        for (name, address, role) in &planned.members {
            let input = AddMember {
                organization_id: self.organization_id,
                customer_id: customer.id,
                email: email(address)?,
                name: Some(name.clone()),
                role: *role,
                external_id: None,
            };
            member::add(self.db, &mut cx, input).await?;
        }
        let organization_id = self.organization_id;
        payment::give_card(self.db, &mut cx, organization_id, customer.id, planned.card).await?;
        let owner = self.find_owner(customer.id).await?;
        self.owners.insert(c, owner);
        if let Some(card) = planned.backup {
            let backup =
                payment::give_card(self.db, &mut cx, organization_id, customer.id, card).await?;
            payment_method::set_backup(self.db, &mut self.owner(now, c)?, Some(backup)).await?;
        }
        self.tell_billing_details(now, c, customer.id).await
    }

    async fn tell_billing_details(
        &self,
        now: OffsetDateTime,
        c: usize,
        customer_id: CustomerId,
    ) -> Result<(), SeedError> {
        let planned = &self.cast[c];
        if let Some(address) = &planned.address {
            let is_company = planned.name != planned.owner_name;
            let input = UpdateBillingDetails {
                name: planned.owner_name.clone(),
                company: if is_company { planned.name.clone() } else { String::new() },
                address: address.clone(),
                tax_id: planned.tax_id.to_owned(),
            };
            let mut cx = self.owner(now, c)?;
            customer::update_billing_details(
                self.db,
                &mut cx,
                self.organization_id,
                customer_id,
                input,
            )
            .await?;
        }
        if planned.is_tax_exempt {
            let mut cx = self.system(now);
            customer::exempt_from_tax(self.db, &mut cx, self.organization_id, customer_id, true)
                .await?;
        }
        Ok(())
    }

    async fn start(&mut self, now: OffsetDateTime, c: usize, s: usize) -> Result<(), SeedError> {
        let planned = &self.cast[c].subscriptions[s];
        let customer_id = self.owners.get(&c).ok_or(SeedError::OutOfOrder)?.customer_id;
        let on_sale = self.catalog.prices.get(&(planned.plan, planned.currency));
        let (product_id, price_id) = *on_sale.ok_or(SeedError::OutOfOrder)?;
        let input = StartSubscription {
            organization_id: self.organization_id,
            customer_id,
            product_id,
            price_id,
            seats: planned.seats,
            discount_id: planned
                .rebate
                .and_then(|rebate| self.catalog.rebates.get(&rebate))
                .copied(),
        };
        let started = subscription::start(self.db, &mut self.system(now), input).await?;
        self.subscriptions.insert((c, s), started.subscription_id);
        Ok(())
    }

    async fn act(
        &self,
        now: OffsetDateTime,
        c: usize,
        s: usize,
        deed: Deed,
    ) -> Result<(), SeedError> {
        let subscription_id =
            self.subscriptions.get(&(c, s)).copied().ok_or(SeedError::OutOfOrder)?;
        let mut cx = self.owner(now, c)?;
        match deed {
            Deed::Cancel(reason, comment) => {
                let input = CancelSubscription {
                    subscription_id,
                    reason: Some(reason),
                    comment: comment.map(str::to_owned),
                };
                subscription::cancel(self.db, &mut cx, input).await?;
            }
            Deed::Keep => {
                subscription::keep(self.db, &mut cx, subscription_id).await?;
            }
            Deed::Pause(resumes_at) => {
                let input = PauseSubscription { subscription_id, resumes_at };
                subscription::pause(self.db, &mut cx, input).await?;
            }
            Deed::Resume => self.confirm(&mut cx, subscription_id, QuoteRequest::Resume).await?,
            Deed::ChangePlan(plan) => {
                let request = self.plan_change(c, s, plan)?;
                self.confirm(&mut cx, subscription_id, request).await?;
            }
            Deed::ChangeSeats(seats) => {
                self.confirm(&mut cx, subscription_id, QuoteRequest::Seats { seats }).await?;
            }
            Deed::EndNow(reason) => {
                let request = QuoteRequest::CancelNow { reason: Some(reason), comment: None };
                self.confirm(&mut cx, subscription_id, request).await?;
            }
            Deed::AssignSeats(count) => {
                self.assign_seats(&mut cx, c, subscription_id, count).await?;
            }
            Deed::Card(behavior) => {
                let customer_id = self.owners.get(&c).ok_or(SeedError::OutOfOrder)?.customer_id;
                let organization_id = self.organization_id;
                let mut cx = self.system(now);
                payment::set_behavior(self.db, &mut cx, organization_id, customer_id, behavior)
                    .await?;
            }
        }
        Ok(())
    }

    fn plan_change(&self, c: usize, s: usize, plan: Plan) -> Result<QuoteRequest, SeedError> {
        let currency = self.cast[c].subscriptions[s].currency;
        let (product_id, _) =
            *self.catalog.prices.get(&(plan, currency)).ok_or(SeedError::OutOfOrder)?;
        Ok(QuoteRequest::Plan { product_id, seats: None })
    }

    /// Asks for a quote and confirms it, as the page does.
    async fn confirm(
        &self,
        cx: &mut Context,
        subscription_id: SubscriptionId,
        request: QuoteRequest,
    ) -> Result<(), SeedError> {
        let quote = quote::create(self.db, cx, subscription_id, request).await?;
        subscription_change::confirm(self.db, &self.processors, cx, quote.quote_id).await?;
        Ok(())
    }

    /// Gives seats to the owner and the first members, until `count` have one.
    async fn assign_seats(
        &self,
        cx: &mut Context,
        c: usize,
        subscription_id: SubscriptionId,
        count: usize,
    ) -> Result<(), SeedError> {
        let customer_id = self.owners.get(&c).ok_or(SeedError::OutOfOrder)?.customer_id;
        let members = sqlx::query_scalar!(
            "select m.member_id from member m
             where m.organization_id = $1 and m.customer_id = $2 and m.deleted_at is null
             order by m.role = 'owner' desc, m.created_at, m.member_id
             limit $3",
            self.organization_id.as_uuid(),
            customer_id.as_uuid(),
            i64::try_from(count).unwrap_or(i64::MAX),
        )
        .fetch_all(self.db)
        .await?;
        for member_id in members.into_iter().map(MemberId::from) {
            match seat::assign(
                self.db,
                cx,
                AssignSeat { subscription_id, member_id, metadata: None },
            )
            .await
            {
                Ok(_) | Err(seat::AssignSeatError::AlreadyAssigned) => {}
                Err(error) => return Err(error.into()),
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
