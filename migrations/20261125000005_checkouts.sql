-- Checkouts: how somebody becomes a subscriber.

create table checkout (
    organization_id          uuid not null,
    checkout_id              uuid not null,
    state                    text not null,
    revision                 integer not null default 1,
    product_ids              uuid[] not null,
    product_id               uuid not null,
    price_id                 uuid not null,
    currency                 text not null,
    seats                    integer,
    min_seats                integer,
    max_seats                integer,
    discount_id              uuid,
    allow_discount_codes     boolean not null default true,
    allow_trial              boolean not null default true,
    trial_interval           text,
    trial_interval_count     integer,
    require_billing_address  boolean not null default false,
    customer_id              uuid,
    customer_match           text,
    external_customer_id     text,
    customer_email           text,
    customer_name            text,
    customer_ip_address      text,
    is_business_customer     boolean not null default false,
    billing_name             text,
    billing_address          jsonb,
    tax_id                   text,
    customer_metadata        jsonb not null default '{}',
    metadata                 jsonb not null default '{}',
    locale                   text,
    success_url              text,
    return_url               text,
    embed_origin             text,
    order_id                 uuid,
    subscription_id          uuid,
    decline_code             text,
    browser_hash             bytea,
    handed_over_at           timestamptz,
    created_at               timestamptz not null,
    modified_at              timestamptz,
    expires_at               timestamptz not null,
    due_at                   timestamptz,
    settled_at               timestamptz,
    constraint checkout_pkey primary key (organization_id, checkout_id),
    constraint checkout_organization_fkey foreign key (organization_id) references organization (organization_id),
    constraint checkout_product_fkey foreign key (organization_id, product_id) references product (organization_id, product_id),
    constraint checkout_price_fkey foreign key (organization_id, price_id) references price (organization_id, price_id),
    constraint checkout_discount_fkey foreign key (organization_id, discount_id) references discount (organization_id, discount_id),
    constraint checkout_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint checkout_order_fkey foreign key (organization_id, order_id) references orders (organization_id, order_id),
    constraint checkout_subscription_fkey foreign key (organization_id, subscription_id)
        references subscription (organization_id, subscription_id),
    constraint checkout_state_known check (state in ('open', 'confirmed', 'succeeded', 'failed', 'expired')),
    constraint checkout_products_count check (cardinality(product_ids) between 1 and 50),
    constraint checkout_product_offered check (product_id = any (product_ids)),
    constraint checkout_currency_format check (currency ~ '^[a-z]{3}$'),
    constraint checkout_seats_range check (seats between 1 and 10000),
    constraint checkout_seats_bounds check (min_seats between 1 and 10000 and max_seats between 1 and 10000 and min_seats <= max_seats),
    constraint checkout_trial_interval_known check (trial_interval in ('day', 'week', 'month', 'year')),
    constraint checkout_trial_interval_whole check ((trial_interval is null) = (trial_interval_count is null)),
    constraint checkout_trial_interval_count_range check (trial_interval_count between 1 and 1000),
    constraint checkout_customer_match_known check (customer_match in ('named', 'created', 'by_email')),
    constraint checkout_customer_match_whole check ((customer_id is null) = (customer_match is null)),
    constraint checkout_confirmed_whole check (state <> 'confirmed' or customer_id is not null),
    constraint checkout_subscription_whole check ((state = 'succeeded') = (subscription_id is not null)),
    constraint checkout_settled_whole check ((state in ('succeeded', 'failed', 'expired')) = (settled_at is not null)),
    constraint checkout_due_whole check ((due_at is null) = (settled_at is not null)),
    constraint checkout_customer_email_length check (length(customer_email) between 3 and 254),
    constraint checkout_customer_name_length check (length(customer_name) <= 256),
    constraint checkout_billing_name_length check (length(billing_name) <= 256),
    constraint checkout_tax_id_length check (length(tax_id) <= 32),
    constraint checkout_metadata_object check (jsonb_typeof(metadata) = 'object'),
    constraint checkout_customer_metadata_object check (jsonb_typeof(customer_metadata) = 'object'),
    constraint checkout_success_url_length check (length(success_url) <= 2083),
    constraint checkout_return_url_length check (length(return_url) <= 2083),
    constraint checkout_browser_hash_length check (octet_length(browser_hash) = 32)
);
create index checkout_list_idx on checkout (organization_id, created_at desc, checkout_id desc);
create index checkout_customer_idx on checkout (organization_id, customer_id) where customer_id is not null;
create index checkout_order_idx on checkout (organization_id, order_id) where order_id is not null;
create index checkout_due_idx on checkout (due_at) where due_at is not null;
create index checkout_retention_idx on checkout (settled_at) where state in ('expired', 'failed');
comment on table checkout is
    'Somebody on the way to a subscription: what is offered and chosen, who buys, and what came of it. Its secret is derived from its ids and stored nowhere. `due_at` is when the worker looks at it next. Expired and failed ones are kept for 90 days after their end, the others as long as their subscription; erasing a customer empties the personal columns.';
comment on column checkout.state is
    'open: being filled in. confirmed: the order is frozen in a draft and waits for its card or its charge; back to open when that fails or something changes.';
comment on column checkout.revision is 'Raised with every change: a card that was asked for an earlier one is not charged.';
comment on column checkout.customer_match is
    'How the customer was found: named by the organization, created by this checkout, or only by the typed e-mail address, which proves nothing.';
comment on column checkout.order_id is 'While confirmed the draft with what is to be paid; afterwards the first order.';
comment on column checkout.browser_hash is 'The SHA-256 of a cookie of the browser that confirmed: that one alone is signed in afterwards, once.';

alter table subscription
    add column checkout_id uuid,
    add constraint subscription_checkout_fkey foreign key (organization_id, checkout_id) references checkout (organization_id, checkout_id);
create unique index subscription_checkout_key on subscription (organization_id, checkout_id) where checkout_id is not null;
comment on column subscription.checkout_id is 'The checkout that it began with; at most one subscription comes of a checkout.';

alter table orders
    add column checkout_id uuid,
    add constraint orders_checkout_fkey foreign key (organization_id, checkout_id) references checkout (organization_id, checkout_id);
create index orders_checkout_idx on orders (organization_id, checkout_id) where checkout_id is not null;
comment on column orders.checkout_id is 'The checkout that made it: of a subscription its first order. Drafts that were given up are void.';

alter table payment_method_setup
    add column checkout_id       uuid,
    add column checkout_revision integer,
    add constraint payment_method_setup_checkout_whole check ((checkout_id is null) = (checkout_revision is null)),
    add constraint payment_method_setup_checkout_fkey foreign key (organization_id, checkout_id)
        references checkout (organization_id, checkout_id);
create index payment_method_setup_checkout_idx on payment_method_setup (organization_id, checkout_id) where checkout_id is not null;
comment on column payment_method_setup.checkout_id is 'Goes on with this checkout, if it still has the revision in `checkout_revision`.';

-- Whoever holds a checkout's secret acts too, without a session.
alter table event
    drop constraint event_actor_kind_known,
    add constraint event_actor_kind_known check (actor_kind in ('member', 'access_token', 'console_user', 'payer', 'buyer', 'system'));
