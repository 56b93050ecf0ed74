-- Saved payment methods, how they are added, and what a charge has to know of them; reminders of each organization's own.

create table processor_customer (
    organization_id       uuid not null,
    customer_id           uuid not null,
    processor             text not null,
    processor_customer_id text not null,
    created_at            timestamptz not null,
    constraint processor_customer_pkey primary key (organization_id, customer_id, processor),
    constraint processor_customer_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id)
);
comment on table processor_customer is
    'Under which id a processor knows a customer; made when the first method is added. Kept as long as the customer.';

create table payment_method (
    organization_id       uuid not null,
    payment_method_id     uuid not null,
    customer_id           uuid not null,
    processor             text not null,
    processor_customer_id text not null,
    processor_method_id   text not null,
    kind                  text not null,
    brand                 text,
    last4                 text,
    exp_month             smallint,
    exp_year              smallint,
    wallet                text,
    expiry_notice_due_at  timestamptz,
    detach_due_at         timestamptz,
    created_at            timestamptz not null,
    modified_at           timestamptz,
    deleted_at            timestamptz,
    constraint payment_method_pkey primary key (organization_id, payment_method_id),
    constraint payment_method_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint payment_method_processor_known check (processor in ('sandbox', 'stripe')),
    constraint payment_method_kind_format check (kind ~ '^[a-z][a-z0-9_]{0,39}$'),
    constraint payment_method_last4_format check (last4 ~ '^[0-9]{4}$'),
    constraint payment_method_expiry_whole check ((exp_month is null) = (exp_year is null)),
    constraint payment_method_expiry_range check (exp_month between 1 and 12 and exp_year between 2000 and 2199),
    constraint payment_method_notice_live check (expiry_notice_due_at is null or deleted_at is null),
    constraint payment_method_detach_deleted check (detach_due_at is null or deleted_at is not null)
);
create unique index payment_method_processor_key on payment_method (organization_id, processor, processor_method_id);
create index payment_method_customer_idx on payment_method (organization_id, customer_id, created_at desc) where deleted_at is null;
create index payment_method_expiry_notice_due_idx on payment_method (expiry_notice_due_at) where expiry_notice_due_at is not null;
create index payment_method_detach_due_idx on payment_method (detach_due_at) where detach_due_at is not null;
create index payment_method_processor_method_idx on payment_method (processor_method_id);
comment on table payment_method is
    'A card or account that a processor keeps for a customer: what people may see of it, never its number. A deleted one stays for the history of its charges until the customer is erased. One that was entered for a single order only is deleted from the start.';
comment on column payment_method.detach_due_at is 'When the processor is to forget it; null once it has.';

alter table customer
    add column default_payment_method_id uuid,
    add column backup_payment_method_id  uuid,
    add constraint customer_default_method_fkey foreign key (organization_id, default_payment_method_id)
        references payment_method (organization_id, payment_method_id),
    add constraint customer_backup_method_fkey foreign key (organization_id, backup_payment_method_id)
        references payment_method (organization_id, payment_method_id),
    add constraint customer_backup_differs check (backup_payment_method_id <> default_payment_method_id);
comment on column customer.backup_payment_method_id is 'Charged when the one that should be charged is declined; null for none.';

alter table subscription
    add column payment_method_id uuid,
    add constraint subscription_payment_method_fkey foreign key (organization_id, payment_method_id)
        references payment_method (organization_id, payment_method_id);
create index subscription_payment_method_idx on subscription (organization_id, payment_method_id) where payment_method_id is not null;
comment on column subscription.payment_method_id is 'Null: the customer''s default.';

create view charged_subscription as
select s.organization_id, s.subscription_id, s.customer_id, p.name as product_name, s.payment_method_id as own_method_id,
    coalesce(s.payment_method_id, c.default_payment_method_id) as payment_method_id
