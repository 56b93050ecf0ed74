//! An organization's colours as a stylesheet: data, not style. The portal's own style names them `--brand…`.

use domain::color::AccentColor;

/// The brightest and the darkest ground on which the brand's colour stands as text: `--surface-press` of `style/tokens.css`,
/// light and dark. What is readable there is readable on every other ground.
const GROUND_LIGHT: &str = "#e8ebee";
const GROUND_DARK: &str = "#32353b";

/// The text of `/{organization}/brand.css`.
///
/// `--brand` is the organization's own colour, `--brand-on` the text on it, `--brand-ink` the shade that is readable as text
/// on the portal's grounds.
#[must_use]
pub fn css(accent: AccentColor) -> String {
    let ink = |ground: &str, otherwise: AccentColor| {
        accent.readable_on(AccentColor::parse(ground).unwrap_or(otherwise))
    };
    let (on, light, dark) = (
        accent.text_on(),
        ink(GROUND_LIGHT, AccentColor::WHITE),
        ink(GROUND_DARK, AccentColor::BLACK),
    );
    format!(
        ":root{{--brand:{accent};--brand-on:{on};--brand-ink:{light}}}\n\
         @media (prefers-color-scheme:dark){{:root:not([data-theme=\"light\"]){{--brand-ink:{dark}}}}}\n\
         :root[data-theme=\"dark\"]{{--brand-ink:{dark}}}\n"
    )
}

/// Names this version of the stylesheet in its address, so that it can be cached for ever.
#[must_use]
pub fn version(accent: AccentColor) -> String {
    accent.to_string().trim_start_matches('#').to_owned()
}

#[cfg(test)]
mod tests {
    use domain::color::CONTRAST_MIN;

    use super::*;

    #[test]
    fn a_brand_is_readable_in_both_themes() {
        for brand in ["#3b5bdb", "#ffffff", "#000000", "#ffd400", "#00ff88", "#7a1f1f"] {
            let css = css(AccentColor::parse(brand).unwrap());
            let inks: Vec<_> = css
                .split("--brand-ink:")
                .skip(1)
                .map(|rest| AccentColor::parse(&rest[..7]).unwrap())
                .collect();
            assert_eq!(inks.len(), 3, "{css}");
            assert!(
                inks[0].contrast(AccentColor::parse(GROUND_LIGHT).unwrap()) >= CONTRAST_MIN,
                "{css}"
            );
            assert!(
                inks[1].contrast(AccentColor::parse(GROUND_DARK).unwrap()) >= CONTRAST_MIN,
                "{css}"
            );
            assert_eq!(inks[1], inks[2]);
            assert!(css.starts_with(&format!(":root{{--brand:{brand};--brand-on:#")), "{css}");
        }
    }

    #[test]
    fn the_version_follows_the_colour() {
        assert_eq!(version(AccentColor::parse("#3B5BDB").unwrap()), "3b5bdb");
    }
}
