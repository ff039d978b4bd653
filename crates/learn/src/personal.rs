//! Personal data: columns that name, reach or locate a person, told by their names and by their cells.
//!
//! Only kinds, column names and counts leave this module, never a value.

use crate::names::{has_words, words};
use crate::profile::{Profile, Shape};
use serde::Serialize;
use std::fmt;
use underglass_engine::table::{self, Table};

/// How a column identifies people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names say it")]
pub enum PersonalKind {
    Email,
    Phone,
    GovernmentId,
    CardNumber,
    BankAccount,
    PersonName,
    StreetAddress,
    BirthDate,
}

/// Personal data in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PersonalData {
    /// What it is.
    pub kind: PersonalKind,
    /// Cells whose content says so; 0 when only the column's name does.
    pub cells: u64,
}

impl fmt::Display for PersonalKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            PersonalKind::Email => "e-mail addresses",
            PersonalKind::Phone => "telephone numbers",
            PersonalKind::GovernmentId => "numbers of a person's official papers",
            PersonalKind::CardNumber => "payment card numbers",
            PersonalKind::BankAccount => "bank account numbers",
            PersonalKind::PersonName => "names of people",
            PersonalKind::StreetAddress => "street addresses",
            PersonalKind::BirthDate => "dates of birth",
        })
    }
}

impl fmt::Display for PersonalData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cells {
            0 => write!(f, "{}, by its name", self.kind),
            cells => write!(f, "{} in {cells} cells", self.kind),
        }
    }
}

/// Words of names, in this order, and what such a column holds.
const NAMED: [(PersonalKind, &[&str]); 8] = [
    (PersonalKind::Email, &["email", "e mail", "mail"]),
    (PersonalKind::Phone, &["phone", "telephone", "mobile", "cellphone", "fax"]),
    (
        PersonalKind::GovernmentId,
        &[
            "ssn",
            "social security",
            "passport",
            "national id",
            "tax id",
            "tin",
            "nino",
            "itin",
            "driver license",
            "drivers license",
            "licence number",
            "license number",
        ],
    ),
    (PersonalKind::CardNumber, &["card number", "cc number", "credit card no"]),
    (PersonalKind::BankAccount, &["iban", "account number", "bank account"]),
    (
        PersonalKind::PersonName,
        &[
            "first name",
            "last name",
            "full name",
            "given name",
            "family name",
            "middle name",
            "maiden name",
            "customer name",
            "applicant name",
            "borrower name",
            "client name",
            "person name",
            "surname",
            "firstname",
            "lastname",
            "fullname",
            "forename",
        ],
    ),
    (PersonalKind::StreetAddress, &["address", "street", "addr"]),
    (PersonalKind::BirthDate, &["dob", "birth date", "date of birth", "birthdate", "birthday", "birth day"]),
];

type CellTest = fn(&str) -> bool;

/// Tests of one cell and the smallest share of a column's cells that must pass; a share of 0 is met by one cell.
const TOLD_BY_CELLS: [(PersonalKind, CellTest, f64); 6] = [
    (PersonalKind::Email, has_email, 0.0),
    (PersonalKind::GovernmentId, has_social_security_number, 0.0),
    (PersonalKind::BankAccount, has_iban, 0.0),
    (PersonalKind::Phone, is_phone, 0.2),
    (PersonalKind::StreetAddress, is_street_address, 0.4),
    (PersonalKind::PersonName, is_person_name, 0.8),
];
/// Years between the 5 % and 95 % quantiles of dates that few things but births have.
const YEARS_OF_BIRTHS: i32 = 25;

/// What a column tells about people, if anything.
pub fn personal(table: &Table, column: usize, profile: &Profile) -> Option<PersonalData> {
    by_cells(table, column, profile).or_else(|| {
        let kind = by_name(&table.names()[column])?;
        // A yes or no, a code or a measure under such a name says nothing about who somebody is.
        let filled = profile.filled(table.n_rows());
        let fits = match &profile.shape {
            Shape::Number(numbers) => {
                let long = numbers.whole && numbers.quantile(0.5) >= 1e6;
                long && matches!(
                    kind,
                    PersonalKind::Phone
                        | PersonalKind::GovernmentId
                        | PersonalKind::CardNumber
                        | PersonalKind::BankAccount
                )
            }
            Shape::Date(_) => kind == PersonalKind::BirthDate,
            Shape::Text | Shape::Category(_) => true,
            Shape::Empty | Shape::Constant(_) => false,
        };
        let tells_apart = matches!(profile.shape, Shape::Text | Shape::Date(_)) || 2 * profile.distinct >= filled;
        (fits && tells_apart).then_some(PersonalData { kind, cells: 0 })
    })
}

