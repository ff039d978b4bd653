//! What each section of a card says.

use super::evaluation::{about, is_on_training_data, measured};
use super::{Block, Card, Evidence, Fact, Section, shown};
use crate::application::{FormValue, Input, InputKind, Permitted, Personal};
use crate::artifact::{BAND_WIDTH, Imported, Lineage, Metrics, Model, ModelFile, Parity};
use crate::features::{Direction, Expr, Feature};
use crate::load::engine_digest;
use crate::model::Link;
use crate::proof::{Answer, InputProof, Proofs, Sign};
use crate::seal::Digest;
use serde_json::Value;

/// The card of a model.
pub fn card(model: &Model, artifact: Digest, evidence: Evidence<'_>) -> Card {
    let file = model.file();
    let mut sections = vec![
        section("Model details", [details(file, artifact), chosen(&file.lineage)].concat()),
        section("Intended use", intended_use(file)),
        section("Factors", factors(file, evidence.evaluation)),
        section("Metrics", metrics(file)),
        section("Evaluation data", evaluation_data(file, evidence.evaluation)),
        section("Training data", training_data(file, evidence.synthetic)),
        section("Quantitative analyses", analyses(file, evidence.evaluation)),
        section("Ethical considerations", ethics(file, evidence)),
        section("Caveats and recommendations", caveats(file, evidence)),
        section("Target", target(file)),
        section("Calibrator", calibrator(file)),
        section("Lineage", lineage(file, artifact)),
        section("Monotone proofs", proofs(evidence.proofs)),
    ];
    let notice = (evidence.synthetic == Some(true))
        .then(|| "Made-up data: no figure of this card says anything about real applicants.".to_owned());
    sections.iter_mut().for_each(|section| section.blocks.retain(|block| !block.is_empty()));
    Card { kind: "model_card", format: 1, model: file.name.clone(), artifact_sha256: artifact, notice, sections }
}

fn section(title: &str, blocks: Vec<Block>) -> Section {
    Section { title: title.to_owned(), blocks }
}

fn facts<const N: usize>(facts: [(&str, Fact); N]) -> Block {
    Block::Facts(facts.map(|(name, fact)| (name.to_owned(), fact)).into())
}

fn table<const N: usize>(caption: &str, header: [&str; N], rows: impl Iterator<Item = [Fact; N]>) -> Block {
    Block::Table {
        caption: caption.to_owned(),
        header: header.map(str::to_owned).into(),
        rows: rows.map(Vec::from).collect(),
    }
}

/// What kind and settings were chosen from.
fn chosen(lineage: &Lineage) -> Vec<Block> {
    let search = lineage.search.map(|search| {
        Block::Text(format!(
            "Settings were searched for in {} trials. The least loss on held-out rows, which the search minimised, was {:.4}: \
             it flatters, the metrics of this card do not.",
            search.trials, search.searched_log_loss
        ))
    });
    let candidates = (!lineage.candidates.is_empty()).then(|| {
        table(
            "Kinds of models that were compared on held-out rows",
            ["kind", "AUC", "log-loss"],
            lineage.candidates.iter().map(|candidate| {
                [Fact::text(&candidate.learner), Fact::Number(candidate.auc), Fact::Number(candidate.log_loss)]
            }),
        )
    });
    candidates.into_iter().chain(search).collect()
}

fn details(file: &ModelFile, artifact: Digest) -> Vec<Block> {
    vec![
        facts([
            ("Name", Fact::text(&file.name)),
            ("Version", Fact::text(&file.version)),
            ("Artifact, SHA-256", Fact::text(artifact.to_string())),
            ("Kind of model", Fact::text(&file.lineage.learner)),
            ("Trained by", Fact::text(&file.lineage.trainer)),
            ("Engine that made this card, SHA-256", Fact::text(engine_digest().to_string())),
            ("Inputs of an application", Fact::count(file.schema.inputs().len() as u64)),
            ("Features of the model", Fact::count(file.schema.features().len() as u64)),
            ("Review by", Fact::text(file.review_by.map_or_else(String::new, |date| date.to_string()))),
            ("Owner, licence and contact", Fact::NotStated),
        ]),
        table(
            "Settings of the learner",
            ["setting", "value"],
            file.lineage.parameters.iter().map(|(name, value)| [Fact::text(name), Fact::Number(*value)]),
        ),
        Block::Text(format!(
            "{} made-up rows with the bits that every engine must reproduce stand in the artifact; they were replayed when \
             it was read for this card.",
            file.probes.len()
        )),
    ]
}