from subscription s
join product p on p.organization_id = s.organization_id and p.product_id = s.product_id
join customer c on c.organization_id = s.organization_id and c.customer_id = s.customer_id
left join lateral (
    select exists (select from proration_entry e
            where e.organization_id = s.organization_id and e.subscription_id = s.subscription_id and e.order_id is null) as has_parts,
        exists (select from subscription_pending_update u
            where u.organization_id = s.organization_id and u.subscription_id = s.subscription_id) as has_update) waits on true
where s.ended_at is null
  and (s.status = 'past_due'
    or (s.status in ('active', 'trialing') and (waits.has_parts
        or (not s.cancel_at_period_end and (s.amount_minor > 0 or waits.has_update))))
    or (s.status = 'paused' and s.resumes_at is not null and s.amount_minor > 0));
comment on view charged_subscription is
    'Subscriptions that will be charged again by themselves, and with which payment method: their own, else the customer''s default.';

create table payment_method_setup (
    organization_id         uuid not null,
    payment_method_setup_id uuid not null,
    customer_id             uuid not null,
    processor               text not null,
    processor_setup_id      text,
    state                   text not null,
    set_default             boolean not null,
    is_kept                 boolean not null,
    subscription_id         uuid,
    order_id                uuid,
    return_path             text not null,
    decline_code            text,
    payment_method_id       uuid,
    payment_attempt_id      uuid,
    tries                   integer not null default 0,
    due_at                  timestamptz,
    created_at              timestamptz not null,
    settled_at              timestamptz,
    constraint payment_method_setup_pkey primary key (organization_id, payment_method_setup_id),
    constraint payment_method_setup_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint payment_method_setup_subscription_fkey foreign key (organization_id, subscription_id)
        references subscription (organization_id, subscription_id),
    constraint payment_method_setup_order_fkey foreign key (organization_id, order_id) references orders (organization_id, order_id),
    constraint payment_method_setup_method_fkey foreign key (organization_id, payment_method_id)
        references payment_method (organization_id, payment_method_id),
    constraint payment_method_setup_attempt_fkey foreign key (organization_id, payment_attempt_id)
        references payment_attempt (organization_id, payment_attempt_id),
    constraint payment_method_setup_state_known check (state in ('prepared', 'open', 'succeeded', 'failed', 'expired')),
    constraint payment_method_setup_settled_whole check ((state in ('succeeded', 'failed', 'expired')) = (settled_at is not null)),
    constraint payment_method_setup_method_whole check ((state = 'succeeded') = (payment_method_id is not null)),
    constraint payment_method_setup_due_open check (due_at is null or settled_at is null),
    constraint payment_method_setup_return_path_format check (return_path like '/%' and length(return_path) <= 500)
);
create index payment_method_setup_customer_idx on payment_method_setup (organization_id, customer_id, created_at desc);
create index payment_method_setup_order_idx on payment_method_setup (organization_id, order_id, created_at desc) where order_id is not null;
create index payment_method_setup_settled_idx on payment_method_setup (settled_at) where settled_at is not null;
create index payment_method_setup_due_idx on payment_method_setup (due_at) where due_at is not null;
comment on table payment_method_setup is
    'A customer on the way to the processor with a new method, and what is to be done with it afterwards. `due_at` is when the worker asks what became of it. Kept for 30 days.';
comment on column payment_method_setup.order_id is 'Paid with the new method as soon as it is there.';
comment on column payment_method_setup.payment_attempt_id is 'The charge that followed.';
comment on column payment_method_setup.is_kept is 'False: for that order only, and not shown among the customer''s methods.';
comment on column payment_method_setup.return_path is 'Where the browser is led afterwards, on our own origin.';

alter table payment_attempt
    add column payment_method_id uuid,
    add column is_on_session     boolean not null default false,
    add column return_path       text,
    add constraint payment_attempt_method_fkey foreign key (organization_id, payment_method_id)
        references payment_method (organization_id, payment_method_id),
    add constraint payment_attempt_return_path_format check (return_path like '/%' and length(return_path) <= 500),
    drop constraint payment_attempt_trigger_known,
    add constraint payment_attempt_trigger_known check (trigger in ('purchase', 'subscription_cycle', 'subscription_update', 'retry_dunning',
        'retry_customer', 'retry_payment_method_update', 'retry_backup'));
