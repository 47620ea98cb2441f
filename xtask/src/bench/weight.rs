//! What the page weighs.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;

/// Bundles, and the most bytes that each may have after brotli.
const BUNDLES: [(&str, usize); 4] =
    [("reader", 200_000), ("lab", 1_200_000), ("lab-full", 1_200_000), ("database", 1_200_000)];

/// Bytes raw, by gzip and by brotli.
pub(super) fn table(guide: &Path) -> Result<String> {
    let mut text = format!("{:<10}{:>12}{:>12}{:>12}\n", "bundle", "raw", "gzip", "brotli");
    for (name, most) in BUNDLES {
        let files = [format!("wasm/{name}.js"), format!("wasm/{name}_bg.wasm")];
        let (mut raw, mut gzip, mut brotli) = (0, 0, 0);
        for file in files {
            let path = guide.join(file);
            let bytes = fs::read(&path).with_context(|| format!("{}", path.display()))?;
            raw += bytes.len();
            let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
            encoder.write_all(&bytes)?;
            gzip += encoder.finish()?.len();
            let mut packed = Vec::new();
            brotli::BrotliCompress(&mut &bytes[..], &mut packed, &quality())?;
            brotli += packed.len();
        }
        let verdict = if brotli <= most { "reached" } else { "MISSED" };
        let _ = writeln!(
            text,
            "{name:<10}{raw:>12}{gzip:>12}{brotli:>12}  (aim {most} or less): {verdict}"
        );
    }
    Ok(text)
}

fn quality() -> brotli::enc::BrotliEncoderParams {
    brotli::enc::BrotliEncoderParams { quality: 11, ..Default::default() }
}
