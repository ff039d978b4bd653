//! What a column's name says.

/// Words of a name, lower case: split at everything that is no letter or digit, and where a capital follows a small letter.
pub fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut last = ' ';
    for letter in name.chars() {
        if letter.is_alphanumeric() {
            let begins = !last.is_alphanumeric() || last.is_lowercase() && letter.is_uppercase();
            if begins || words.is_empty() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(letter.to_lowercase());
            }
        }
        last = letter;
    }
    words
}

/// Whether a name's words contain one of these phrases, each of one or more words in a row.
pub fn has_words(words: &[String], phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| {
        let n_words = phrase.split(' ').count();
        words.windows(n_words).any(|window| phrase.split(' ').eq(window.iter().map(String::as_str)))
    })
}

/// The unit that a name says: `duration_in_month` is in months, a number of days late is none.
pub fn unit(name: &str) -> &'static str {
    let words = words(name);
    let counts = ["number", "num", "n", "count"].contains(&words.first().map_or("", String::as_str));
    let said = |(_, spellings): &&(&str, &[&str])| has_words(&words, spellings);
    if counts || words.len() < 2 { "" } else { UNITS.iter().find(said).map_or("", |(unit, _)| unit) }
}

const UNITS: [(&str, &[&str]); 8] = [
    ("months", &["months", "in month", "mths", "mos"]),
    ("years", &["years", "in year", "yrs"]),
    ("days", &["days"]),
    ("%", &["percent", "percentage", "pct"]),
    ("USD", &["usd", "dollars"]),
    ("EUR", &["eur", "euro", "euros"]),
    ("GBP", &["gbp", "pounds"]),
    ("km", &["km", "kilometers", "kilometres"]),
];

/// What a person reads: `credit_amount` becomes "Credit amount".
pub fn label(name: &str) -> String {
    let label = words(name).join(" ");
    let mut letters = label.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => name.to_owned(),
    }
}

/// Words that name a prohibited basis of 12 CFR 1002.2(z), or stand close to one.
const PROTECTED: [&str; 43] = [
    "sex",
    "gender",
    "female",
    "male",
    "marital",
    "marriage",
    "married",
    "single",
    "divorced",
    "race",
    "racial",
    "ethnicity",
    "ethnic",
    "afam",
    "hispanic",
    "black",
    "white",
    "religion",
    "religious",
    "nationality",
    "foreign",
    "citizen",
    "citizenship",
    "immigrant",
    "immigration",
    "pregnant",
    "pregnancy",
    "disability",
    "disabled",
    "dob",
    "birthdate",
    "birthday",
    "birth",
    "welfare",
    "color",
    "colour",
    "creed",
    "ancestry",
    "caste",
    "national origin",
    "country of birth",
    "public assistance",
    "sexual orientation",
];
/// Words beside `age` that make it the age of a thing.
const THINGS: [&str; 24] = [
    "vehicle",
    "car",
    "auto",
    "account",
    "accounts",
    "oldest",
    "newest",
    "credit",
    "file",
    "home",
    "house",
    "property",
    "building",
    "loan",
    "debt",
    "company",
    "business",
    "tradeline",
    "line",
    "card",
    "employment",
    "job",
    "asset",
    "average",
];

/// Whether a name says that the column is a protected attribute of a person.
///
/// ```
/// use underglass_learn::names::is_protected;
/// assert!(["AGE", "personal_status_and_sex", "Marital", "foreign_worker", "age_in_years"].map(is_protected).iter().all(|p| *p));
/// assert!(!["vehicle_age_years", "Package", "status", "Seniority"].map(is_protected).iter().any(|p| *p));
/// ```
pub fn is_protected(name: &str) -> bool {
    let words = words(name);
    let is = |phrases: &[&str]| has_words(&words, phrases);
    is(&PROTECTED) || is(&["personal status"]) || is(&["age", "ages"]) && !is(&THINGS)
}

/// Whether the levels of a category are those of a protected attribute: sex or marital status.
pub fn are_protected<'a>(levels: impl Iterator<Item = &'a str> + Clone) -> bool {
    let all_of = |all: &[&str], telling: &[&str]| {
        let is = |level: &str, list: &[&str]| list.contains(&level.to_lowercase().as_str());
        levels.clone().all(|level| is(level, all)) && levels.clone().filter(|level| is(level, telling)).count() > 1
    };
    const SEXES: [&str; 6] = ["male", "female", "man", "woman", "m", "f"];
    all_of(&[&SEXES[..], &["other", "unknown", "non-binary"]].concat(), &SEXES)
        || all_of(
            &["single", "married", "divorced", "widowed", "widow", "separated", "unknown", "other"],
            &["single", "married", "divorced", "widowed", "widow", "separated"],
        )
}

/// Whether a name says that the column is the day of the row itself, such as an application's.
pub fn is_row_date(name: &str) -> bool {
    const OF_THE_ROW: [&str; 17] = [
        "application",
        "applied",
        "decision",
        "timestamp",
        "snapshot",
        "observation",
        "report",
        "reporting",
        "created",
        "issue",
        "issued",
        "as of",
        "origination",
        "funded",
        "funding",
        "submitted",
        "when",
    ];
    let words = words(name);
    words.len() == 1 && has_words(&words, &["date", "day", "time", "datetime"]) || has_words(&words, &OF_THE_ROW)
}

/// Whether a name says that the column numbers or names the rows.
pub fn is_identifier(name: &str) -> bool {
    let words = words(name);
    let ends = words.last().is_some_and(|word| ["id", "ids", "uuid", "guid"].contains(&word.as_str()));
    let whole =
        ["index", "rownames", "rowname", "row", "row number", "rownum", "row id", "no", "nr", "number", "unnamed 0"];
    ends || whole.contains(&words.join(" ").as_str())
        || name.strip_prefix("column_").is_some_and(|n| n.parse::<u32>().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_unit_is_one_only_when_the_name_says_so() {
        for (name, expected) in [
            ("duration_in_month", "months"),
            ("months_since_last_delinq", "months"),
            ("age_in_years", "years"),
            ("never_delinq_percent", "%"),
            ("price_eur", "EUR"),
            ("month", ""),
            ("day", ""),
            ("NumberOfTime30-59DaysPastDueNotWorse", ""),
            ("default.payment.next.month", ""),
            ("MonthlyIncome", ""),
        ] {
            assert_eq!(unit(name), expected, "{name}");
        }
    }

    #[test]
    fn labels_read_like_words() {
        for (name, expected) in [
            ("credit_amount", "Credit amount"),
            ("default.payment.next.month", "Default payment next month"),
            ("MonthlyIncome", "Monthly income"),
            ("LIMIT_BAL", "Limit bal"),
            ("PAY_0", "Pay 0"),
            ("--", ""),
        ] {
            assert_eq!(label(name), if expected.is_empty() { name } else { expected });
        }
    }
}
