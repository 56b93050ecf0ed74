//! Compiling `frontend` to wasm.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// Compiles with the cargo profile `profile` and says where the wasm file stands.
pub fn compile(workspace: &Path, profile: &str) -> Result<PathBuf> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .current_dir(workspace)
        .args([
            "build",
            "--package",
            "frontend",
            "--lib",
            "--target",
            "wasm32-unknown-unknown",
            "--profile",
            profile,
        ])
        .status()
        .context("starting cargo")?;
    ensure!(status.success(), "cargo could not build `frontend` for the browser (see above)");
    let wasm =
        target_dir(workspace).join("wasm32-unknown-unknown").join(profile).join("frontend.wasm");
    ensure!(wasm.is_file(), "cargo built `frontend`, but {} is missing", wasm.display());
    Ok(wasm)
}

/// The folder that cargo builds into.
pub fn target_dir(workspace: &Path) -> PathBuf {
    env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| workspace.join("target"), |dir| workspace.join(dir))
}
