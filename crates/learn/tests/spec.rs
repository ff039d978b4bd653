//! A specification trains, and the artifact carries what it says.

use flate2::read::GzDecoder;
use std::io::Read;
use std::path::{Path, PathBuf};
use underglass_engine::application::{Action, Actionability, InputKind, Permitted, Personal, Role};
use underglass_engine::features::{Direction, Expr};
use underglass_engine::table::Table;
use underglass_learn::plan::Permit;
use underglass_learn::spec::{Spec, SpecError};
use underglass_learn::{LearnError, Plan, train};

fn plan(spec: &str) -> Result<Plan, SpecError> {
    let spec = Spec::parse(spec)?;
    let target = spec.target.clone().unwrap_or_default();
    Ok(spec.plan(&target, Permit::Named(Vec::new())))
}

const GERMAN: &str = r#"
name = "german"
version = "3"
intended_use = "A test."
target = "creditability"
positive = "bad"
definition = "Bad as the bank rated it."
window_months = 12
seed = 11
folds = 3
cutoffs = [600, 660]
as_of = "1994-11-17"
drop = ["telephone"]
settings = { trees = 20, depth = 3 }

[[inputs]]
name = "credit_amount"
label = "Amount of the loan"
unit = "DM"
min = 0
max = 50000
role = "loan_amount"
action = { direction = "down", step = 100, cost_per_step = 1 }

[[inputs]]
name = "number_of_existing_credits_at_this_bank"
kind = "category"
levels = ["1", "2", { name = "3", label = "three" }, "4"]
permitted = "policy"

[[inputs]]
name = "age_in_years"
permitted = "model"
personal = "protected"

[[features]]
name = "amount_a_month"
label = "Amount a month"
from = { ratio = [{ input = "credit_amount" }, { input = "duration_in_month" }] }
direction = "increasing"
family = "burden"

[[features]]
name = "duration_in_month"
direction = "increasing"
family = "burden"
"#;

#[test]
#[expect(clippy::print_stdout, reason = "says why nothing ran")]
fn real_data_with_a_specification_gives_an_artifact_that_says_it() {
    let shared = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data");
    let path = std::env::var_os("UNDERGLASS_DATA").map_or_else(shared, PathBuf::from).join("germancredit.csv.gz");
    let Ok(packed) = std::fs::read(&path) else {
        return println!("real_data: {} is not there", path.display());
    };
    let mut csv = Vec::new();
    GzDecoder::new(&packed[..]).read_to_end(&mut csv).expect("gzip");
    let table = Table::from_csv(&csv).expect("a table");
    let trained = train(&table, plan(GERMAN).expect("a specification")).expect("a model");
    let file = trained.model.file();
    assert_eq!((&file.name[..], &file.version[..], &file.intended_use[..]), ("german", "3", "A test."));
    assert_eq!((&file.target.positive[..], file.target.window_months), ("bad", Some(12)));
    assert_eq!(file.target.definition, "Bad as the bank rated it.");
    assert_eq!((&file.lineage.seed[..], file.lineage.as_of.to_string()), ("11", "1994-11-17".to_owned()));
    assert_eq!(
        (
            file.metrics.as_ref().map(|metrics| metrics.folds),
            file.lineage.parameters["trees"],
            file.lineage.parameters["depth"]
        ),
        (Some(3), 20.0, 3.0)
    );
    assert_eq!(file.lineage.permitted_by_request, ["age_in_years"]);

    let schema = trained.model.schema();
    let input = |name: &str| &schema.inputs()[schema.input_index(name).expect(name)];
    let amount = input("credit_amount");
    assert_eq!(
        (&amount.label[..], &amount.unit[..], amount.role),
        ("Amount of the loan", "DM", Some(Role::LoanAmount))
    );
    assert!(matches!(amount.kind, InputKind::Number { min: Some(0.0), max: Some(50_000.0), whole: true, .. }));
    assert_eq!(amount.action, Action { direction: Actionability::Down, step: 100.0, cost_per_step: 1.0 });
    let credits = input("number_of_existing_credits_at_this_bank");
    assert_eq!(credits.permitted, Permitted::Policy);
    assert!(matches!(&credits.kind, InputKind::Category { levels } if levels[2].label == "three" && levels.len() == 4));
    assert_eq!(input("age_in_years").personal, Personal::Protected);
    assert_eq!((schema.input_index("telephone"), schema.feature_index(&credits.name)), (None, None));

    let feature = |name: &str| &schema.features()[schema.feature_index(name).expect(name)];
    let derived = feature("amount_a_month");
    assert!(matches!(derived.from, Expr::Ratio(..)) && derived.direction == Direction::Increasing);
    assert_eq!((&derived.label[..], &derived.family[..]), ("Amount a month", "burden"));
    assert_eq!(feature("duration_in_month").family, "burden");
    assert_eq!(feature("age_in_years").direction, Direction::Free);
}

