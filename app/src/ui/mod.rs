//! The parts that pages are made of. One file each; `/components` shows them all in their states.

pub mod alert;
pub mod badge;
pub mod button;
pub mod card;
pub mod card_frame;
pub mod charge_lines;
pub mod date_time;
pub mod empty_state;
pub mod facts;
pub mod filter_links;
pub mod form;
pub mod icon;
pub mod money;
pub mod nav;
pub mod page_header;
pub mod pagination;
pub mod section;
pub mod sheet;
pub mod skeleton;
pub mod table;
pub mod tone;
pub mod visually_hidden;
