//! Points between two steps of asking the sandbox, at which a process can be made to die.

macro_rules! points {
    ($($name:ident = $text:literal,)*) => {
        /// Before a call takes effect in the sandbox's books, or after it did and before its answer arrives.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum SandboxPoint {
            $($name,)*
        }

        impl SandboxPoint {
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The text on the command line.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

points! {
    CreateBefore = "create-before",
    CreateAfter = "create-after",
    ConfirmBefore = "confirm-before",
    ConfirmAfter = "confirm-after",
    ReadBefore = "read-before",
    ReadAfter = "read-after",
    CancelBefore = "cancel-before",
    CancelAfter = "cancel-after",
    RefundBefore = "refund-before",
    RefundAfter = "refund-after",
    ReadRefundBefore = "read-refund-before",
    ReadRefundAfter = "read-refund-after",
    SetupBefore = "setup-before",
    SetupAfter = "setup-after",
    ReadSetupBefore = "read-setup-before",
    ReadSetupAfter = "read-setup-after",
    DetachBefore = "detach-before",
    DetachAfter = "detach-after",
}

impl SandboxPoint {
    /// Reads the text; `None` when it is not one of the known ones.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|point| point.as_str() == text)
    }
}
