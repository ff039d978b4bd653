//! Every text that a person reads on the page, in English. A second language is a second set of these.

pub mod portfolio;

use underglass_engine::decision::{Confidence, Outcome, ReferencePopulation};
use underglass_engine::explain::Game;
use underglass_engine::policy::{Answer, Band, Severity};
use underglass_engine::seal::Digest;

use crate::state::book::{FailureKind, Stage};
use crate::state::file::Progress;
use crate::state::link::BrokenLink;
use crate::state::number::{JOIN, fixed, plain};

pub const BRAND: &str = "Underglass";
pub const NAVIGATION: &str = "Views";
pub const DECIDE: &str = "Decide";
pub const OTHER_BOOKS: &str = "Other books";
pub const SCORE_FILE: &str = "Score a file";
pub const FILE_INTRO: &str = "A CSV file of applications, of any size: one row an application, one column a field, in any \
     order. It is read, decided and written in this tab; nothing is uploaded.";
pub const FILE_CHOOSE: &str = "Choose a CSV file";
pub const FILE_DROP: &str = "or drop one here";
pub const FILE_ANSWER: &str = "Each row gets";
pub const FILE_DECISION: &str = "a decision by the policy, with its reasons";
pub const FILE_REASONS: &str = "a score, its band and the main reasons against it";
pub const FILE_FORMAT: &str = "Result as";
pub const FILE_WORKERS: &str = "Workers";
pub const FILE_START: &str = "Start";
pub const FILE_CANCEL: &str = "Cancel";
pub const FILE_PROGRESS: &str = "Share of the file that is answered";
pub const FILE_CANCELLED: &str = "Cancelled. Nothing was kept.";
pub const FILE_COUNTS: &str = "Rows by answer";
pub const FILE_ROWS: &str = "Rows";
pub const FILE_SHARE: &str = "Share";
pub const FILE_WRONG: &str = "Refused rows, the first ones";
pub const SKIP: &str = "Skip to the answer";

pub const STRIP_SYNTHETIC: &str = "Synthetic data. A simulation, not a credit decision.";
pub const STRIP_OWN: &str = "Your data. A simulation, not a credit decision.";
pub const THEME_TO_DARK: &str = "Use dark colours";
pub const THEME_TO_LIGHT: &str = "Use light colours";
pub const VERIFIED: &str = "verified";

pub const APPLICANT: &str = "Applicant";
pub const EXAMPLE: &str = "Example";
pub const RESET: &str = "Reset";
pub const RESET_LONG: &str = "Reset every field to the example";
pub const SURPRISE: &str = "Surprise me";
pub const TYPICAL_APPLICANT: &str = "Typical applicant";
pub const NOT_REPORTED: &str = "not reported";
pub const CHOOSE: &str = "Choose\u{2026}";
pub const FEWER_FIELDS: &str = "Fewer fields";

pub const WHY: &str = "Why";
pub const SCORE: &str = "Score";
pub const ALL_CHECKS: &str = "All checks";
pub const CHECK: &str = "Check";
pub const CHECK_ANSWER: &str = "Answer";
pub const OBSERVED: &str = "Observed";
pub const POLICY: &str = "Fires when";
pub const IF_FIRED: &str = "Then";
pub const COMPOUND: &str = "several conditions";

pub const CONFIDENCE: &str = "Confidence";
pub const CONFIDENCE_NOTE: &str = "How sure it is that a refit of the model would land in the same band";
pub const APR: &str = "APR";
pub const APR_IF: &str = "APR if approved";
pub const APR_OFFERED: &str = "APR offered";
pub const INTERVAL_NOTE: &str = "90 % interval";

pub const HINGE_GAIN: &str = "One change that would help";
pub const HINGE_LOSE: &str = "Where this approval ends";
pub const HINGE_NOTE: &str = "One field at a time, everything else as entered. Exact to one step of the field.";
pub const HINGE_NONE_GAIN: &str = "No single change that the applicant could make would lead to a better answer.";
pub const HINGE_NONE_LOSE: &str = "No single field on its slider would end this approval.";
pub const WAYS: &str = "Cheapest ways to approval";
pub const WAYS_WAIT: &str = "Searching every step of everything an applicant can change\u{2026}";
pub const WAYS_OPTIMAL: &str = "Proven: no smaller effort leads to approval than the first. Each way leaves something alone that the ones before it change.";
pub const WAYS_IMPOSSIBLE: &str = "Proven: nothing that the applicant can change leads to approval.";
pub const WAYS_NONE_YET: &str = "None was found in a quarter of a second, and none was ruled out.";
pub const TRY_ALL: &str = "Try these changes together";
pub const HINGE_WAIT: &str = "Looking for the values at which the answer flips\u{2026}";
pub const TRY_IT: &str = "Try it";

