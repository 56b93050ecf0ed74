//! What billing means: types and rules. Pure: no I/O, no async, no clock, no chance. Compiles to wasm.

pub mod email;
pub mod event_type;
pub mod field_errors;
pub mod id;
pub mod local_time;
pub mod locale;
pub mod money;
pub mod role;
pub mod slug;
