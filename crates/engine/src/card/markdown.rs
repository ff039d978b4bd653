//! A card as Markdown. Names from data are text, whatever characters they have.

use super::{Block, Card};
use std::fmt::Write as _;

/// The card as GitHub-flavoured Markdown.
pub fn markdown(card: &Card) -> String {
    let mut text = format!("# Model card: {}\n", escaped(&card.model));
    if let Some(notice) = &card.notice {
        write!(text, "\n**{}**\n", escaped(notice)).ok();
    }
    for section in &card.sections {
        write!(text, "\n## {}\n", escaped(&section.title)).ok();
        for block in &section.blocks {
            text.push('\n');
            text.push_str(&lines(block));
        }
    }
    text
}

fn lines(block: &Block) -> String {
    match block {
        Block::Heading(heading) => format!("### {}\n", escaped(heading)),
        Block::Text(sentence) => format!("{}\n", escaped(sentence)),
        Block::Facts(facts) => facts
            .iter()
            .map(|(name, fact)| format!("- **{}**: {}\n", escaped(name), escaped(&fact.to_string())))
            .collect(),
        Block::Table { caption, header, rows } => {
            let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
            let names = line(header.iter().map(|name| escaped(name)).collect());
            let rule = line(header.iter().map(|_| "---".to_owned()).collect());
            let body = rows.iter().map(|row| line(row.iter().map(|fact| escaped(&fact.to_string())).collect()));
            format!("{}\n\n{names}{rule}{}", escaped(caption), body.collect::<String>())
        }
        Block::List(points) => points.iter().map(|point| format!("- {}\n", escaped(point))).collect(),
    }
}

/// Every character that Markdown or HTML could take for markup, behind a backslash or as an entity; one line.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => safe.extend(['\\', letter]),
            letter if letter.is_control() => safe.push(' '),
            letter => safe.push(letter),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_data_is_no_markup() {
        assert_eq!(escaped("a|b\n<img src=x> _c_ [d](e)"), "a\\|b &lt;img src=x&gt; \\_c\\_ \\[d\\](e)");
    }
}