pub const WHY_VIEWS: &str = "How to show the reasons";
pub const FAMILIES: &str = "Families";
pub const MONEY_NOTE: &str = "A walk in this order, the largest reason first: probability, rate and payment are not linear, so another order would give other steps. Basis points and cents add up exactly; the deal stays as it is.";
pub const CAUSE: &str = "Reason";
pub const DEFAULT: &str = "Default";
pub const A_MONTH: &str = "A month";
pub const NO_PRICE: &str = "no price";
pub const PRICED: &str = "has a price";
pub const MONEY: &str = "Money";
pub const FEATURES: &str = "Features";
pub const TABLE: &str = "Table";
pub const WHY_EMPTY: &str = "Without a score there is nothing to explain yet.";
pub const ADDS_UP: &str = "The bars add up to the score exactly.";
pub const THEIR_MEAN: &str = "Their average";
pub const THIS_APPLICANT: &str = "This applicant";
pub const ROUNDING: &str = "Rounding and limits";
pub const POINTS: &str = "Points";
pub const FEATURE: &str = "Feature";
pub const PRINCIPAL_REASONS: &str = "Principal reasons";

pub const RECEIPT: &str = "Receipt";
pub const NOTICE: &str = "Notice to the applicant";
pub const NOTICE_ES: &str = "Aviso en español";
pub const DOWNLOAD: &str = "Download receipt";
pub const COPY_LINK: &str = "Copy link";
pub const COPIED: &str = "Link copied";
pub const NOT_COPIED: &str = "The browser did not allow copying. The link stands in the address bar.";
pub const REPLAY_WAITING: &str = "A second engine will decide the same application.";
pub const REPLAY_SAME: &str = "Replayed in a second engine: same bytes.";
pub const REPLAY_DIFFERENT: &str = "Replayed in a second engine: other bytes. Do not rely on this answer.";
pub const REPLAY_OTHER_VERSION: &str = "The second engine on this site is of another version: nothing to compare.";

pub const TRY_AGAIN: &str = "Try again";
pub const FAILED: &str = "Nothing can be decided";
pub const DISMISS: &str = "Dismiss";
pub const UNFETCHED: &str = "This part of the page could not be fetched. Reload the page to try again.";
pub const STALE: &str = "This is the last valid answer.";

/// The word for an outcome.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Approve => "Approve",
        Outcome::Conditional => "Approve with conditions",
        Outcome::Counteroffer => "Counteroffer",
        Outcome::Review => "Review",
        Outcome::Decline => "Decline",
        Outcome::Incomplete => "Incomplete",
    }
}

/// The word for a band, as on the axis.
pub fn band(band: Band) -> &'static str {
    match band {
        Band::Decline => "decline",
        Band::Review => "review",
        Band::Approve => "approve",
    }
}

/// How sure.
pub fn confidence(confidence: Confidence) -> &'static str {
    match confidence {
        Confidence::Low => "Low",
        Confidence::Medium => "Medium",
        Confidence::High => "High",
    }
}

/// What a check said.
pub fn check_answer(answer: Answer) -> &'static str {
    match answer {
        Answer::Fired => "Fired",
        Answer::Passed => "Passed",
        Answer::NotApplicable => "Does not apply",
    }
}

/// A requirement that was not met.
pub fn not_met(label: &str, found: &str) -> String {
    format!("{label}: found {found}")
}

/// What happens when a check fires.
pub fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Condition => "condition",
        Severity::Review => "review",
        Severity::Counteroffer => "counteroffer",
        Severity::Decline => "decline",
        Severity::Incomplete => "incomplete",
    }
}

/// The button that shows the other checks.
pub fn all_checks(n: usize) -> String {
    if n == 1 { "The one check".to_owned() } else { format!("All {n} checks") }
}

/// How the checks went, in one sentence.
pub fn checks_passed(passed: usize, not_applicable: usize) -> String {
    match (passed, not_applicable) {
        (0, _) => String::new(),
        (1, 0) => " The one check passed.".to_owned(),
        (passed, 0) => format!(" All {passed} checks passed."),
        (passed, rest) => format!(" {passed} checks passed, {rest} did not apply."),
    }
}

