-- E-mail to send: a row with a due time, no body.

create table mail (
    organization_id uuid not null,
    mail_id         uuid not null,
    template        text not null,
    parameters      jsonb not null,
    sign_in_id      uuid,
    member_id       uuid,
    event_id        uuid,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    due_at          timestamptz,
    attempts        integer not null default 0,
    sent_at         timestamptz,
    dropped_at      timestamptz,
    drop_reason     text,
    last_error      text,
    constraint mail_pkey primary key (organization_id, mail_id),
    constraint mail_organization_fkey foreign key (organization_id) references organization (organization_id),
    constraint mail_member_fkey foreign key (organization_id, member_id) references member (organization_id, member_id),
    constraint mail_recipient_one check ((sign_in_id is null) <> (member_id is null)),
    constraint mail_end_one check (sent_at is null or dropped_at is null),
    constraint mail_due_whole check ((due_at is null) = (sent_at is not null or dropped_at is not null)),
    constraint mail_drop_reason_known check (drop_reason in ('expired', 'no_recipient', 'refused')),
    constraint mail_last_error_length check (length(last_error) <= 500)
);
create index mail_due_idx on mail (due_at) where due_at is not null;
create index mail_retention_idx on mail (created_at);
comment on table mail is
    'An e-mail to send: template, parameters, expiry. The text is made when it is sent, the recipient is looked up then. `due_at` is the next try; a claim moves it ahead, so a crash repeats the mail at worst once, with the same Message-ID (its mail_id). Kept for 90 days.';
