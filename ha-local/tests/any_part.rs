//! Any part of a plan is safe: whatever subset of its steps is taken, in whatever order, the loop finishes the work.

use ha_local::sim::drill::{any_part, parts, scripts, situations};

const SEED: u64 = 42;

#[test]
fn any_part_of_a_plan_is_safe() {
    let mut tried = 0;
    for script in scripts() {
        let situations = situations(&script, SEED).unwrap();
        assert!(!situations.is_empty(), "{}: no plan has a step", script.name);
        for situation in situations {
            for part in parts(&situation, SEED) {
                let wrong = any_part(&situation, &part);
                assert!(
                    wrong.is_empty(),
                    "{}: of the plan\n  {}\nthe steps {:?} were taken, in this order:\n  {}",
                    script.name,
                    situation.steps.join("\n  "),
                    part.0,
                    wrong.join("\n  ")
                );
                tried += 1;
            }
        }
    }
    assert!(tried > 100, "only {tried} parts were tried");
    println!("{tried} parts");
}
