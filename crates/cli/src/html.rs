//! Self-contained HTML files: one writer, which has the engine escape whatever it is given, so that a column called `<b>` stays a column.
//!
//! A page has no script, loads nothing and says so in its policy; it follows the reader's light or dark scheme and prints.

use crate::chart::Chart;
use std::fmt::Write as _;
use underglass_engine::html::{element, escape};

const STYLE: &str = include_str!("html.css");

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
            Column::Number(_) => Some("figure"),
            Column::Prose(_) => Some("prose"),
        }
    }
}

/// A page under construction. Every text that goes in is text, never markup.
#[derive(Debug)]
pub(crate) struct Page {
    title: String,
    /// What stands between the title and the contents.
    lead: String,
    contents: Vec<String>,
    body: String,
}

impl Page {
    pub(crate) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), lead: String::new(), contents: Vec::new(), body: String::new() }
    }

    /// A line under the title.
    pub(crate) fn subtitle(&mut self, text: &str) {
        self.lead.push_str(&element("p class=\"subtitle\"", text));
    }

    /// Something to know before everything else.
    pub(crate) fn notice(&mut self, text: &str) {
        self.lead.push_str(&element("p class=\"notice\"", text));
    }

    /// Begins a section that the contents list.
    pub(crate) fn section(&mut self, title: &str) {
        self.contents.push(title.to_owned());
        let number = self.contents.len();
        self.body.push_str(&element(&format!("h2 id=\"section-{number}\""), title));
    }

    pub(crate) fn heading(&mut self, text: &str) {
        self.body.push_str(&element("h3", text));
    }

    pub(crate) fn paragraph(&mut self, text: &str) {
        self.body.push_str(&element("p", text));
    }

    pub(crate) fn facts(&mut self, facts: impl Iterator<Item = (String, String)>) {
        let fact =
            |(name, value): (String, String)| format!("<div>{}{}</div>\n", element("dt", &name), element("dd", &value));
        write!(self.body, "<dl>\n{}</dl>\n", facts.map(fact).collect::<String>()).ok();
    }

    pub(crate) fn list(&mut self, points: impl Iterator<Item = String>) {
        let points = points.map(|point| element("li", &point));
        write!(self.body, "<ul>\n{}</ul>\n", points.collect::<String>()).ok();
    }

    /// The page's findings before everything else, each with a mark and its words.
    pub(crate) fn findings(&mut self, findings: &[(Tone, String)]) {
        self.lead.push_str("<ul class=\"findings\">\n");
        for (tone, text) in findings {
            let mark = match tone {
                Tone::Good => "✓",
                Tone::Watch => "!",
                Tone::Bad => "✗",
            };
            let class = tone.class();
            let text = escape(text);
            self.lead.push_str(&format!(
                "<li class=\"{class}\"><span class=\"mark\" aria-hidden=\"true\">{mark}</span><span>{text}</span></li>\n"
            ));
        }
        self.lead.push_str("</ul>\n");
    }

    /// A table with its caption; wide tables scroll by themselves.
    pub(crate) fn table(&mut self, caption: &str, head: &[Column<'_>], rows: &[Vec<Cell>]) {
        let caption = escape(caption);
        self.body.push_str(&format!(
            "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"{caption}\"><table><caption><span>{caption}</span></caption><thead><tr>"
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

    /// The file.
    pub(crate) fn finish(self) -> String {
        let title = escape(&self.title);
        let links =
            self.contents.iter().enumerate().map(|(index, section)| {
                format!("<li><a href=\"#section-{}\">{}</a></li>\n", index + 1, escape(section))
            });
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{}\
             <nav aria-label=\"Contents\"><ol>\n{}</ol></nav>\n{}</main>\n</body>\n</html>\n",
            self.lead,
            links.collect::<String>(),
            self.body
        )
    }
}

/// The class attribute of a cell, if it needs one.
fn classes(column: Option<&'static str>, tone: Option<Tone>) -> String {
    let names: Vec<&str> = column.into_iter().chain(tone.map(Tone::class)).collect();
    if names.is_empty() { String::new() } else { format!(" class=\"{}\"", names.join(" ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::{Axis, Mark, Series};

    #[test]
    fn nothing_that_is_passed_in_becomes_markup() {
        let nasty = "<script>alert(1)</script>\"'&\u{0}";
        let mut page = Page::new(nasty);
        page.subtitle(nasty);
        page.notice(nasty);
        page.section(nasty);
        page.heading(nasty);
        page.paragraph(nasty);
        page.facts([(nasty.to_owned(), nasty.to_owned())].into_iter());
        page.list([nasty.to_owned()].into_iter());
        page.findings(&[(Tone::Bad, nasty.to_owned())]);
        let cell = Cell { text: nasty.to_owned(), under: Some(nasty.to_owned()), tone: Some(Tone::Good) };
        page.table(nasty, &[Column::Text(nasty), Column::Number(nasty)], &[vec![cell.clone(), cell]]);
        let axis = Axis { label: nasty.to_owned(), from: 0.0, to: 1.0, ticks: vec![(0.5, nasty.to_owned())] };
        let series = Series { name: nasty.to_owned(), mark: Mark::Line, points: vec![(0.0, 0.0), (1.0, 1.0)] };
        let chart = Chart { title: nasty.to_owned(), x: axis.clone(), y: axis, series: vec![series] };
        page.charts(&[(chart, nasty.to_owned())]);
        let html = page.finish();
        assert!(!html.contains("<script") && !html.contains("\"'&") && !html.contains('\u{0}'));
        // Title 2, section 2, other texts 8; caption, its label, heads and cells 8; chart with caption 8.
        assert_eq!(html.matches("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;\u{FFFD}").count(), 28);
    }
}
