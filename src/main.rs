//! The page.

fn main() {
    underglass_app::start();
}
