//! The brand's colour, and the shades of it on which text stays readable (WCAG 2.2, 1.4.3: a contrast of 4.5 to 1).

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::field_errors::FieldError;

/// What AA asks of text.
pub const CONTRAST_MIN: f64 = 4.5;

/// A colour of the sRGB space, as `#rrggbb`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccentColor {
    red: u8,
    green: u8,
    blue: u8,
}

impl AccentColor {
    pub const WHITE: Self = Self { red: 255, green: 255, blue: 255 };
    pub const BLACK: Self = Self { red: 0, green: 0, blue: 0 };

    /// Reads `#rrggbb`; capitals are accepted.
    ///
    /// # Errors
    /// On `accent_color`: `color_invalid`.
    pub fn parse(raw: &str) -> Result<Self, FieldError> {
        let channel = |digits: Option<&str>| {
            let digits = digits.filter(|digits| digits.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u8::from_str_radix(digits, 16).ok()
        };
        let text = raw.trim();
        let hex = text.strip_prefix('#').filter(|hex| hex.len() == 6).unwrap_or("");
        match (channel(hex.get(0..2)), channel(hex.get(2..4)), channel(hex.get(4..6))) {
            (Some(red), Some(green), Some(blue)) => Ok(Self { red, green, blue }),
            _ => Err(FieldError::new("accent_color", "color_invalid")),
        }
    }

    /// Black or white, whichever reads better on this colour; one of them always reaches AA.
    #[must_use]
    pub fn text_on(self) -> Self {
        if self.contrast(Self::WHITE) >= self.contrast(Self::BLACK) {
            Self::WHITE
        } else {
            Self::BLACK
        }
    }

    /// This colour, as little darker or lighter as is needed to read it as text on `background`.
    #[must_use]
    pub fn readable_on(self, background: Self) -> Self {
        let towards = background.text_on();
        (0..=100)
            .map(|percent| self.mixed(towards, percent))
            .find(|shade| shade.contrast(background) >= CONTRAST_MIN)
            .unwrap_or(towards)
    }

    /// The contrast ratio of WCAG 2.2, from 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The relative luminance of WCAG 2.2.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.red) + 0.7152 * linear(self.green) + 0.0722 * linear(self.blue)
    }

    fn mixed(self, other: Self, percent: u16) -> Self {
        let mix = |from: u8, to: u8| {
            let sum = u16::from(from) * (100 - percent) + u16::from(to) * percent;
            u8::try_from(sum / 100).unwrap_or(u8::MAX)
        };
        Self {
            red: mix(self.red, other.red),
            green: mix(self.green, other.green),
            blue: mix(self.blue, other.blue),
        }
    }
}

impl fmt::Display for AccentColor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.red, self.green, self.blue)
    }
}

impl fmt::Debug for AccentColor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl TryFrom<String> for AccentColor {
    type Error = FieldError;

    fn try_from(text: String) -> Result<Self, FieldError> {
        Self::parse(&text)
    }
}

impl From<AccentColor> for String {
    fn from(color: AccentColor) -> Self {
        color.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn reads_hexadecimal_only() {
        assert_eq!(AccentColor::parse(" #3B5bdb ").unwrap().to_string(), "#3b5bdb");
        for text in ["", "#fff", "3b5bdb", "#3b5bdg", "#3b5bdb00", "red", "#+1+1+1", "#日本"] {
            assert_eq!(AccentColor::parse(text).unwrap_err().code, "color_invalid", "{text}");
        }
    }

    #[test]
    fn knows_the_figures_of_the_standard() {
        assert!((AccentColor::WHITE.contrast(AccentColor::BLACK) - 21.0).abs() < 1e-9);
        // The well-known darkest grey that just passes on white is #767676, at 4.54.
        let grey = AccentColor::parse("#767676").unwrap();
        assert!((grey.contrast(AccentColor::WHITE) - 4.54).abs() < 0.01);
        assert_eq!(grey.readable_on(AccentColor::WHITE), grey, "what is readable stays as it is");
    }

    proptest! {
        #[test]
        fn text_is_always_readable(red: u8, green: u8, blue: u8, light in 235_u8..=255, dark in 0_u8..=40) {
            let accent = AccentColor { red, green, blue };
            prop_assert!(accent.contrast(accent.text_on()) >= CONTRAST_MIN);
            for grey in [light, dark] {
                let background = AccentColor { red: grey, green: grey, blue: grey };
                prop_assert!(accent.readable_on(background).contrast(background) >= CONTRAST_MIN);
            }
            let other = AccentColor { red: blue, green: red, blue: green };
            prop_assert!(accent.readable_on(other).contrast(other) >= CONTRAST_MIN);
        }
    }
}
