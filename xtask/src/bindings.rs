//! The JavaScript bindings of the wasm file.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use wasm_bindgen_cli_support::Bindgen;

/// Writes `{output_name}.js`, `{output_name}.wasm` and the snippets they import into `out_dir`.
pub fn generate(wasm: &Path, out_dir: &Path, output_name: &str, release: bool) -> Result<()> {
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(wasm)
        .out_name(output_name)
        .web(true)?
        .typescript(false)
        // The page names the wasm file itself (`HydrationScripts`).
        .omit_default_module_path(true)
        .debug(!release)
        .keep_debug(false)
        .remove_name_section(release)
        .remove_producers_section(release);
    bindgen.generate(out_dir).context("making the JavaScript bindings")?;
    fs::rename(
        out_dir.join(format!("{output_name}_bg.wasm")),
        out_dir.join(format!("{output_name}.wasm")),
    )
    .context("naming the wasm file")
}
