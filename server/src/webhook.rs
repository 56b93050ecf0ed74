//! What webhook endpoints are told, in the API's own form.

mod render;

pub(crate) use render::render;