/// Whether a text itself is personal data: a header line that is missing makes data of names.
pub fn is_personal_text(text: &str) -> bool {
    TOLD_BY_CELLS[..4].iter().any(|(_, test, _)| test(text)) || card(text) == Some(true)
}

/// A cell as an error shows it: withheld when it is personal data itself.
pub fn shown(cell: &str) -> String {
    if is_personal_text(cell) { "a value that is withheld".to_owned() } else { table::shown(cell) }
}

fn by_name(name: &str) -> Option<PersonalKind> {
    let words = words(name);
    if words == ["name"] {
        return Some(PersonalKind::PersonName);
    }
    NAMED.iter().find(|(_, named)| has_words(&words, named)).map(|(kind, _)| *kind)
}

fn by_cells(table: &Table, column: usize, profile: &Profile) -> Option<PersonalData> {
    let there = || table.cells(column).filter(|cell| !cell.is_empty());
    let filled = profile.filled(table.n_rows());
    let found = |kind, cells: usize| Some(PersonalData { kind, cells: cells as u64 });
    match &profile.shape {
        Shape::Empty => return None,
        Shape::Date(dates) => {
            let last = dates.sorted.len() - 1;
            let (early, late) = (dates.sorted[last / 20], dates.sorted[last - last / 20]);
            let is_birth = filled >= 5 && early.months_until(late) >= 12 * YEARS_OF_BIRTHS;
            return is_birth.then_some(PersonalData { kind: PersonalKind::BirthDate, cells: filled as u64 });
        }
        _ => {}
    }
    // Numbers with decimals pass no test below.
    if !matches!(&profile.shape, Shape::Number(numbers) if !numbers.whole) {
        let (mut candidates, mut cards) = (0, 0);
        there().filter_map(card).for_each(|valid| {
            candidates += 1;
            cards += usize::from(valid);
        });
        // One in ten numbers of such a length has a valid check digit.
        if cards > 0 && 2 * cards >= candidates {
            return found(PersonalKind::CardNumber, cards);
        }
    }
    if matches!(profile.shape, Shape::Number(_)) && there().all(|cell| cell.parse::<f64>().is_ok()) {
        return None;
    }
    let tells_apart = filled >= 5 && 2 * profile.distinct >= filled;
    TOLD_BY_CELLS.iter().find_map(|(kind, test, share)| {
        if *kind == PersonalKind::PersonName && !tells_apart {
            return None;
        }
        let cells = there().filter(|cell| test(cell)).count();
        (cells > 0 && cells as f64 >= share * filled as f64)
            .then_some(PersonalData { kind: *kind, cells: cells as u64 })
    })
}

fn has_email(cell: &str) -> bool {
    let of_local = |letter: char| letter.is_alphanumeric() || "._%+-'".contains(letter);
    let of_domain = |letter: char| letter.is_alphanumeric() || ".-".contains(letter);
    cell.match_indices('@').any(|(at, _)| {
        let local = cell[..at].chars().next_back().is_some_and(of_local);
        let domain = cell[at + 1..].split(|letter| !of_domain(letter)).next().unwrap_or("").trim_end_matches('.');
        let (host, top) = domain.rsplit_once('.').unwrap_or(("", ""));
        local && !host.is_empty() && !host.starts_with('.') && top.len() >= 2 && top.chars().all(char::is_alphabetic)
    })
}

/// `AAA-GG-SSSS` with an area, group and serial that the Social Security Administration issues.
fn has_social_security_number(cell: &str) -> bool {
    let bytes = cell.as_bytes();
    let is_digit = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);
    (0..bytes.len().saturating_sub(10)).any(|from| {
        let shaped =
            (0..11).all(|at| if at == 3 || at == 6 { b"- ".contains(&bytes[from + at]) } else { is_digit(from + at) });
        let alone = (from == 0 || !is_digit(from - 1) && bytes[from - 1] != b'-') && !is_digit(from + 11);
        let part = |range: std::ops::Range<usize>| cell.get(from + range.start..from + range.end).unwrap_or("");
        let (area, group, serial) = (part(0..3), part(4..6), part(7..11));
        shaped && alone && area != "000" && area != "666" && area < "900" && group != "00" && serial != "0000"
    })
}

