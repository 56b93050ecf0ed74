-- Products and discounts are found by a text within their names, as customers are.

do $$
begin
    create extension if not exists pg_trgm;
    create index product_search_idx on product using gin (name gin_trgm_ops) where deleted_at is null;
    create index discount_search_idx on discount using gin ((name || E'\n' || coalesce(code, '')) gin_trgm_ops) where deleted_at is null;
exception when others then
    raise notice 'products and discounts are searched without an index: %', sqlerrm;
end $$;
