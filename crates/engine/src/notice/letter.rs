//! What each letter says, in the order of the regulations' model forms.

use super::page::Sheet;
use super::words::{Words, fill, money};
use super::{Language, NoticeError, Parties, terms};
use crate::application::{ApplicationForm, Input, Role};
use crate::decision::{Change, Decision, Engine};
use crate::policy::{Answer, Severity};
use crate::pricing::{Offer, requested};
use crate::reasons::{self, MOST_REASONS};
use crate::receipt::{Receipt, ReceiptScore, ReplayError};
use crate::seal;
use crate::units::{Cents, Points};

/// The letter of a receipt that was replayed.
pub(super) fn write(
    engine: &Engine,
    receipt: &Receipt,
    language: Language,
    parties: &Parties,
) -> Result<String, NoticeError> {
    let letter = Letter { engine, receipt, language, parties, words: Words::of(language) };
    match &receipt.decision {
        Decision::Decline { reasons } => {
            letter.denial(&reasons.as_slice().iter().map(|reason| reason.code.clone()).collect::<Vec<_>>())
        }
        Decision::Counteroffer { change, .. } => letter.counteroffer(change),
        Decision::Incomplete { fields } => letter.incomplete(fields.as_slice()),
        _ => letter.price(),
    }
}

struct Letter<'a> {
    engine: &'a Engine,
    receipt: &'a Receipt,
    language: Language,
    parties: &'a Parties,
    words: &'static Words,
}

