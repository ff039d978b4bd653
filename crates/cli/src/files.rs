//! Reading and writing files; gzip and standard input are transparent.

use crate::report::Fault;
use flate2::read::MultiGzDecoder;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};

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

/// A file, a gzipped file or standard input for `-`, to be read part by part.
pub(crate) fn open(path: &Path) -> Result<Box<dyn Read>, Fault> {
    let mut reader: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        Box::new(BufReader::with_capacity(1 << 16, File::open(path).map_err(|source| fault(path, source))?))
    };
    let zipped = reader.fill_buf().map_err(|source| fault(path, source))?.starts_with(&[0x1f, 0x8b]);
    Ok(if zipped { Box::new(MultiGzDecoder::new(reader)) } else { reader })
}

/// A file that is written part by part and appears under its name when it is complete; `-` is standard output.
pub(crate) struct Output {
    path: PathBuf,
    file: Option<(File, PathBuf)>,
}

impl Output {
    pub(crate) fn create(path: &Path) -> Result<Self, Fault> {
        let mut output = Self { path: path.to_owned(), file: None };
        if path != Path::new("-") {
            if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                std::fs::create_dir_all(folder).map_err(|source| fault(path, source))?;
            }
            let mut part = path.as_os_str().to_owned();
            part.push(".part");
            let file = File::create(&part).map_err(|source| fault(path, source))?;
            output.file = Some((file, part.into()));
        }
        Ok(output)
    }

    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        let written = match &mut self.file {
            Some((file, _)) => file.write_all(bytes),
            None => std::io::stdout().lock().write_all(bytes),
        };
        written.map_err(|source| fault(&self.path, source))
    }

    pub(crate) fn finish(mut self) -> Result<(), Fault> {
        let Some((_, part)) = self.file.take() else { return Ok(()) };
        std::fs::rename(part, &self.path).map_err(|source| fault(&self.path, source))
    }
}

/// What was given up leaves no file.
impl Drop for Output {
    fn drop(&mut self) {
        if let Some((_, part)) = self.file.take() {
            // Nobody is left to tell.
            let _ = std::fs::remove_file(part);
        }
    }
}

pub(crate) fn fault(path: &Path, source: std::io::Error) -> Fault {
    Fault::Io { file: path.display().to_string(), source }
}

/// A CSV cell: quoted when needed, and never a formula for a spreadsheet.
pub(crate) fn cell(text: &str) -> String {
    underglass_engine::table::guarded(text)
}
