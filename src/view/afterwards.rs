//! What happens after an answer: response curves, the measured time, a second engine's receipt.

use std::rc::Rc;
use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;

use super::{Measured, Replay};
use crate::host::{self, EngineWorker, Unavailable};
use crate::state::ways::Ways;
use crate::state::{Answer, Case};

/// How long the fields must rest before what can wait is computed, in milliseconds.
const REST_MS: i32 = 250;
/// Ways to approval that are looked for, and for how long in milliseconds.
const WAYS: (u32, u32) = (3, 250);
/// Time over which decisions are averaged: long enough for the browser's coarse clock.
const MEASURE_MS: f64 = 8.0;

/// What happens after an answer has been painted, in order, and given up as soon as there is a newer answer.
#[derive(Clone, Copy)]
pub struct Afterwards {
    /// The applicant.
    pub case: Case,
    /// Where measurements go.
    pub measured: Measured,
    /// Hears what the second engine said.
    pub set_replay: WriteSignal<Replay>,
    /// Hears the cheapest ways to approval.
    pub set_ways: WriteSignal<Option<Ways>>,
    /// The second engine.
    pub second: StoredValue<Second, LocalStorage>,
    /// Hears whether every response curve has been computed.
    pub set_complete: WriteSignal<bool>,
}

/// The second engine is started once, after the first answer.
#[derive(Clone)]
pub enum Second {
    /// Nobody has asked for it.
    Absent,
    /// It will answer.
    Starting,
    /// It answers.
    Ready(Rc<EngineWorker>),
    /// It cannot.
    Failed(Unavailable),
}

/// Does it after each answer from now on.
pub fn after_each_answer(afterwards: Afterwards) {
    let turn = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let Some(answer) = afterwards.case.answer.get() else { return };
        let mine = turn.with_value(|turn| turn.wrapping_add(1));
        turn.set_value(mine);
        afterwards.set_complete.set(false);
        afterwards.set_replay.set(Replay::Waiting);
        afterwards.set_ways.set(None);
        let is_current = move || turn.try_with_value(|turn| *turn == mine).unwrap_or(false);
        spawn_local(async move {
            host::pause(0).await;
            if !afterwards.curves(&answer, is_current).await {
                return;
            }
            host::pause(REST_MS).await;
            if is_current() {
                afterwards.measure(&answer);
                afterwards.replay().await;
            }
        });
    });
}

impl Afterwards {
    /// Computes one response curve a turn. Returns whether it came to the end.
    async fn curves(self, answer: &Answer, is_current: impl Fn() -> bool) -> bool {
        for field in 0..self.case.book.fields.len() {
            if !is_current() {
                return false;
            }
            if self.case.refresh_curve(field, answer) {
                host::pause(0).await;
            }
        }
        self.set_complete.set(true);
        true
    }

    fn measure(self, answer: &Answer) {
        let engine = &self.case.book.engine;
        let (start, mut n) = (host::now(), 0_u32);
        let mut spent = 0.0;
        while spent < MEASURE_MS && n < 10_000 {
            if let Ok(application) = answer.form.check(engine.inputs()) {
                std::hint::black_box(engine.decide(&application, self.case.as_of));
            }
            n += 1;
            spent = host::now() - start;
        }
        self.measured.decision.set(Some((spent * 1000.0 / f64::from(n), n)));
        self.measured.requests.set(host::foreign_requests());
    }

    /// Lets the second engine decide the present answer, starting it if need be.
    async fn replay(self) {
        let second = self.second;
        let engine = match second.get_value() {
            Second::Ready(engine) => engine,
            Second::Failed(why) => return self.set_replay.set(Replay::Unavailable(why.0)),
            // Whoever starts it asks it about the answer of that moment.
            Second::Starting => return,
            Second::Absent => {
                second.set_value(Second::Starting);
                match EngineWorker::start(&self.case.book.files).await {
                    Ok(engine) => {
                        let engine = Rc::new(engine);
                        second.set_value(Second::Ready(Rc::clone(&engine)));
                        engine
                    }
                    Err(why) => {
                        second.set_value(Second::Failed(why.clone()));
                        return self.set_replay.set(Replay::Unavailable(why.0));
                    }
                }
            }
        };
        let Some(answer) = self.case.answer.get_untracked() else { return };
        let form = serde_json::to_string(&answer.form).unwrap_or_default();
        let as_of = self.case.as_of.to_string();
        let is_still_shown = || self.case.answer.get_untracked().is_some_and(|shown| Arc::ptr_eq(&shown, &answer));
        let answered = engine.decide(&form, &as_of).await;
        if is_still_shown() {
            self.set_replay.set(match answered {
                Ok(receipt) => Replay::of(&self.case.receipt(&answer), &receipt),
                Err(why) => Replay::Unavailable(why.0),
            });
        }
        let (most, milliseconds) = WAYS;
        let ways = engine.ways(&form, &as_of, most, milliseconds).await;
        // Where the engine cannot be asked, the line about the receipt says so.
        let ways = ways.ok().and_then(|text| serde_json::from_str(&text).ok());
        if is_still_shown() {
            self.set_ways.set(ways);
        }
    }
}
