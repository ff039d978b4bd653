//! A static file server for this machine only: what a plain host does, and nothing it would not do.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Component, Path, PathBuf},
    sync::Arc,
    thread,
    time::Duration,
};

use crate::{Result, Stop, tools::root};

/// Tried in turn when no port is asked for.
const PORTS: std::ops::Range<u16> = 8080..8100;

/// A bound server that answers from `dist/`.
pub(crate) struct Server {
    listener: TcpListener,
    site: Arc<Site>,
    url: String,
}

struct Site {
    folder: PathBuf,
    /// Begins and ends with a slash.
    prefix: String,
}

pub(crate) fn serve_until_stopped(port: Option<u16>, prefix: &str) -> Result<()> {
    let server = Server::bind(port, prefix)?;
    println!("Underglass is at {}  (Ctrl-C stops it)", server.url());
    server.run();
    Ok(())
}

impl Server {
    /// Listens on `port`, or on the first free one near 8080.
    pub(crate) fn bind(port: Option<u16>, prefix: &str) -> Result<Self> {
        let folder = root().join("dist");
        if !folder.join("index.html").is_file() {
            return Err(Stop::new("dist/ holds no site; `cargo xtask site` builds it."));
        }
        let listener = match port {
            Some(port) => TcpListener::bind((Ipv4Addr::LOCALHOST, port)),
            None => PORTS
                .chain([0])
                .map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, port)))
                .find(io::Result::is_ok)
                .unwrap_or_else(|| Err(io::ErrorKind::AddrInUse.into())),
        };
        let asked = port.map_or_else(|| "A local port".to_owned(), |port| format!("Port {port}"));
        let cannot =
            |error: io::Error| Stop::new(format!("{asked} cannot be used: {error}; choose another with --port."));
        let listener = listener.map_err(cannot)?;
        let address = listener.local_addr().map_err(cannot)?;
        let prefix = match prefix.trim_matches('/') {
            "" => "/".to_owned(),
            path => format!("/{path}/"),
        };
        Ok(Self { url: format!("http://{address}{prefix}"), site: Arc::new(Site { folder, prefix }), listener })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Answers for as long as the program runs.
    pub(crate) fn run(self) {
        for stream in self.listener.incoming().flatten() {
            let site = Arc::clone(&self.site);
            // A visitor who goes away mid-answer is not an error worth a word.
            thread::spawn(move || drop(site.answer(stream)));
        }
    }
}

impl Site {
    fn answer(&self, mut stream: TcpStream) -> io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let mut request = BufReader::new(stream.try_clone()?.take(16_384));
        let mut first_line = String::new();
        request.read_line(&mut first_line)?;
        // Read to the end of the head: closing a socket with unread bytes resets it before the answer arrives.
        let mut header = String::new();
        while request.read_line(&mut header)? > 2 {
            header.clear();
        }
        let mut words = first_line.split(' ');
        let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        if !matches!(method, "GET" | "HEAD") {
            return head(&mut stream, "405 Method Not Allowed", "text/plain", 0);
        }
        match self.file(target).and_then(|path| Some((File::open(&path).ok()?, path))) {
            Some((mut file, path)) => {
                head(&mut stream, "200 OK", mime(&path), file.metadata()?.len())?;
                if method == "GET" {
                    io::copy(&mut file, &mut stream)?;
                }
                Ok(())
            }
            None => {
                let text = "Nothing here.\n";
                head(&mut stream, "404 Not Found", "text/plain; charset=utf-8", text.len() as u64)?;
                stream.write_all(text.as_bytes())
            }
        }
    }

    /// The file that a request target names, if it lies in the site's folder.
    fn file(&self, target: &str) -> Option<PathBuf> {
        let path = target.split(['?', '#']).next()?.strip_prefix(&self.prefix)?;
        let path = PathBuf::from(percent_decoded(path)?);
        if !path.components().all(|part| matches!(part, Component::Normal(_))) {
            return None;
        }
        let path = self.folder.join(path);
        let path = if path.is_dir() { path.join("index.html") } else { path };
        path.is_file().then_some(path)
    }
}

fn head(stream: &mut TcpStream, status: &str, mime: &str, n_bytes: u64) -> io::Result<()> {
    // `no-cache`: a rebuilt file must be seen at the next load.
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: {mime}\r\nContent-Length: {n_bytes}\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n"
    )
}

fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' {
            let (digits, tail) = tail.split_at_checked(2)?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = tail;
        } else {
            bytes.push(*first);
            rest = tail;
        }
    }
    String::from_utf8(bytes).ok()
}

fn mime(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("json") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("wasm") => "application/wasm",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("csv") => "text/csv; charset=utf-8",
        Some("txt" | "md" | "ts") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: &str, expected: Option<&str>) {
        let folder = std::env::temp_dir().join(format!("underglass-serve-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("pkg")).unwrap();
        for file in ["index.html", "pkg/a b.wasm"] {
            std::fs::write(folder.join(file), "").unwrap();
        }
        let site = Site { folder: folder.clone(), prefix: "/deep/site/".into() };
        assert_eq!(site.file(target), expected.map(|path| folder.join(path)), "{target}");
    }

    #[test]
    fn a_folder_answers_with_its_index() {
        check("/deep/site/", Some("index.html"));
        check("/deep/site/?x=1#y", Some("index.html"));
    }

    #[test]
    fn a_name_may_be_percent_encoded() {
        check("/deep/site/pkg/a%20b.wasm", Some("pkg/a b.wasm"));
        check("/deep/site/pkg/a%2", None);
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        for target in
            ["/deep/site/../Cargo.toml", "/deep/site/%2e%2e/Cargo.toml", "/deep/site//etc/passwd", "/index.html", "/"]
        {
            check(target, None);
        }
    }
}
