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
const PROTECTED: [&str; 36] = [
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
    let is = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let personal_status = words.windows(2).any(|pair| pair[0] == "personal" && pair[1] == "status");
    is(&PROTECTED) || personal_status || is(&["age", "ages"]) && !is(&THINGS)
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
