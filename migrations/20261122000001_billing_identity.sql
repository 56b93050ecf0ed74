-- What tax and invoices rest on: who sells, who buys, and what an organization lets its customers change.

alter table organization
    add column legal_name         text,
    add column address            jsonb,
    add column tax_id             text,
    add column collects_eu_tax    boolean not null default false,
    add column tax_countries      text[] not null default '{}',
    add column tax_behavior       text not null default 'exclusive',
    add constraint organization_legal_name_length check (length(legal_name) between 1 and 256),
    add constraint organization_tax_id_length check (length(tax_id) <= 32),
    add constraint organization_tax_countries_count check (cardinality(tax_countries) <= 64),
    add constraint organization_tax_behavior_known check (tax_behavior in ('exclusive', 'inclusive'));
comment on column organization.collects_eu_tax is
    'Registered for VAT in the EU (its own country and, through the one-stop shop, every other member state).';
comment on column organization.tax_countries is
    'Countries outside the EU in which it is registered and collects tax, as ISO 3166 codes.';

alter table portal_setting
    add column proration_behavior           text not null default 'prorate',
    add column downgrade_proration_behavior text,
    add column cancel_now                   boolean not null default false,
    add column refund_policy                text not null default 'none',
    add column refund_full_within_days      integer,
    add constraint portal_setting_proration_behavior_known check (proration_behavior in ('invoice', 'prorate', 'next_period')),
    add constraint portal_setting_downgrade_proration_behavior_known check (downgrade_proration_behavior in ('invoice', 'prorate', 'next_period')),
    add constraint portal_setting_refund_policy_known check (refund_policy in ('none', 'prorated', 'full_within_days')),
    add constraint portal_setting_refund_days_whole check ((refund_policy = 'full_within_days') = (refund_full_within_days is not null)),
    add constraint portal_setting_refund_days_range check (refund_full_within_days between 1 and 366);
comment on column portal_setting.downgrade_proration_behavior is
    'How a change to something cheaper is billed; null: like every other change.';

alter table customer
    add column company       text,
    add column is_tax_exempt boolean not null default false,
    add constraint customer_company_length check (length(company) <= 256),
    add constraint customer_billing_name_length check (length(billing_name) <= 256),
    add constraint customer_tax_id_length check (length(tax_id) <= 32);

alter table price
    add column tax_behavior text,
    add constraint price_tax_behavior_known check (tax_behavior in ('exclusive', 'inclusive'));
comment on column price.tax_behavior is 'Whether tax comes on top of the amount or is in it; null: as the organization says.';

create table benefit (
    organization_id uuid not null,
    benefit_id      uuid not null,
    type            text not null,
    description     text not null,
    created_at      timestamptz not null,
    modified_at     timestamptz,
    deleted_at      timestamptz,
    constraint benefit_pkey primary key (organization_id, benefit_id),
    constraint benefit_organization_fkey foreign key (organization_id) references organization (organization_id),
    constraint benefit_type_known check (type in ('custom')),
    constraint benefit_description_length check (length(description) between 1 and 128)
);
comment on table benefit is 'What comes with a product, in words a customer reads. Kept as long as the organization.';

create table product_benefit (
    organization_id uuid not null,
    product_id      uuid not null,
    benefit_id      uuid not null,
    position        smallint not null,
    constraint product_benefit_pkey primary key (organization_id, product_id, benefit_id),
    constraint product_benefit_product_fkey foreign key (organization_id, product_id) references product (organization_id, product_id),
    constraint product_benefit_benefit_fkey foreign key (organization_id, benefit_id) references benefit (organization_id, benefit_id)
);
comment on table product_benefit is 'Which benefits a product has, in the order they are shown. Kept as long as the product.';

create table discount (
    organization_id    uuid not null,
    discount_id        uuid not null,
    name               text not null,
    type               text not null,
    basis_points       integer,
    duration           text not null,
    duration_in_months integer,
    created_at         timestamptz not null,
    modified_at        timestamptz,
    deleted_at         timestamptz,
    constraint discount_pkey primary key (organization_id, discount_id),
    constraint discount_organization_fkey foreign key (organization_id) references organization (organization_id),
    constraint discount_name_length check (length(name) between 1 and 128),
    constraint discount_type_known check (type in ('percentage', 'fixed')),
    constraint discount_basis_points_whole check ((type = 'percentage') = (basis_points is not null)),
    constraint discount_basis_points_range check (basis_points between 1 and 10000),
    constraint discount_duration_known check (duration in ('once', 'repeating', 'forever')),
    constraint discount_duration_whole check ((duration = 'repeating') = (duration_in_months is not null)),
    constraint discount_duration_in_months_range check (duration_in_months between 1 and 999)
);
comment on table discount is 'A price reduction that can be given to a subscription. Kept for ever: orders refer to it.';

create table discount_amount (
    organization_id uuid not null,
    discount_id     uuid not null,
    currency        text not null,
    amount_minor    bigint not null,
    constraint discount_amount_pkey primary key (organization_id, discount_id, currency),
    constraint discount_amount_discount_fkey foreign key (organization_id, discount_id) references discount (organization_id, discount_id),
    constraint discount_amount_currency_format check (currency ~ '^[a-z]{3}$'),
    constraint discount_amount_range check (amount_minor between 1 and 99999999999)
);
comment on table discount_amount is 'What a fixed discount takes off, per currency. Kept as long as the discount.';
