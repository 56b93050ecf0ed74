//! The optimised site.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use sha2::{Digest as _, Sha256};

use crate::site::{OUTPUT_NAME, Staging, add_style_and_assets, workspace};
use crate::step::step;
use crate::{bindings, compress, sizes, wasm};

/// The wasm features that rustc uses by itself; wasm-opt must neither refuse them nor take others.
const WASM_FEATURES: [&str; 8] = [
    "--mvp-features",
    "--enable-bulk-memory",
    "--enable-bulk-memory-opt",
    "--enable-multivalue",
    "--enable-mutable-globals",
    "--enable-nontrapping-float-to-int",
    "--enable-reference-types",
    "--enable-sign-ext",
];
const KINDS: [&str; 3] = ["js", "wasm", "css"];
/// Hexadecimal digits of the hash in a file's name.
const HASH_DIGITS: usize = 16;

/// `target/site`: see the table in `main.rs`.
pub fn build() -> Result<()> {
    let workspace = workspace()?;
    let tools = workspace.join("xtask/node_modules/.bin");
    ensure!(
        tools.join("wasm-opt").exists() && tools.join("esbuild").exists(),
        "the release build needs wasm-opt and esbuild: run scripts/bootstrap (or `npm ci` in xtask/)"
    );
    let staging = Staging::new(wasm::target_dir(&workspace).join("site"))?;
    add_style_and_assets(&workspace, &staging, true)?;
    let compiled =
        step("compiling frontend to wasm (wasm-release; minutes when all is new)", || {
            wasm::compile(&workspace, "wasm-release")
        })?;
    step("JavaScript bindings", || bindings::generate(&compiled, &staging.pkg, OUTPUT_NAME, true))?;
    step("wasm-opt -Oz, twice (about a minute)", || optimise(&tools, &staging.pkg))?;
    step("minifying the bindings", || minify(&tools, &staging.pkg))?;
    let hash = name_by_content(&staging.pkg)?;
    step("brotli", || compress::compress_below(&staging.root))?;
    fs::write(staging.root.join("hash.txt"), hash_file(&hash))?;
    let sizes = sizes::measure(&staging.root)?;
    let site = staging.publish()?;
    eprintln!("xtask: the site stands in {}", site.display());
    sizes::report(&sizes, &site, &workspace.join("xtask/budget.json"))
}

fn optimise(tools: &Path, pkg: &Path) -> Result<()> {
    let wasm = pkg.join(format!("{OUTPUT_NAME}.wasm"));
    let status = Command::new(tools.join("wasm-opt"))
        // Twice: what the first round lays bare, the second takes away (0.4 % of the download).
        .args(["-Oz", "-Oz"])
        .args(WASM_FEATURES)
        .args(["--strip-producers", "--strip-target-features"])
        .arg(&wasm)
        .arg("--output")
        .arg(&wasm)
        .status()
        .context("starting wasm-opt")?;
    ensure!(status.success(), "wasm-opt failed (see above)");
    Ok(())
}

/// Minifies the glue and takes into it the snippets that crates bring along, so that one file is loaded.
fn minify(tools: &Path, pkg: &Path) -> Result<()> {
    let script = pkg.join(format!("{OUTPUT_NAME}.js"));
    let minified = pkg.join("minified.js");
    let status = Command::new(tools.join("esbuild"))
        .arg(&script)
        .args(["--bundle", "--minify", "--format=esm", "--target=es2022", "--log-level=warning"])
        .arg(format!("--outfile={}", minified.display()))
        .status()
        .context("starting esbuild")?;
    ensure!(status.success(), "esbuild failed (see above)");
    fs::rename(&minified, &script)?;
    let snippets = pkg.join("snippets");
    if snippets.exists() {
        fs::remove_dir_all(snippets)?;
    }
    Ok(())
}

/// Gives the three files names with one hash of all their contents: they belong together.
fn name_by_content(pkg: &Path) -> Result<String> {
    let mut hasher = Sha256::new();
    for kind in KINDS {
        hasher.update(fs::read(pkg.join(format!("{OUTPUT_NAME}.{kind}")))?);
    }
    let mut hash = String::new();
    for byte in hasher.finalize() {
        write!(hash, "{byte:02x}")?;
    }
    hash.truncate(HASH_DIGITS);
    for kind in KINDS {
        fs::rename(
            pkg.join(format!("{OUTPUT_NAME}.{kind}")),
            pkg.join(format!("{OUTPUT_NAME}.{hash}.{kind}")),
        )?;
    }
    Ok(hash)
}

fn hash_file(hash: &str) -> String {
    KINDS.map(|kind| format!("{kind}: {hash}\n")).concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_file_has_the_form_that_leptos_reads() {
        assert_eq!(hash_file("00ff"), "js: 00ff\nwasm: 00ff\ncss: 00ff\n");
    }

    #[test]
    fn one_changed_file_renames_all_three() {
        let dir = std::env::temp_dir().join(format!("foyer-hash-{}", std::process::id()));
        let hash_of = |css: &str| {
            fs::create_dir_all(&dir).unwrap();
            fs::write(dir.join("foyer.js"), "js").unwrap();
            fs::write(dir.join("foyer.wasm"), "wasm").unwrap();
            fs::write(dir.join("foyer.css"), css).unwrap();
            let hash = name_by_content(&dir).unwrap();
            assert!(KINDS.iter().all(|kind| dir.join(format!("foyer.{hash}.{kind}")).is_file()));
            fs::remove_dir_all(&dir).unwrap();
            hash
        };
        assert_eq!(hash_of("a"), hash_of("a"));
        assert_ne!(hash_of("a"), hash_of("b"));
        assert_eq!(hash_of("a").len(), HASH_DIGITS);
    }
}
