//! Runs many like things on all cores and tells on stderr how far it is.

use std::{
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// The answers to all items, in their order.
pub fn map<T: Sync, R: Send>(threads: Option<usize>, what: &str, items: &[T], act: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(2, usize::from);
    let threads = threads.unwrap_or(cores).clamp(1, items.len().max(1));
    let next = AtomicUsize::new(0);
    let answers = Mutex::new((0..items.len()).map(|_| None).collect::<Vec<Option<R>>>());
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    let Some(item) = items.get(index) else { return };
                    let answer = act(item);
                    answers.lock().unwrap_or_else(PoisonError::into_inner)[index] = Some(answer);
                    if (index + 1).is_multiple_of(100) {
                        eprint!("\r{what}: {} of {}    ", index + 1, items.len());
                    }
                }
            });
        }
    });
    eprint!("\r{what}: {}                    \r", items.len());
    answers.into_inner().unwrap_or_else(PoisonError::into_inner).into_iter().flatten().collect()
}
