//! Applications become rows of a sample: drawn from a synthetic world, or read from a file.

use super::frame::{Frame, NotSampled};
use super::sample::{Deal, Sample};
use crate::application::{Application, FormValue, Permitted, Value, check_block, check_row, wanted};
use crate::batch::{Progress, ROWS};
use crate::decision::Engine;
use crate::explain::Explainer;
use crate::features::FeatureVector;
use crate::policy::{Facts, Observed, observe};
use crate::population::{Applicant, World, auto};
use crate::reasons::Families;
use crate::table::{Block, Blocks, Fault, Kind, Layout, Place, Selection, Values};
use crate::units::{Date, LogOdds};
use std::collections::BTreeSet;
use std::ops::Range;

/// Applicants of a synthetic world on the way into a sample: a value that a host steps.
#[derive(Clone, Debug)]
pub struct Drawing {
    scoring: Scoring,
    world: World,
    seed: u64,
    shock: auto::Shock,
    rows: Range<u64>,
    done: u64,
    /// Of each input, its position among those of the world.
    positions: Vec<Option<usize>>,
}

/// Records of a file on the way into a sample: a value that a host steps.
#[derive(Clone, Debug)]
pub struct Reading {
    scoring: Scoring,
    selection: Selection,
    blocks: Blocks,
    block: Block,
    size: Place,
    done: usize,
}

/// What scores applications into a sample.
#[derive(Clone, Debug)]
struct Scoring {
    sample: Sample,
    explainers: Vec<Option<Explainer>>,
    families: Families,
}

impl Drawing {
    /// Draws rows of a seed. The shock acts on the auto world; other worlds know none.
    ///
    /// # Errors
    /// [`NotSampled`].
    pub fn new(
        engine: &Engine,
        as_of: Date,
        (world, seed, rows): (World, u64, Range<u64>),
        shock: auto::Shock,
    ) -> Result<Self, NotSampled> {
        let of_world = world.inputs();
        let position = |name: &str| of_world.iter().position(|input| input.name == name);
        let needed = |permitted: Permitted, optional: bool| permitted == Permitted::Model && !optional;
        if let Some(input) = engine
            .inputs()
            .iter()
            .find(|input| needed(input.permitted, input.optional) && position(&input.name).is_none())
        {
            return Err(NotSampled::OtherWorld(input.name.clone()));
        }
        let positions = engine.inputs().iter().map(|input| position(&input.name)).collect();
        Ok(Self { scoring: Scoring::new(engine, as_of)?, world, seed, shock, done: rows.start, rows, positions })
    }

    /// Scores at most `budget` more applicants.
    pub fn step(&mut self, engine: &Engine, budget: usize) -> Progress {
        let until = self.rows.end.min(self.done.saturating_add(budget as u64));
        while self.done < until {
            let applicant = self.applicant(self.done);
            self.scoring.take(engine, &self.positions, applicant);
            self.done += 1;
        }
        let rows = |from: u64, to: u64| to.saturating_sub(from) as usize;
        Progress { done: rows(self.rows.start, self.done), total: rows(self.rows.start, self.rows.end) }
    }

    fn applicant(&self, row: u64) -> Applicant {
        match self.world {
            World::Auto => World::shocked(self.seed, row, &self.shock),
            world => world.applicant(self.seed, row),
        }
    }

    /// The rows so far.
    pub fn finish(self) -> Sample {
        self.scoring.sample
    }
}

impl Reading {
    /// Takes the whole records at the beginning of some bytes that stand in a file at `from`; `is_last` when no bytes follow.
    /// Where the file has the column of the model's target, it says who turned bad; an empty cell says nothing.
    ///
    /// # Errors
    /// [`NotSampled`], or a fault as of [`Layout::whole_records`].
    pub fn new(
        engine: &Engine,
        as_of: Date,
        layout: Layout,
        (bytes, from, is_last): (Vec<u8>, Place, bool),
    ) -> Result<Self, NotRead> {
        let scoring = Scoring::new(engine, as_of)?;
        let (bytes, size) = layout.whole_records(bytes, from, is_last)?;
        let mut columns = wanted(engine.inputs(), &layout);
        for segment in &scoring.sample.frame.segments {
            columns.push((
                layout.column(&segment.name).filter(|_| segment.audit_only),
                Kind::Level(segment.levels.clone()),
            ));
        }
        let target = &engine.model.file().target;
        columns.push((layout.column(&target.column), Kind::Level(vec![target.positive.clone()])));
        let selection = Selection::new(layout, columns);
        Ok(Self { scoring, selection, blocks: Blocks::new(bytes, from), block: Block::default(), size, done: 0 })
    }

