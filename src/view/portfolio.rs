//! Portfolio: what the policy, or a draft of it, makes of many applicants.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;
use leptos::task::spawn_local;
use underglass_engine::strategy::{Draft, Setting};
use underglass_engine::units::Points;

use super::strategy::{curve_panel, frontier_panel, rules_panel, segments_panel, swap_panel, tiles};
use crate::host::{self, PortfolioWorkers};
use crate::state::OpenBook;
use crate::state::number::plain;
use crate::state::portfolio::{
    Curve, Frame, Lever, Limit, Rule, RuleEffect, Segment, Stops, Tally, Totals, effects, swap, tallies, with_approve,
    with_review, with_rule,
};
use crate::text::portfolio as text;

/// How many applicants can be asked for. The first is there in a second.
const SIZES: [u64; 4] = [20_000, 100_000, 300_000, 1_000_000];
/// Segments by which totals are told apart at once.
const MOST_SEGMENTS: usize = 3;
/// A draft that rests for this long is looked at closely.
const REST: Duration = Duration::from_millis(250);

/// The signals of the view.
#[derive(Clone, Copy)]
pub(super) struct Portfolio {
    book: &'static OpenBook,
    workers: StoredValue<Option<Rc<PortfolioWorkers>>, LocalStorage>,
    wanted: RwSignal<u64>,
    pub(super) frame: RwSignal<Option<Arc<Frame>>>,
    /// Positions of the segments by which totals are told apart.
    pub(super) by: StoredValue<Vec<usize>>,
    pub(super) draft: RwSignal<Option<Draft>>,
    pub(super) written: RwSignal<Arc<Totals>>,
    pub(super) totals: RwSignal<Arc<Totals>>,
    pub(super) curve: RwSignal<Arc<Curve>>,
    pub(super) effects: RwSignal<Vec<RuleEffect>>,
    pub(super) swap: RwSignal<[[Tally; 3]; 3]>,
    failure: RwSignal<Option<String>>,
    is_growing: StoredValue<bool>,
    is_busy: StoredValue<bool>,
    grabbed: StoredValue<Option<Lever>>,
}

/// The view of many applicants.
#[component]
pub fn PortfolioView(
    /// The open book.
    book: &'static OpenBook,
) -> impl IntoView {
    let portfolio = Portfolio {
        book,
        workers: StoredValue::new_local(None),
        wanted: RwSignal::new(SIZES[0]),
        frame: RwSignal::new(None),
        by: StoredValue::new(Vec::new()),
        draft: RwSignal::new(None),
        written: RwSignal::default(),
        totals: RwSignal::default(),
        curve: RwSignal::default(),
        effects: RwSignal::default(),
        swap: RwSignal::default(),
        failure: RwSignal::new(None),
        is_growing: StoredValue::new(false),
        is_busy: StoredValue::new(false),
        grabbed: StoredValue::new(None),
    };
    let is_synthetic = book.entry.synthetic;
    if is_synthetic {
        spawn_local(portfolio.start());
    }
    portfolio.looks_closer();
    let has_rows = Memo::new(move |_| portfolio.frame.with(Option::is_some));
    let body = move || match (has_rows.get(), portfolio.failure.get()) {
        (_, Some(why)) => view! { <p class="notice wide" role="alert">{why}</p> }.into_any(),
        (true, None) => portfolio.rooms(),
        (false, None) if is_synthetic => view! { <p class="hint wide" role="status">{text::STARTING}</p> }.into_any(),
        (false, None) => view! { <p class="hint wide">{text::NO_WORLD}</p> }.into_any(),
    };
    view! { <main class="decide portfolio" id="portfolio" tabindex="-1">{body}</main> }.into_any()
}

impl Portfolio {
    async fn start(self) {
        match PortfolioWorkers::start(&self.book.files, host::today()).await {
            Ok(workers) => {
                self.workers.set_value(Some(Rc::new(workers)));
                self.grow().await;
            }
            Err(why) => self.failure.set(Some(why.0)),
        }
    }

