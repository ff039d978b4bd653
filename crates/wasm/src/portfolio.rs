//! Many applications under moved levers: what the worker of the Portfolio room calls.

use crate::Underglass;
use crate::convert::{self, Failure, fail};
use js_sys::{Float64Array, Uint8Array, Uint32Array};
use serde::{Deserialize, Serialize};
use underglass_engine::decision::Outcome;
use underglass_engine::population::{World, auto::Shock};
use underglass_engine::strategy::{
    Benefit, ByOutcome, Constraints, CurvePoint, Draft, Drawing, Frame, Levers, N_SUMS, Reading, Risk, Sample,
    Simulation, SwapSet, Tally, adverse_impact, best, frontier,
};
use underglass_engine::table::Layout;
use wasm_bindgen::prelude::*;

/// Applications that were scored once, and are decided again under any levers.
#[wasm_bindgen]
pub struct Portfolio {
    simulation: Simulation,
}

/// Applications on their way into a portfolio.
#[wasm_bindgen]
pub struct Sampling {
    job: Job,
}

enum Job {
    Drawing(Box<Drawing>),
    Reading(Box<Reading>),
}

/// Which applicants of a synthetic world are drawn.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draw {
    world: String,
    seed: String,
    from: f64,
    to: f64,
    #[serde(default)]
    shock: Shock,
}

#[wasm_bindgen]
impl Underglass {
    /// An empty portfolio of this book's decisions on a day. Throws `portfolio_refused`.
    pub fn portfolio(&self, #[wasm_bindgen(js_name = asOf)] as_of: Option<String>) -> Result<Portfolio, JsValue> {
        let frame = Frame::of(&self.engine, crate::date(as_of)?).failed()?;
        Ok(Portfolio { simulation: Simulation::new(Sample::new(frame)) })
    }

    /// Applicants of a synthetic world on their way into a portfolio. Throws `portfolio_refused`.
    #[wasm_bindgen(js_name = drawJob)]
    pub fn draw_job(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Draw")] draw: JsValue,
        #[wasm_bindgen(js_name = asOf)] as_of: Option<String>,
    ) -> Result<Sampling, JsValue> {
        let draw: Draw = convert::from_js(draw)?;
        let world = match draw.world.as_str() {
            "auto" => World::Auto,
            "personal" => World::Personal,
            "pos" => World::PointOfSale,
            "macro" => World::MacroAware,
            other => {
                return Err(fail(
                    "portfolio_refused",
                    &format!("world {other:?}: expected auto, personal, pos or macro"),
                ));
            }
        };
        let rows = (world, convert::seed(Some(draw.seed))?, draw.from as u64..draw.to as u64);
        let drawing = Drawing::new(&self.engine, crate::date(as_of)?, rows, draw.shock).failed()?;
        Ok(Sampling { job: Job::Drawing(Box::new(drawing)) })
    }

    /// Records of a CSV file on their way into a portfolio: its first MiB, and bytes that stand at `from`. Throws
    /// `data_refused` or `portfolio_refused`.
    #[wasm_bindgen(js_name = readJob)]
    pub fn read_job(
        &self,
        head: &[u8],
        bytes: Vec<u8>,
        #[wasm_bindgen(unchecked_param_type = "Place | null")] from: JsValue,
        #[wasm_bindgen(js_name = isLast)] is_last: bool,
        #[wasm_bindgen(js_name = asOf)] as_of: Option<String>,
    ) -> Result<Sampling, JsValue> {
        let layout = Layout::of(head).failed()?;
        let from = if from.is_null() || from.is_undefined() { layout.start() } else { convert::from_js(from)? };
        let reading = Reading::new(&self.engine, crate::date(as_of)?, layout, (bytes, from, is_last)).failed()?;
        Ok(Sampling { job: Job::Reading(Box::new(reading)) })
    }
}

#[wasm_bindgen]
impl Sampling {
    /// The whole records that were taken of a file; null of a synthetic world.
    #[wasm_bindgen(getter, unchecked_return_type = "Place | null")]
    pub fn size(&self) -> Result<JsValue, JsValue> {
        match &self.job {
            Job::Reading(reading) => convert::to_js(&reading.size()),
            Job::Drawing(_) => Ok(JsValue::NULL),
        }
    }

