-- Portals that others built add payment methods too, and want their customers back.

alter table payment_method_setup
    add column return_url text,
    add constraint payment_method_setup_return_url_length check (length(return_url) <= 2000);
comment on column payment_method_setup.return_url is
    'Where the browser goes on instead of `return_path`: an address that a portal of the customer''s choice gave through the API.';
