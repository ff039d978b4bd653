//! The report on real data: what is set aside is what people who know the data set aside, and nothing else.

use flate2::read::GzDecoder;
use std::io::Read;
use std::path::{Path, PathBuf};
use underglass_engine::table::Table;
use underglass_learn::labels;
use underglass_learn::quality::{ColumnReport, examine};

fn folder() -> PathBuf {
    let shared = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    std::env::var_os("UNDERGLASS_DATA").map_or_else(shared, PathBuf::from)
}

struct Set {
    file: &'static str,
    target: &'static str,
    positive: &'static str,
    protected: &'static [&'static str],
    leaks: &'static [&'static str],
    identifiers: &'static [&'static str],
}

const SETS: [Set; 9] = [
    Set {
        file: "UCI_Credit_Card.csv",
        target: "default.payment.next.month",
        positive: "1",
        protected: &["SEX", "MARRIAGE", "AGE"],
        leaks: &[],
        identifiers: &["ID"],
    },
    Set {
        file: "cs-training.csv",
        target: "SeriousDlqin2yrs",
        positive: "1",
        protected: &["age"],
        leaks: &[],
        identifiers: &["column_1"],
    },
    Set {
        file: "bank-full.csv",
        target: "y",
        positive: "yes",
        protected: &["age", "marital"],
        leaks: &["duration"],
        identifiers: &[],
    },
    Set {
        file: "germancredit.csv",
        target: "creditability",
        positive: "bad",
        protected: &["personal_status_and_sex", "age_in_years", "foreign_worker"],
        leaks: &[],
        identifiers: &[],
    },
    Set {
        file: "modeldata_credit_data.csv",
        target: "Status",
        positive: "bad",
        protected: &["Age", "Marital"],
        leaks: &[],
        identifiers: &["rownames"],
    },
    Set {
        file: "AER_HMDA_boston.csv",
        target: "deny",
        positive: "yes",
        protected: &["afam", "single"],
        leaks: &[],
        identifiers: &["rownames"],
    },
    Set {
        file: "nannyml_synthetic_car_loan_reference.csv",
        target: "repaid",
        positive: "1",
        protected: &[],
        leaks: &["y_pred_proba", "y_pred"],
        identifiers: &["id"],
    },
    Set {
        file: "hillstrom.csv",
        target: "visit",
        positive: "1",
        protected: &[],
        leaks: &["conversion", "spend"],
        identifiers: &[],
    },
    Set {
        file: "loans_full_schema.csv",
        target: "loan_status",
        positive: "Charged Off",
        protected: &[],
        leaks: &["paid_total", "paid_principal", "paid_interest", "paid_late_fees"],
        identifiers: &["rownames"],
    },
];

#[test]
#[expect(clippy::print_stdout, reason = "one line a file is what this test is read for")]
fn real_data_raises_the_alarms_that_are_true_and_no_other() {
    for set in &SETS {
        let path = folder().join(format!("{}.gz", set.file));
        let Ok(packed) = std::fs::read(&path) else {
            println!("real_data: {} is not there", path.display());
            continue;
        };
        let mut csv = Vec::new();
        GzDecoder::new(&packed[..]).read_to_end(&mut csv).expect("gzip");
        let table = Table::from_csv(&csv).expect("a table");
        let outcomes = labels::read(&table, set.target, Some(set.positive)).expect("outcomes");
        let report = examine(&table, &[], Some((set.target, &outcomes)), None);
        let named = |says: fn(&ColumnReport) -> bool| -> Vec<&str> {
            report.columns.iter().filter(|column| says(column)).map(|column| column.name.as_str()).collect()
        };
        assert!(report.is_usable(), "{}: {:?} {}", set.file, report.personal(), report.faults);
        assert_eq!(named(|column| column.findings.protected), set.protected, "{}", set.file);
        assert_eq!(named(|column| column.findings.leak.is_some()), set.leaks, "{}", set.file);
        assert_eq!(named(|column| column.findings.identifier), set.identifiers, "{}", set.file);
        println!("real_data {}: {} columns as expected", set.file, report.columns.len());
    }
}
