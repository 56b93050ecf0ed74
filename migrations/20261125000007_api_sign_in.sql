-- Signing in through the API, in a portal that somebody else built.

create table api_sign_in (
    organization_id uuid not null,
    api_sign_in_id  uuid not null,
    request_id      uuid not null,
    customer_id     uuid not null,
    member_id       uuid not null,
    email           text not null,
    code_hash       bytea not null,
    tries           smallint not null default 0,
    is_mailed       boolean not null,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    used_at         timestamptz,
    constraint api_sign_in_pkey primary key (organization_id, api_sign_in_id),
    constraint api_sign_in_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint api_sign_in_member_fkey foreign key (organization_id, member_id) references member (organization_id, member_id),
    constraint api_sign_in_email_length check (length(email) between 3 and 254),
    constraint api_sign_in_code_hash_length check (length(code_hash) = 32),
    constraint api_sign_in_tries_range check (tries between 0 and 5)
);
create index api_sign_in_code_idx on api_sign_in (code_hash);
create index api_sign_in_request_idx on api_sign_in (request_id);
create index api_sign_in_email_idx on api_sign_in (organization_id, lower(email), created_at desc);
create index api_sign_in_retention_idx on api_sign_in (created_at);
comment on table api_sign_in is
    'A code that was asked for through the API: derived from the row''s id when the mail is sent; its hash, under the installation''s key, finds the row. `is_mailed` is false where the bound on an address''s mails was reached. Kept for a day.';

alter table organization
    add column asks_which_customer boolean not null default true;
comment on column organization.asks_which_customer is
    'Whether who signs in through the API with an address of several customers is asked which one is meant; else each of them gets its mail, and a stranger learns nothing.';