create index payment_attempt_order_idx on payment_attempt (organization_id, order_id, created_at desc);
create index payment_attempt_customer_idx on payment_attempt (organization_id, customer_id, created_at desc, payment_attempt_id desc);
create index payment_attempt_method_open_idx on payment_attempt (organization_id, payment_method_id) where settled_at is null;
comment on column payment_attempt.payment_method_id is 'Null: there was none, and nobody was asked for money.';
comment on column payment_attempt.is_on_session is 'The customer is there and can approve it.';
comment on column payment_attempt.return_path is 'Where the browser is led after approving, on our own origin; null: to the order or the subscription.';

alter table refund
    add column comment text,
    drop constraint refund_reason_known,
    add constraint refund_reason_known check (reason in ('cancellation', 'order_void', 'customer_request', 'duplicate', 'fraudulent',
        'service_disruption', 'satisfaction_guarantee', 'dispute_prevention', 'other')),
    add constraint refund_comment_length check (length(comment) <= 1000);

alter table organization
    add column dunning_retry_days smallint[] not null default '{2,5,7,7}',
    add column benefit_grace_days smallint not null default 7,
    drop constraint organization_payment_processor_known,
    add constraint organization_payment_processor_known check (payment_processor in ('sandbox', 'stripe')),
    add constraint organization_dunning_retry_days_range check (cardinality(dunning_retry_days) between 1 and 8
        and 0 < all (dunning_retry_days) and 31 > all (dunning_retry_days)),
    add constraint organization_benefit_grace_days_range check (benefit_grace_days between 0 and 60);
comment on column organization.dunning_retry_days is 'Days from one failed charge to the next try; after the last one fails, the subscription ends.';
comment on column organization.benefit_grace_days is 'So long benefits stay after a subscription became past due.';

alter table mail
    drop constraint mail_drop_reason_known,
    add constraint mail_drop_reason_known check (drop_reason in ('expired', 'no_recipient', 'refused', 'obsolete'));

create table processor_event (
    processor          text not null,
    processor_event_id text not null,
    received_at        timestamptz not null,
    constraint processor_event_pkey primary key (processor, processor_event_id)
);
create index processor_event_received_idx on processor_event (received_at);
comment on table processor_event is
    'Which messages of a processor were taken, so that one that comes twice is taken once. Belongs to no organization: an id is all that stands here. Kept for 30 days.';

-- Who holds a pay link acts too, without a session.
alter table event
    drop constraint event_actor_kind_known,
    add constraint event_actor_kind_known check (actor_kind in ('member', 'access_token', 'console_user', 'payer', 'system'));

-- The sandbox's books: it knows methods and setups now, as a processor does.
drop table sandbox.card;

create table sandbox.method (
    processor_method_id   text not null,
    processor_customer_id text not null,
    brand                 text not null,
    last4                 text not null,
    exp_month             smallint not null,
    exp_year              smallint not null,
    behavior              text not null,
    created_at            timestamptz not null,
    detached_at           timestamptz,
    constraint method_pkey primary key (processor_method_id)
);
comment on table sandbox.method is 'A test card and how it behaves. No number is kept.';

create table sandbox.setup (
    processor_setup_id    text not null,
    idempotency_key       uuid not null,
    processor_customer_id text not null,
    return_url            text not null,
    state                 text not null,
    processor_method_id   text,
    decline_code          text,
    created_at            timestamptz not null,
    constraint setup_pkey primary key (processor_setup_id),
    constraint setup_idempotency_key_key unique (idempotency_key),
    constraint setup_method_fkey foreign key (processor_method_id) references sandbox.method (processor_method_id),
    constraint setup_state_known check (state in ('open', 'requires_action', 'succeeded', 'failed', 'canceled'))
);
comment on table sandbox.setup is 'A customer asked to enter a card; the id stands in the address of the sandbox''s page and is the secret.';

alter table sandbox.payment
    add column processor_method_id text,
    add column is_on_session       boolean not null default false,
    add column return_url          text;
