-- Subscriptions, orders and their items.

create table subscription (
    organization_id          uuid not null,
    subscription_id          uuid not null,
    customer_id              uuid not null,
    product_id               uuid not null,
    price_id                 uuid not null,
    status                   text not null,
    currency                 text not null,
    amount_minor             bigint not null,
    seats                    integer,
    recurring_interval       text not null,
    recurring_interval_count integer not null,
    billing_anchor_at        timestamptz not null,
    current_period_start     timestamptz not null,
    current_period_end       timestamptz not null,
    trial_start              timestamptz,
    trial_end                timestamptz,
    started_at               timestamptz,
    cancel_at_period_end     boolean not null default false,
    canceled_at              timestamptz,
    ends_at                  timestamptz,
    ended_at                 timestamptz,
    cancellation_reason      text,
    cancellation_comment     text,
    revision                 bigint not null default 1,
    due_at                   timestamptz,
    created_at               timestamptz not null,
    modified_at              timestamptz,
    constraint subscription_pkey primary key (organization_id, subscription_id),
    constraint subscription_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint subscription_product_fkey foreign key (organization_id, product_id) references product (organization_id, product_id),
    constraint subscription_price_fkey foreign key (organization_id, price_id) references price (organization_id, price_id),
    constraint subscription_status_known check (status in ('incomplete', 'incomplete_expired', 'trialing', 'active', 'past_due', 'canceled', 'unpaid', 'paused')),
    constraint subscription_period_order check (current_period_start < current_period_end),
    constraint subscription_currency_format check (currency ~ '^[a-z]{3}$'),
    constraint subscription_amount_range check (amount_minor >= 0),
    constraint subscription_seats_range check (seats between 1 and 100000),
    constraint subscription_recurring_interval_known check (recurring_interval in ('day', 'week', 'month', 'year')),
    constraint subscription_recurring_interval_count_range check (recurring_interval_count between 1 and 999),
    constraint subscription_cancel_whole check (not cancel_at_period_end or (canceled_at is not null and ends_at is not null)),
    constraint subscription_ended_whole check ((status = 'canceled') = (ended_at is not null)),
    constraint subscription_ended_not_due check (ended_at is null or due_at is null),
    constraint subscription_cancellation_reason_known check (cancellation_reason in ('customer_service', 'low_quality', 'missing_features', 'switched_service', 'too_complex', 'too_expensive', 'unused', 'other')),
    constraint subscription_cancellation_comment_length check (length(cancellation_comment) <= 2000)
);
create index subscription_customer_idx on subscription (organization_id, customer_id, started_at desc, subscription_id desc);
create index subscription_due_idx on subscription (due_at, organization_id) where due_at is not null;
comment on table subscription is
    'A product delivered and charged again and again. `due_at` is when the worker must look at it next (renewal, trial end, end); null once it has ended. Kept for ten years after its end, with its orders.';

-- "order" is a reserved word in SQL, hence the one plural.
create table orders (
    organization_id uuid not null,
    order_id        uuid not null,
    customer_id     uuid not null,
    subscription_id uuid,
    product_id      uuid not null,
    status          text not null,
    billing_reason  text not null,
    currency        text not null,
    subtotal_minor  bigint not null,
    discount_minor  bigint not null default 0,
    tax_minor       bigint not null default 0,
    total_minor     bigint not null,
    seats           integer,
    period_start    timestamptz,
    period_end      timestamptz,
    paid_at         timestamptz,
    created_at      timestamptz not null,
    modified_at     timestamptz,
    constraint orders_pkey primary key (organization_id, order_id),
    constraint orders_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint orders_subscription_fkey foreign key (organization_id, subscription_id) references subscription (organization_id, subscription_id),
    constraint orders_product_fkey foreign key (organization_id, product_id) references product (organization_id, product_id),
    constraint orders_status_known check (status in ('draft', 'pending', 'paid', 'refunded', 'partially_refunded', 'void')),
    constraint orders_billing_reason_known check (billing_reason in ('purchase', 'subscription_create', 'subscription_cycle', 'subscription_update')),
    constraint orders_total_adds_up check (total_minor = subtotal_minor - discount_minor + tax_minor),
    constraint orders_period_whole check ((period_start is null) = (period_end is null)),
    constraint orders_period_order check (period_start < period_end),
    constraint orders_paid_whole check ((status in ('paid', 'refunded', 'partially_refunded')) = (paid_at is not null)),
    constraint orders_currency_format check (currency ~ '^[a-z]{3}$')
);
create index orders_customer_idx on orders (organization_id, customer_id, created_at desc, order_id desc);
create index orders_customer_open_idx on orders (organization_id, customer_id) where status = 'pending';
create unique index orders_subscription_period_key on orders (organization_id, subscription_id, period_start)
    where billing_reason in ('subscription_create', 'subscription_cycle');
comment on table orders is
    'What a customer was asked to pay, once per period of a subscription or per purchase. Kept for ten years, as tax law asks.';

create table order_item (
    organization_id uuid not null,
    order_id        uuid not null,
    order_item_id   uuid not null,
    position        smallint not null,
    price_id        uuid,
    label           text not null,
    quantity        integer not null default 1,
    amount_minor    bigint not null,
    tax_minor       bigint not null default 0,
    is_proration    boolean not null default false,
    created_at      timestamptz not null,
    constraint order_item_pkey primary key (organization_id, order_id, order_item_id),
    constraint order_item_order_fkey foreign key (organization_id, order_id) references orders (organization_id, order_id),
    constraint order_item_price_fkey foreign key (organization_id, price_id) references price (organization_id, price_id),
    constraint order_item_label_length check (length(label) between 1 and 256),
    constraint order_item_quantity_range check (quantity >= 1)
);
comment on table order_item is 'The lines of an order; their amounts add up to its subtotal. Kept as long as the order.';
