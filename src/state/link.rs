//! The page's state in the address: which book, which example, and what was changed in it.
//!
//! `#v=1&book=auto&case=maya&income_monthly=3150`. A field given without a value is *not reported*. Only the person's own
//! browser reads what stands behind `#`; it is never sent.

/// The version of this layout.
const VERSION: &str = "1";
/// The key of an example made from a seed: `case=seed-8412`.
const SEED: &str = "seed-";

/// What an address says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The book; `None` is the first one.
    pub book: Option<String>,
    /// The example that the changes start from; `None` is the first one.
    pub example: Option<String>,
    /// Changed fields with what stands in them.
    pub changes: Vec<(String, String)>,
}

/// Why an address could not be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BrokenLink {
    /// Made by a version with another layout.
    Version,
    /// Not of this layout, or of fields that this book does not have.
    Content,
}

impl Link {
    /// Reads what stands behind `#`. Nothing there is the default.
    ///
    /// # Errors
    /// [`BrokenLink`].
    pub fn parse(hash: &str) -> Result<Self, BrokenLink> {
        let hash = hash.strip_prefix('#').unwrap_or(hash);
        if hash.is_empty() {
            return Ok(Self::default());
        }
        let mut link = Self::default();
        let mut version = None;
        for pair in hash.split('&') {
            let (key, value) = pair.split_once('=').ok_or(BrokenLink::Content)?;
            let (key, value) = decode(key).zip(decode(value)).ok_or(BrokenLink::Content)?;
            match key.as_str() {
                "v" => version = Some(value),
                "book" => link.book = Some(value),
                "case" => link.example = Some(value),
                _ => link.changes.push((key.strip_prefix("f.").map(str::to_owned).unwrap_or(key), value)),
            }
        }
        match version.as_deref() {
            Some(VERSION) => Ok(link),
            Some(_) => Err(BrokenLink::Version),
            None => Err(BrokenLink::Content),
        }
    }

    /// The text behind `#`, with it.
    pub fn text(&self) -> String {
        let mut out = format!("#v={VERSION}");
        let named = [("book", &self.book), ("case", &self.example)];
        for (key, value) in named.into_iter().filter_map(|(key, value)| Some((key, value.as_ref()?))) {
            out += &format!("&{key}={}", encode(value));
        }
        for (field, value) in &self.changes {
            // A field may be named like a key of ours.
            let prefix =
                if matches!(field.as_str(), "v" | "book" | "case") || field.starts_with("f.") { "f." } else { "" };
            out += &format!("&{prefix}{}={}", encode(field), encode(value));
        }
        out
    }
}

/// The name of the example that a seed makes.
pub fn seeded(seed: u64) -> String {
    format!("{SEED}{seed}")
}

/// The seed in an example's name.
pub fn seed_of(example: &str) -> Option<u64> {
    example.strip_prefix(SEED)?.parse().ok()
}

fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b':' | b',' => {
                out.push(char::from(byte))
            }
            _ => out += &format!("%{byte:02X}"),
        }
    }
    out
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let mut digit = || rest.next().and_then(|byte| char::from(byte).to_digit(16));
            let value = digit()? * 16 + digit()?;
            bytes.push(u8::try_from(value).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(changes: &[(&str, &str)]) -> Link {
        let changes = changes.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect();
        Link { book: Some("auto".to_owned()), example: Some("maya".to_owned()), changes }
    }

    #[test]
    fn reads_what_it_writes() {
        for changes in [
            &[][..],
            &[("income_monthly", "3150"), ("utilization", "")],
            &[("v", "2"), ("f.x", "a&b=c#%"), ("größe", "mittel groß")],
        ] {
            let link = link(changes);
            assert_eq!(Link::parse(&link.text()), Ok(link));
        }
    }

    #[test]
    fn stays_short_and_readable() {
        assert_eq!(link(&[("income_monthly", "3150")]).text(), "#v=1&book=auto&case=maya&income_monthly=3150");
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        assert_eq!(Link::parse("#v=2&book=auto"), Err(BrokenLink::Version));
        for broken in ["#book=auto", "#nonsense", "#v=1&x=%zz", "#v=1&x=%f", "#v=1&x=%ff", "#v=1&&"] {
            assert_eq!(Link::parse(broken), Err(BrokenLink::Content), "{broken}");
        }
        assert_eq!(Link::parse(""), Ok(Link::default()));
        assert_eq!(Link::parse("#"), Ok(Link::default()));
    }

    #[test]
    fn a_seed_is_an_example() {
        assert_eq!(seed_of(&seeded(8412)), Some(8412));
        assert_eq!(seed_of("maya"), None);
    }
}
