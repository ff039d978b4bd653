//! One applicant on the page: what stands in the fields, and everything that follows from it.

use std::sync::Arc;

use leptos::prelude::*;
use underglass_engine::application::{
    Application, ApplicationForm, FieldError, FormValue, InvalidApplication, Permitted, Personal,
};
use underglass_engine::decision::Decided;
use underglass_engine::paths::Response;
use underglass_engine::receipt::Receipt;
use underglass_engine::units::Date;

use super::book::form_of;
use super::link::{BrokenLink, Link};
use super::{OpenBook, number};

/// Evaluated values of a response curve, beside the flip-points.
const CURVE_CELLS: u16 = 48;

/// What was decided and on what.
#[derive(Debug)]
pub struct Answer {
    /// What stands in the fields.
    pub form: ApplicationForm,
    /// The same, checked.
    pub application: Application,
    /// The decision.
    pub decided: Decided,
}

/// The response of the decision to one field.
#[derive(Debug)]
pub struct Curve {
    /// The application with this field set aside: while it stays, so does the curve.
    rest: Application,
    /// Curve and flip-points.
    pub response: Response,
}

/// The response curve of each field, once it has been computed.
type Curves = Vec<RwSignal<Option<Arc<Curve>>>>;

/// One applicant. Copies are handles to the same signals.
#[derive(Clone, Copy)]
pub struct Case {
    /// The open book.
    pub book: &'static OpenBook,
    /// The day of the decision.
    pub as_of: Date,
    /// The example that the fields start from.
    pub example: RwSignal<String>,
    /// Every bad field; empty when the application is well-formed.
    pub errors: Memo<Vec<FieldError>>,
    /// The last valid answer.
    pub answer: Memo<Option<Arc<Answer>>>,
    /// Highest and lowest score on any response curve: the one scale on which all of them are drawn.
    pub reach: Memo<(f64, f64)>,
    entries: StoredValue<Vec<RwSignal<String>>>,
    curves: StoredValue<Curves>,
}

impl Case {
    /// An applicant of a book, filled in with its first example.
    pub fn new(book: &'static OpenBook, as_of: Date) -> Self {
        let first = book.first_example();
        let inputs = book.engine.inputs();
        let entries: Vec<_> = inputs.iter().map(|input| RwSignal::new(entry(&first.form, &input.name))).collect();
        let curves: StoredValue<Curves> = StoredValue::new(book.fields.iter().map(|_| RwSignal::new(None)).collect());
        let entries = StoredValue::new(entries);
        let checked = Memo::new(move |_| {
            let form = entries.with_value(|entries| filled(book, entries));
            let result = form.check(inputs);
            (form, result)
        });
        let errors = Memo::new(move |_| {
            checked.with(|(_, result)| {
                result.as_ref().err().map(|InvalidApplication(list)| list.clone()).unwrap_or_default()
            })
        });
        let answer = Memo::new_with_compare(
            move |last: Option<&Option<Arc<Answer>>>| {
                checked.with(|(form, result)| match result {
                    Ok(application) => {
                        let decided = book.engine.decide(application, as_of);
                        Some(Arc::new(Answer { form: form.clone(), application: application.clone(), decided }))
                    }
                    Err(_) => last.cloned().flatten(),
                })
            },
            |old, new| !same(old, new),
        );
        let reach = Memo::new(move |_| {
            let mut reach = (f64::NEG_INFINITY, f64::INFINITY);
            for curve in curves.get_value() {
                curve.with(|curve| {
                    for point in curve.iter().flat_map(|curve| &curve.response.curve) {
                        let points = f64::from(point.points.value());
                        reach = (reach.0.max(points), reach.1.min(points));
                    }
                });
            }
            reach
        });
        // Now, so that there is an answer to keep when an address brings a field that cannot be read.
        answer.with_untracked(Option::is_some);
        Self { book, as_of, example: RwSignal::new(first.id.clone()), errors, answer, reach, entries, curves }
    }

    /// What stands in the field of an input.
    pub fn entry(self, input: usize) -> RwSignal<String> {
        self.entries.with_value(|entries| entries[input])
    }

    /// The checked form value of an input's field.
    pub fn value(self, input: usize) -> FormValue {
        self.entry(input).with(|text| number::parse(text, &self.book.engine.inputs()[input]))
    }

    /// The first error of an input's field.
    pub fn error(self, input: usize) -> Option<FieldError> {
        let name = &self.book.engine.inputs()[input].name;
        self.errors.with(|errors| errors.iter().find(|error| error.field == *name).cloned())
    }

    /// The response curve of a field, once it has been computed.
    pub fn curve(self, field: usize) -> RwSignal<Option<Arc<Curve>>> {
        self.curves.with_value(|curves| curves[field])
    }