fn intended_use(file: &ModelFile) -> Vec<Block> {
    vec![
        facts([("Stated use", Fact::text(&file.intended_use)), ("Stated users and out-of-scope uses", Fact::NotStated)]),
        Block::Text(
            "What the engine refuses: fields that the schema does not know, values outside of these ranges, and any value \
             of an input that is there for fairness measurement only."
                .to_owned(),
        ),
        table(
            "Inputs",
            ["input", "unit", "values", "may be empty", "read by"],
            file.schema.inputs().iter().map(|input| {
                [
                    Fact::text(&input.label),
                    Fact::Text(input.unit.clone()),
                    Fact::text(values(input)),
                    Fact::text(if input.optional { "yes" } else { "no" }),
                    Fact::text(match input.permitted {
                        Permitted::Model => "model and policy",
                        Permitted::Policy => "policy only",
                        Permitted::AuditOnly => "fairness measurement only",
                    }),
                ]
            }),
        ),
    ]
}

fn values(input: &Input) -> String {
    match &input.kind {
        InputKind::Number { min, max, .. } => {
            let end = |end: &Option<f64>| end.map_or_else(|| "any".to_owned(), shown);
            format!("{} to {}", end(min), end(max))
        }
        InputKind::Category { levels } => {
            let names: Vec<&str> = levels.iter().map(|level| level.label.as_str()).take(12).collect();
            let more = levels.len() - names.len();
            names.join(", ") + &if more > 0 { format!(" and {more} more") } else { String::new() }
        }
        InputKind::Date => "a date".to_owned(),
    }
}

fn labels(file: &ModelFile, has: impl Fn(&Input) -> bool) -> String {
    let inputs = file.schema.inputs().iter().filter(|input| has(input));
    inputs.map(|input| input.label.as_str()).collect::<Vec<_>>().join("; ")
}

fn factors(file: &ModelFile, evaluation: Option<&Value>) -> Vec<Block> {
    let groups = labels(file, |input| input.permitted == Permitted::AuditOnly);
    vec![facts([
        ("Groups that the data can be compared by", Fact::text(groups)),
        ("Comparison by group", by_group(evaluation)),
        (
            "Attributes of the person that the model reads",
            Fact::text(labels(file, |input| input.permitted == Permitted::Model && input.personal != Personal::None)),
        ),
        (
            "Protected columns that the model reads on request",
            Fact::text(match &file.lineage.permitted_by_request[..] {
                [] => "none".to_owned(),
                names => names.join(", "),
            }),
        ),
    ])]
}

fn by_group(evaluation: Option<&Value>) -> Fact {
    let where_it_stands = || Fact::text("as far as the evaluation under “Quantitative analyses” goes");
    evaluation.map_or(Fact::NotMeasured, |_| where_it_stands())
}

fn metrics(file: &ModelFile) -> Vec<Block> {
    let reads = |name, meaning: &str, estimate| [Fact::text(name), Fact::text(meaning), Fact::Estimate(estimate)];
    let Some(metrics) = &file.metrics else {
        return vec![facts([("Quality on rows that the trees had not seen", Fact::NotMeasured)])];
    };
    let rows = [
        reads("AUC", "chance that a bad row scores riskier than a good one", metrics.auc),
        reads("KS", "largest distance between the shares of bads and goods above a score", metrics.ks),
        reads("log-loss", "mean negative log-likelihood of the probability", metrics.log_loss),
        reads("Brier", "mean squared error of the probability", metrics.brier),
    ];
    vec![
        Block::Text(format!("How they were measured: {}", metrics.protocol)),
        table("Measures with their 95 % intervals", ["measure", "what it says", "value"], rows.into_iter()),
    ]
}