    /// Scores some more rows by the book that made the job.
    #[wasm_bindgen(unchecked_return_type = "Progress")]
    pub fn step(&mut self, book: &Underglass, budget: u32) -> Result<JsValue, JsValue> {
        convert::progress(match &mut self.job {
            Job::Drawing(drawing) => drawing.step(&book.engine, budget as usize),
            Job::Reading(reading) => reading.step(&book.engine, budget as usize),
        })
    }

    /// The rows, for `append`.
    #[wasm_bindgen(unchecked_return_type = "{ bytes: Uint8Array }")]
    pub fn finish(self) -> Result<JsValue, JsValue> {
        let sample = match self.job {
            Job::Drawing(drawing) => drawing.finish(),
            Job::Reading(reading) => reading.finish(),
        };
        convert::object(&[("bytes", Uint8Array::from(&sample.to_bytes()[..]).into())])
    }
}

#[wasm_bindgen]
impl Portfolio {
    /// Adds rows that a job of the same book and day has made. Throws `portfolio_refused`.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), JsValue> {
        self.simulation.append_bytes(bytes).failed()
    }

    /// Rows, rules, limits that can move, segments, and the policy as it is written.
    #[wasm_bindgen(getter, unchecked_return_type = "PortfolioFrame")]
    pub fn frame(&self) -> Result<JsValue, JsValue> {
        convert::to_js(&Described::of(self.simulation.sample()))
    }

    /// Breaks totals down by segments, given as positions in the frame. Throws `portfolio_refused`.
    #[wasm_bindgen(js_name = breakDown)]
    pub fn break_down(&mut self, by: Vec<u32>) -> Result<(), JsValue> {
        let by: Vec<usize> = by.into_iter().map(|segment| segment as usize).collect();
        self.simulation.break_down(&by).failed()
    }

    /// Prepares quick totals: of all cut-offs, or of all limits of one rule. Throws `draft_refused`.
    pub fn grab(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Draft")] draft: JsValue,
        rule: Option<String>,
    ) -> Result<(), JsValue> {
        let levers = self.levers(draft)?;
        match rule {
            Some(rule) => self.simulation.grab_limit(&levers, &rule).failed(),
            None => {
                self.simulation.grab_cut_offs(&levers);
                Ok(())
            }
        }
    }

    /// The totals under a draft: quick under the lever that was grabbed, of every row under others. Throws `draft_refused`.
    #[wasm_bindgen(unchecked_return_type = "PortfolioTotals")]
    pub fn totals(&self, #[wasm_bindgen(unchecked_param_type = "Draft")] draft: JsValue) -> Result<JsValue, JsValue> {
        let totals = self.simulation.totals(&self.levers(draft)?);
        let sums = numbers(totals.cells.iter().flat_map(by_outcome));
        let breakdown = self.simulation.breakdown();
        let impacts = (0..breakdown.by().len()).map(|position| {
            // The last cell is of rows whose level is not known.
            let cells = breakdown.cells_of(position);
            let groups = totals.cells.get(cells.start..cells.end.saturating_sub(1)).unwrap_or_default();
            adverse_impact(groups).map_or(f64::NAN, |found| found.ratio)
        });
        let impacts: Vec<f64> = impacts.collect();
        convert::object(&[("sums", sums.into()), ("impact", Float64Array::from(&impacts[..]).into())])
    }

    /// What would be approved at each cut-off from 300 to 850, and where that is best. Throws `draft_refused`.
    #[wasm_bindgen(unchecked_return_type = "PortfolioCurve")]
    pub fn curve(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Draft")] draft: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Benefit")] benefit: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Risk")] risk: JsValue,
    ) -> Result<JsValue, JsValue> {
        let (benefit, risk): (Benefit, Risk) = (convert::from_js(benefit)?, convert::from_js(risk)?);
        let curve = self.prepared_curve(draft)?;
        let best = best(&curve, benefit).map_or(JsValue::NULL, |point| point.approve.value().into());
        let efficient: Vec<f64> =
            frontier(&curve, benefit, risk).into_iter().map(|index| f64::from(curve[index].approve.value())).collect();
        let rates: Vec<f64> = curve.iter().map(|point| risk.rate(&point.approved).unwrap_or(f64::NAN)).collect();
        convert::object(&[
            ("sums", numbers(curve.iter().map(|point| point.approved)).into()),
            ("risk", Float64Array::from(&rates[..]).into()),
            ("best", best),
            ("frontier", Float64Array::from(&efficient[..]).into()),
        ])
    }

    /// What each rule does: rows that it hits, then the sums of rows that would be decided otherwise without it alone.
    pub fn rules(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Draft")] draft: JsValue,
    ) -> Result<Float64Array, JsValue> {
        let effects = self.simulation.sample().effects(&self.levers(draft)?);
        let listed = effects.iter().flat_map(|effect| std::iter::once(effect.hits).chain(effect.only_by.sums()));
        Ok(Float64Array::from(&listed.map(|sum| sum as f64).collect::<Vec<_>>()[..]))
    }

    /// Rows by what two drafts make of them: sums of 6 × 6 cells. Throws `draft_refused`.
    pub fn swap(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Draft")] from: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Draft")] to: JsValue,
    ) -> Result<Float64Array, JsValue> {
        let swap = self.simulation.sample().swap_set(&self.levers(from)?, &self.levers(to)?);
        let cell = |was: Outcome| Outcome::ALL.map(|is| *SwapSet::of(&swap, was, is));
        Ok(numbers(Outcome::ALL.into_iter().flat_map(cell)))
    }

    /// The first rows of one cell of `swap`, at most `most`. Throws `draft_refused`.
    pub fn swapped(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Draft")] from: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Draft")] to: JsValue,
        #[wasm_bindgen(unchecked_param_type = "[Outcome, Outcome]")] cell: JsValue,
        most: u32,
    ) -> Result<Uint32Array, JsValue> {
        let (was, is): (Outcome, Outcome) = convert::from_js(cell)?;
        let (from, to) = (self.levers(from)?, self.levers(to)?);
        Ok(Uint32Array::from(&self.simulation.sample().swapped((&from, was), (&to, is), most as usize)[..]))
    }

    /// The cut-offs with the most of a benefit under constraints, null where none keep to them. Throws `draft_refused`.
    #[wasm_bindgen(unchecked_return_type = "{ approve: number; review: number } | null")]
    pub fn optimum(
        &mut self,
        #[wasm_bindgen(unchecked_param_type = "Draft")] draft: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Benefit")] benefit: JsValue,
        #[wasm_bindgen(unchecked_param_type = "Constraints")] constraints: JsValue,
    ) -> Result<JsValue, JsValue> {
        let levers = self.levers(draft)?;
        let (benefit, constraints): (Benefit, Constraints) =
            (convert::from_js(benefit)?, convert::from_js(constraints)?);
        self.simulation.grab_cut_offs(&levers);
        let cut_offs = self.simulation.cut_offs(&levers);
        let found = cut_offs.and_then(|sums| sums.optimum(benefit, &constraints, levers.bands().review));
        convert::to_js(&found)
    }

    /// Rows by outcome, six counts each: by score from 300, by PD in per cent from 0 to 100, by APR in per cent from 0 to 60.
    #[wasm_bindgen(unchecked_return_type = "PortfolioSpread")]
    pub fn spread(&self, #[wasm_bindgen(unchecked_param_type = "Draft")] draft: JsValue) -> Result<JsValue, JsValue> {
        let spread = self.simulation.sample().spread(&self.levers(draft)?);
        let column = |counts: &[[i64; 6]]| {
            let counts: Vec<f64> = counts.iter().flatten().map(|count| *count as f64).collect();
            JsValue::from(Float64Array::from(&counts[..]))
        };
        convert::object(&[("points", column(&spread.points)), ("pd", column(&spread.pd)), ("apr", column(&spread.apr))])
    }

    /// The slices of the approved rows that turned bad most. Throws `draft_refused`.
    #[wasm_bindgen(js_name = worstSlices, unchecked_return_type = "PortfolioSlice[]")]
    pub fn worst_slices(
        &self,
        #[wasm_bindgen(unchecked_param_type = "Draft")] draft: JsValue,
        fewest: u32,
        most: u32,
    ) -> Result<JsValue, JsValue> {
        let found = self.simulation.sample().worst_slices(&self.levers(draft)?, fewest.into(), most as usize);
        convert::to_js(&found)
    }

    /// The vintages of so many simulated months, by the hazard of the book's prices. Throws `draft_refused`, or
    /// `portfolio_refused` of a book without prices.
    #[wasm_bindgen(unchecked_return_type = "PortfolioVintage[]")]
    pub fn vintages(
        &self,
        book: &Underglass,
        #[wasm_bindgen(unchecked_param_type = "Draft")] draft: JsValue,
        #[wasm_bindgen(js_name = nMonths)] n_months: u32,
    ) -> Result<JsValue, JsValue> {
        let pricing = book.engine.pricing.as_ref();
        let pricing = pricing.ok_or_else(|| fail("portfolio_refused", "this book has no prices, so no hazard"))?;
        let levers = self.levers(draft)?;
        convert::to_js(&self.simulation.sample().vintages(&levers, &pricing.economics, n_months as usize))
    }

    fn levers(&self, draft: JsValue) -> Result<Levers, JsValue> {
        let draft: Draft = convert::from_js(draft)?;
        self.simulation.sample().frame().levers(&draft).failed()
    }

    fn prepared_curve(&mut self, draft: JsValue) -> Result<Vec<CurvePoint>, JsValue> {
        let levers = self.levers(draft)?;
        self.simulation.grab_cut_offs(&levers);
        Ok(self.simulation.cut_offs(&levers).map(|sums| sums.curve()).unwrap_or_default())
    }
}

