-- Issued invoices: a number without gaps and a frozen snapshot.

create table invoice_series (
    organization_id uuid not null,
    customer_id     uuid not null,
    code            text not null,
    last_number     integer not null default 0,
    constraint invoice_series_pkey primary key (organization_id, customer_id),
    constraint invoice_series_customer_fkey foreign key (organization_id, customer_id) references customer (organization_id, customer_id),
    constraint invoice_series_code_format check (code ~ '^[A-Z]{8}$')
);
create unique index invoice_series_code_key on invoice_series (organization_id, code);
comment on table invoice_series is
    'The numbers of one customer''s invoices: `last_number` is raised in the transaction that issues, so none is left out. Kept as long as its invoices.';

create table invoice (
    organization_id uuid not null,
    invoice_id      uuid not null,
    order_id        uuid not null,
    customer_id     uuid not null,
    number          text not null,
    issued_at       timestamptz not null,
    snapshot        jsonb not null,
    constraint invoice_pkey primary key (organization_id, invoice_id),
    constraint invoice_order_fkey foreign key (organization_id, order_id) references orders (organization_id, order_id),
    constraint invoice_number_length check (length(number) between 1 and 128)
);
create unique index invoice_order_key on invoice (organization_id, order_id);
create unique index invoice_number_key on invoice (organization_id, number);
comment on table invoice is
    'An order as it was invoiced: seller, buyer, lines and tax frozen in `snapshot`. Never changed; a correction is another document. Kept for ten years, as tax law asks.';
