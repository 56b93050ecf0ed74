-- The same write, sent twice with the same key, is done once.

create table idempotency_key (
    organization_id uuid not null,
    key_hash        bytea not null,
    request_hash    bytea not null,
    claim_id        uuid not null,
    claimed_until   timestamptz not null,
    outcomes        bytea[] not null default '{}',
    answer          bytea,
    created_at      timestamptz not null,
    constraint idempotency_key_pkey primary key (organization_id, key_hash),
    constraint idempotency_key_key_hash_length check (length(key_hash) = 32),
    constraint idempotency_key_request_hash_length check (length(request_hash) = 32)
);
create index idempotency_key_retention_idx on idempotency_key (created_at);
comment on table idempotency_key is
    'The keys that clients of the API sent with writes: what each has committed, and the answer, both sealed under a key that only the client''s own can derive. The organization is nil for callers without a token. Kept for 24 hours.';
