//! Self-contained HTML files: one writer, which escapes whatever it is given.
//!
//! A page has no script, loads nothing and says so in its policy; it follows the reader's light or dark scheme and prints.

use std::fmt::Write as _;

const STYLE: &str = include_str!("html.css");

/// A page under construction. Every text that goes in is text, never markup.
pub(crate) struct Page {
    title: String,
    notice: Option<String>,
    contents: Vec<String>,
    body: String,
}

/// A cell of a table.
pub(crate) enum Cell {
    Text(String),
    /// Set flush right.
    Figure(String),
}

impl Page {
    pub(crate) fn new(title: &str) -> Self {
        Self { title: title.to_owned(), notice: None, contents: Vec::new(), body: String::new() }
    }

    /// Something to know before everything else.
    pub(crate) fn notice(&mut self, text: &str) {
        self.notice = Some(text.to_owned());
    }

    /// Begins a section that the contents list.
    pub(crate) fn section(&mut self, title: &str) {
        self.contents.push(title.to_owned());
        let number = self.contents.len();
        self.element(&format!("h2 id=\"section-{number}\""), title);
    }

    pub(crate) fn heading(&mut self, text: &str) {
        self.element("h3", text);
    }

    pub(crate) fn paragraph(&mut self, text: &str) {
        self.element("p", text);
    }

    pub(crate) fn facts(&mut self, facts: impl Iterator<Item = (String, String)>) {
        self.body.push_str("<dl>\n");
        for (name, value) in facts {
            self.body.push_str("<div>");
            self.element("dt", &name);
            self.element("dd", &value);
            self.body.push_str("</div>\n");
        }
        self.body.push_str("</dl>\n");
    }

    pub(crate) fn list(&mut self, points: impl Iterator<Item = String>) {
        self.body.push_str("<ul>\n");
        points.for_each(|point| self.element("li", &point));
        self.body.push_str("</ul>\n");
    }

    /// A table whose first cell names its row. It scrolls by itself where the page is too narrow for it.
    pub(crate) fn table(&mut self, caption: &str, header: &[String], rows: impl Iterator<Item = Vec<Cell>>) {
        let label = escape(caption);
        write!(self.body, "<div class=\"wide\" role=\"region\" tabindex=\"0\" aria-label=\"{label}\">\n<table>\n").ok();
        self.element("caption", caption);
        self.body.push_str("<thead><tr>");
        let rows: Vec<Vec<Cell>> = rows.collect();
        for (column, name) in header.iter().enumerate() {
            let is_figure = rows.first().is_some_and(|row| matches!(row.get(column), Some(Cell::Figure(_))));
            self.element(if is_figure { "th scope=\"col\" class=\"figure\"" } else { "th scope=\"col\"" }, name);
        }
        self.body.push_str("</tr></thead>\n<tbody>\n");
        for row in rows {
            self.body.push_str("<tr>");
            for (index, cell) in row.iter().enumerate() {
                match cell {
                    Cell::Text(text) if index == 0 => self.element("th scope=\"row\"", text),
                    Cell::Text(text) => self.element("td", text),
                    Cell::Figure(text) => self.element("td class=\"figure\"", text),
                }
            }
            self.body.push_str("</tr>\n");
        }
        self.body.push_str("</tbody>\n</table>\n</div>\n");
    }

    /// The file.
    pub(crate) fn finish(self) -> String {
        let title = escape(&self.title);
        let notice = self.notice.map(|text| format!("<p class=\"notice\">{}</p>\n", escape(&text))).unwrap_or_default();
        let links =
            self.contents.iter().enumerate().map(|(index, section)| {
                format!("<li><a href=\"#section-{}\">{}</a></li>\n", index + 1, escape(section))
            });
        format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta name=\"color-scheme\" content=\"light dark\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n{notice}\
             <nav aria-label=\"Contents\"><ol>\n{}</ol></nav>\n{}</main>\n</body>\n</html>\n",
            links.collect::<String>(),
            self.body
        )
    }

    /// An element with its tag as it opens.
    fn element(&mut self, tag: &str, text: &str) {
        let name = tag.split(' ').next().unwrap_or(tag);
        write!(self.body, "<{tag}>{}</{name}>", escape(text)).ok();
        self.body.push('\n');
    }
}

/// Text as it may stand in an element or between double quotes.
fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter if letter.is_control() && !letter.is_whitespace() => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        let evil = "\"><script>alert('1')</script>&\0";
        let mut page = Page::new(evil);
        page.notice(evil);
        page.section(evil);
        page.heading(evil);
        page.paragraph(evil);
        page.facts([(evil.to_owned(), evil.to_owned())].into_iter());
        page.list([evil.to_owned()].into_iter());
        let row = vec![Cell::Text(evil.to_owned()), Cell::Text(evil.to_owned()), Cell::Figure(evil.to_owned())];
        page.table(evil, &[evil.to_owned()], [row].into_iter());
        let html = page.finish();
        assert!(!html.contains("<script") && !html.contains("alert('1')") && !html.contains('\0'));
        // Twice as title, twice as section, notice, heading, paragraph, fact and value, point; in the table label, caption, header and three cells.
        assert_eq!(html.matches("&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;\u{fffd}").count(), 16);
    }
}