/// The label of the probability.
pub fn default_within(window_months: Option<u16>, column: &str, positive: &str) -> String {
    match window_months {
        Some(months) => format!("Default within {months} months"),
        None => format!("Probability of {column} = {positive}"),
    }
}

/// A figure's interval.
pub fn interval(low: &str, high: &str) -> String {
    format!("{low} to {high}")
}

/// The label of the payment.
pub fn payment(term_months: u16) -> String {
    format!("Payment \u{d7} {term_months}")
}

/// The text of the score's axis, for those who hear it.
pub fn bands_description(points: i16, review: i16, approve: i16) -> String {
    format!(
        "Score {points} on a scale from 300 to 850. Decline below {review}, review from {review}, approve from {approve}."
    )
}

/// The heading over the reasons.
pub fn why(score: i16, base: i64) -> String {
    if i64::from(score) == base { format!("Why {score}") } else { format!("Why {score} and not {base}") }
}

/// Who the applicant is compared with.
pub fn compared_with(reference: &ReferencePopulation) -> String {
    let rows = plain(reference.rows as f64);
    let who = match reference.from.zip(reference.to) {
        _ if reference.name == "none" => return "This imported model has nobody to compare with.".to_owned(),
        _ if reference.name == "library" => "Compared with the rows that the imported trees were grown on.".to_owned(),
        Some((from, to)) => format!("Compared with {rows} applicants who scored {from}\u{2013}{}.", to - 1),
        None => format!("Compared with all {rows} applicants that the model learned from."),
    };
    match reference.game {
        Game::Interventional => who,
        Game::PathDependent => format!("{who} A value that is left open goes both ways, in their shares."),
        Game::Members => format!("{who} Each part of the model is explained in its own way."),
    }
}

/// The row that stands for the parts without their own.
pub fn others(n: usize) -> String {
    if n == 1 { "1 other".to_owned() } else { format!("{n} others") }
}

/// The waterfall for those who hear it.
pub fn waterfall_description(base: &str, score: i16, largest: &[(String, String)]) -> String {
    let parts: Vec<String> = largest.iter().map(|(label, points)| format!("{label} {points}")).collect();
    format!("From their average of {base} to {score} points. Largest parts: {}.", parts.join(", "))
}

/// The values of a field and the answers to them, for those who hear a slider.
pub fn stretch(outcome: &str, from: Option<&str>, to: Option<&str>) -> String {
    match (from, to) {
        (None, None) => format!("{outcome} at every value"),
        (None, Some(to)) => format!("{outcome} up to {to}"),
        (Some(from), None) => format!("{outcome} from {from}"),
        (Some(from), Some(to)) => format!("{outcome} from {from} to {to}"),
    }
}

/// A mark on a slider.
pub fn flips_to(outcome: &str, value: &str) -> String {
    format!("Flips to {outcome} at {value}")
}

/// A value at or beyond which the answer is another.
pub fn or_beyond(value: &str, is_above: bool) -> String {
    if is_above { format!("{value} or more") } else { format!("{value} or less") }
}

/// How far the search for a cheaper way came.
pub fn ways_open(proven: &str) -> String {
    format!(
        "The best found in a quarter of a second. Proven: none takes less than {proven} of the first one\u{2019}s effort."
    )
}

/// What stands in the field now.
pub fn instead_of(value: &str) -> String {
    format!("now {value}")
}

/// The button that makes one change.
pub fn try_it(label: &str) -> String {
    format!("{TRY_IT}: {label}")
}

/// The cut-off in the waterfall.
pub fn approval_line(points: f64) -> String {
    format!("approve {points}")
}

/// The button that shows the other fields.
pub fn more_fields(n: usize) -> String {
    if n == 1 { "1 more field".to_owned() } else { format!("{n} more fields") }
}

/// The slider's name beside the field of the same name.
pub fn slider(label: &str) -> String {
    format!("{label}, slider")
}

/// The button that empties an optional field.
pub fn forget(label: &str) -> String {
    format!("Set {label} to not reported")
}

/// A field's error in the engine's own words.
pub fn field_error(found: &str, expected: &str) -> String {
    format!("Found {found}; expected {expected}")
}

/// How many fields need correction.
pub fn invalid_fields(n: usize) -> String {
    if n == 1 { "One field needs correction.".to_owned() } else { format!("{n} fields need correction.") }
}

/// A sample's place in the list.
pub fn sample(name: &str, label: &str) -> String {
    format!("{name} \u{b7} {label}")
}

