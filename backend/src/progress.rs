//! How far a long step has come, told to whoever waits for it.

/// `done` of `total`; the unit is the teller's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
}

/// Is told of progress.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);
