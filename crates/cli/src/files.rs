//! Reading and writing files; gzip and standard input are transparent.

use crate::report::Fault;
use flate2::read::MultiGzDecoder;
use std::io::{Read, Write};
use std::path::Path;

/// The bytes of a file, of a gzipped file, or of standard input for `-`.
pub(crate) fn read(path: &Path) -> Result<Vec<u8>, Fault> {
    let fault = |source| Fault::Io { file: path.display().to_string(), source };
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes).map_err(fault)?;
    } else {
        bytes = std::fs::read(path).map_err(fault)?;
    }
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut plain = Vec::new();
        MultiGzDecoder::new(&bytes[..]).read_to_end(&mut plain).map_err(fault)?;
        return Ok(plain);
    }
    Ok(bytes)
}

/// Writes a file, making its folder; `-` is standard output.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let fault = |source| Fault::Io { file: path.display().to_string(), source };
    if path == Path::new("-") {
        return std::io::stdout().lock().write_all(bytes).map_err(fault);
    }
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    std::fs::write(path, bytes).map_err(fault)
}

/// A CSV cell: quoted when needed, and never a formula for a spreadsheet.
pub(crate) fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t']) && text.parse::<f64>().is_err();
    let text = if formula { format!("'{text}") } else { text.to_owned() };
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}