fn evaluation_data(file: &ModelFile, evaluation: Option<&Value>) -> Vec<Block> {
    let count =
        |of: fn(&Metrics) -> u64| file.metrics.as_ref().map_or(Fact::NotMeasured, |metrics| Fact::count(of(metrics)));
    let own = facts([
        ("Rows of the artifact's own metrics", count(|metrics| metrics.rows)),
        ("Bad outcomes among them", count(|metrics| metrics.positives)),
        ("Folds", count(|metrics| u64::from(metrics.folds))),
        (
            "Separate evaluation data",
            if evaluation.is_some() { Fact::text("reported below") } else { Fact::NotMeasured },
        ),
    ]);
    [own].into_iter().chain(evaluation.into_iter().flat_map(about)).collect()
}

fn training_data(file: &ModelFile, synthetic: Option<bool>) -> Vec<Block> {
    let lineage = &file.lineage;
    let origin = match synthetic {
        Some(true) => Fact::text("made up by a simulation: no applicant exists"),
        Some(false) => Fact::text("not a simulation, says the manifest"),
        None => Fact::NotStated,
    };
    // The trainer's word for data without a date.
    let date = Some(lineage.as_of.to_string()).filter(|date| date != "1970-01-01").unwrap_or_default();
    let missing = |feature: &Feature| {
        let bins = file.bins.iter().find(|bins| bins.name == feature.name)?;
        let rows = bins.counts.iter().sum::<u64>() + bins.missing;
        Some(bins.missing as f64 / rows.max(1) as f64)
    };
    vec![
        facts([
            ("Data, SHA-256 of the decompressed bytes", of_data(lineage)),
            ("Origin", origin),
            ("Rows", if lineage.rows == 0 { Fact::NotStated } else { Fact::count(lineage.rows) }),
            (
                "Share of bad outcomes",
                file.metrics.as_ref().map_or(Fact::NotStated, |metrics| {
                    Fact::Number(metrics.positives as f64 / metrics.rows.max(1) as f64)
                }),
            ),
            ("Date of the data", Fact::text(date)),
        ]),
        table(
            "Features",
            [
                "feature",
                "computed from",
                "from (0.1 %)",
                "median",
                "to (99.9 %)",
                "share missing",
                "direction",
                "family",
            ],
            file.schema.features().iter().map(|feature| {
                [
                    Fact::text(&feature.label),
                    Fact::text(formula(&feature.from)),
                    Fact::number(feature.range.map(|(low, _)| low)),
                    Fact::number(feature.median),
                    Fact::number(feature.range.map(|(_, high)| high)),
                    Fact::number(missing(feature)),
                    Fact::text(direction(feature.direction)),
                    Fact::text(feature.family.replace('_', " ")),
                ]
            }),
        ),
    ]
}

/// An expression as people write it.
fn formula(expr: &Expr) -> String {
    let joined = |list: &[Expr], by: &str| list.iter().map(nested).collect::<Vec<_>>().join(by);
    match expr {
        Expr::Input(name) => name.clone(),
        Expr::Ratio(a, b) => format!("{} / {}", nested(a), nested(b)),
        Expr::Difference(a, b) => format!("{} − {}", nested(a), nested(b)),
        Expr::Sum(list) => joined(list, " + "),
        Expr::Product(list) => joined(list, " × "),
        Expr::Clip(a, low, high) => format!("{} limited to {} … {}", nested(a), shown(*low), shown(*high)),
        Expr::Log1p(a) => format!("ln(1 + {})", nested(a)),
        Expr::MonthsBetween(from, to) => format!("months from {from} to {to}"),
        Expr::IsMissing(name) => format!("1 where {name} is empty, else 0"),
        Expr::AnnuityPayment(principal, rate, term) => {
            format!("payment({} at {} % a year over {})", formula(principal), shown(rate * 100.0), formula(term))
        }
    }
}

fn nested(expr: &Expr) -> String {
    match expr {
        Expr::Input(_) | Expr::Log1p(_) | Expr::AnnuityPayment(..) => formula(expr),
        _ => format!("({})", formula(expr)),
    }
}

