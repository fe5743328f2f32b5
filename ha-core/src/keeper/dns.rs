//! Decides which answers of a name are given: those alive, but never none.

use crate::topology::{Answer, RecordKind};

/// The indices of `kind.endpoints()` (for a round robin: of the pool's instances) that are answered, given which of them
/// are alive. Never empty if there are any: when none is alive, the name is answered as if all were.
///
/// As Route 53 does it: an answer of weight zero is given only when no other is alive; a failover record whose endpoints
/// are both dead answers its primary.
pub fn answers(kind: &RecordKind, alive: &[bool]) -> Vec<usize> {
    let living: Vec<usize> = (0..alive.len()).filter(|index| alive[*index]).collect();
    let candidates = if living.is_empty() { (0..alive.len()).collect() } else { living };
    match kind {
        RecordKind::Failover { .. } => candidates.into_iter().take(1).collect(),
        RecordKind::Weighted { answers } => by_weight(answers, candidates),
        RecordKind::Alias { .. } | RecordKind::RoundRobin { .. } => candidates,
    }
}

fn by_weight(answers: &[Answer], candidates: Vec<usize>) -> Vec<usize> {
    let weighs = |index: &usize| answers.get(*index).is_some_and(|answer| answer.weight > 0);
    if candidates.iter().any(weighs) { candidates.into_iter().filter(weighs).collect() } else { candidates }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology::{Dns, Endpoint};

    fn balancer(name: &str) -> Endpoint {
        Endpoint::Balancer(name.into())
    }

    #[test]
    fn what_is_alive_is_answered_and_never_nothing() {
        let alias = Dns::apex("shop.example").to("front").kind;
        let robin = Dns::round_robin("shop.example", "web").kind;
        let failover = Dns::failover("shop.example", balancer("first"), balancer("second")).kind;
        let rows: [(&RecordKind, &[bool], &[usize]); 13] = [
            (&alias, &[true], &[0]),
            (&alias, &[false], &[0]),
            (&robin, &[true, true, true], &[0, 1, 2]),
            (&robin, &[false, true, true], &[1, 2]),
            (&robin, &[false, false, true], &[2]),
            (&robin, &[false, false, false], &[0, 1, 2]),
            (&robin, &[], &[]),
            (&failover, &[true, true], &[0]),
            (&failover, &[false, true], &[1]),
            (&failover, &[true, false], &[0]),
            (&failover, &[false, false], &[0]),
            (&failover, &[], &[]),
            (&alias, &[], &[]),
        ];
        for (kind, alive, expected) in rows {
            assert_eq!(answers(kind, alive), expected, "{kind:?} {alive:?}");
        }
    }

    #[test]
    fn an_answer_of_weight_zero_is_given_only_when_no_other_is_alive() {
        let weighted = |a, b| Dns::weighted("shop.example", [(balancer("a"), a), (balancer("b"), b)]).kind;
        let rows: [(u32, u32, [bool; 2], &[usize]); 9] = [
            (1, 1, [true, true], &[0, 1]),
            (1, 1, [false, true], &[1]),
            (1, 1, [false, false], &[0, 1]),
            (0, 1, [true, true], &[1]),
            (0, 1, [true, false], &[0]),
            (0, 1, [false, true], &[1]),
            (0, 1, [false, false], &[1]),
            (0, 0, [true, true], &[0, 1]),
            (0, 0, [false, false], &[0, 1]),
        ];
        for (a, b, alive, expected) in rows {
            assert_eq!(answers(&weighted(a, b), &alive), expected, "{a} {b} {alive:?}");
        }
    }
}
