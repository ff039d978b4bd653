//! One HTML file that stands alone: no script, nothing loaded, light and dark as the reader's system says, printable.
//!
//! Every text is escaped here and nowhere else, so that a column called `<b>` stays a column.

use crate::chart::Chart;

/// How a finding reads at a glance; the words beside it say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Good,
    Watch,
    Bad,
}

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Tone::Good => "good",
            Tone::Watch => "watch",
            Tone::Bad => "bad",
        }
    }
}

/// A cell of a table: a text, a smaller line under it, a tone.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Cell {
    pub(crate) text: String,
    pub(crate) under: Option<String>,
    pub(crate) tone: Option<Tone>,
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Cell { text: text.into(), under: None, tone: None }
    }
}

impl Cell {
    pub(crate) fn toned(text: &str, tone: Tone) -> Self {
        Cell { tone: Some(tone), ..Cell::from(text) }
    }
}

/// A column's head: names are set left, numbers right, prose is given room.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column<'a> {
    Text(&'a str),
    Number(&'a str),
    Prose(&'a str),
}

impl Column<'_> {
    fn name(&self) -> &str {
        match self {
            Column::Text(name) | Column::Number(name) | Column::Prose(name) => name,
        }
    }

    fn class(self) -> Option<&'static str> {
        match self {
            Column::Text(_) => None,
            Column::Number(_) => Some("number"),
            Column::Prose(_) => Some("prose"),
        }
    }
}

/// A page under construction.
#[derive(Debug)]
pub(crate) struct Page {
    title: String,
    body: String,
}

impl Page {
    /// Starts a page with its title and a line under it.
    pub(crate) fn new(title: &str, subtitle: &str) -> Self {
        let body = format!("<header><h1>{}</h1><p>{}</p></header>\n", escape(title), escape(subtitle));
        Self { title: title.to_owned(), body }
    }

    /// A heading.
    pub(crate) fn heading(&mut self, text: &str) {
        self.element("h2", text);
    }

    /// A paragraph.
    pub(crate) fn paragraph(&mut self, text: &str) {
        self.element("p", text);
    }

    /// The page's findings, each with a mark and its words.
    pub(crate) fn findings(&mut self, findings: &[(Tone, String)]) {
        self.body.push_str("<ul class=\"findings\">\n");
        for (tone, text) in findings {
            let mark = match tone {
                Tone::Good => "✓",
                Tone::Watch => "!",
                Tone::Bad => "✗",
            };
            let class = tone.class();
            let text = escape(text);
            self.body.push_str(&format!(
                "<li class=\"{class}\"><span class=\"mark\" aria-hidden=\"true\">{mark}</span><span>{text}</span></li>\n"
            ));
        }
        self.body.push_str("</ul>\n");
    }

    /// A table with its caption; wide tables scroll by themselves.
    pub(crate) fn table(&mut self, caption: &str, head: &[Column<'_>], rows: &[Vec<Cell>]) {
        let caption = escape(caption);
        self.body.push_str(&format!(
            "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption><span>{caption}</span></caption><thead><tr>"
        ));
        for column in head {
            let class = classes(column.class(), None);
            self.body.push_str(&format!("<th scope=\"col\"{class}>{}</th>", escape(column.name())));
        }
        self.body.push_str("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.body.push_str("<tr>");
            for (index, (cell, column)) in row.iter().zip(head).enumerate() {
                let class = classes(column.class(), cell.tone);
                let (open, close) = if index == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
                let under =
                    cell.under.as_ref().map_or_else(String::new, |text| format!("<small>{}</small>", escape(text)));
                self.body.push_str(&format!("<{open}{class}>{}{under}</{close}>", escape(&cell.text)));
            }
            self.body.push_str("</tr>\n");
        }
        self.body.push_str("</tbody></table></div>\n");
    }

    /// Charts side by side, as many as fit, each with a caption.
    pub(crate) fn charts(&mut self, charts: &[(Chart, String)]) {
        self.body.push_str("<div class=\"charts\">\n");
        for (chart, caption) in charts {
            let svg = chart.svg();
            self.body.push_str(&format!("<figure>{svg}<figcaption>{}</figcaption></figure>\n", escape(caption)));
        }
        self.body.push_str("</div>\n");
    }

    /// The finished file.
    pub(crate) fn finish(self) -> Vec<u8> {
        let (title, body) = (escape(&self.title), self.body);
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
             <style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n{body}</main>\n</body>\n</html>\n"
        )
        .into_bytes()
    }

    fn element(&mut self, name: &str, text: &str) {
        self.body.push_str(&format!("<{name}>{}</{name}>\n", escape(text)));
    }
}

/// The class attribute of a cell, if it needs one.
fn classes(column: Option<&'static str>, tone: Option<Tone>) -> String {
    let names: Vec<&str> = column.into_iter().chain(tone.map(Tone::class)).collect();
    if names.is_empty() { String::new() } else { format!(" class=\"{}\"", names.join(" ")) }
}

/// Text that cannot be markup, in elements and in quoted attributes.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // Control characters are not allowed in HTML; a data file may hold them.
            character if character.is_control() && character != '\n' => escaped.push('\u{FFFD}'),
            character => escaped.push(character),
        }
    }
    escaped
}

const STYLE: &str = include_str!("report.css");

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Axis, Mark, Series};

    #[test]
    fn nothing_that_is_passed_in_becomes_markup() {
        let nasty = "<script>alert(1)</script>\"'&\u{0}";
        let mut page = Page::new(nasty, nasty);
        page.heading(nasty);
        page.paragraph(nasty);
        page.findings(&[(Tone::Bad, nasty.to_owned())]);
        let cell = Cell { text: nasty.to_owned(), under: Some(nasty.to_owned()), tone: Some(Tone::Good) };
        page.table(nasty, &[Column::Text(nasty), Column::Number(nasty)], &[vec![cell.clone(), cell]]);
        let axis = Axis { label: nasty.to_owned(), from: 0.0, to: 1.0, ticks: vec![(0.5, nasty.to_owned())] };
        let series = Series { name: nasty.to_owned(), mark: Mark::Line, points: vec![(0.0, 0.0), (1.0, 1.0)] };
        let chart = Chart { title: nasty.to_owned(), x: axis.clone(), y: axis, series: vec![series] };
        page.charts(&[(chart, nasty.to_owned())]);
        let html = String::from_utf8(page.finish()).expect("UTF-8");
        assert!(!html.contains("<script") && !html.contains("\"'&") && !html.contains('\u{0}'));
        // Title, head and subtitle 3; heading, paragraph, finding 3; caption, its label, heads and cells 8; chart 8.
        assert_eq!(html.matches("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\u{FFFD}").count(), 22);
    }
}
