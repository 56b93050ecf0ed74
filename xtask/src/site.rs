//! The site folder, and the build for development.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::step::step;
use crate::{assets, bindings, style, wasm};

/// The first part of each file's name in `pkg/`; `[[workspace.metadata.leptos]]` says the same.
pub const OUTPUT_NAME: &str = "foyer";

/// The folder with the workspace's `Cargo.toml`.
pub fn workspace() -> Result<PathBuf> {
    let own = Path::new(env!("CARGO_MANIFEST_DIR"));
    own.parent().map(Path::to_path_buf).context("xtask stands inside the workspace")
}

/// A site that is being built beside the one in use; [`Staging::publish`] puts it in its place at once.
pub struct Staging {
    pub root: PathBuf,
    pub pkg: PathBuf,
    site: PathBuf,
    /// Held until the site stands: two builds in one folder would mix their files.
    _lock: File,
}

impl Staging {
    /// An empty folder beside `site`.
    pub fn new(site: PathBuf) -> Result<Self> {
        let root = site.with_extension("new");
        let pkg = root.join("pkg");
        let lock = lock(&site)?;
        remove(&root)?;
        fs::create_dir_all(&pkg).with_context(|| format!("making {}", pkg.display()))?;
        Ok(Self { root, pkg, site, _lock: lock })
    }

    /// Puts the built site in the place of the old one.
    pub fn publish(self) -> Result<PathBuf> {
        let old = self.site.with_extension("old");
        remove(&old)?;
        if self.site.exists() {
            fs::rename(&self.site, &old)?;
        }
        fs::rename(&self.root, &self.site)
            .with_context(|| format!("putting {} in place", self.site.display()))?;
        remove(&old)?;
        Ok(self.site)
    }
}

/// Waits for another build of the same site.
fn lock(site: &Path) -> Result<File> {
    if let Some(parent) = site.parent() {
        fs::create_dir_all(parent)?;
    }
    let path = site.with_extension("lock");
    let file = File::create(&path).with_context(|| format!("making {}", path.display()))?;
    if file.try_lock().is_err() {
        eprintln!("xtask: waiting for another build of {} …", site.display());
        file.lock().with_context(|| format!("waiting for {}", path.display()))?;
    }
    Ok(file)
}

fn remove(dir: &Path) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir).with_context(|| format!("removing {}", dir.display()))?;
    }
    Ok(())
}

/// `style/main.css` and `public/` into the staged site.
pub fn add_style_and_assets(workspace: &Path, staging: &Staging, minify: bool) -> Result<()> {
    step("style and public files", || {
        style::bundle(
            &workspace.join("style/main.css"),
            &staging.pkg.join(format!("{OUTPUT_NAME}.css")),
            minify,
        )?;
        assets::copy(&workspace.join("public"), &staging.root)
    })
}

/// `target/site-dev`: quick to build, with names and assertions in the wasm, nothing compressed.
pub fn build_for_development() -> Result<()> {
    let workspace = workspace()?;
    let staging = Staging::new(wasm::target_dir(&workspace).join("site-dev"))?;
    add_style_and_assets(&workspace, &staging, false)?;
    let compiled =
        step("compiling frontend to wasm (wasm-dev)", || wasm::compile(&workspace, "wasm-dev"))?;
    step("JavaScript bindings", || {
        bindings::generate(&compiled, &staging.pkg, OUTPUT_NAME, false)
    })?;
    let site = staging.publish()?;
    eprintln!("xtask: the site stands in {}", site.display());
    Ok(())
}

/// The quick path of an edit to the style: only what is not wasm, written over the site of the last build.
pub fn build_style_only() -> Result<()> {
    let workspace = workspace()?;
    let root = wasm::target_dir(&workspace).join("site-dev");
    let lock = lock(&root)?;
    let staging = Staging { pkg: root.join("pkg"), site: root.clone(), root, _lock: lock };
    fs::create_dir_all(&staging.pkg)?;
    add_style_and_assets(&workspace, &staging, false)
}
