//! What webhook endpoints are told, in the API's own form.

mod render;

pub use render::render;
