-- Customers and members of the HTTP API: finding them among very many, and changing an e-mail address.

alter table customer add column email_verified_at timestamptz;
comment on column customer.email_verified_at is 'When somebody proved to read mails at this address; null: nobody has, or it was changed since.';
update customer c set email_verified_at = proven.at
from (select organization_id, lower(email) as email, min(coalesce(code_used_at, link_used_at)) as at
    from sign_in where code_used_at is not null or link_used_at is not null group by 1, 2) proven
where proven.organization_id = c.organization_id and proven.email = lower(c.email) and c.deleted_at is null;

create index customer_created_idx on customer (organization_id, created_at desc, customer_id desc) where deleted_at is null;
create index customer_external_id_prefix_idx on customer (organization_id, external_id text_pattern_ops)
    where deleted_at is null and external_id is not null;

-- A text anywhere in address and names is found by its groups of three letters. The extension comes with Postgres; where an operator
-- left it out, the same search reads the organization's customers one after the other.
do $$
begin
    create extension if not exists pg_trgm;
    create index customer_search_idx on customer using gin
        ((email || E'\n' || coalesce(name, '') || E'\n' || coalesce(billing_name, '')) gin_trgm_ops)
        where deleted_at is null;
exception when others then
    raise notice 'customers are searched without an index: %', sqlerrm;
end $$;

create unique index member_external_id_key on member (organization_id, customer_id, external_id)
    where deleted_at is null and external_id is not null;
create index member_created_idx on member (organization_id, created_at desc, member_id desc) where deleted_at is null;


create table email_change (
    organization_id uuid not null,
    email_change_id uuid not null,
    customer_id     uuid not null,
    email           text not null,
    locale          text,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    constraint email_change_pkey primary key (organization_id, email_change_id),
    constraint email_change_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint email_change_email_length check (length(email) between 3 and 254)
);
create unique index email_change_customer_key on email_change (organization_id, customer_id);
create index email_change_retention_idx on email_change (expires_at);
comment on table email_change is
    'A new address that a customer asked for and has yet to prove; the token in its mail is derived from the id. One at a time per customer. Deleted when it is used or replaced, a day after its end, and with the customer.';
