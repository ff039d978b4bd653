//! A file of applications: choose, watch, take the result along.

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::{DragEvent, File, FileList, HtmlInputElement};

use crate::host::{self, FileRun, Heard};
use crate::state::OpenBook;
use crate::state::file::{ANSWERS, Counts, Progress, Run};
use crate::state::number::{fixed, plain};
use crate::text;

/// The signals of one panel.
#[derive(Clone, Copy)]
struct Panel {
    book: &'static OpenBook,
    file: RwSignal<Option<File>, LocalStorage>,
    /// What the engine is asked: an answer, a format, and how many workers.
    answer: RwSignal<String>,
    format: RwSignal<String>,
    workers: RwSignal<u32>,
    run: RwSignal<Run>,
    counts: RwSignal<Counts>,
    /// The workers; dropping them ends them.
    under_way: StoredValue<Option<FileRun>, LocalStorage>,
    /// Runs so far: what is heard of an earlier one is not shown.
    turn: StoredValue<u32>,
}

/// The view of a file.
#[component]
pub fn ScoreFile(
    /// The open book.
    book: &'static OpenBook,
) -> impl IntoView {
    let panel = Panel {
        book,
        file: RwSignal::new_local(None),
        answer: RwSignal::new("decision".to_owned()),
        format: RwSignal::new("csv".to_owned()),
        workers: RwSignal::new(host::most_workers()),
        run: RwSignal::new(Run::Idle),
        counts: RwSignal::new(Counts::default()),
        under_way: StoredValue::new_local(None),
        turn: StoredValue::new(0),
    };
    view! {
        <main class="score-file" id="file" tabindex="-1">
            <section class="panel" aria-labelledby="file-title">
                <div class="panel-head"><h1 id="file-title">{text::SCORE_FILE}</h1></div>
                <p class="hint">{text::FILE_INTRO}</p>
                {panel.chooser()}
                {panel.options()}
                <div class="buttons">
                    <button
                        class="button primary"
                        disabled=move || panel.file.with(Option::is_none) || panel.is_running()
                        on:click=move |_| panel.start()
                    >
                        {text::FILE_START}
                    </button>
                    <button class="button" disabled=move || !panel.is_running() on:click=move |_| panel.cancel()>
                        {text::FILE_CANCEL}
                    </button>
                </div>
                {move || panel.state()}
                {move || panel.result()}
            </section>
        </main>
    }
    .into_any()
}

impl Panel {
    fn is_running(self) -> bool {
        self.run.with(|run| matches!(run, Run::Running(_)))
    }

    fn choose(self, files: Option<FileList>) {
        if let Some(file) = files.and_then(|files| files.get(0)).filter(|_| !self.is_running()) {
            self.reset(Run::Idle);
            self.file.set(Some(file));
        }
    }

    /// Ends what is under way and forgets the last result.
    fn reset(self, run: Run) {
        self.under_way.set_value(None);
        self.turn.update_value(|turn| *turn += 1);
        if let Run::Done(_, address) = self.run.get_untracked() {
            host::forget(&address);
        }
        self.counts.set(Counts::default());
        self.run.set(run);
    }

    fn cancel(self) {
        self.reset(Run::Cancelled);
    }

    fn start(self) {
        let Some(file) = self.file.get_untracked() else { return };
        self.reset(Run::Running(Progress::default()));
        let (answer, format) = (self.answer.get_untracked(), self.format.get_untracked());
        let asked = format!(
            "{{\"answer\":\"{answer}\",\"receipts\":false,\"format\":\"{format}\",\"as_of\":\"{}\"}}",
            host::today()
        );
        let mine = self.turn.get_value();
        let is_current = move || self.turn.get_value() == mine;
        let hear = move |heard| {
            if is_current() {
                self.hear(heard);
            }
        };
        spawn_local(async move {
            let workers = self.workers.get_untracked();
            match FileRun::start(&self.book.files, &file, &asked, workers, hear).await {
                Ok(under_way) if is_current() => self.under_way.set_value(Some(under_way)),
                // It was cancelled meanwhile.
                Ok(_) => {}
                Err(why) => hear(Heard::Failed(why.0)),
            }
        });
    }

    fn hear(self, heard: Heard) {
        match heard {
            Heard::Progress(progress) => self.run.set(Run::Running(progress)),
            Heard::Counts(more) => self.counts.update(|counts| counts.add(&more)),
            Heard::Done(address) => self.run.update(|run| {
                if let Run::Running(progress) = run {
                    *run = Run::Done(progress.clone(), address);
                }
            }),
            Heard::Failed(message) => self.run.set(Run::Failed(message)),
        }
    }

