//! Code that the first decision does not need. On the site it stands in modules of its own, fetched when first called.

use std::pin::Pin;

use leptos::prelude::*;
use leptos::reactive::computed::ScopedFuture;
use leptos::task::spawn_local;

use crate::{host, text};

/// A part of the page could not be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unfetched;

#[cfg(feature = "split")]
impl From<wasm_split_helpers::SplitLoaderError> for Unfetched {
    fn from(_: wasm_split_helpers::SplitLoaderError) -> Self {
        Self
    }
}

/// Declares a function whose code, and all that only it needs, stands in the module named after `in`. Calling it gives a
/// future of `Result<_, Unfetched>`. Without the feature `split` there is one module and the future is ready at once.
macro_rules! later {
    ($(#[$about:meta])* $seen:vis fn $name:ident($($argument:ident: $kind:ty),*) -> $given:ty, in $module:ident $body:block) => {
        $(#[$about])*
        #[cfg(feature = "split")]
        #[wasm_split_helpers::wasm_split($module, fallible)]
        $seen fn $name($($argument: $kind),*) -> Result<$given, $crate::later::Unfetched> {
            Ok($body)
        }

        $(#[$about])*
        #[cfg(not(feature = "split"))]
        #[allow(clippy::unused_async, reason = "with the feature `split` it waits for its module")]
        $seen async fn $name($($argument: $kind),*) -> Result<$given, $crate::later::Unfetched> {
            Ok($body)
        }
    };
}
pub(crate) use later;

/// What is being fetched.
pub type Part<T> = Pin<Box<dyn Future<Output = Result<T, Unfetched>>>>;

/// The place of a part: empty until it has been fetched, which begins once the page has been painted.
pub fn place(part: Part<AnyView>) -> AnyView {
    let fetched = StoredValue::new_local(None);
    let is_there = RwSignal::new(false);
    once_painted(part, move |view| {
        fetched.set_value(Some(view));
        is_there.set(true);
    });
    let view = move || match fetched.try_update_value(Option::take).flatten()? {
        Ok(view) => Some(view),
        Err(Unfetched) => Some(view! { <p class="notice" role="alert">{text::UNFETCHED}</p> }.into_any()),
    };
    (move || is_there.get().then(view)).into_any()
}

/// Fetches a part once the page has been painted. What it makes belongs to whoever asks.
pub fn once_painted<T: 'static>(part: Part<T>, then: impl FnOnce(Result<T, Unfetched>) + 'static) {
    spawn_local(ScopedFuture::new(async move {
        host::pause(0).await;
        then(part.await);
    }));
}
