-- What an organization notes at subscriptions, orders, refunds and seats, and the lists of all of them.

alter table subscription
    add column metadata jsonb not null default '{}',
    add constraint subscription_metadata_object check (jsonb_typeof(metadata) = 'object');
create index subscription_newest_idx on subscription (organization_id, started_at desc, subscription_id desc);
comment on column subscription.metadata is 'What the organization notes at it.';

alter table orders
    add column metadata        jsonb not null default '{}',
    add column billing_name    text,
    add column billing_address jsonb,
    add constraint orders_metadata_object check (jsonb_typeof(metadata) = 'object'),
    add constraint orders_billing_name_length check (length(billing_name) between 1 and 256);
create index orders_newest_idx on orders (organization_id, created_at desc, order_id desc);
create index orders_subscription_idx on orders (organization_id, subscription_id, created_at desc);
comment on column orders.metadata is 'What the organization notes at it.';
comment on column orders.billing_name is 'Whom this order is billed to, where that is not as the customer''s own details say.';
comment on column orders.billing_address is 'Where to, in the same way.';

alter table quote
    add column proration_behavior text,
    add constraint quote_proration_behavior_known check (proration_behavior in ('invoice', 'prorate', 'next_period'));
comment on column quote.proration_behavior is 'How the organization wants this change billed; null: as its settings say.';

alter table refund
    add column metadata jsonb not null default '{}',
    add constraint refund_metadata_object check (jsonb_typeof(metadata) = 'object');
create index refund_newest_idx on refund (organization_id, created_at desc, refund_id desc);
comment on column refund.metadata is 'What the organization notes at it.';

alter table customer_seat
    add column metadata jsonb,
    add constraint customer_seat_metadata_object check (jsonb_typeof(metadata) = 'object');
create index customer_seat_subscription_idx on customer_seat (organization_id, subscription_id, created_at);
create index customer_seat_user_idx on customer_seat (organization_id, member_id) where status = 'claimed';
comment on column customer_seat.metadata is 'What whoever gave the seat noted at it.';
