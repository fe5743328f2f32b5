//! What is told of faults.

use super::compile;

#[test]
fn a_fault_is_told_in_words_when_it_begins_and_when_it_ends() {
    let zones: Vec<String> = ["a", "b", "c"].map(String::from).to_vec();
    let names: Vec<String> = (1..=6).map(|number| format!("web-{number}")).collect();
    let table = [
        ("where = \"zone:a\", fault = \"zone.power\"", "zone a loses power", "zone a has power again"),
        (
            "where = \"pool:web\", fault = \"instances.hang\"",
            "frozen: web-1, web-2, web-3, web-4 and 2 more",
            "instances.hang at pool:web is over",
        ),
        (
            "where = \"controller\", fault = \"controller.down\"",
            "our loop is dead",
            "our loop starts again, without memory",
        ),
        (
            "where = \"pool:web\", fault = \"release.errors\", rate = 0.4, above_load = 0.5",
            "a bad release of pool:web comes: it answers 40% of requests with 5xx above 50% load",
            "release.errors at pool:web is over",
        ),
        (
            "where = \"service:pool\", fault = \"api.down\"",
            "api.down at service:pool: every call unavailable, no effect",
            "api.down at service:pool is over",
        ),
    ];
    for (rest, begins, ends) in table {
        let faults = compile(&[rest]).unwrap();
        assert_eq!(faults.all[0].begins(&zones, &names), begins);
        assert_eq!(faults.all[0].is_gone(&zones), ends);
    }
}