/// 200 rows with a number, a category and two dates.
fn small() -> Table {
    let row = |row: usize| {
        let opened = format!("{}-0{}-11", 2000 + row % 20, 1 + row % 9);
        let home = ["own", "rent", "other"][row % 3];
        let bad = u8::from(row * 37 % 101 < 30 + row % 20);
        format!("{},{home},{opened},2024-01-31 08:15:00,{bad}\n", row * 7919 % 1000)
    };
    let csv: String = std::iter::once("income,home,opened,applied,bad\n".to_owned()).chain((0..200).map(row)).collect();
    Table::from_csv(csv.as_bytes()).expect("a table")
}

#[test]
fn only_what_is_listed_is_used_and_dates_become_months() {
    let spec = r#"
        target = "bad"
        columns = "listed"
        settings = { trees = 5 }
        inputs = [
            { name = "opened", kind = "date" },
            { name = "applied", kind = "date" },
            { name = "income", permitted = "policy" },
        ]
        features = [{ name = "months_open", from = { months_between = ["opened", "applied"] }, direction = "decreasing" }]
    "#;
    let trained = train(&small(), plan(spec).expect("a specification")).expect("a model");
    let schema = trained.model.schema();
    let names: Vec<&str> = schema.inputs().iter().map(|input| input.name.as_str()).collect();
    assert_eq!(names, ["income", "opened", "applied"]);
    assert_eq!(schema.features().len(), 1);
    // From 2019-02-11 and from 2000-01-11 to 2024-01-31.
    let (low, high) = schema.features()[0].range.expect("a range");
    assert!(low >= 50.0 && high <= 288.0 && low < 60.0 && high > 280.0, "{low} {high}");
}

#[test]
fn a_specification_that_cannot_be_met_is_refused_with_its_line() {
    let parsed = |spec: &str| plan(spec).expect_err(spec).to_string();
    assert!(
        parsed("target = \"bad\"\nseed = -1\n").starts_with("line 2: "),
        "{}",
        parsed("target = \"bad\"\nseed = -1\n")
    );
    assert!(parsed("target = \"bad\"\n\nsed = 1\n").starts_with("line 3: unknown field `sed`"));
    assert!(parsed("[[inputs]]\nname = \"x\"\nrole = \"boss\"\n").starts_with("line 3: unknown variant `boss`"));
    let refused = |said: &str| {
        let plan = plan(&format!("target = \"bad\"\n{said}\n")).expect("TOML");
        let error = train(&small(), plan).map(|_| ()).expect_err(said);
        assert!(matches!(error, LearnError::Spec(_)), "{error:?}");
        error.to_string()
    };
    for (said, expected) in [
        ("[[inputs]]\nname = \"incme\"", "line 3: the data has no column \"incme\""),
        (
            "[[inputs]]\nname = \"income\"\nlevels = [\"a\"]",
            "line 3: input \"income\" is a number or date and has no levels",
        ),
        ("[[inputs]]\nname = \"home\"\nmin = 0", "line 3: input \"home\" is a text or date and has no range"),
        (
            "[[inputs]]\nname = \"income\"\nmin = 5\nmax = 1",
            "line 3: \"income\" has a number or a range that makes no sense",
        ),
        (
            "[[features]]\nname = \"burden\"",
            "line 3: feature \"burden\" is no input that a model may read; say what it is derived from",
        ),
        (
            "[[features]]\nname = \"x\"\nfrom = { log1p = { input = \"home\" } }",
            "line 3: feature \"x\" needs a number, but input \"home\" is not one",
        ),
        (
            "[[features]]\nname = \"x\"\nfrom = { input = \"nothing\" }",
            "line 3: feature \"x\" reads \"nothing\", which is not an input that a model may read",
        ),
    ] {
        assert_eq!(refused(said), expected);
    }
}
