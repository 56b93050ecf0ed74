//! The mails an event causes.

use domain::event_type::EventType;
use domain::id::EventId;
use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

use crate::context::Context;
use crate::error::DatabaseError;
use crate::event::NewEvent;

/// A notice that could not be delivered for so long is dropped and counted.
const NOTICE_EXPIRES_AFTER: Duration = Duration::days(7);

/// Owner and billing managers of one customer who are written to; more would be a mailing list.
const RECIPIENTS_MAX: usize = 16;

/// The template of the mail that this kind of event causes.
pub(crate) fn template_of(event_type: EventType) -> Option<&'static str> {
    match event_type {
        EventType::SubscriptionCreated => Some("subscription_confirmation"),
        EventType::SubscriptionCanceled => Some("subscription_cancellation"),
        EventType::SubscriptionUncanceled => Some("subscription_uncanceled"),
        EventType::SubscriptionRevoked => Some("subscription_revoked"),
        _ => None,
    }
}

/// Inserts the mails that an event causes: to the customer's owner, of a team also to its billing managers, unless
/// the organization switched that mail off or history is being loaded.
///
/// Amounts and dates are kept as they are now; names and addresses are looked up when the mail is sent.
pub(crate) async fn for_event(
    tx: &mut PgConnection,
    cx: &mut Context,
    event: &NewEvent,
    event_id: EventId,
) -> Result<(), DatabaseError> {
    let Some(template) = template_of(event.event_type).filter(|_| !cx.quiet) else {
        return Ok(());
    };
    let mail_ids: Vec<Uuid> = (0..RECIPIENTS_MAX).map(|_| cx.new_id()).collect();
    sqlx::query!(
        "insert into mail (organization_id, mail_id, template, parameters, member_id, event_id, created_at, expires_at, due_at)
         select $1, ids.mail_id, $2,
            jsonb_build_object(
                'subscription_id', s.subscription_id, 'product_name', p.name, 'seats', s.seats,
                'amount_minor', s.amount_minor, 'currency', s.currency,
                'recurring_interval', s.recurring_interval, 'recurring_interval_count', s.recurring_interval_count,
                'occurred_at_us', (extract(epoch from $3::timestamptz) * 1000000)::bigint,
                'period_end_us', (extract(epoch from s.current_period_end) * 1000000)::bigint,
                'trial_end_us', (extract(epoch from s.trial_end) * 1000000)::bigint,
                'ends_at_us', (extract(epoch from s.ends_at) * 1000000)::bigint,
                'ended_at_us', (extract(epoch from s.ended_at) * 1000000)::bigint),
            recipient.member_id, $4, $3, $5, $3
         from subscription s
         join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
         join customer c on c.organization_id = s.organization_id and c.customer_id = s.customer_id and c.deleted_at is null
         join lateral (
            select m.member_id, row_number() over (order by m.role = 'owner' desc, m.created_at, m.member_id) as position
            from member m
            where m.organization_id = c.organization_id and m.customer_id = c.customer_id and m.deleted_at is null
              and (m.role = 'owner' or (m.role = 'billing_manager' and c.type = 'team'))
         ) recipient on true
         join unnest($6::uuid[]) with ordinality as ids (mail_id, position) on ids.position = recipient.position
         where s.organization_id = $1 and s.subscription_id = $7
           and not exists (
            select from portal_setting setting
            where setting.organization_id = $1 and setting.mail_switches -> $2 = 'false')",
        event.organization_id.as_uuid(),
        template,
        cx.now,
        event_id.as_uuid(),
        cx.now + NOTICE_EXPIRES_AFTER,
        &mail_ids,
        event.subject_id,
    )
    .execute(tx)
    .await?;
    Ok(())
}