/// An International Bank Account Number with a valid check sum (ISO 13616), alone or among words.
fn has_iban(cell: &str) -> bool {
    let is_iban = |text: &str| {
        let bytes = text.as_bytes();
        let shaped = (15..=34).contains(&bytes.len())
            && bytes.iter().all(u8::is_ascii_alphanumeric)
            && bytes[..2].iter().all(u8::is_ascii_uppercase)
            && bytes[2..4].iter().all(u8::is_ascii_digit);
        // Letters count 10 to 35; the first four characters stand last.
        shaped
            && bytes[4..].iter().chain(&bytes[..4]).fold(0_u32, |rest, byte| {
                let value = char::from(*byte).to_digit(36).unwrap_or(0);
                (rest * if value > 9 { 100 } else { 10 } + value) % 97
            }) == 1
    };
    let compact: String = cell.chars().filter(|letter| *letter != ' ').collect();
    is_iban(&compact) || cell.split(|letter: char| !letter.is_ascii_alphanumeric()).any(is_iban)
}

/// Whether a cell that holds 13 to 19 digits, grouped or not, is a payment card number; `None` when it holds no such run.
fn card(cell: &str) -> Option<bool> {
    let of_card = |letter: char| letter.is_ascii_digit() || letter == ' ' || letter == '-';
    let runs = cell.split(|letter: char| !of_card(letter) && letter != '.' && letter != ',');
    let digits = runs
        .filter(|run| run.chars().all(of_card))
        .map(|run| run.bytes().filter(u8::is_ascii_digit).map(|byte| u32::from(byte - b'0')).collect::<Vec<_>>());
    digits.filter(|digits| (13..=19).contains(&digits.len())).map(|digits| is_card(&digits)).reduce(|a, b| a || b)
}

fn is_card(digits: &[u32]) -> bool {
    let first = |n: usize| digits[..n].iter().fold(0, |number, digit| number * 10 + digit);
    let issued = match digits.len() {
        13 => first(1) == 4,
        14 => first(2) == 36 || first(2) == 38 || (300..=305).contains(&first(3)),
        15 => first(2) == 34 || first(2) == 37,
        16 => {
            let two = first(2);
            first(1) == 4
                || (51..=55).contains(&two)
                || (2221..=2720).contains(&first(4))
                || [35, 60, 62, 64, 65].contains(&two)
        }
        _ => [62, 65].contains(&first(2)) || first(1) == 4,
    };
    // Luhn: every second digit from the right doubled, digits of the result added.
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match at % 2 {
            0 => *digit,
            _ if *digit > 4 => 2 * digit - 9,
            _ => 2 * digit,
        })
        .sum();
    issued && sum.is_multiple_of(10)
}

/// `+49 170 1234567`, `(555) 123-4567`, `555-123-4567`, `030/1234567`.
fn is_phone(cell: &str) -> bool {
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let shaped = cell.chars().all(|letter| letter.is_ascii_digit() || "+()-./ ".contains(letter));
    if !shaped || !(9..=15).contains(&digits) || cell.parse::<f64>().is_ok() && !cell.starts_with('+') {
        return false;
    }
    let groups: Vec<usize> =
        cell.split(|letter: char| !letter.is_ascii_digit()).map(str::len).filter(|len| *len > 0).collect();
    let national = cell.starts_with('0') && !cell.starts_with("000") && groups.len() > 1;
    cell.starts_with('+') || national || groups == [3, 3, 4] || groups == [1, 3, 3, 4]
}

const STREETS: [&str; 24] = [
    "st",
    "street",
    "ave",
    "avenue",
    "rd",
    "road",
    "blvd",
    "boulevard",
    "ln",
    "lane",
    "dr",
    "drive",
    "ct",
    "court",
    "pl",
    "place",
    "ter",
    "terrace",
    "hwy",
    "highway",
    "rue",
    "via",
    "calle",
    "platz",
];