fn analyses(file: &ModelFile, evaluation: Option<&Value>) -> Vec<Block> {
    let bands = file.spread.iter().enumerate().map(|(band, spread)| {
        let from = 300.0 + f64::from(BAND_WIDTH) * band as f64;
        [Fact::Text(format!("{from} to {}", from + f64::from(BAND_WIDTH))), Fact::Number(*spread)]
    });
    let mut blocks = vec![table(
        "Standard deviation of a score, in points, when the model is trained on other rows (jackknife over the folds)",
        ["score band", "spread"],
        bands,
    )];
    match evaluation {
        Some(report) => blocks.extend(measured(report)),
        None => blocks.push(facts([
            ("Results by group", Fact::NotMeasured),
            ("Results by intersections of groups", Fact::NotMeasured),
            ("Results on other data", Fact::NotMeasured),
        ])),
    }
    blocks
}

fn ethics(file: &ModelFile, evidence: Evidence<'_>) -> Vec<Block> {
    let protected =
        labels(file, |input| input.personal == Personal::Protected && input.permitted == Permitted::AuditOnly);
    let free: Vec<&str> = file
        .schema
        .features()
        .iter()
        .filter(|feature| feature.direction == Direction::Free)
        .map(|feature| feature.label.as_str())
        .collect();
    vec![
        facts([
            ("Protected attributes that no model can read", Fact::text(protected)),
            ("Features without a direction", Fact::text(if free.is_empty() { "none".to_owned() } else { free.join("; ") })),
            ("Approval rates by group", by_group(evidence.evaluation)),
            ("Proxies of protected attributes among the features", Fact::NotMeasured),
        ]),
        Block::Text(
            "A feature without a direction may raise the score of one applicant and lower that of another for the same \
             change: reasons that name it need a look."
                .to_owned(),
        ),
    ]
}

fn caveats(file: &ModelFile, evidence: Evidence<'_>) -> Vec<Block> {
    let open = |has: fn(&InputProof) -> bool| {
        let inputs = evidence.proofs.inputs.iter().filter(|proof| has(proof));
        inputs.map(|proof| proof.label.as_str()).collect::<Vec<_>>().join("; ")
    };
    let say = |names: String, what: &str| if names.is_empty() { None } else { Some(format!("{what}: {names}.")) };
    let review = file.review_by.map(|date| format!("Look at the model again by {date}, as its artifact says."));
    let points = [
        Some(
            "Applications with a feature outside of the 0.1 % to 99.9 % range of the training data are outside of what \
             the model has seen; decisions say so."
                .to_owned(),
        ),
        say(
            open(|proof| proof.keeps_promise() == Some(false)),
            "The model moves against its declared direction in these inputs: do not give reasons from them",
        ),
        say(open(|proof| proof.rising == Answer::NotShown), "Neither a proof nor a counterexample was found for these inputs"),
        say(open(|proof| !proof.vanishing.is_empty()), "Some values of these inputs leave a feature without a value, such as a ratio over zero"),
        evidence.evaluation.is_some_and(is_on_training_data).then(|| {
            "The evaluation was made on the training data: it says nothing about other applicants.".to_owned()
        }),
        evidence.evaluation.is_none().then(|| {
            "Nothing was measured on data that the trainer had not seen, nor by group: evaluate the model on such data, with \
             its groups, before it is used."
                .to_owned()
        }),
        review,
    ];
    vec![Block::List(points.into_iter().flatten().collect())]
}

fn target(file: &ModelFile) -> Vec<Block> {
    let target = &file.target;
    vec![facts([
        ("Column", Fact::text(&target.column)),
        ("Value of a bad outcome", Fact::text(&target.positive)),
        ("What counts as bad", Fact::text(&target.definition)),
        (
            "Months in which it counts",
            target.window_months.map_or(Fact::NotStated, |months| Fact::count(months.into())),
        ),
    ])]
}

fn calibrator(file: &ModelFile) -> Vec<Block> {
    let scale = &file.scale;
    let form = match file.calibration.link {
        Link::Logistic => "log-odds = slope × margin + intercept; probability is their logistic",
        Link::Steep(_) => "log-odds = steepness × (slope × margin + intercept); probability is their logistic",
        Link::Identity => "the margin itself is the prediction: the model has not been calibrated to log-odds",
    };
    vec![facts([
        ("Form", Fact::text(form)),
        ("Slope", Fact::Number(file.calibration.slope)),
        ("Intercept", Fact::Number(file.calibration.intercept)),
        ("Points that double the odds", Fact::Number(scale.pdo)),
        ("Points at the base odds", Fact::Number(scale.base_points)),
        ("Base odds, good to bad", Fact::Number(scale.base_odds)),
    ])]
}

