//! What the browser downloads, held against `xtask/budget.json`.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

const BYTES_PER_KIB: u64 = 1024;

/// One file of `pkg/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSize {
    pub name: String,
    /// `js`, `wasm` or `css`.
    pub kind: String,
    pub raw_bytes: u64,
    pub brotli_bytes: u64,
}

/// The sizes of the files in `site/pkg`, after compression.
pub fn measure(site: &Path) -> Result<Vec<FileSize>> {
    let mut sizes = Vec::new();
    for entry in fs::read_dir(site.join("pkg"))? {
        let path = entry?.path();
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else { continue };
        let Some(kind) = path.extension().and_then(|kind| kind.to_str()) else { continue };
        if kind == "br" {
            continue;
        }
        let raw_bytes = path.metadata()?.len();
        let brotli_bytes = fs::metadata(path.with_file_name(format!("{name}.br")))
            .map_or(raw_bytes, |file| file.len());
        sizes.push(FileSize {
            name: name.to_owned(),
            kind: kind.to_owned(),
            raw_bytes,
            brotli_bytes,
        });
    }
    sizes.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(sizes)
}

/// Prints the sizes, writes `sizes.json` into the site, and fails when script and wasm together are over the budget.
pub fn report(sizes: &[FileSize], site: &Path, budget_file: &Path) -> Result<()> {
    let budget: Value = serde_json::from_slice(
        &fs::read(budget_file).with_context(|| format!("reading {}", budget_file.display()))?,
    )?;
    let budget_kib = budget["script_brotli_kib"]
        .as_u64()
        .context("budget.json: script_brotli_kib is missing")?;
    let script_brotli_bytes = script_brotli_bytes(sizes);
    for size in sizes {
        eprintln!(
            "xtask: {:<32} {:>9} bytes, brotli {:>9}",
            size.name, size.raw_bytes, size.brotli_bytes
        );
    }
    eprintln!(
        "xtask: script and wasm: {} KiB brotli of {budget_kib} KiB allowed",
        script_brotli_bytes.div_ceil(BYTES_PER_KIB)
    );
    fs::write(site.join("sizes.json"), serde_json::to_vec_pretty(&as_json(sizes, budget_kib))?)?;
    check_budget(script_brotli_bytes, budget_kib)
}

fn script_brotli_bytes(sizes: &[FileSize]) -> u64 {
    sizes.iter().filter(|size| size.kind != "css").map(|size| size.brotli_bytes).sum()
}

fn check_budget(script_brotli_bytes: u64, budget_kib: u64) -> Result<()> {
    ensure!(
        script_brotli_bytes <= budget_kib * BYTES_PER_KIB,
        "script and wasm are {script_brotli_bytes} bytes in brotli, over the {budget_kib} KiB of xtask/budget.json. \
         Make them smaller; the budget only goes down"
    );
    Ok(())
}

fn as_json(sizes: &[FileSize], budget_kib: u64) -> Value {
    json!({
        "files": sizes.iter().map(|size| json!({
            "name": size.name,
            "kind": size.kind,
            "raw_bytes": size.raw_bytes,
            "brotli_bytes": size.brotli_bytes,
        })).collect::<Vec<_>>(),
        "script_brotli_bytes": script_brotli_bytes(sizes),
        "script_brotli_budget_bytes": budget_kib * BYTES_PER_KIB,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn size(kind: &str, brotli_bytes: u64) -> FileSize {
        FileSize {
            name: format!("foyer.{kind}"),
            kind: kind.to_owned(),
            raw_bytes: 2 * brotli_bytes,
            brotli_bytes,
        }
    }

    #[test]
    fn the_budget_counts_script_and_wasm_and_not_the_style() {
        let sizes = [size("js", 1_000), size("wasm", 200_000), size("css", 50_000)];
        assert_eq!(script_brotli_bytes(&sizes), 201_000);
    }

    #[test]
    fn one_byte_over_the_budget_fails() {
        assert!(check_budget(220 * BYTES_PER_KIB, 220).is_ok());
        assert!(check_budget(220 * BYTES_PER_KIB + 1, 220).is_err());
    }
}
