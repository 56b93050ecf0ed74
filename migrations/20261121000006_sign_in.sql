-- Signing in: requests for a code, sessions, hand-overs and the limits on tries.

create table sign_in (
    organization_id uuid not null,
    sign_in_id      uuid not null,
    email           text not null,
    browser_hash    bytea not null,
    return_to       text,
    locale          text not null,
    tries           smallint not null default 0,
    is_mailed       boolean not null,
    created_at      timestamptz not null,
    code_expires_at timestamptz not null,
    link_expires_at timestamptz not null,
    code_used_at    timestamptz,
    link_used_at    timestamptz,
    proof_hash      bytea,
    proof_expires_at timestamptz,
    constraint sign_in_pkey primary key (organization_id, sign_in_id),
    constraint sign_in_organization_fkey foreign key (organization_id) references organization (organization_id),
    constraint sign_in_email_length check (length(email) between 3 and 254),
    constraint sign_in_tries_range check (tries between 0 and 5),
    constraint sign_in_return_to_length check (length(return_to) <= 512)
);
create index sign_in_browser_idx on sign_in (organization_id, browser_hash, created_at desc);
create index sign_in_email_idx on sign_in (organization_id, lower(email), created_at desc);
create unique index sign_in_proof_key on sign_in (organization_id, proof_hash) where proof_hash is not null;
create index sign_in_retention_idx on sign_in (created_at);
comment on table sign_in is
    'A request to sign in: code and link are derived from its id when the mail is sent, none is stored. `is_mailed` is false where the bound on an address''s mails was reached. `proof_hash` stands between the proof and the choice of a customer. Kept for a day; where code or link was used for 90 days, so that a browser that proved itself is still written to when strangers used up its address''s mails.';

create table session (
    organization_id uuid not null,
    session_id      uuid not null,
    customer_id     uuid not null,
    member_id       uuid not null,
    token_hash      bytea not null,
    user_agent      text not null default '',
    return_url      text,
    created_at      timestamptz not null,
    last_used_at    timestamptz not null,
    idle_expires_at timestamptz not null,
    expires_at      timestamptz not null,
    ended_at        timestamptz,
    constraint session_pkey primary key (organization_id, session_id),
    constraint session_member_fkey foreign key (organization_id, member_id) references member (organization_id, member_id),
    constraint session_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint session_user_agent_length check (length(user_agent) <= 512),
    constraint session_expiry_order check (idle_expires_at <= expires_at)
);
create unique index session_token_key on session (organization_id, token_hash);
create index session_member_idx on session (organization_id, member_id, last_used_at desc) where ended_at is null;
create index session_retention_idx on session (expires_at);
comment on table session is
    'A signed-in browser: 30 days idle, 90 days at most. The token is stored as its SHA-256. Kept for 30 days after its end.';

create table hand_over (
    organization_id uuid not null,
    hand_over_id    uuid not null,
    code_hash       bytea not null,
    member_id       uuid not null,
    return_to       text,
    return_url      text,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    used_at         timestamptz,
    constraint hand_over_pkey primary key (organization_id, hand_over_id),
    constraint hand_over_member_fkey foreign key (organization_id, member_id) references member (organization_id, member_id)
);
create unique index hand_over_code_key on hand_over (organization_id, code_hash);
create index hand_over_retention_idx on hand_over (created_at);
comment on table hand_over is
    'A one-time code in a URL that the company''s own application opens to sign a customer in; valid for five minutes. Kept for a day.';

create table rate_limit (
    organization_id uuid not null,
    purpose         text not null,
    client          text not null,
    minute_at       timestamptz not null,
    minute_count    integer not null,
    hour_at         timestamptz not null,
    hour_count      integer not null,
    blocked_until   timestamptz,
    constraint rate_limit_pkey primary key (organization_id, purpose, client),
    constraint rate_limit_client_length check (length(client) <= 320)
);
create index rate_limit_retention_idx on rate_limit (hour_at);
comment on table rate_limit is
    'Counted tries, shared by all processes, written outside the command''s transaction so that a refusal cannot undo them. Kept for a day.';