    fn chooser(self) -> impl IntoView {
        let chosen = move |event: web_sys::Event| self.choose(event_target::<HtmlInputElement>(&event).files());
        let dropped = move |event: DragEvent| {
            event.prevent_default();
            self.choose(event.data_transfer().and_then(|data| data.files()));
        };
        let named = move || self.file.with(|file| file.as_ref().map(|file| text::file(&file.name(), file.size())));
        view! {
            <div class="drop" on:dragover=|event: DragEvent| event.prevent_default() on:drop=dropped>
                <label class="button">
                    {text::FILE_CHOOSE}
                    <input
                        class="unseen"
                        type="file"
                        accept=".csv,.tsv,.txt,text/csv"
                        disabled=move || self.is_running()
                        on:change=chosen
                    />
                </label>
                <span class="hint" data-testid="file-name">
                    {move || named().unwrap_or_else(|| text::FILE_DROP.to_owned())}
                </span>
            </div>
        }
    }

    fn options(self) -> impl IntoView {
        let answers = [("decision", text::FILE_DECISION), ("reasons", text::FILE_REASONS)];
        let formats = [("csv", "CSV"), ("ndjson", "NDJSON")];
        let counts = (1..=host::most_workers().max(4)).map(|n| view! { <option value=n.to_string()>{n}</option> });
        let choice = move |chosen: RwSignal<String>, listed: [(&'static str, &'static str); 2]| {
            let options = listed.map(|(value, name)| view! { <option value=value>{name}</option> });
            view! {
                <select
                    prop:value=move || chosen.get()
                    disabled=move || self.is_running()
                    on:change=move |event| chosen.set(event_target_value(&event))
                >
                    {options.into_iter().collect_view()}
                </select>
            }
        };
        view! {
            <div class="file-options">
                <label>{text::FILE_ANSWER}{choice(self.answer, answers)}</label>
                <label>{text::FILE_FORMAT}{choice(self.format, formats)}</label>
                <label>
                    {text::FILE_WORKERS}
                    <select
                        prop:value=move || self.workers.get().to_string()
                        disabled=move || self.is_running()
                        on:change=move |event| self.workers.set(event_target_value(&event).parse().unwrap_or(1))
                    >
                        {counts.collect_view()}
                    </select>
                </label>
            </div>
        }
    }

    /// How far it is, or why it ended.
    fn state(self) -> AnyView {
        match self.run.get() {
            Run::Idle => ().into_any(),
            Run::Cancelled => view! { <p class="hint" role="status">{text::FILE_CANCELLED}</p> }.into_any(),
            Run::Failed(message) => {
                view! { <p class="notice" role="alert" data-testid="file-error">{message}</p> }.into_any()
            }
            Run::Running(progress) | Run::Done(progress, _) => {
                let bytes = self.file.with(|file| file.as_ref().map_or(0.0, |file| file.size()));
                view! {
                    <progress aria-label=text::FILE_PROGRESS max=bytes.max(1.0) value=progress.bytes></progress>
                    <p class="hint" data-testid="file-progress">{text::file_progress(&progress)}</p>
                }
                .into_any()
            }
        }
    }

    /// Counts, faults, and the file.
    fn result(self) -> AnyView {
        let Run::Done(_, address) = self.run.get() else { return ().into_any() };
        let format = self.format.get_untracked();
        let name = self.file.with_untracked(|file| file.as_ref().map_or(String::new(), |file| file.name()));
        let name = format!("{}.scored.{format}", name.rsplit_once('.').map_or(name.as_str(), |(stem, _)| stem));
        let counts = self.counts.get();
        let all = counts.all().max(1.0);
        let rows = ANSWERS.into_iter().zip(counts.rows).filter(|(_, n)| *n > 0.0).map(|(word, n)| {
            view! {
                <tr>
                    <th scope="row">{word}</th>
                    <td class="number">{plain(n)}</td>
                    <td class="number">{format!("{} %", fixed(100.0 * n / all, 1))}</td>
                </tr>
            }
        });
        view! {
            <div class="scroll" tabindex="0" role="region" aria-label=text::FILE_COUNTS>
                <table data-testid="file-counts">
                    <caption class="unseen">{text::FILE_COUNTS}</caption>
                    <thead>
                        <tr>
                            <th scope="col">{text::CHECK_ANSWER}</th>
                            <th scope="col" class="number">{text::FILE_ROWS}</th>
                            <th scope="col" class="number">{text::FILE_SHARE}</th>
                        </tr>
                    </thead>
                    <tbody>{rows.collect_view()}</tbody>
                </table>
            </div>
            <p role="status">
                <a class="button primary" href=address download=name data-testid="file-result">
                    {text::file_download(if format == "csv" { "CSV" } else { "NDJSON" })}
                </a>
            </p>
            {faults(&counts)}
        }
        .into_any()
    }
}

fn faults(counts: &Counts) -> AnyView {
    if counts.faults.is_empty() {
        return ().into_any();
    }
    let listed = counts.faults.iter().map(|fault| {
        // Behind the number of the record, by which they are ordered.
        let sentence = fault.trim_start().split_once(' ').map_or("", |(_, sentence)| sentence).to_owned();
        view! { <li>{sentence}</li> }
    });
    view! {
        <h2>{text::FILE_WRONG}</h2>
        <ul class="faults" data-testid="file-faults">{listed.collect_view()}</ul>
    }
    .into_any()
}
