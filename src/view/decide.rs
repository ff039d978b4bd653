//! Decide: one applicant, the answer, and why.

use std::time::Duration;

use leptos::prelude::*;

use super::afterwards::{Afterwards, Second, after_each_answer};
use super::{AnswerBar, AnswerCard, ApplicantForm, Hinges, Measured, ReceiptPanel, Replay, WaysToApproval, Why};
use crate::later::{later, once_painted, place};
use crate::state::link::Link;
use crate::state::ways::Ways;
use crate::state::{Case, OpenBook};
use crate::{host, text};

/// The view of one applicant.
#[component]
pub fn Decide(
    /// The open book.
    book: &'static OpenBook,
    /// Where measurements go.
    measured: Measured,
) -> impl IntoView {
    let case = Case::new(book, host::today());
    let notice = RwSignal::new(None);
    let follow = move |address: String| {
        let link = Link::parse(&address);
        let named = link.as_ref().ok().and_then(|link| link.book.as_ref());
        if book.others.iter().any(|(name, _)| Some(name) == named) {
            return host::reload();
        }
        notice.set(link.and_then(|link| case.follow(&link)).err());
    };
    follow(host::read_address());
    host::on_new_address(follow);
    keep_address(case);
    let (replay, set_replay) = signal(Replay::Waiting);
    let (is_complete, set_complete) = signal(false);
    let (ways, set_ways) = signal(None);
    let second = StoredValue::new_local(Second::Absent);
    once_painted(
        Box::pin(follow_up(Afterwards { case, measured, set_replay, set_complete, set_ways, second })),
        |_| {},
    );
    view! {
        <main class="decide" data-state="ready">
            {move || notice.get().map(|broken| view! {
                <p class="notice wide" role="status">
                    {text::broken_link(broken)}
                    <button class="button" on:click=move |_| notice.set(None)>{text::DISMISS}</button>
                </p>
            })}
            <ApplicantForm case/>
            <div class="middle">
                <AnswerCard case/>
                {place(Box::pin(hinges(case, is_complete, ways)))}
            </div>
            {place(Box::pin(why(case, replay, second)))}
            <AnswerBar case/>
        </main>
    }
    .into_any()
}

/// Keeps the address equal to what is on the page.
fn keep_address(case: Case) {
    let mut write = debounce(Duration::from_millis(150), |address: String| host::write_address(&address));
    Effect::new(move |_| write(case.link().text()));
}

later! {
    fn hinges(case: Case, is_complete: ReadSignal<bool>, ways: ReadSignal<Option<Ways>>) -> AnyView, in evidence {
        view! { <Hinges case is_complete/><WaysToApproval case ways/> }.into_any()
    }
}

later! {
    fn why(case: Case, replay: ReadSignal<Replay>, second: StoredValue<Second, LocalStorage>) -> AnyView, in evidence {
        view! { <Why case><ReceiptPanel case replay second/></Why> }.into_any()
    }
}

later! {
    fn follow_up(afterwards: Afterwards) -> (), in evidence {
        after_each_answer(afterwards);
    }
}
