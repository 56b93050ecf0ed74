-- Money on its way: attempts to charge, refunds, and orders with tax and discounts by line.

alter table orders
    add column discount_id             uuid,
    add column tax_behavior            text not null default 'exclusive',
    add column refunded_minor          bigint not null default 0,
    add column refunded_tax_minor      bigint not null default 0,
    add column next_payment_attempt_at timestamptz,
    add column issue_due_at            timestamptz,
    drop constraint orders_total_adds_up,
    add constraint orders_total_adds_up check
        (total_minor = subtotal_minor - discount_minor + case when tax_behavior = 'inclusive' then 0 else tax_minor end),
    add constraint orders_tax_behavior_known check (tax_behavior in ('exclusive', 'inclusive')),
    add constraint orders_discount_fkey foreign key (organization_id, discount_id) references discount (organization_id, discount_id),
    add constraint orders_refunded_range check (refunded_minor between 0 and greatest(total_minor, 0)),
    add constraint orders_refunded_tax_range check (refunded_tax_minor between 0 and refunded_minor),
    add constraint orders_next_attempt_open check (next_payment_attempt_at is null or status = 'pending');
create index orders_next_attempt_idx on orders (next_payment_attempt_at) where next_payment_attempt_at is not null;
create index orders_issue_due_idx on orders (issue_due_at) where issue_due_at is not null;
comment on column orders.next_payment_attempt_at is 'When the money is asked for next; null when nothing is planned.';
comment on column orders.issue_due_at is 'When an invoice is to be issued for it; null when issued, or while the buyer''s name and address are missing.';

alter table order_item
    add column kind           text not null default 'plan',
    add column discount_minor bigint not null default 0,
    add column tax_rate_ppm   integer not null default 0,
    add column tax_reason     text not null default 'not_collected',
    add column period_start   timestamptz,
    add column period_end     timestamptz,
    add column seats_before   integer,
    add column seats_after    integer,
    add constraint order_item_kind_known check (kind in ('plan', 'seats', 'proration_credit', 'proration_debit', 'carried_credit')),
    add constraint order_item_tax_rate_range check (tax_rate_ppm between 0 and 1000000),
    add constraint order_item_tax_reason_known check (tax_reason in ('standard', 'reverse_charge', 'customer_exempt', 'not_collected', 'address_missing'));

alter table organization
    add column payment_processor text,
    add constraint organization_payment_processor_known check (payment_processor in ('sandbox'));
comment on column organization.payment_processor is
    'Who charges its customers. Null: nobody does; orders stay open until a payment is noted, by bank transfer for example.';

create table payment_attempt (
    organization_id      uuid not null,
    payment_attempt_id   uuid not null,
    order_id             uuid not null,
    customer_id          uuid not null,
    trigger              text not null,
    state                text not null,
    amount_minor         bigint not null,
    currency             text not null,
    processor            text not null,
    processor_payment_id text,
    decline_code         text,
    action_url           text,
    tries                integer not null default 0,
    due_at               timestamptz,
    created_at           timestamptz not null,
    sent_at              timestamptz,
    settled_at           timestamptz,
    constraint payment_attempt_pkey primary key (organization_id, payment_attempt_id),
    constraint payment_attempt_order_fkey foreign key (organization_id, order_id) references orders (organization_id, order_id),
    constraint payment_attempt_trigger_known check (trigger in ('purchase', 'subscription_cycle', 'subscription_update', 'retry_dunning', 'retry_customer')),
    constraint payment_attempt_state_known check (state in ('prepared', 'created', 'unknown', 'requires_action', 'succeeded', 'declined', 'abandoned', 'for_a_person')),
    constraint payment_attempt_settled_whole check ((state in ('succeeded', 'declined', 'abandoned')) = (settled_at is not null)),
    constraint payment_attempt_due_open check (due_at is null or settled_at is null),
    constraint payment_attempt_amount_range check (amount_minor > 0)
);
create unique index payment_attempt_open_key on payment_attempt (organization_id, order_id) where settled_at is null;
create unique index payment_attempt_paid_key on payment_attempt (organization_id, order_id) where state = 'succeeded';
create index payment_attempt_due_idx on payment_attempt (due_at) where due_at is not null;
comment on table payment_attempt is
    'One try to charge an order, written down before the processor is called; its id is the idempotency key. `due_at` is when the worker must look at it next: a claim moves it ahead, so a crash repeats the call with the same key. At most one is open per order, at most one ever succeeds. Kept as long as the order.';

create table refund (
    organization_id     uuid not null,
    refund_id           uuid not null,
    order_id            uuid not null,
    payment_attempt_id  uuid,
    state               text not null,
    reason              text not null,
    amount_minor        bigint not null,
    tax_minor           bigint not null,
    currency            text not null,
    processor_refund_id text,
    tries               integer not null default 0,
    due_at              timestamptz,
    created_at          timestamptz not null,
    settled_at          timestamptz,
    constraint refund_pkey primary key (organization_id, refund_id),
    constraint refund_order_fkey foreign key (organization_id, order_id) references orders (organization_id, order_id),
    constraint refund_attempt_fkey foreign key (organization_id, payment_attempt_id) references payment_attempt (organization_id, payment_attempt_id),
    constraint refund_state_known check (state in ('prepared', 'unknown', 'succeeded', 'failed', 'for_a_person')),
    constraint refund_reason_known check (reason in ('cancellation', 'order_void')),
    constraint refund_settled_whole check ((state in ('succeeded', 'failed')) = (settled_at is not null)),
    constraint refund_due_open check (due_at is null or settled_at is null),
    constraint refund_amount_range check (amount_minor > 0 and tax_minor between 0 and amount_minor)
);
create index refund_order_idx on refund (organization_id, order_id);
create index refund_due_idx on refund (due_at) where due_at is not null;
comment on table refund is
    'Money going back, written down before the processor is called; its id is the idempotency key. Kept as long as the order.';

-- The sandbox processor keeps its own books: nothing here is referred to by the tables above.
create schema sandbox;
comment on schema sandbox is 'The books of the processor that charges nobody, for the demo and for tests.';

create table sandbox.card (
    organization_id uuid not null,
    customer_id     uuid not null,
    behavior        text not null,
    constraint card_pkey primary key (organization_id, customer_id)
);
comment on table sandbox.card is 'How a customer''s card behaves; without a row it pays.';

create table sandbox.payment (
    processor_payment_id text not null,
    idempotency_key      uuid not null,
    customer_id          uuid not null,
    amount_minor         bigint not null,
    currency             text not null,
    behavior             text not null,
    state                text not null,
    decline_code         text,
    created_at           timestamptz not null,
    answers_at           timestamptz,
    constraint payment_pkey primary key (processor_payment_id),
    constraint payment_idempotency_key_key unique (idempotency_key),
    constraint payment_state_known check (state in ('created', 'processing', 'requires_action', 'succeeded', 'declined', 'canceled'))
);
comment on table sandbox.payment is 'A payment the sandbox was asked for, once per idempotency key.';

create table sandbox.refund (
    processor_refund_id  text not null,
    idempotency_key      uuid not null,
    processor_payment_id text not null,
    amount_minor         bigint not null,
    created_at           timestamptz not null,
    constraint refund_pkey primary key (processor_refund_id),
    constraint refund_idempotency_key_key unique (idempotency_key)
);
comment on table sandbox.refund is 'A refund the sandbox was asked for, once per idempotency key.';
