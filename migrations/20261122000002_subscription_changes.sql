-- What a subscription can be changed into, what a change costs, and what still waits to be billed.

alter table subscription
    add column discount_id         uuid,
    add column discount_applied_at timestamptz,
    add column pause_at_period_end boolean not null default false,
    add column paused_at           timestamptz,
    add column resumes_at          timestamptz,
    add column past_due_at         timestamptz,
    add column reminder_due_at     timestamptz,
    add constraint subscription_discount_fkey foreign key (organization_id, discount_id) references discount (organization_id, discount_id),
    add constraint subscription_discount_whole check ((discount_id is null) = (discount_applied_at is null)),
    add constraint subscription_paused_whole check ((status = 'paused') = (paused_at is not null)),
    add constraint subscription_past_due_whole check (status <> 'past_due' or past_due_at is not null),
    add constraint subscription_resumes_whole check (resumes_at is null or pause_at_period_end or status = 'paused'),
    add constraint subscription_one_end check (not (cancel_at_period_end and pause_at_period_end));
create index subscription_reminder_idx on subscription (reminder_due_at) where reminder_due_at is not null;
comment on column subscription.reminder_due_at is
    'When the customer is to be told that a trial ends or a long period renews; null when nothing is to be told.';

create table subscription_pending_update (
    organization_id   uuid not null,
    subscription_id   uuid not null,
    pending_update_id uuid not null,
    product_id        uuid,
    price_id          uuid,
    seats             integer,
    applies_at        timestamptz not null,
    created_at        timestamptz not null,
    constraint subscription_pending_update_pkey primary key (organization_id, subscription_id),
    constraint subscription_pending_update_subscription_fkey foreign key (organization_id, subscription_id) references subscription (organization_id, subscription_id),
    constraint subscription_pending_update_product_fkey foreign key (organization_id, product_id) references product (organization_id, product_id),
    constraint subscription_pending_update_price_fkey foreign key (organization_id, price_id) references price (organization_id, price_id),
    constraint subscription_pending_update_product_whole check ((product_id is null) = (price_id is null)),
    constraint subscription_pending_update_something check (product_id is not null or seats is not null),
    constraint subscription_pending_update_seats_range check (seats between 1 and 100000)
);
comment on table subscription_pending_update is
    'A change of plan or seats that takes effect when the period ends. Deleted when it is applied, replaced or taken back.';

create table proration_entry (
    organization_id    uuid not null,
    proration_entry_id uuid not null,
    subscription_id    uuid not null,
    order_id           uuid,
    kind               text not null,
    label              text not null,
    seats_before       integer,
    seats_after        integer,
    period_start       timestamptz not null,
    period_end         timestamptz not null,
    amount_minor       bigint not null,
    created_at         timestamptz not null,
    constraint proration_entry_pkey primary key (organization_id, proration_entry_id),
    constraint proration_entry_subscription_fkey foreign key (organization_id, subscription_id) references subscription (organization_id, subscription_id),
    constraint proration_entry_order_fkey foreign key (organization_id, order_id) references orders (organization_id, order_id),
    constraint proration_entry_kind_known check (kind in ('proration_credit', 'proration_debit', 'carried_credit')),
    constraint proration_entry_label_length check (length(label) between 1 and 256),
    constraint proration_entry_period_order check (period_start <= period_end)
);
create index proration_entry_open_idx on proration_entry (organization_id, subscription_id) where order_id is null;
comment on table proration_entry is
    'What a change within a period costs or gives back, until an order bills it (`order_id`). A credit larger than its order is carried on as a new entry, so nobody is owed money silently. Kept as long as its order.';

create table quote (
    organization_id uuid not null,
    quote_id        uuid not null,
    customer_id     uuid not null,
    subscription_id uuid not null,
    kind            text not null,
    request         jsonb not null,
    result          jsonb not null,
    subscription_revision bigint not null,
    due_now_minor   bigint not null,
    currency        text not null,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    redeemed_at     timestamptz,
    constraint quote_pkey primary key (organization_id, quote_id),
    constraint quote_subscription_fkey foreign key (organization_id, subscription_id) references subscription (organization_id, subscription_id),
    constraint quote_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint quote_kind_known check (kind in ('plan', 'seats', 'resume', 'resubscribe', 'cancel_now')),
    constraint quote_currency_format check (currency ~ '^[a-z]{3}$'),
    constraint quote_expiry check (expires_at > created_at)
);
create index quote_retention_idx on quote (expires_at) where redeemed_at is null;
comment on table quote is
    'What a change would cost, frozen at `created_at`: the request, every line, the revision it was made from. Redeemed once. One that was not redeemed is deleted a day after it expired; a redeemed one is kept with its change.';

create table subscription_change (
    organization_id        uuid not null,
    subscription_change_id uuid not null,
    subscription_id        uuid not null,
    customer_id            uuid not null,
    quote_id               uuid not null,
    kind                   text not null,
    state                  text not null,
    order_id               uuid,
    new_subscription_id    uuid,
    refusal                text,
    created_at             timestamptz not null,
    settled_at             timestamptz,
    constraint subscription_change_pkey primary key (organization_id, subscription_change_id),
    constraint subscription_change_subscription_fkey foreign key (organization_id, subscription_id) references subscription (organization_id, subscription_id),
    constraint subscription_change_quote_fkey foreign key (organization_id, quote_id) references quote (organization_id, quote_id),
    constraint subscription_change_order_fkey foreign key (organization_id, order_id) references orders (organization_id, order_id),
    constraint subscription_change_kind_known check (kind in ('plan', 'seats', 'resume', 'resubscribe', 'cancel_now')),
    constraint subscription_change_state_known check (state in ('pending', 'applied', 'refused', 'expired')),
    constraint subscription_change_settled_whole check ((state = 'pending') = (settled_at is null))
);
create unique index subscription_change_quote_key on subscription_change (organization_id, quote_id);
create unique index subscription_change_open_key on subscription_change (organization_id, subscription_id) where state = 'pending';
create index subscription_change_order_idx on subscription_change (organization_id, order_id) where order_id is not null;
comment on table subscription_change is
    'A quoted change on its way: pending until its charge is settled, then applied, refused or expired. At most one is open per subscription; renewals and other changes wait for it. Kept as long as the subscription.';

create table customer_seat (
    organization_id  uuid not null,
    customer_seat_id uuid not null,
    subscription_id  uuid not null,
    member_id        uuid not null,
    status           text not null,
    created_at       timestamptz not null,
    claimed_at       timestamptz,
    revoked_at       timestamptz,
    constraint customer_seat_pkey primary key (organization_id, customer_seat_id),
    constraint customer_seat_subscription_fkey foreign key (organization_id, subscription_id) references subscription (organization_id, subscription_id),
    constraint customer_seat_member_fkey foreign key (organization_id, member_id) references member (organization_id, member_id),
    constraint customer_seat_status_known check (status in ('pending', 'claimed', 'revoked')),
    constraint customer_seat_revoked_whole check ((status = 'revoked') = (revoked_at is not null))
);
create unique index customer_seat_member_key on customer_seat (organization_id, subscription_id, member_id) where status <> 'revoked';
comment on table customer_seat is
    'Who uses a seat of a subscription. Pending and claimed ones count as assigned; a revoked one frees the seat, not the bill. Kept as long as the subscription.';

-- A period whose order is void (a change that was not paid) can be ordered again.
drop index orders_subscription_period_key;
create unique index orders_subscription_period_key on orders (organization_id, subscription_id, period_start)
    where billing_reason in ('subscription_create', 'subscription_cycle') and status <> 'void';
