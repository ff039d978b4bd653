//! The receipt, and the second engine that confirms it.

use leptos::prelude::*;
use leptos::task::spawn_local;
use underglass_engine::notice::Kind;

use super::afterwards::Second;
use crate::state::Case;
use crate::{host, text};

/// What a second engine said about the present answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Replay {
    /// It has not been asked yet, or has not answered.
    Waiting,
    /// It wrote the same bytes.
    Same,
    /// It wrote other bytes.
    Different,
    /// It is of another version, so its bytes must differ.
    OtherVersion,
    /// There is none.
    Unavailable(String),
}

impl Replay {
    /// What follows from the receipts of both engines.
    pub fn of(ours: &str, theirs: &str) -> Self {
        if ours == theirs {
            Replay::Same
        } else if engine_of(ours) != engine_of(theirs) {
            Replay::OtherVersion
        } else {
            Replay::Different
        }
    }
}

/// The engine's digest in a canonical receipt.
fn engine_of(receipt: &str) -> Option<&str> {
    let (_, from_digest) = receipt.split_once("\"engine\":\"")?;
    from_digest.split('"').next()
}

/// Buttons and the line under them.
#[component]
pub fn ReceiptPanel(
    /// The applicant.
    case: Case,
    /// What a second engine said.
    replay: ReadSignal<Replay>,
    /// The second engine, which writes letters too.
    second: StoredValue<Second, LocalStorage>,
) -> impl IntoView {
    let copied = RwSignal::new(None::<bool>);
    let refused = RwSignal::new(None::<String>);
    Effect::new(move |_| {
        case.answer.track();
        copied.set(None);
        refused.set(None);
    });
    let write = move |language: &'static str, name: &'static str| {
        let (Second::Ready(engine), Some(answer)) = (second.get_value(), case.answer.get_untracked()) else { return };
        spawn_local(async move {
            match engine.notice(&case.receipt(&answer), language).await {
                // Where the browser refuses a download it says so itself.
                Ok(letter) => drop(host::download(name, &letter)),
                Err(why) => refused.set(Some(why.0)),
            }
        });
    };
    // Letters are written of decisions that a second engine has confirmed.
    let is_due = move || {
        let outcome = case.answer.with(|answer| answer.as_ref().map(|answer| answer.decided.decision.outcome()));
        replay.get() == Replay::Same && outcome.and_then(Kind::after).is_some()
    };
    let copy = move |_| {
        // The address may still be waiting for the fields to rest.
        host::write_address(&untrack(move || case.link()).text());
        spawn_local(async move { copied.set(Some(host::copy().await)) });
    };
    let save = move |_| {
        if let Some(answer) = case.answer.get_untracked() {
            // Where the browser refuses a download it says so itself.
            let _ = host::download("underglass-receipt.json", &case.receipt(&answer));
        }
    };
    let copy_label = move || if copied.get() == Some(true) { text::COPIED } else { text::COPY_LINK };
    view! {
        <div class="receipt">
            <h3 class="unseen">{text::RECEIPT}</h3>
            <div class="buttons">
                <button class="button" data-testid="download" on:click=save>{text::DOWNLOAD}</button>
                <button class="button" data-testid="copy" on:click=copy>{copy_label}</button>
            </div>
            <div class="buttons" hidden=move || !is_due()>
                <button class="button" data-testid="notice" on:click=move |_| write("en", "notice.html")>{text::NOTICE}</button>
                <button class="button" lang="es" on:click=move |_| write("es", "aviso.html")>{text::NOTICE_ES}</button>
            </div>
            {move || refused.get().map(|why| view! { <p class="hint" role="status">{why}</p> })}
            {move || (copied.get() == Some(false)).then(|| view! { <p class="hint" role="status">{text::NOT_COPIED}</p> })}
            <p class="replay" data-testid="replay" data-replay=move || replay.with(replay_name)>{move || replay.with(replay_text)}</p>
        </div>
    }
    .into_any()
}

fn replay_name(replay: &Replay) -> &'static str {
    match replay {
        Replay::Waiting => "waiting",
        Replay::Same => "same",
        Replay::Different => "different",
        Replay::OtherVersion => "other_version",
        Replay::Unavailable(_) => "unavailable",
    }
}

fn replay_text(replay: &Replay) -> String {
    match replay {
        Replay::Waiting => text::REPLAY_WAITING.to_owned(),
        Replay::Same => text::REPLAY_SAME.to_owned(),
        Replay::Different => text::REPLAY_DIFFERENT.to_owned(),
        Replay::OtherVersion => text::REPLAY_OTHER_VERSION.to_owned(),
        Replay::Unavailable(why) => text::replay_unavailable(why),
    }
}
