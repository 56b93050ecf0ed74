//! The few pictures of the portal, drawn inline: no request, and they take the colour of their text.

use leptos::prelude::*;

/// Which picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconName {
    Activity,
    Back,
    Card,
    Check,
    Clock,
    Dash,
    Device,
    Forward,
    Info,
    Orders,
    Overview,
    Settings,
    SignOut,
    Warning,
}

impl IconName {
    /// Every picture, for the page of components.
    pub const ALL: [Self; 14] = [
        Self::Activity,
        Self::Back,
        Self::Card,
        Self::Check,
        Self::Clock,
        Self::Dash,
        Self::Device,
        Self::Forward,
        Self::Info,
        Self::Orders,
        Self::Overview,
        Self::Settings,
        Self::SignOut,
        Self::Warning,
    ];

    fn path(self) -> &'static str {
        match self {
            Self::Activity => "M4 12h4l2.5-7 4 14L17 12h3",
            Self::Back => "M19 12H5m6-6-6 6 6 6",
            Self::Card => "M3 6h18v12H3zM3 10h18M6.5 14.5H10",
            Self::Check => "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM8.2 12.3l2.6 2.6 5-5.4",
            Self::Clock => "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM12 7v5l3.2 2",
            Self::Dash => "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM8.5 12h7",
            Self::Device => "M4 5h16v10H4zM2.5 19h19M9.5 15l-.5 4m6-4 .5 4",
            Self::Forward => "M5 12h14m-6-6 6 6-6 6",
            Self::Info => "M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0ZM12 11v5.5M12 7.6v.1",
            Self::Orders => "M6 3h12v18l-3-2-3 2-3-2-3 2zM9.5 8h5M9.5 12h5",
            Self::Overview => "M4 11.2 12 4.5l8 6.7V20h-5.5v-5.5h-5V20H4z",
            Self::Settings => {
                "M4 7h8m5 0h3M4 17h3m5 0h8M14.5 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM9.5 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z"
            }
            Self::SignOut => "M14 4H5v16h9M10 12h10m-4-4 4 4-4 4",
            Self::Warning => "M12 3.8 2.8 19.8h18.4zM12 10v4.2M12 16.9v.1",
        }
    }

    /// Whether it points along the line of reading, and so turns round where people read from right to left.
    fn is_directed(self) -> bool {
        matches!(self, Self::Back | Self::Forward | Self::SignOut)
    }
}

/// A picture beside words. It says nothing by itself, so assistive technology skips it.
///
/// ```ignore
/// view! { <Icon name=IconName::Check /> }
/// ```
#[component]
pub fn Icon(name: IconName) -> impl IntoView {
    let class = if name.is_directed() { "icon icon-directed" } else { "icon" };
    view! {
        <svg class=class viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d=name.path() />
        </svg>
    }
}
