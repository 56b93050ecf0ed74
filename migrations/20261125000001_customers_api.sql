-- Customers and members of the HTTP API: finding them among very many, and whether their address was proved.

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
