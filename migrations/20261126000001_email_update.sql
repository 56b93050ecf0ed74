-- Changing a customer's e-mail address, by the customer: the new one is proved by a link.

create table email_update (
    organization_id uuid not null,
    email_update_id uuid not null,
    customer_id     uuid not null,
    email           text not null,
    previous_email  text,
    created_at      timestamptz not null,
    expires_at      timestamptz not null,
    verified_at     timestamptz,
    constraint email_update_pkey primary key (organization_id, email_update_id),
    constraint email_update_id_key unique (email_update_id),
    constraint email_update_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint email_update_email_length check (length(email) between 3 and 254),
    constraint email_update_verified_whole check ((verified_at is null) = (previous_email is null))
);
create unique index email_update_waiting_key on email_update (organization_id, customer_id) where verified_at is null;
create index email_update_retention_idx on email_update (created_at);
comment on table email_update is
    'An address that a customer wants, until its link is used; then also the one before, which is told of it. The link''s token is derived from the row''s id and stored nowhere. A customer has one that waits at most. Kept for ten days.';

alter table mail
    add column email_update_id uuid,
    drop constraint mail_recipient_one,
    add constraint mail_recipient_one check (num_nonnulls(sign_in_id, member_id, webhook_endpoint_id, email_update_id) = 1);
comment on column mail.email_update_id is 'The mail goes to the address of this change: the new one, or, once it is verified, the one before.';
