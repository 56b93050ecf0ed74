-- Whose personal values a message to webhook endpoints holds, so that erasing a customer finds them.

alter table webhook_event
    add column customer_id uuid;
create index webhook_event_customer_idx on webhook_event (organization_id, customer_id) where customer_id is not null;
comment on column webhook_event.customer_id is 'The customer that the event concerns. Erasing it empties the body and the answers.';
