//! The names of the built files, which carry their hash in a release.

use std::path::Path;
use std::{fs, io};

/// URLs of the script, the wasm and the style of this build.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assets {
    pub script: String,
    pub wasm: String,
    pub style: String,
}

impl Assets {
    /// Looks for `foyer*.{js,wasm,css}` in `site_root/pkg`.
    ///
    /// # Errors
    /// When the folder cannot be read or lacks one of the three.
    pub fn find(site_root: &Path) -> io::Result<Self> {
        let folder = site_root.join("pkg");
        let mut names = Vec::new();
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let changed = entry.metadata()?.modified()?;
            names.push((changed, entry.file_name().to_string_lossy().into_owned()));
        }
        // An older build's files may still lie there, for pages that are still open.
        names.sort();
        let newest = |extension: &str| {
            let name =
                names.iter().rev().map(|(_, name)| name).find(|name| is_built(name, extension));
            name.map(|name| format!("/pkg/{name}")).ok_or_else(|| {
                io::Error::new(
                    io::ErrorKind::NotFound,
                    format!(
                        "{} holds no foyer*.{extension}: build the site first",
                        folder.display()
                    ),
                )
            })
        };
        Ok(Self { script: newest("js")?, wasm: newest("wasm")?, style: newest("css")? })
    }
}

/// `foyer.js`, `foyer_bg.wasm` or `foyer.<hash>.js`.
fn is_built(name: &str, extension: &str) -> bool {
    let stem = name.strip_suffix(extension).and_then(|stem| stem.strip_suffix('.'));
    let rest = stem.and_then(|stem| stem.strip_prefix("foyer"));
    rest.is_some_and(|rest| rest.is_empty() || rest == "_bg" || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn built_files_are_told_from_others() {
        assert!(is_built("foyer.js", "js"));
        assert!(is_built("foyer.0a1b.js", "js"));
        assert!(is_built("foyer_bg.wasm", "wasm"));
        assert!(!is_built("foyer.0a1b.js.br", "js"));
        assert!(!is_built("foyers.js", "js"));
    }
}
