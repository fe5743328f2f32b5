//! What is told of faults.

use super::compile;

#[test]
fn a_fault_is_told_in_words_when_it_begins_and_when_it_ends() {
    let names: Vec<String> = (1..=6).map(|number| format!("web-{number}")).collect();
    let table = [
        ("where = \"zone:a\", fault = \"zone.power\"", "zone a loses power", "zone a has power again"),
        (
            "where = \"share:0.5 of zone:a\", fault = \"zone.slow\", times = 2",
            "50 % of zone a grows slow: web-1, web-2, web-3, web-4 and 2 more",
            "50 % of zone a is as fast as before",
        ),
        (
            "where = \"zone:*\", fault = \"operator.evacuate\"",
            "every zone is to be emptied",
            "over: every zone is to be emptied",
        ),
        (
            "where = \"pool:web\", fault = \"instances.hang\"",
            "frozen: web-1, web-2, web-3, web-4 and 2 more",
            "what was frozen goes on with what it knew",
        ),
        (
            "where = \"controller\", fault = \"controller.down\"",
            "our loop is dead",
            "our loop starts again, without memory",
        ),
        (
            "where = \"pool:web\", fault = \"release.errors\", rate = 0.4, above_load = 0.5",
            "a bad release of pool web is asked for: 40 % of its answers are 5xx above 50 % load",
            "over: 40 % of its answers are 5xx above 50 % load",
        ),
        (
            "where = \"service:pool\", fault = \"api.down\"",
            "the pool service answers no call",
            "over: the pool service answers no call",
        ),
    ];
    for (rest, begins, ends) in table {
        let faults = compile(&[rest]).unwrap();
        assert_eq!(faults.all[0].begins(&names), begins);
        assert_eq!(faults.all[0].over, ends);
    }
}
