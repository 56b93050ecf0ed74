-- The HTTP API: what an access token may do, and sessions that call by a bearer token.

alter table access_token
    add column scopes text[] not null default '{}';
update access_token set scopes = array['customer_sessions:write', 'customers:read', 'customers:write', 'products:read', 'products:write',
    'discounts:read', 'discounts:write', 'subscriptions:read', 'subscriptions:write', 'orders:read', 'orders:write', 'refunds:read',
    'refunds:write', 'checkouts:read', 'checkouts:write', 'organizations:read', 'organizations:write', 'webhooks:read', 'webhooks:write',
    'members:read', 'members:write', 'customer_seats:read', 'customer_seats:write', 'benefits:read', 'benefits:write',
    'organization_access_tokens:read', 'organization_access_tokens:write'];
comment on column access_token.scopes is 'What it may do, as `<resource>:read` and `<resource>:write`; writing includes reading.';

alter table token
    drop constraint token_kind_known,
    add constraint token_kind_known check (kind in ('access_token', 'api_session'));

create table api_session (
    organization_id uuid not null,
    api_session_id  uuid not null,
    kind            text not null,
    customer_id     uuid not null,
    member_id       uuid not null,
    return_url      text,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    constraint api_session_pkey primary key (organization_id, api_session_id),
    constraint api_session_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint api_session_member_fkey foreign key (organization_id, member_id) references member (organization_id, member_id),
    constraint api_session_kind_known check (kind in ('customer', 'member')),
    constraint api_session_return_url_length check (length(return_url) <= 2083)
);
create index api_session_retention_idx on api_session (expires_at);
comment on table api_session is
    'A customer (its owner acts) or a member who calls the API for an hour with a bearer token. Found through `token`, by the SHA-256. Kept for a day after its end.';
