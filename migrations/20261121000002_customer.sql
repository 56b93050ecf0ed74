-- Customers of an organization, and the people who act for them.

create table customer (
    organization_id uuid not null,
    customer_id     uuid not null,
    external_id     text,
    type            text not null default 'individual',
    email           text not null,
    name            text,
    billing_name    text,
    billing_address jsonb,
    tax_id          text,
    locale          text,
    time_zone       text,
    metadata        jsonb not null default '{}',
    created_at      timestamptz not null,
    modified_at     timestamptz,
    deleted_at      timestamptz,
    constraint customer_pkey primary key (organization_id, customer_id),
    constraint customer_organization_fkey foreign key (organization_id) references organization (organization_id),
    constraint customer_type_known check (type in ('individual', 'team')),
    constraint customer_email_length check (length(email) between 3 and 254),
    constraint customer_name_length check (length(name) <= 256)
);
create unique index customer_email_key on customer (organization_id, lower(email)) where deleted_at is null;
create unique index customer_external_id_key on customer (organization_id, external_id) where deleted_at is null and external_id is not null;
comment on table customer is
    'Who pays an organization: one person or a team. Kept until erased on request; what the law keeps longer stands frozen on orders.';

create table member (
    organization_id uuid not null,
    member_id       uuid not null,
    customer_id     uuid not null,
    role            text not null,
    email           text not null,
    name            text,
    external_id     text,
    created_at      timestamptz not null,
    modified_at     timestamptz,
    deleted_at      timestamptz,
    constraint member_pkey primary key (organization_id, member_id),
    constraint member_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint member_role_known check (role in ('owner', 'billing_manager', 'member')),
    constraint member_email_length check (length(email) between 3 and 254),
    constraint member_name_length check (length(name) <= 256)
);
create unique index member_email_key on member (organization_id, customer_id, lower(email)) where deleted_at is null;
create unique index member_owner_key on member (organization_id, customer_id) where deleted_at is null and role = 'owner';
create index member_sign_in_idx on member (organization_id, lower(email)) where deleted_at is null;
comment on table member is
    'A person who acts for a customer, with a role. Every customer has one owner. One address may be a member of several customers. Kept as long as the customer.';
