//! E-mail: what a mail says, and how it leaves.

pub mod dev_mailbox;
pub mod letter;
pub mod render;
pub mod samples;
pub mod smtp;
pub mod transport;

pub use letter::Letter;
pub use render::{MAILS, Rendered, Renderer};
pub use transport::{MailTransport, TransportError};
