//! How a seat of a subscription stands.

use crate::text_enum::text_enum;

text_enum! {
    /// Whether a seat is used.
    SeatStatus {
        /// Given, and not taken yet.
        Pending = "pending",
        Claimed = "claimed",
        /// Taken back: it is free for somebody else.
        Revoked = "revoked",
    }
}
