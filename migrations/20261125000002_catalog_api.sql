-- The catalog as the API keeps it: what the organization notes at it, and who may redeem a discount.

alter table benefit
    add column visibility text not null default 'public',
    add column note       text,
    add column metadata   jsonb not null default '{}',
    add constraint benefit_visibility_known check (visibility in ('draft', 'private', 'public')),
    add constraint benefit_note_length check (length(note) between 1 and 4000);
comment on column benefit.visibility is 'Only public ones are shown to customers.';
comment on column benefit.note is 'What customers read who have it.';
create index benefit_list_idx on benefit (organization_id, created_at desc, benefit_id desc) where deleted_at is null;
create index product_benefit_benefit_idx on product_benefit (organization_id, benefit_id);

alter table discount
    add column code                         text,
    add column starts_at                    timestamptz,
    add column ends_at                      timestamptz,
    add column max_redemptions              integer,
    add column max_redemptions_per_customer integer,
    add column redemptions_count            integer not null default 0,
    add column metadata                     jsonb not null default '{}',
    add constraint discount_code_format check (code ~ '^[A-Za-z0-9]+$' and length(code) between 3 and 256),
    add constraint discount_time_order check (starts_at < ends_at),
    add constraint discount_max_redemptions_range check (max_redemptions >= 1),
    add constraint discount_max_redemptions_per_customer_range check (max_redemptions_per_customer >= 1),
    add constraint discount_redemptions_count_range check (redemptions_count >= 0);
comment on column discount.redemptions_count is 'How often it was redeemed; renewals do not count. As many as `discount_redemption` has rows.';
create unique index discount_code_key on discount (organization_id, lower(code)) where deleted_at is null and code is not null;
create index discount_list_idx on discount (organization_id, created_at desc, discount_id desc) where deleted_at is null;

create table discount_product (
    organization_id uuid not null,
    discount_id     uuid not null,
    product_id      uuid not null,
    constraint discount_product_pkey primary key (organization_id, discount_id, product_id),
    constraint discount_product_discount_fkey foreign key (organization_id, discount_id) references discount (organization_id, discount_id),
    constraint discount_product_product_fkey foreign key (organization_id, product_id) references product (organization_id, product_id)
);
create index discount_product_product_idx on discount_product (organization_id, product_id);
comment on table discount_product is 'The only products a discount is for; for every product when it has none here. Kept as long as the discount.';

create table discount_redemption (
    organization_id        uuid not null,
    discount_redemption_id uuid not null,
    discount_id            uuid not null,
    customer_id            uuid not null,
    product_id             uuid not null,
    redeemed_at            timestamptz not null,
    constraint discount_redemption_pkey primary key (organization_id, discount_redemption_id),
    constraint discount_redemption_discount_fkey foreign key (organization_id, discount_id) references discount (organization_id, discount_id),
    constraint discount_redemption_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint discount_redemption_product_fkey foreign key (organization_id, product_id) references product (organization_id, product_id)
);
create index discount_redemption_customer_idx on discount_redemption (organization_id, discount_id, customer_id);
comment on table discount_redemption is 'Who bought with a discount: one row for each purchase, none for renewals. Kept as long as the discount.';

-- Whether anything refers to a product that is to be deleted, or to a discount that is to change.
create index if not exists subscription_product_idx on subscription (organization_id, product_id);
create index if not exists subscription_discount_idx on subscription (organization_id, discount_id) where discount_id is not null;
create index if not exists orders_product_idx on orders (organization_id, product_id);

create index access_token_list_idx on access_token (organization_id, created_at desc, access_token_id desc) where revoked_at is null;
alter table access_token add column modified_at timestamptz;
