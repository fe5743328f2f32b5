//! Decides which answers of a name are given: those alive, but never none.

use crate::topology::RecordKind;

/// The indices of `kind.endpoints()` that are answered, given which of them are alive. Never empty if there are any.
pub fn answers(kind: &RecordKind, alive: &[bool]) -> Vec<usize> {
    let living: Vec<usize> = (0..alive.len()).filter(|index| alive[*index]).collect();
    match kind {
        RecordKind::Failover { .. } => living.first().or(Some(&0)).copied().into_iter().collect(),
        RecordKind::Alias { .. } | RecordKind::Weighted { .. } | RecordKind::RoundRobin { .. } => {
            if living.is_empty() {
                (0..alive.len()).collect()
            } else {
                living
            }
        }
    }
}
