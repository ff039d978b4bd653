//! Work on several threads whose answer does not depend on how many there are: items never see each other.

/// Does the work on every item, on at most so many threads. A browser has one.
pub(crate) fn for_each<T: Send>(threads: u16, items: &mut [T], work: impl Fn(&mut T) + Sync) {
    let threads = if cfg!(target_family = "wasm") { 1 } else { usize::from(threads.max(1)) };
    let mut parts = items.chunks_mut(items.len().div_ceil(threads).max(1));
    let Some(own) = parts.next() else { return };
    if parts.len() == 0 {
        own.iter_mut().for_each(work);
        return;
    }
    std::thread::scope(|scope| {
        for part in parts {
            scope.spawn(|| part.iter_mut().for_each(&work));
        }
        own.iter_mut().for_each(&work);
    });
}
