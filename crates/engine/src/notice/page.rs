//! The sheet that a letter is written on. Every text that goes in is text, never markup.

use super::Contact;
use super::words::Words;
use crate::html::{element, escape};

const STYLE: &str = include_str!("letter.css");

/// A letter under construction.
pub(super) struct Sheet<'a> {
    words: &'a Words,
    body: String,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(words: &'a Words) -> Self {
        Self { words, body: String::new() }
    }

    /// Who writes to whom, and when.
    pub(super) fn head(&mut self, from: &Contact, to: &Contact, date: &str) {
        let body = &mut self.body;
        body.push_str("<header>\n");
        body.push_str(&element("p class=\"from\"", &from.name));
        body.push_str(&lines("p class=\"reach\"", &reach(self.words, from)));
        body.push_str("</header>\n<div class=\"to\">\n");
        let applicant: Vec<String> = std::iter::once(&to.name).chain(&to.address).cloned().collect();
        body.push_str(&lines("address", &applicant));
        body.push_str(&element("p", date));
        body.push_str("</div>\n");
    }

    pub(super) fn title(&mut self, text: &str) {
        self.body.push_str(&element("h1", text));
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.body.push_str(&element("h2", text));
    }

    pub(super) fn paragraph(&mut self, text: &str) {
        self.body.push_str(&element("p", text));
    }

    /// The text of a law, set apart.
    pub(super) fn law(&mut self, text: &str) {
        self.body.push_str(&element("p class=\"law\"", text));
    }

    /// A list whose order means something.
    pub(super) fn ranked(&mut self, items: &[String]) {
        let items: String = items.iter().map(|item| element("li", item)).collect();
        self.body.push_str(&format!("<ol>\n{items}</ol>\n"));
    }

    pub(super) fn list(&mut self, items: &[String]) {
        let items: String = items.iter().map(|item| element("li", item)).collect();
        self.body.push_str(&format!("<ul>\n{items}</ul>\n"));
    }

    pub(super) fn facts(&mut self, facts: &[(&str, String)]) {
        self.body.push_str("<dl>\n");
        for (name, value) in facts {
            self.body.push_str(&format!("<div>{}{}</div>\n", element("dt", name), element("dd", value)));
        }
        self.body.push_str("</dl>\n");
    }

    /// Where somebody is reached.
    pub(super) fn contact(&mut self, contact: &Contact) {
        let all: Vec<String> = std::iter::once(contact.name.clone()).chain(reach(self.words, contact)).collect();
        self.body.push_str(&lines("address class=\"contact\"", &all));
    }

    /// A score as large as the law wants it to be seen.
    pub(super) fn score(&mut self, label: &str, points: &str, facts: &[(&str, String)]) {
        self.body.push_str("<div class=\"score\">\n<p class=\"points\">");
        self.body.push_str(&format!("<small>{}</small><strong>{}</strong></p>\n", escape(label), escape(points)));
        self.facts(facts);
        self.body.push_str("</div>\n");
    }

    /// The file. `origin` says what the letter was made from.
    pub(super) fn finish(self, title: &str, origin: &str) -> String {
        let Words { language, simulation, simulation_long, .. } = self.words;
        let banner = format!("<strong>{}</strong> {}", escape(simulation), escape(simulation_long));
        format!(
            "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{}: {}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <div class=\"watermark\" aria-hidden=\"true\">{}</div>\n<main>\n\
             <p class=\"banner\" role=\"note\">{banner}</p>\n{}<footer>\n{}{}</footer>\n</main>\n</body>\n</html>\n",
            escape(simulation),
            escape(title),
            escape(simulation),
            self.body,
            element("p", simulation_long),
            element("p", origin),
        )
    }
}

/// Postal address, telephone and site, as far as they are known.
fn reach(words: &Words, contact: &Contact) -> Vec<String> {
    let telephone = (!contact.telephone.is_empty()).then(|| format!("{} {}", words.telephone, contact.telephone));
    let website = (!contact.website.is_empty()).then(|| contact.website.clone());
    contact.address.iter().cloned().chain(telephone).chain(website).collect()
}

/// An element with a line a text.
fn lines(tag: &str, texts: &[String]) -> String {
    let name = tag.split(' ').next().unwrap_or(tag);
    let escaped: Vec<String> = texts.iter().map(|text| escape(text)).collect();
    format!("<{tag}>{}</{name}>\n", escaped.join("<br>"))
}