fn lineage(file: &ModelFile, artifact: Digest) -> Vec<Block> {
    let lineage = &file.lineage;
    vec![facts([
        ("Artifact, SHA-256", Fact::text(artifact.to_string())),
        ("Training data, SHA-256", of_data(lineage)),
        ("Imported from", imported(lineage, |imported| imported.from.clone())),
        ("Compared with that library's own margins", imported(lineage, |imported| compared(&imported.parity))),
        ("Seed", Fact::text(&lineage.seed)),
        ("Trainer", Fact::text(&lineage.trainer)),
        (
            "Continues",
            Fact::text(lineage.parent.map_or_else(|| "no other model".to_owned(), |parent| parent.to_string())),
        ),
        (
            "Reference population",
            file.populations.as_ref().map_or(Fact::NotStated, |populations| {
                let whose = if lineage.imported.is_some() { "reference" } else { "training" };
                Fact::Text(format!("{} {whose} rows, as counts", shown(populations.all.rows as f64)))
            }),
        ),
        (
            "Other score bands, SHA-256",
            Fact::text(
                file.populations
                    .as_ref()
                    .and_then(|populations| populations.other_bands)
                    .map_or_else(String::new, |digest| digest.to_string()),
            ),
        ),
    ])]
}

/// The data that a model learned from; an imported one does not name it.
fn of_data(lineage: &Lineage) -> Fact {
    match lineage.imported {
        Some(_) => Fact::NotStated,
        None => Fact::text(lineage.data_sha256.to_string()),
    }
}

fn imported(lineage: &Lineage, fact: impl Fn(&Imported) -> String) -> Fact {
    Fact::text(lineage.imported.as_ref().map_or_else(|| "nothing: it was learned here".to_owned(), fact))
}

fn compared(parity: &Parity) -> String {
    match parity {
        Parity::Unverified => "no: unverified".to_owned(),
        Parity::Verified { rows, largest_difference, .. } => {
            format!("{} rows, largest difference {largest_difference:e}", shown(*rows as f64))
        }
    }
}

fn proofs(proofs: &Proofs) -> Vec<Block> {
    let constrained: Vec<_> = proofs.features.iter().filter(|proof| proof.declared != Direction::Free).collect();
    let kept = constrained.iter().filter(|proof| proof.keeps_direction()).count();
    let pairs = proofs.inputs.iter().flat_map(|proof| {
        let pairs = if let Answer::Refuted(pairs) = &proof.rising { &pairs[..] } else { &[] };
        pairs.iter().map(|pair| {
            let value = |row: usize| match pair.rows[row].0.get(&proof.name) {
                Some(FormValue::Number(number)) => Fact::Number(*number),
                Some(FormValue::Text(text)) => Fact::text(text),
                _ => Fact::text("empty"),
            };
            let [low, high] = pair.log_odds;
            [Fact::text(&proof.label), value(0), Fact::Number(low), value(1), Fact::Number(high)]
        })
    });
    vec![
        Block::Text(format!(
            "Read from the trees, not from what was declared: {kept} of {} declared directions are kept by every tree, and \
             so by their sum. Below, the effect on the log-odds of a bad outcome when one input rises and all others stay.",
            constrained.len()
        )),
        table(
            "Effect of each input",
            ["input", "declared", "found", "left empty"],
            proofs.inputs.iter().map(|proof| {
                [
                    Fact::text(&proof.label),
                    Fact::text(if proof.declared == Sign::Any { "free" } else { proof.declared.effect() }),
                    Fact::text(proof.found()),
                    Fact::text(proof.missing.map_or("may not be", Sign::effect)),
                ]
            }),
        ),
        table(
            "Pairs of applications that differ in one input only",
            ["input", "from", "log-odds", "to", "log-odds"],
            pairs,
        ),
    ]
}

fn direction(direction: Direction) -> &'static str {
    match direction {
        Direction::Increasing => "increasing",
        Direction::Decreasing => "decreasing",
        Direction::Free => "free",
    }
}
