-- What an organization sells, and at which prices.

create table product (
    organization_id          uuid not null,
    product_id               uuid not null,
    name                     text not null,
    description              text,
    visibility               text not null default 'public',
    recurring_interval       text,
    recurring_interval_count integer,
    trial_interval           text,
    trial_interval_count     integer,
    is_archived              boolean not null default false,
    metadata                 jsonb not null default '{}',
    created_at               timestamptz not null,
    modified_at              timestamptz,
    deleted_at               timestamptz,
    constraint product_pkey primary key (organization_id, product_id),
    constraint product_organization_fkey foreign key (organization_id) references organization (organization_id),
    constraint product_name_length check (length(name) between 1 and 128),
    constraint product_visibility_known check (visibility in ('draft', 'private', 'public')),
    constraint product_recurring_interval_known check (recurring_interval in ('day', 'week', 'month', 'year')),
    constraint product_recurring_interval_whole check ((recurring_interval is null) = (recurring_interval_count is null)),
    constraint product_recurring_interval_count_range check (recurring_interval_count between 1 and 999),
    constraint product_trial_interval_known check (trial_interval in ('day', 'week', 'month', 'year')),
    constraint product_trial_interval_whole check ((trial_interval is null) = (trial_interval_count is null)),
    constraint product_trial_interval_count_range check (trial_interval_count between 1 and 999)
);
create index product_list_idx on product (organization_id, name) where deleted_at is null;
comment on table product is
    'What is sold, once or as a subscription. Kept for ever: orders refer to it; a product no longer sold is archived.';

create table price (
    organization_id uuid not null,
    price_id        uuid not null,
    product_id      uuid not null,
    amount_type     text not null,
    currency        text not null,
    amount_minor    bigint,
    seat_tiers      jsonb,
    is_archived     boolean not null default false,
    created_at      timestamptz not null,
    modified_at     timestamptz,
    constraint price_pkey primary key (organization_id, price_id),
    constraint price_product_fkey foreign key (organization_id, product_id) references product (organization_id, product_id),
    constraint price_amount_type_known check (amount_type in ('free', 'fixed', 'seat_based')),
    constraint price_amount_whole check ((amount_type = 'fixed') = (amount_minor is not null)),
    constraint price_seat_tiers_whole check ((amount_type = 'seat_based') = (seat_tiers is not null)),
    constraint price_amount_range check (amount_minor between 0 and 99999999999),
    constraint price_currency_format check (currency ~ '^[a-z]{3}$')
);
create index price_product_idx on price (organization_id, product_id);
comment on table price is
    'One way to pay for a product in one currency: free, a fixed amount, or tiers per seat. Amounts never change; a new amount is a new price. Kept for ever.';
