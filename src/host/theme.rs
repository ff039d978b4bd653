//! Light or dark: the system's choice unless the person made another one.

use web_sys::{Element, Storage};

/// Where the person's own choice is kept. Only this setting is stored, nothing about an applicant.
const KEY: &str = "underglass.theme";

/// The colours of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    /// Dark ink on a light ground.
    Light,
    /// Light ink on a dark ground.
    Dark,
}

impl Theme {
    fn name(self) -> &'static str {
        match self {
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    fn named(name: &str) -> Option<Self> {
        [Theme::Light, Theme::Dark].into_iter().find(|theme| theme.name() == name)
    }
}

/// Applies the person's own choice, if there is one.
pub fn apply_stored_theme() {
    if let Some(theme) = stored() {
        apply(Some(theme));
    }
}

/// The theme that is shown.
pub fn effective_theme() -> Theme {
    stored().unwrap_or_else(of_system)
}

/// Shows the other theme and returns it. A choice equal to the system's is not kept: the page follows the system again.
pub fn toggle_theme() -> Theme {
    let theme = if effective_theme() == Theme::Light { Theme::Dark } else { Theme::Light };
    let own = (theme != of_system()).then_some(theme);
    if let Some(storage) = storage() {
        // Without storage the choice lasts until the page is left.
        let _ = match own {
            Some(theme) => storage.set_item(KEY, theme.name()),
            None => storage.remove_item(KEY),
        };
    }
    apply(own);
    theme
}

fn apply(theme: Option<Theme>) {
    if let Some(root) = root() {
        let _ = match theme {
            Some(theme) => root.set_attribute("data-theme", theme.name()),
            None => root.remove_attribute("data-theme"),
        };
    }
}

fn of_system() -> Theme {
    let query = web_sys::window().and_then(|window| window.match_media("(prefers-color-scheme: dark)").ok().flatten());
    if query.is_some_and(|query| query.matches()) { Theme::Dark } else { Theme::Light }
}

fn stored() -> Option<Theme> {
    let shown = root()?.get_attribute("data-theme");
    let kept = || storage()?.get_item(KEY).ok()?;
    Theme::named(&shown.or_else(kept)?)
}

fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn root() -> Option<Element> {
    web_sys::window()?.document()?.document_element()
}
