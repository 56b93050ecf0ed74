-- A refund that succeeded is looked at again: the bank can send the money back.

alter table refund
    drop constraint refund_due_open,
    add constraint refund_due_open check (due_at is null or state in ('prepared', 'unknown', 'succeeded'));

alter table sandbox.refund
    add column is_returned boolean not null default false;
comment on column sandbox.refund.is_returned is 'The bank sent the money back.';
