//! The frame around every view, and what it shows: loading, a book, or what failed.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use web_sys::RequestCache;

use crate::host;
use crate::later::{later, place};
use crate::state::book::Stage;
use crate::state::link::Link;
use crate::state::{Failure, OpenBook, Session};
use crate::view::{Decide, Failed, Header, Loading, Measured, PortfolioView, ScoreFile, Strip, View};

/// The page.
#[component]
pub fn App() -> impl IntoView {
    let session = RwSignal::new(Session::Loading(Stage::Manifest));
    let measured = Measured::new();
    let shown = RwSignal::new(View::Decide);
    // Once asked for, a view stays.
    let asked = move |view: View| Memo::new(move |had| had == Some(&true) || shown.get() == view);
    let (has_file, has_portfolio) = (asked(View::ScoreFile), asked(View::Portfolio));
    load(session, RequestCache::Default);
    view! {
        <Header session shown><Strip session measured/></Header>
        {move || match session.get() {
            Session::Loading(stage) => view! { <Loading stage/> }.into_any(),
            // What one view holds stays while another is shown.
            Session::Ready(book) => view! {
                <div hidden=move || shown.get() != View::Decide><Decide book measured/></div>
                <div hidden=move || shown.get() != View::Portfolio>
                    {move || has_portfolio.get().then(|| place(Box::pin(portfolio(book))))}
                </div>
                <div hidden=move || shown.get() != View::ScoreFile>
                    {move || has_file.get().then(|| place(Box::pin(score_file(book))))}
                </div>
            }
            .into_any(),
            Session::Failed(failure) => {
                // A bad answer may be in the browser's cache: the second try asks the server.
                view! { <Failed failure again=move || load(session, RequestCache::Reload)/> }.into_any()
            }
        }}
    }
}

later! {
    fn portfolio(book: &'static OpenBook) -> AnyView, in portfolio {
        view! { <PortfolioView book/> }.into_any()
    }
}

later! {
    fn score_file(book: &'static OpenBook) -> AnyView, in file {
        view! { <ScoreFile book/> }.into_any()
    }
}

fn load(session: RwSignal<Session>, cache: RequestCache) {
    session.set(Session::Loading(Stage::Manifest));
    spawn_local(async move {
        // A broken address is answered by the view; here it names no book.
        let link = Link::parse(&host::read_address()).unwrap_or_default();
        let opened = host::open_book(&link, cache, |stage| session.set(Session::Loading(stage))).await;
        session.set(opened.map_or_else(failed, ready));
    });
}

fn ready(book: OpenBook) -> Session {
    Session::Ready(Box::leak(Box::new(book)))
}

fn failed(failure: Failure) -> Session {
    Session::Failed(Arc::new(failure))
}
