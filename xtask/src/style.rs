//! One minified stylesheet out of `style/main.css` and what it imports.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};
use lightningcss::bundler::{Bundler, FileProvider};
use lightningcss::printer::PrinterOptions;
use lightningcss::stylesheet::{MinifyOptions, ParserOptions};
use lightningcss::targets::{Browsers, Targets};

/// The browsers whose gaps are filled: those of early 2023, the first that all know `oklch()`, `:has()` or its
/// fall-back, and the wasm that rustc writes. Nesting, which came later, is lowered.
const BROWSERS: Browsers = Browsers {
    android: Some(112 << 16),
    chrome: Some(112 << 16),
    edge: Some(112 << 16),
    firefox: Some(115 << 16),
    ie: None,
    ios_saf: Some(16 << 16 | 4 << 8),
    opera: Some(98 << 16),
    safari: Some(16 << 16 | 4 << 8),
    samsung: Some(22 << 16),
};

/// Bundles `entry` into `output`. URLs in the CSS are kept as they are written: write them absolute (`/fonts/…`).
pub fn bundle(entry: &Path, output: &Path, minify: bool) -> Result<()> {
    let files = FileProvider::new();
    let mut bundler = Bundler::new(&files, None, ParserOptions::default());
    let mut sheet = bundler.bundle(entry).map_err(|error| anyhow!("{error}"))?;
    let targets = Targets::from(BROWSERS);
    sheet
        .minify(MinifyOptions { targets, ..MinifyOptions::default() })
        .map_err(|error| anyhow!("{error}"))?;
    let css = sheet
        .to_css(PrinterOptions { minify, targets, ..PrinterOptions::default() })
        .map_err(|error| anyhow!("{error}"))?;
    fs::write(output, css.code).with_context(|| format!("writing {}", output.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_are_bundled_and_nesting_is_lowered() {
        let dir = std::env::temp_dir().join(format!("foyer-style-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::write(
            dir.join("main.css"),
            "@import './part.css' layer(part);\na { & b { color: oklch(50% 0.1 200) } }",
        )
        .unwrap();
        fs::write(dir.join("part.css"), "p { margin-inline: 4px }").unwrap();
        bundle(&dir.join("main.css"), &dir.join("out.css"), true).unwrap();
        let css = fs::read_to_string(dir.join("out.css")).unwrap();
        fs::remove_dir_all(&dir).unwrap();
        assert_eq!(css, "@layer part{p{margin-inline:4px}}a b{color:oklch(50% .1 200)}");
    }

    #[test]
    fn a_mistake_names_its_file() {
        let dir = std::env::temp_dir().join(format!("foyer-style-error-{}", std::process::id()));
        fs::create_dir_all(&dir).unwrap();
        fs::write(dir.join("main.css"), "a { color: red;\n} }").unwrap();
        let error = bundle(&dir.join("main.css"), &dir.join("out.css"), true).unwrap_err();
        fs::remove_dir_all(&dir).unwrap();
        assert!(error.to_string().contains("main.css:"), "{error}");
    }
}
