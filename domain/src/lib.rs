//! What billing means: types and rules. Pure: no I/O, no async, no clock, no chance. Compiles to wasm.

mod text_enum;

pub mod address;
pub mod change;
pub mod color;
pub mod country;
pub mod customer_type;
pub mod discount;
pub mod email;
pub mod event_type;
pub mod field_errors;
pub mod format;
pub mod id;
pub mod interval;
pub mod invoice;
pub mod local_time;
pub mod locale;
pub mod micros;
pub mod money;
pub mod next_charge;
pub mod order;
pub mod order_amounts;
pub mod payment;
pub mod period;
pub mod price;
pub mod product;
pub mod proration;
pub mod quote;
pub mod refund_policy;
pub mod role;
pub mod seat_tiers;
pub mod sign_in_code;
pub mod slug;
pub mod subscription;
pub mod tax;
pub mod tax_id;
pub mod tax_rate;