    /// The whole records that were taken.
    pub fn size(&self) -> Place {
        self.size
    }

    /// Scores at least `budget` more records, or the rest.
    pub fn step(&mut self, engine: &Engine, budget: usize) -> Progress {
        let until = self.done.saturating_add(budget);
        while self.done < until && self.blocks.next_block(&self.selection, ROWS, &mut self.block) {
            self.done += self.block.n_rows();
            self.scoring.take_block(engine, &self.block);
        }
        Progress { done: self.done, total: self.size.records as usize }
    }

    /// The rows so far.
    pub fn finish(self) -> Sample {
        self.scoring.sample
    }
}

/// Why records of a file are not read into a sample.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NotRead {
    /// Decisions of this engine cannot be sampled.
    #[error(transparent)]
    Engine(#[from] NotSampled),
    /// The bytes are no records.
    #[error(transparent)]
    File(#[from] Fault),
}

impl Scoring {
    fn new(engine: &Engine, as_of: Date) -> Result<Self, NotSampled> {
        let (frame, explainers) = Frame::with_explainers(engine, as_of)?;
        Ok(Self { sample: Sample::new(frame), explainers, families: Families::new(engine.model.schema()) })
    }

    fn take(&mut self, engine: &Engine, positions: &[Option<usize>], applicant: Applicant) {
        let inputs = engine.inputs();
        let given =
            |index: usize| positions[index].and_then(|at| applicant.values.get(at)).cloned().unwrap_or_default();
        let seen = inputs.iter().enumerate().map(|(index, input)| match input.permitted {
            Permitted::AuditOnly => FormValue::Missing,
            _ => given(index),
        });
        let Ok(application) = check_row(inputs, seen) else {
            self.sample.refused += 1;
            return;
        };
        let segments = self.sample.frame.segments.iter();
        let audited = segments.map(|segment| match given(segment.input) {
            FormValue::Text(text) if segment.audit_only => segment.levels.iter().position(|level| *level == text),
            _ => None,
        });
        let audited: Vec<Option<u16>> =
            audited.map(|level| level.and_then(|level| u16::try_from(level).ok())).collect();
        self.add(engine, &application, &audited, Some(applicant.bad));
    }

    fn take_block(&mut self, engine: &Engine, block: &Block) {
        let n_inputs = engine.inputs().len();
        let invalid = check_block(engine.inputs(), block).into_iter().map(|(row, _)| row);
        let refused: BTreeSet<usize> = block.broken.iter().map(|(row, _)| *row).chain(invalid).collect();
        self.sample.refused += refused.len() as u64;
        let level = |column: usize, row: usize| match &block.columns[column].values {
            Values::Levels(levels) => levels[row],
            _ => None,
        };
        for row in (0..block.n_rows()).filter(|row| !refused.contains(row)) {
            let n_segments = self.sample.frame.segments.len();
            let audited: Vec<Option<u16>> = (0..n_segments).map(|segment| level(n_inputs + segment, row)).collect();
            let target = n_inputs + n_segments;
            let bad = match level(target, row) {
                Some(_) => Some(true),
                None => block.columns[target].other(row).map(|_| false),
            };
            self.add(engine, &Application::of_row(block, row), &audited, bad);
        }
    }

    /// Adds one application. `audited` has one level a segment, of those that are there for fairness measurement.
    fn add(&mut self, engine: &Engine, application: &Application, audited: &[Option<u16>], bad: Option<bool>) {
        let deal = self.deal(engine, application, Required::of(engine, application));
        self.sample.first_changed.push(self.sample.changed.len() as u32);
        self.sample.asked.push(&deal.deal);
        let limited = deal.deal.fired & self.sample.frame.by_severity.counteroffer;
        for (index, rule) in engine.policy.rules.iter().enumerate().filter(|(index, _)| limited >> index & 1 == 1) {
            if deal.deal.scored.is_none() {
                break;
            }
            if let Some((input, value)) = rule.limit(engine.model.schema()) {
                let changed = self.deal(engine, &application.with_number(input, value), Required::Given);
                self.sample.changed.push(&changed.deal);
                self.sample.changed_by.push(index as u8);
            }
        }
        let unexplained = deal.log_odds.map_or(0, |log_odds| self.unexplained(engine, &deal.features, log_odds));
        self.sample.unexplained.push(unexplained);
        let segments = self.sample.frame.segments.iter().zip(&mut self.sample.codes).zip(audited);
        for ((segment, column), audited) in segments {
            let level = match application.value(segment.input) {
                Some(Value::Level(level)) => Some(*level),
                _ => *audited,
            };
            column.push(level.map_or(segment.levels.len(), usize::from) as u8);
        }
        self.sample.bad.push(bad);
    }

    /// Everything that cut-offs and limits do not change: as the engine assesses a deal.
    fn deal(&self, engine: &Engine, application: &Application, required: Required) -> Assessed {
        let schema = engine.model.schema();
        let features = schema.features_of(application);
        let log_odds = (required == Required::Given).then(|| engine.model.log_odds(&features));
        let scored = log_odds.map(|log_odds| engine.shown(log_odds));
        let offer = scored.and_then(|(points, pd)| engine.offer(application, points, pd));
        let as_of = self.sample.frame.as_of;
        let facts = Facts { application, features: &features, score: scored, offer: offer.as_ref(), as_of };
        let fires = |rule: &crate::policy::Rule| {
            rule.is_in_effect(as_of)
                && rule.when.holds(&|test| test.holds(observe(&test.field, schema, &facts)?)) == Some(true)
        };
        let listed = engine.policy.rules.iter().enumerate();
        let fired = listed.fold(0, |fired, (index, rule)| fired | u64::from(fires(rule)) << index);
        let observed =
            self.sample.frame.thresholds.iter().map(|threshold| match observe(&threshold.field, schema, &facts) {
                Some(Observed::Number(number)) => number,
                _ => f64::NAN,
            });
        let observed = observed.collect();
        Assessed { deal: Deal { scored, offer, fired, observed }, features, log_odds }
    }

    /// One bit a reference population: no reason family speaks against this score.
    fn unexplained(&self, engine: &Engine, features: &FeatureVector, log_odds: LogOdds) -> u8 {
        let (model, calibration) = (&engine.model, engine.model.file().calibration);
        let bit = |explainer: &Option<Explainer>| {
            let Some(explainer) = explainer.as_ref().filter(|_| engine.gives_reasons()) else { return true };
            let base = calibration.calibrated(explainer.base()) * calibration.link.steepness();
            // Contributions add up to the distance from the base, to far less than this: where a row is riskier by more, one of
            // its families speaks against it.
            if log_odds.0 > base + 1e-3 {
                return false;
            }
            let factor = model.scale().factor();
            let points = model.explain_log_odds(explainer, features).values.into_iter().map(|value| -factor * value);
            self.families.adverse(points).is_empty()
        };
        self.explainers.iter().enumerate().fold(0, |bits, (index, explainer)| bits | u8::from(bit(explainer)) << index)
    }
}

/// Whether an application has everything that is required.
#[derive(Clone, Copy, PartialEq)]
enum Required {
    Given,
    Missing,
}

impl Required {
    fn of(engine: &Engine, application: &Application) -> Self {
        if engine.missing(application).is_empty() { Self::Given } else { Self::Missing }
    }
}

struct Assessed {
    deal: Deal,
    features: FeatureVector,
    log_odds: Option<LogOdds>,
}