fn by_outcome(cell: &ByOutcome) -> [Tally; 6] {
    Outcome::ALL.map(|outcome| *cell.of(outcome))
}

/// Sums as doubles: they are below 2^53 as long as a portfolio has fewer than nine million rows.
fn numbers(tallies: impl Iterator<Item = Tally>) -> Float64Array {
    let sums: Vec<f64> =
        tallies.flat_map(|tally: Tally| -> [i64; N_SUMS] { tally.sums() }).map(|sum| sum as f64).collect();
    Float64Array::from(&sums[..])
}

/// What `frame` returns.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Described<'a> {
    rows: usize,
    refused: u64,
    draft: Draft,
    rules: Vec<DescribedRule<'a>>,
    segments: Vec<DescribedSegment<'a>>,
}

#[derive(Serialize)]
struct DescribedRule<'a> {
    id: &'a str,
    label: &'a str,
    /// Where its limit can move, if it can.
    limit: Option<DescribedLimit<'a>>,
}

#[derive(Serialize)]
struct DescribedLimit<'a> {
    field: &'a str,
    op: underglass_engine::policy::Op,
    written: f64,
    from: Option<f64>,
    to: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DescribedSegment<'a> {
    name: &'a str,
    label: &'a str,
    levels: &'a [String],
    audit_only: bool,
}

impl<'a> Described<'a> {
    fn of(sample: &'a Sample) -> Self {
        let frame = sample.frame();
        let limit = |rule: usize| {
            let found = frame.thresholds().iter().find(|threshold| threshold.rule == rule)?;
            let (field, op) = (found.field.as_str(), found.op);
            Some(DescribedLimit { field, op, written: found.written, from: found.from, to: found.to })
        };
        let rules = frame.rules().iter().enumerate();
        Self {
            rows: sample.n_rows(),
            refused: sample.refused(),
            draft: frame.draft(),
            rules: rules.map(|(rule, (id, label))| DescribedRule { id, label, limit: limit(rule) }).collect(),
            segments: frame
                .segments()
                .iter()
                .map(|segment| DescribedSegment {
                    name: &segment.name,
                    label: &segment.label,
                    levels: &segment.levels,
                    audit_only: segment.audit_only,
                })
                .collect(),
        }
    }
}