impl Letter<'_> {
    /// Form C-1.
    fn denial(&self, codes: &[String]) -> Result<String, NoticeError> {
        let words = self.words;
        let mut sheet = self.begin(words.denial_title, words.denial_lead);
        let mut facts = vec![(words.action, words.denial_action.to_owned())];
        if let Some(loan) = self.requested() {
            facts.insert(0, (words.requested, loan));
        }
        sheet.facts(&facts);
        self.reasons(&mut sheet, codes)?;
        self.report(&mut sheet, words.score_lead)?;
        self.equal_opportunity(&mut sheet);
        self.finish(sheet, words.denial_title)
    }

    /// Form C-4: one letter for the counter-offer and for why it is not what was asked for.
    fn counteroffer(&self, change: &Change) -> Result<String, NoticeError> {
        let words = self.words;
        let mut sheet = self.begin(words.counter_title, words.counter_lead);
        if let Some(loan) = self.requested() {
            sheet.facts(&[(words.requested, loan)]);
        }
        let listed = self.engine.policy.rules.iter().zip(&self.receipt.rules);
        let fired = listed.filter(|(rule, of)| of.answer == Answer::Fired && rule.severity == Severity::Counteroffer);
        let mut codes: Vec<String> = Vec::new();
        for (rule, _) in fired {
            if !codes.contains(&rule.reason) {
                codes.push(rule.reason.clone());
            }
        }
        codes.truncate(MOST_REASONS);
        self.reasons(&mut sheet, &codes)?;
        sheet.heading(words.counter_terms);
        sheet.paragraph(words.counter_terms_lead);
        let input = self.engine.inputs().iter().find(|input| input.name == change.input);
        // Another amount or term is said by the terms.
        let is_said = input.is_some_and(|input| matches!(input.role, Some(Role::LoanAmount | Role::Term)));
        let label = input.map_or(change.input.as_str(), |input| self.label(input));
        let unit = input.map_or("", |input| input.unit.as_str());
        let [from, to] = [change.from, change.to].map(|value| measured(value, unit));
        let changed = (label, fill(words.instead_of, &[("to", &to), ("from", &from)]));
        let mut facts: Vec<(&str, String)> = (!is_said).then_some(changed).into_iter().collect();
        facts.extend(terms(&self.receipt.decision).into_iter().flat_map(|offer| self.terms(offer)));
        sheet.facts(&facts);
        let until = words.date(self.receipt.as_of.plus_months(1));
        sheet.paragraph(&fill(words.counter_accept, &[("date", &until)]));
        self.report(&mut sheet, words.score_lead)?;
        self.equal_opportunity(&mut sheet);
        self.finish(sheet, words.counter_title)
    }

    /// Form C-6.
    fn incomplete(&self, fields: &[String]) -> Result<String, NoticeError> {
        let words = self.words;
        let mut sheet = self.begin(words.incomplete_title, words.incomplete_lead);
        // A field is an input that is missing, or the code of a rule that asks for something.
        let needed = |field: &String| match self.engine.inputs().iter().find(|input| input.name == *field) {
            Some(input) => Ok(self.label(input).to_owned()),
            None => self.text(field),
        };
        sheet.list(&fields.iter().map(needed).collect::<Result<Vec<_>, _>>()?);
        let until = words.date(self.receipt.as_of.plus_months(1));
        sheet.paragraph(&fill(words.incomplete_until, &[("date", &until)]));
        sheet.contact(&self.parties.creditor);
        self.finish(sheet, words.incomplete_title)
    }

    /// Form H-6.
    fn price(&self) -> Result<String, NoticeError> {
        let words = self.words;
        let offer = terms(&self.receipt.decision).ok_or(NoticeError::Unpriced)?;
        let mut sheet = Sheet::new(words);
        self.head(&mut sheet, words.price_title);
        sheet.heading(words.price_terms);
        sheet.facts(&self.terms(offer));
        for (index, (question, answer)) in words.price_sections.iter().enumerate() {
            sheet.heading(question);
            sheet.paragraph(&fill(answer, &[("bureau", &self.parties.bureau.name)]));
            if index == 3 {
                sheet.contact(&self.parties.bureau);
            }
        }
        self.score(&mut sheet, words.price_score_lead)?;
        self.contact(&mut sheet);
        self.finish(sheet, words.price_title)
    }

    /// An input's name in the letter's language, where its role gives one; else the schema's.
    fn label<'b>(&self, input: &'b Input) -> &'b str {
        let named = self.words.roles.iter().find(|(role, _)| input.role == Some(*role));
        named.map_or(input.label.as_str(), |(_, name)| name)
    }

    fn begin(&self, title: &str, lead: &str) -> Sheet<'static> {
        let mut sheet = Sheet::new(self.words);
        self.head(&mut sheet, title);
        sheet.paragraph(self.words.greeting);
        sheet.paragraph(&fill(lead, &[("creditor", &self.parties.creditor.name)]));
        sheet
    }

    fn head(&self, sheet: &mut Sheet<'_>, title: &str) {
        sheet.head(&self.parties.creditor, &self.parties.applicant, &self.words.date(self.receipt.as_of));
        sheet.title(title);
    }

    fn reasons(&self, sheet: &mut Sheet<'_>, codes: &[String]) -> Result<(), NoticeError> {
        sheet.heading(self.words.reasons);
        sheet.paragraph(self.words.reasons_lead);
        sheet.ranked(&codes.iter().map(|code| self.text(code)).collect::<Result<Vec<_>, _>>()?);
        Ok(())
    }

    /// 15 USC 1681m(a): the agency, what it did not do, and the rights to a free copy and to dispute; the score.
    fn report(&self, sheet: &mut Sheet<'_>, lead: &str) -> Result<(), NoticeError> {
        let words = self.words;
        sheet.heading(words.report);
        sheet.paragraph(words.report_text);
        sheet.paragraph(words.report_contact);
        sheet.contact(&self.parties.bureau);
        self.score(sheet, lead)?;
        self.contact(sheet);
        Ok(())
    }

    /// 15 USC 1681g(f)(1): the score, its range, date and source, and the key factors.
    fn score(&self, sheet: &mut Sheet<'_>, lead: &str) -> Result<(), NoticeError> {
        let Some(score) = &self.receipt.score else { return Ok(()) };
        let (words, file) = (self.words, self.engine.model.file());
        sheet.heading(words.score);
        sheet.paragraph(lead);
        let [low, high, points] = [Points::MIN, Points::MAX, score.points].map(|points| points.value().to_string());
        let names =
            [("creditor", self.parties.creditor.name.as_str()), ("model", &file.name), ("version", &file.version)];
        let facts = [
            (words.score_date, words.date(self.receipt.as_of)),
            (words.score_range, fill(words.score_range_text, &[("low", &low), ("high", &high)])),
            (words.score_source, fill(words.score_source_text, &names)),
        ];
        sheet.score(words.score, &points, &facts);
        let factors = reasons::key_factors(self.engine.model.schema(), &self.points(score));
        if self.engine.gives_reasons() && !factors.is_empty() {
            sheet.heading(words.factors);
            sheet.ranked(&factors.iter().map(|factor| self.text(&factor.code)).collect::<Result<Vec<_>, _>>()?);
        }
        Ok(())
    }

    fn contact(&self, sheet: &mut Sheet<'_>) {
        sheet.heading(self.words.questions);
        sheet.paragraph(self.words.questions_text);
        sheet.contact(&self.parties.creditor);
    }

    /// 12 CFR 1002.9(b)(1).
    fn equal_opportunity(&self, sheet: &mut Sheet<'_>) {
        let (words, agency) = (self.words, &self.parties.agency);
        let named = fill(words.ecoa_agency, &[("name", &agency.name), ("address", &agency.address.join(", "))]);
        sheet.heading(words.ecoa);
        sheet.law(&fill(words.ecoa_text, &[("agency", &named)]));
    }

    fn finish(&self, mut sheet: Sheet<'_>, title: &str) -> Result<String, NoticeError> {
        if let Some(other) = self.words.other_language {
            sheet.paragraph(other);
        }
        let (_, receipt) = seal::open(&self.receipt.encode()).map_err(ReplayError::from)?;
        let file = self.engine.model.file();
        let names = [
            ("receipt", receipt.to_string()),
            ("artifact", self.receipt.digests.artifact.to_string()),
            ("model", file.name.clone()),
            ("version", file.version.clone()),
            ("date", self.words.date(self.receipt.as_of)),
        ];
        let names = names.each_ref().map(|(name, value)| (*name, value.as_str()));
        Ok(sheet.finish(title, &fill(self.words.origin, &names)))
    }

    /// The catalogue's text of a code.
    fn text(&self, code: &str) -> Result<String, NoticeError> {
        let catalogue = self.engine.reasons.as_ref().ok_or(NoticeError::NoCatalogue)?;
        let entry = catalogue.entry(code).ok_or_else(|| NoticeError::NoText(code.to_owned()))?;
        Ok(match self.language {
            Language::English => entry.en.clone(),
            Language::Spanish => entry.es.clone(),
        })
    }

    /// Points by feature; a feature that the receipt does not name says nothing.
    fn points(&self, score: &ReceiptScore) -> Vec<f64> {
        let factor = self.engine.model.scale().factor();
        let value = |name: &String| score.contributions.get(name).copied().unwrap_or(0.0);
        self.engine.model.schema().features().iter().map(|feature| -factor * value(&feature.name)).collect()
    }

    fn requested(&self) -> Option<String> {
        let form = ApplicationForm(self.receipt.inputs.clone());
        let (amount, term) = requested(self.engine.inputs(), &form.check(self.engine.inputs()).ok()?)?;
        let months = term.count().to_string();
        Some(fill(self.words.requested_loan, &[("amount", &money(amount)), ("months", &months)]))
    }

    fn terms(&self, offer: &Offer) -> Vec<(&'static str, String)> {
        let words = self.words;
        let months = offer.term_months.count().to_string();
        vec![
            (words.amount, money(offer.amount_cents)),
            (words.term, fill(words.term_months, &[("months", &months)])),
            (words.note_rate, format!("{:.2}%", offer.note_rate_bps.per_year() * 100.0)),
            (words.apr, format!("{:.2}%", offer.apr)),
            (words.payment, money(offer.payment_cents)),
        ]
    }
}

/// A number with its unit.
fn measured(value: f64, unit: &str) -> String {
    match unit {
        "USD" => Cents::from_dollars(value).map_or_else(|| value.to_string(), money),
        "" => value.to_string(),
        unit => format!("{value} {unit}"),
    }
}