    /// Draws applicants until there are as many as are wanted; who is at it sees when more are.
    async fn grow(self) {
        let Some(workers) = self.workers.get_value() else { return };
        if self.is_growing.get_value() {
            return;
        }
        self.is_growing.set_value(true);
        let wanted = move || self.wanted.try_get_untracked().unwrap_or_default();
        let grown = move |frame: String| match serde_json::from_str::<Frame>(&frame) {
            Ok(frame) => self.has_grown(frame),
            Err(error) => self.failure.set(Some(error.to_string())),
        };
        if let Err(why) = workers.grow(&self.book.entry.name, wanted, grown).await {
            self.failure.set(Some(why.0));
        }
        self.is_growing.try_set_value(false);
    }

    fn has_grown(self, frame: Frame) {
        let segments = || frame.segments.iter().enumerate();
        // Fairness first: those are few, and are what the ratio is about.
        let (fair, others): (Vec<_>, Vec<_>) = segments().partition(|(_, segment)| segment.audit_only);
        let by: Vec<usize> = fair.into_iter().chain(others).map(|(index, _)| index).take(MOST_SEGMENTS).collect();
        if let Some(workers) = self.workers.get_value() {
            let by = serde_json::to_string(&by).unwrap_or_default();
            spawn_local(async move {
                // A faulty answer shows with the totals that are asked for next.
                let _ = workers.ask("breakDown", &[("by", &by)]).await;
            });
        }
        self.by.set_value(by);
        self.grabbed.set_value(None);
        let draft = self.draft.get_untracked().unwrap_or_else(|| frame.draft.clone());
        let written = frame.draft.clone();
        self.frame.set(Some(Arc::new(frame)));
        self.draft.set(Some(draft));
        spawn_local(async move {
            if let Some(totals) = self.totals_of(&written).await {
                self.written.set(Arc::new(totals));
            }
        });
        self.refresh();
    }

    /// Sets the draft, and has it answered.
    pub(super) fn set(self, draft: Draft, lever: Lever) {
        self.draft.set(Some(draft.clone()));
        if self.grabbed.with_value(|grabbed| grabbed.as_ref() != Some(&lever)) {
            if let Some(workers) = self.workers.get_value() {
                let draft = json(&draft);
                let rule = match &lever {
                    Lever::CutOffs => "null".to_owned(),
                    Lever::Limit(rule) => json(rule),
                };
                let grab = workers.ask("grab", &[("draft", &draft), ("rule", &rule)]);
                // Only speed is lost without it.
                spawn_local(async move {
                    let _ = grab.await;
                });
            }
            self.grabbed.set_value(Some(lever));
        }
        self.refresh();
    }

    /// Asks for the totals of the draft, one question at a time: what was moved meanwhile is asked next.
    fn refresh(self) {
        if self.is_busy.get_value() {
            return;
        }
        self.is_busy.set_value(true);
        spawn_local(async move {
            while let Some(draft) = self.draft.try_get_untracked().flatten() {
                let totals = self.totals_of(&draft).await;
                let Some(totals) = totals else { break };
                self.totals.set(Arc::new(totals));
                if self.draft.try_get_untracked().flatten().as_ref() == Some(&draft) {
                    break;
                }
            }
            self.is_busy.try_set_value(false);
        });
    }

    async fn totals_of(self, draft: &Draft) -> Option<Totals> {
        let workers = self.workers.get_value()?;
        let answer = workers.ask("totals", &[("draft", &json(draft))]).await;
        let frame = self.frame.try_get_untracked().flatten()?;
        match answer {
            Ok(answer) => {
                let by: Vec<&Segment> =
                    self.by.with_value(|by| by.iter().filter_map(|index| frame.segments.get(*index)).collect());
                Some(Totals::read(&by, &answer.of("sums"), &answer.of("impact")))
            }
            Err(why) => {
                self.failure.set(Some(why.0));
                None
            }
        }
    }

