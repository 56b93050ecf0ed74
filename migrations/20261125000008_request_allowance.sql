-- How many requests a caller of the API has had granted in the running minute, over all processes.

create unlogged table request_allowance (
    organization_id uuid not null,
    caller          text not null,
    minute_at       timestamptz not null,
    granted         integer not null,
    last_granted    integer not null,
    constraint request_allowance_pkey primary key (organization_id, caller),
    constraint request_allowance_caller_length check (length(caller) <= 320)
);
create index request_allowance_retention_idx on request_allowance (minute_at);
comment on table request_allowance is
    'Processes take a caller''s requests from here in portions, so that most requests touch no table. Nothing is lost when it is. The organization is nil for callers without a token. Kept for a day.';
