//! E-mails: a row with a due time in the transaction that causes it; text and recipient are made when it is sent.

mod for_event;

pub(crate) use for_event::for_event;