/// A drawn applicant's place in the list.
pub fn drawn_applicant(seed: u64) -> String {
    format!("Random applicant {seed}")
}

/// What has left the browser.
pub fn requests(n: u32) -> String {
    let noun = if n == 1 { "request" } else { "requests" };
    format!("Nothing leaves this browser: {n} {noun} to other hosts since load.")
}

/// What a decision takes.
pub fn decided_in(micros: f64) -> String {
    let digits = fixed(micros, usize::from(micros < 10.0));
    format!("decided in {digits}{JOIN}\u{b5}s")
}

/// How that was measured.
pub fn decided_note(n: u32) -> String {
    format!("Mean of {n} decisions of this application in a row: check, score, explanation, price, rules.")
}

/// The model's name and version.
pub fn model(label: &str, version: &str) -> String {
    format!("{label} \u{b7} model {version}")
}

/// Every digest of the book.
pub fn digests(named: &[(&str, String)]) -> String {
    named.iter().map(|(name, digest)| format!("{name} {digest}")).collect::<Vec<_>>().join("\n")
}

/// What is being waited for.
pub fn stage(stage: Stage) -> &'static str {
    match stage {
        Stage::Manifest => "Reading the list of models\u{2026}",
        Stage::Files => "Reading model, policy, prices and reasons\u{2026}",
        Stage::Checks => "Checking every digest and replaying the model\u{2019}s probes\u{2026}",
    }
}

/// What happened to a file.
pub fn failure(kind: FailureKind, file: &str) -> String {
    let file = if file.is_empty() { "A file" } else { file };
    match kind {
        FailureKind::Unreachable => {
            format!("{file} could not be fetched. It may be missing on the server, or the connection failed.")
        }
        FailureKind::Changed => format!(
            "{file} is not the file that was made: its bytes were changed or cut off on the way. It was refused."
        ),
        FailureKind::Future => format!("{file} was made by a newer version of Underglass than this page."),
        FailureKind::Broken => format!("{file} is not an Underglass file, or only a part of one."),
        FailureKind::NotReproduced => {
            format!("{file} holds a model that this browser does not reproduce bit for bit. It was refused.")
        }
        FailureKind::Refused => format!("{file} is intact, but its content does not fit together."),
        FailureKind::Crashed => "The engine stopped unexpectedly.".to_owned(),
    }
}

/// A file that is intact but is another one.
pub fn other_digest(named: &Digest, found: &Digest) -> String {
    format!("the manifest names digest {named}, the file has {found}")
}

/// A fetch with an answer that is not the file.
pub fn http_status(status: u16) -> String {
    format!("the server answered with status {status}")
}

/// A manifest without books.
pub fn no_book() -> String {
    "the manifest lists no book".to_owned()
}

/// An address that could not be used.
pub fn broken_link(broken: BrokenLink) -> &'static str {
    match broken {
        BrokenLink::Version => "This link was made by another version of the page. You see the first example instead.",
        BrokenLink::Content => "This link does not fit this model. You see the first example instead.",
    }
}

/// Why there is no second engine.
pub fn replay_unavailable(why: &str) -> String {
    format!("No second engine on this page: {why}.")
}

/// The sentence that a screen reader speaks when the answer changes.
pub fn spoken(outcome: &str, score: Option<i16>) -> String {
    match score {
        Some(score) => format!("{outcome}. Score {score}."),
        None => format!("{outcome}."),
    }
}

/// The name of a chosen file and its size.
pub fn file(name: &str, bytes: f64) -> String {
    format!("{name} ({})", megabytes(bytes))
}

fn megabytes(bytes: f64) -> String {
    format!("{}{JOIN}MB", fixed(bytes / 1e6, if bytes < 1e7 { 1 } else { 0 }))
}

/// How far a file is, how fast, and what it takes.
pub fn file_progress(progress: &Progress) -> String {
    let Progress { rows, workers, replaced, memory, budget, elapsed, .. } = progress;
    let replaced = match replaced {
        0 => String::new(),
        1 => ", 1 was replaced".to_owned(),
        n => format!(", {n} were replaced"),
    };
    format!(
        "{} rows in {}{JOIN}s, {} rows/s; {workers} {}{replaced}; memory {} of at most {}",
        plain(*rows),
        fixed(elapsed / 1000.0, 1),
        plain(progress.rate()),
        if *workers == 1 { "worker" } else { "workers" },
        megabytes(*memory),
        megabytes(*budget),
    )
}

/// The link to a result.
pub fn file_download(format: &str) -> String {
    format!("Download the result as {format}")
}
