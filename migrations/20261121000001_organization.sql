-- Organizations, their portal settings, and the tokens by which their backends call.

create table organization (
    organization_id uuid not null,
    slug            text not null,
    name            text not null,
    default_locale  text not null default 'en',
    time_zone       text not null default 'UTC',
    support_email   text,
    website_url     text,
    accent_color    text not null default '#3b5bdb',
    logo_url        text,
    frame_ancestors text[] not null default '{}',
    created_at      timestamptz not null,
    modified_at     timestamptz,
    deleted_at      timestamptz,
    constraint organization_pkey primary key (organization_id),
    constraint organization_slug_format check (slug ~ '^[a-z0-9](-?[a-z0-9])*$' and length(slug) between 2 and 64),
    constraint organization_name_length check (length(name) between 1 and 128),
    constraint organization_accent_color_format check (accent_color ~ '^#[0-9a-f]{6}$'),
    constraint organization_frame_ancestors_count check (cardinality(frame_ancestors) <= 16)
);
create unique index organization_slug_key on organization (slug) where deleted_at is null;
comment on table organization is
    'A company that runs its portal here. Kept for as long as the company exists.';

create table portal_setting (
    organization_id       uuid not null,
    show_usage            boolean not null default true,
    update_plan           boolean not null default true,
    update_seats          boolean not null default true,
    pause                 boolean not null default false,
    allow_email_change    boolean not null default false,
    mail_switches         jsonb not null default '{}',
    modified_at           timestamptz,
    constraint portal_setting_pkey primary key (organization_id),
    constraint portal_setting_organization_fkey foreign key (organization_id) references organization (organization_id)
);
comment on table portal_setting is
    'What an organization lets its customers do in the portal. Orders, cancelling and payment methods have no switch, on purpose. Kept as long as the organization.';

create table access_token (
    organization_id uuid not null,
    access_token_id uuid not null,
    name            text not null,
    created_at      timestamptz not null,
    expires_at      timestamptz,
    revoked_at      timestamptz,
    last_used_at    timestamptz,
    constraint access_token_pkey primary key (organization_id, access_token_id),
    constraint access_token_organization_fkey foreign key (organization_id) references organization (organization_id),
    constraint access_token_name_length check (length(name) between 1 and 128)
);
comment on table access_token is
    'Tokens of an organization''s own backend. The secret itself is shown once and never stored. Kept until a year after revocation or expiry.';

create table token (
    token_hash      bytea not null,
    organization_id uuid not null,
    kind            text not null,
    subject_id      uuid not null,
    constraint token_pkey primary key (token_hash),
    constraint token_hash_length check (octet_length(token_hash) = 32),
    constraint token_kind_known check (kind in ('access_token'))
);
comment on table token is
    'The one global look-up: from the SHA-256 of a bearer token to the organization and the row it belongs to. A row lives as long as the row it points to.';
