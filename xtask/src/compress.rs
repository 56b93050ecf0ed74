//! Brotli at its highest quality, done once here instead of on every request.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::assets::files_below;

const QUALITY: u32 = 11;
/// Log2 of the window: the largest that every browser takes.
const WINDOW_BITS: u32 = 22;
/// What compresses; pictures and fonts already are.
const EXTENSIONS: [&str; 9] =
    ["css", "html", "js", "json", "svg", "txt", "wasm", "webmanifest", "xml"];

/// Puts a `.br` beside each file below `dir` that gets smaller by it.
pub fn compress_below(dir: &Path) -> Result<()> {
    for file in files_below(dir)? {
        let compressible =
            file.extension().is_some_and(|own| EXTENSIONS.iter().any(|known| own == *known));
        if !compressible {
            continue;
        }
        let raw = fs::read(&file)?;
        let compressed = brotli(&raw).with_context(|| format!("compressing {}", file.display()))?;
        if compressed.len() < raw.len() {
            let mut name = file.into_os_string();
            name.push(".br");
            fs::write(name, compressed)?;
        }
    }
    Ok(())
}

fn brotli(raw: &[u8]) -> Result<Vec<u8>> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: QUALITY.try_into()?,
        lgwin: WINDOW_BITS.try_into()?,
        size_hint: raw.len(),
        ..Default::default()
    };
    let mut compressed = Vec::with_capacity(raw.len() / 2);
    brotli::BrotliCompress(&mut &raw[..], &mut compressed, &parameters)?;
    Ok(compressed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_reads_back() {
        let raw = "a line that repeats\n".repeat(500).into_bytes();
        let compressed = brotli(&raw).unwrap();
        assert!(compressed.len() < raw.len() / 10);
        let mut back = Vec::new();
        brotli::BrotliDecompress(&mut &compressed[..], &mut back).unwrap();
        assert_eq!(back, raw);
    }
}