fn is_street_address(cell: &str) -> bool {
    let words: Vec<String> = cell
        .split(|letter: char| !letter.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let number = words.iter().any(|word| word.len() <= 6 && word.starts_with(|letter: char| letter.is_ascii_digit()));
    let street =
        |word: &String| STREETS.contains(&word.as_str()) || word.ends_with("straße") || word.ends_with("strasse");
    number && words.len() > 1 && words.iter().any(street)
}

/// Two or three capitalised words of letters, the middle one perhaps an initial.
fn is_person_name(cell: &str) -> bool {
    let words: Vec<&str> = cell.split([' ', ',']).filter(|word| !word.is_empty()).collect();
    let is_name = |word: &&str| {
        let initial = word.len() == 2 && word.ends_with('.');
        let letters =
            word.chars().all(|letter| letter.is_alphabetic() || letter == '-' || letter == '\'' || letter == '’');
        let capital = word.starts_with(char::is_uppercase);
        let rest = word.chars().skip(1).any(char::is_lowercase) || word.chars().all(char::is_uppercase);
        initial && capital || letters && capital && rest
    };
    (2..=3).contains(&words.len()) && words.iter().all(is_name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str, cells: &[&str]) -> Option<PersonalData> {
        let table = Table::from_columns(&[(name.to_owned(), cells.to_vec())]).expect("a table");
        personal(&table, 0, &Profile::of(&table, 0))
    }

    #[test]
    fn cells_tell_whom_they_are_about() {
        for (kind, cells) in [
            (PersonalKind::Email, &["none", "write to ann.lee@mail.example.org.", "none", "x", "y"][..]),
            (PersonalKind::GovernmentId, &["078-05-1120", "219-09-9999", "x"]),
            (PersonalKind::BankAccount, &["DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "none"]),
            (PersonalKind::CardNumber, &["4111111111111111", "5500005555555559", "371449635398431"]),
            (PersonalKind::CardNumber, &["paid by 4111 1111 1111 1111", "cash", "transfer"]),
            (PersonalKind::Phone, &["+49 170 1234567", "(555) 123-4567", "030/12345678", "none"]),
            (PersonalKind::StreetAddress, &["12 Main Street", "7b Oak Ave, Springfield", "Hauptstraße 12"]),
            (PersonalKind::PersonName, &["Ann Lee", "Bob O'Neil", "Carla M. Diaz", "Dörte Groß", "Lee, Ann"]),
            (PersonalKind::BirthDate, &["1950-01-31", "1961-02-01", "1988-07-09", "1999-12-31", "1975-05-05"]),
        ] {
            assert_eq!(found("x", cells).map(|data| data.kind), Some(kind), "{cells:?}");
        }
    }

    #[test]
    fn what_merely_looks_alike_is_left_alone() {
        for cells in [
            &["a@b", "@home", "5 @ 3.50", "x", "y"][..],
            &["000-12-3456", "912-12-3456", "123-45-67890", "x"],
            &["DE89370400440532013001", "AB12", "x", "y"],
            &["4111111111111112", "1546300800000", "6011000990139425", "x"],
            &["0.1234567890123456", "0.4111111111111111", "1.5", "2"],
            &["2018-01-01", "2019-02-03", "2019-02-04", "2019-02-05", "2019-02-06"],
            &["2018-01-01 00:00:00", "x", "31.12.2020", "y"],
            &["Debt Consolidation", "Home Improvement", "Debt Consolidation", "Debt Consolidation", "Home Improvement"],
            &["global config engineer", "warehouse office clerk", "Teacher", "driver", "owner"],
            &["12 months", "1 place", "no street", "x", "y"],
            &["-12345678", "+25000", "123456789", "987654321"],
        ] {
            assert_eq!(found("x", cells), None, "{cells:?}");
        }
    }

    #[test]
    fn a_name_counts_where_the_cells_can_tell_people_apart() {
        let numbers: Vec<String> = (0..100).map(|n| (5_551_000_000_u64 + n).to_string()).collect();
        let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
        for (name, cells, kind) in [
            ("mobile_phone", &numbers[..], Some(PersonalKind::Phone)),
            ("amount", &numbers, None),
            ("telephone", &["yes", "none", "yes", "none", "yes"], None),
            ("last_name", &["LEE", "DIAZ", "KIM"], Some(PersonalKind::PersonName)),
            ("dealer_name", &["LEE", "DIAZ", "KIM"], None),
            ("dob", &["1999-01-01", "2000-01-01", "2001-01-01"], Some(PersonalKind::BirthDate)),
            ("email_opened", &["0", "1", "1", "0"], None),
        ] {
            assert_eq!(found(name, cells).map(|data| data.kind), kind, "{name}");
        }
    }
}
