-- The demo's clock, which `foyer demo --advance` moves.

create table demo_clock (
    id            boolean not null default true,
    offset_s      bigint not null,
    constraint demo_clock_pkey primary key (id),
    constraint demo_clock_one_row check (id),
    constraint demo_clock_forward check (offset_s >= 0)
);
comment on table demo_clock is
    'How far the demo''s time runs ahead of real time. Empty outside the demo: then time is the system''s. Kept for ever.';