    /// What takes longer than a frame, once the draft and the applicants have come to rest.
    fn looks_closer(self) {
        let mut look = debounce(REST, move |(frame, draft): (Arc<Frame>, Draft)| {
            spawn_local(async move {
                // What is not answered keeps what was answered before.
                let _ = self.look(&frame, &draft).await;
            });
        });
        Effect::new(move |_| {
            if let Some(asked) = self.frame.get().zip(self.draft.get()) {
                look(asked);
            }
        });
    }

    /// Each question only while the draft is still the same: a lever that moves again is answered first.
    async fn look(self, frame: &Frame, draft: &Draft) -> Option<()> {
        let workers = self.workers.get_value()?;
        let is_same = || self.draft.try_get_untracked().flatten().as_ref() == Some(draft);
        let (written, drafted) = (json(&frame.draft), json(draft));
        let on_draft = ("draft", drafted.as_str());
        let rules = workers.ask("rules", &[on_draft]).await.ok().filter(|_| is_same())?;
        self.effects.try_set(effects(&rules.of("sums")));
        let swapped = workers.ask("swap", &[("from", &written), ("to", &drafted)]).await.ok().filter(|_| is_same())?;
        self.swap.try_set(swap(&swapped.of("sums")));
        let curve = [on_draft, ("benefit", "\"profit\""), ("risk", "\"observed\"")];
        let curve = workers.ask("curve", &curve).await.ok()?;
        self.curve.try_set(Arc::new(Curve {
            approved: tallies(&curve.of("sums")),
            risk: curve.of("risk"),
            best: curve.number("best"),
            frontier: curve.of("frontier"),
        }));
        Some(())
    }

    fn rooms(self) -> AnyView {
        view! {
            {self.levers()}
            <div class="middle">
                {tiles(self)}
                {curve_panel(self)}
                {rules_panel(self)}
            </div>
            <div class="middle">
                {frontier_panel(self)}
                {swap_panel(self)}
                {segments_panel(self)}
            </div>
        }
        .into_any()
    }

    /// The draft's cut-offs: approve, review.
    pub(super) fn cut_offs(self) -> (i16, i16) {
        self.draft.with(|draft| draft.as_ref().map_or((0, 0), |draft| (draft.approve.value(), draft.review.value())))
    }

    pub(super) fn set_cut_off(self, text: &str, with: fn(&Draft, Points) -> Draft) {
        let points = text.parse().ok().and_then(Points::new);
        if let Some((draft, points)) = self.draft.get_untracked().zip(points) {
            self.set(with(&draft, points), Lever::CutOffs);
        }
    }

    fn levers(self) -> AnyView {
        // Applicants that are there do not go away.
        let is_less = move |n: u64| n < self.wanted.get();
        let sizes = SIZES.map(|n| {
            view! { <option value=n.to_string() disabled=move || is_less(n)>{plain(n as f64)}</option> }.into_any()
        });
        let drawn = move || {
            self.frame.with(|frame| text::drawn(frame.as_ref().map_or(0, |frame| frame.rows), self.wanted.get()))
        };
        let choose = move |event| {
            if let Ok(n) = event_target_value(&event).parse() {
                self.wanted.set(n);
                spawn_local(self.grow());
            }
        };
        let is_draft =
            move || self.frame.with(|frame| frame.as_ref().map(|frame| frame.draft.clone())) != self.draft.get();
        let back = move |_| {
            if let Some(frame) = self.frame.get_untracked() {
                self.set(frame.draft.clone(), Lever::CutOffs);
            }
        };
        let rules = self.frame.get_untracked().map(|frame| frame.rules.clone()).unwrap_or_default();
        let limits = rules.into_iter().filter_map(|rule| Some(self.limit(rule.limit.clone()?, rule)));
        view! {
            <section class="panel levers" aria-labelledby="levers-title">
                <div class="panel-head"><h1 id="levers-title">{text::LEVERS}</h1></div>
                <p class="hint" role="status">{move || if is_draft() { text::DRAFT } else { text::NO_DRAFT }}</p>
                {self.cut_off(text::APPROVE_FROM, "approve", move || self.cut_offs().0, with_approve)}
                {self.cut_off(text::REVIEW_FROM, "review", move || self.cut_offs().1, with_review)}
                <details class="limits" open>
                    <summary>{text::LIMITS}</summary>
                    {limits.collect_view()}
                </details>
                <div class="form-foot">
                    <button class="button" disabled=move || !is_draft() on:click=back>{text::AS_WRITTEN}</button>
                    <button class="button" disabled=move || !is_draft() on:click=move |_| self.save()>{text::SAVE_DRAFT}</button>
                </div>
                <label class="population">
                    {text::POPULATION}
                    <select on:change=choose data-testid="population">{sizes.into_iter().collect_view()}</select>
                </label>
                <p class="hint" data-testid="drawn" role="status">{drawn}</p>
            </section>
        }
        .into_any()
    }

