//! Lives without a fault: what every other life is compared with, and which calls there are to die at.

use crate::{
    Failed, Setup,
    journal::Noted,
    life::{Life, differences},
    point::Call,
};
use std::{collections::BTreeMap, thread};

/// One alone would not tell what always comes from what came by chance, as an upload more when two changes fell into two
/// looks.
pub(crate) const LIVES: usize = 3;

/// Lives them, some at once, as other lives are lived.
pub(crate) fn live(setup: &Setup, at_once: usize) -> Result<Vec<Noted>, Failed> {
    let mut lives = Vec::new();
    while lives.len() < LIVES {
        let begun = at_once.min(LIVES - lives.len());
        let lived = thread::scope(|scope| {
            let threads: Vec<_> = (0..begun).map(|_| scope.spawn(|| one(setup))).collect();
            let lived =
                threads.into_iter().map(|thread| thread.join().unwrap_or_else(|it| std::panic::resume_unwind(it)));
            // All are over before one that failed ends the command.
            lived.collect::<Vec<Result<Vec<Noted>, Failed>>>()
        });
        lives.extend(lived.into_iter().collect::<Result<Vec<Vec<Noted>>, Failed>>()?);
    }
    merged(&lives)
}

/// One life. It leaves what it found.
fn one(setup: &Setup) -> Result<Vec<Noted>, Failed> {
    let mut life = Life::begin(&setup.words, &setup.folder)?;
    let lived = (|| {
        let before = life.look()?;
        let acts = setup.acts.iter().map(|act| life.note(act)).collect::<Result<Vec<Noted>, Failed>>()?;
        match acts.last() {
            Some(last) if last.there != before => {
                Err(Failed(format!("without a fault, {:?} is left of {before:?}", last.there)))
            }
            _ => Ok(acts),
        }
    })();
    let ended = life.end();
    let acts = lived?;
    ended?;
    Ok(acts)
}

/// Act by act, all calls of all lives. What is there after an act has to be the same in all of them.
fn merged(lives: &[Vec<Noted>]) -> Result<Vec<Noted>, Failed> {
    let Some((first, others)) = lives.split_first() else { return Ok(Vec::new()) };
    let act = |(place, noted): (usize, &Noted)| {
        let mut calls = noted.calls.clone();
        let mut came: BTreeMap<&Call, usize> = noted.calls.iter().map(|call| (call, 1)).collect();
        for other in others.iter().filter_map(|life| life.get(place)) {
            let differs = differences(&noted.there, &other.there);
            if !differs.is_empty() {
                return Err(Failed(format!("two faultless lives differ after {}: {}", noted.act, differs.join("; "))));
            }
            for call in &other.calls {
                let lives = came.entry(call).or_default();
                if *lives == 0 {
                    calls.push(call.clone());
                }
                *lives += 1;
            }
        }
        let by_chance = came.into_iter().filter(|(_, count)| *count < lives.len());
        let by_chance = by_chance.map(|(call, count)| (call.clone(), count)).collect();
        Ok(Noted { act: noted.act.clone(), calls, by_chance, there: noted.there.clone() })
    };
    first.iter().enumerate().map(act).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::point::counted;

    fn life(calls: &[&str], there: &str) -> Vec<Noted> {
        let calls = counted(calls.iter().copied());
        vec![Noted { act: "create".into(), calls, by_chance: Vec::new(), there: vec![there.into()] }]
    }

    #[test]
    fn a_call_that_came_in_some_lives_only_came_by_chance() {
        let lives = [life(&["create a", "upload a"], "a"), life(&["upload a", "create a", "upload a"], "a")];
        let noted = merged(&lives).unwrap().remove(0);
        assert_eq!(noted.calls, counted(["create a", "upload a", "upload a"]));
        assert_eq!(noted.by_chance, [(noted.calls[2].clone(), 1)]);
        assert_eq!((noted.chance(&noted.calls[1]), noted.chance(&noted.calls[2])), (None, Some(1)));
    }

    #[test]
    fn lives_that_end_otherwise_are_an_error() {
        let differ = merged(&[life(&["create a"], "a"), life(&["create a"], "b")]).unwrap_err();
        assert_eq!(differ.0, "two faultless lives differ after create: missing: a; left: b");
    }
}