    /// Computes the response curve of a field for an answer, unless it stands there already. Returns whether it worked.
    pub fn refresh_curve(self, field: usize, answer: &Answer) -> bool {
        let layout = &self.book.fields[field];
        let Some(track) = layout.track else { return false };
        let rest = answer.application.with_number(layout.input, 0.0);
        let curve = self.curve(field);
        if curve.with_untracked(|curve| curve.as_ref().is_some_and(|curve| curve.rest == rest)) {
            return false;
        }
        let response = self.book.engine.response(
            &answer.application,
            layout.input,
            track.low,
            track.high,
            CURVE_CELLS,
            self.as_of,
        );
        curve.set(response.map(|response| Arc::new(Curve { rest, response })));
        true
    }

    /// Fills in an example.
    pub fn choose(self, id: &str) {
        if let Some(example) = self.book.example(id) {
            batch(|| {
                self.fill(&example.form);
                self.example.set(example.id);
            });
        }
    }

    /// Whether anything differs from the example. Reads every field.
    pub fn is_changed(self) -> bool {
        !self.link().changes.is_empty()
    }

    /// The address of this state. Reads every field.
    pub fn link(self) -> Link {
        let id = self.example.get();
        let start = self.book.example(&id).map(|example| example.form).unwrap_or_default();
        let mut changes = Vec::new();
        for (index, input) in self
            .book
            .engine
            .inputs()
            .iter()
            .enumerate()
            .filter(|(_, input)| may_travel(input.permitted, input.personal))
        {
            let text = self.entry(index).get();
            if number::parse(&text, input) != number::parse(&entry(&start, &input.name), input) {
                let text = match number::parse(&text, input) {
                    FormValue::Number(number) => number.to_string(),
                    _ => text,
                };
                changes.push((input.name.clone(), text));
            }
        }
        Link { book: Some(self.book.entry.name.clone()), example: Some(id), changes }
    }

    /// Fills in what an address says.
    ///
    /// # Errors
    /// [`BrokenLink::Content`] when it names another book, an unknown example or a field that this form does not show.
    pub fn follow(self, link: &Link) -> Result<(), BrokenLink> {
        if link.book.as_ref().is_some_and(|book| *book != self.book.entry.name) {
            return Err(BrokenLink::Content);
        }
        let example = match &link.example {
            Some(id) => self.book.example(id).ok_or(BrokenLink::Content)?,
            None => self.book.first_example().clone(),
        };
        let inputs = self.book.engine.inputs();
        let mut changed = Vec::new();
        for (name, text) in &link.changes {
            let index =
                inputs.iter().position(|input| input.name == *name && may_travel(input.permitted, input.personal));
            changed.push((index.ok_or(BrokenLink::Content)?, text.clone()));
        }
        batch(|| {
            self.fill(&example.form);
            self.example.set(example.id);
            for (index, text) in changed {
                self.entry(index).set(text);
            }
        });
        Ok(())
    }

    /// The canonical receipt of an answer. Decisions draw nothing at random: the seed is 0.
    pub fn receipt(self, answer: &Answer) -> String {
        let receipt = Receipt::new(&self.book.engine, &answer.form, answer.decided.clone(), self.as_of, 0);
        String::from_utf8(receipt.encode()).unwrap_or_default()
    }

    fn fill(self, form: &ApplicationForm) {
        for (index, input) in self.book.engine.inputs().iter().enumerate() {
            let text = entry(form, &input.name);
            let field = self.entry(index);
            if field.with_untracked(|old| *old != text) {
                field.set(text);
            }
        }
    }
}

/// Addresses are pasted into chats and tickets: nothing that names or protects a person may stand in one.
fn may_travel(permitted: Permitted, personal: Personal) -> bool {
    permitted != Permitted::AuditOnly && !matches!(personal, Personal::Identifier | Personal::Protected)
}

fn filled(book: &OpenBook, entries: &[RwSignal<String>]) -> ApplicationForm {
    let listed = book.engine.inputs().iter().zip(entries);
    let given = listed.map(|(input, entry)| (input.name.clone(), entry.with(|text| number::parse(text, input))));
    form_of(&mut given.filter(|(_, value)| *value != FormValue::Missing))
}

fn entry(form: &ApplicationForm, name: &str) -> String {
    match form.0.get(name) {
        Some(FormValue::Number(number)) => number.to_string(),
        Some(FormValue::Text(text)) => text.clone(),
        _ => String::new(),
    }
}

fn same(old: Option<&Option<Arc<Answer>>>, new: Option<&Option<Arc<Answer>>>) -> bool {
    match (old, new) {
        (Some(Some(old)), Some(Some(new))) => Arc::ptr_eq(old, new),
        (Some(None), Some(None)) => true,
        _ => false,
    }
}