    fn cut_off(
        self,
        label: &'static str,
        name: &'static str,
        value: impl Fn() -> i16 + Copy + Send + 'static,
        with: fn(&Draft, Points) -> Draft,
    ) -> AnyView {
        view! {
            <label class="lever">
                <span class="lever-line"><span>{label}</span><output>{value}</output></span>
                <span class="track">
                    <input
                        type="range"
                        min=Points::MIN.value()
                        max=Points::MAX.value()
                        data-testid=name
                        prop:value=move || value().to_string()
                        on:input=move |event| self.set_cut_off(&event_target_value(&event), with)
                    />
                </span>
            </label>
        }
        .into_any()
    }

    fn limit(self, limit: Limit, rule: Rule) -> AnyView {
        let Stops { from, to, step } = limit.stops();
        let Rule { id, label, .. } = rule;
        let setting = {
            let id = id.clone();
            Memo::new(move |_| self.draft.with(|draft| draft.as_ref().and_then(|draft| draft.rules.get(&id).copied())))
        };
        let is_on = move || setting.get() != Some(Setting::Off);
        let at = move || match setting.get() {
            Some(Setting::At(at)) => at,
            _ => limit.written,
        };
        let shown = {
            let limit = limit.clone();
            move || limit.shown(at())
        };
        let id = StoredValue::new(id);
        let set = move |setting: Option<Setting>| {
            if let Some(draft) = self.draft.get_untracked() {
                let id = id.get_value();
                let lever = match setting {
                    Some(Setting::At(_)) => Lever::Limit(id.clone()),
                    _ => Lever::CutOffs,
                };
                self.set(with_rule(&draft, &id, setting), lever);
            }
        };
        let moved = move |event| {
            if let Ok(at) = event_target_value(&event).parse::<f64>() {
                set((at != limit.written).then_some(Setting::At(at)));
            }
        };
        let switched = move |event| set((!event_target_checked(&event)).then_some(Setting::Off));
        view! {
            <div class="lever" data-off=move || !is_on()>
                <span class="lever-line">
                    <label><input type="checkbox" aria-label=text::switch(&label) prop:checked=is_on on:change=switched/>{label.clone()}</label>
                    <output>{shown}</output>
                </span>
                <span class="track">
                    <input
                        type="range"
                        aria-label=text::limit(&label)
                        data-testid=format!("limit-{}", id.get_value())
                        min=from.to_string()
                        max=to.to_string()
                        step=step.to_string()
                        disabled=move || !is_on()
                        prop:value=move || at().to_string()
                        on:input=moved
                    />
                </span>
            </div>
        }
        .into_any()
    }

    /// The book's policy with the draft's cut-offs and limits, sealed, as a file.
    fn save(self) {
        if let Some(draft) = self.draft.get_untracked() {
            let file = draft.policy(&self.book.engine.policy).encode();
            // Where the browser refuses a download it says so itself.
            let _ = host::download("policy-draft.json", &String::from_utf8_lossy(&file));
        }
    }
}

fn json(value: &impl serde::Serialize) -> String {
    // Drafts and names always have a spelling.
    serde_json::to_string(value).unwrap_or_default()
}
