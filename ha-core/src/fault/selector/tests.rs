//! Selectors: what is read, what is printed, what is refused.

use super::{Amount, LinkEnd, Selector, Subject};
use proptest::prelude::*;

fn read(text: &str) -> Selector {
    text.parse().unwrap_or_else(|wrong| panic!("{text}: {wrong}"))
}

#[test]
fn a_selector_prints_the_text_it_was_read_from() {
    let texts = [
        "all",
        "users",
        "controller",
        "zone:a",
        "zone:*",
        "pool:web",
        "instance:web-a-1",
        "release:2026.11.1",
        "share:0.3 of pool:web",
        "instances:2 of pool:web in zone:b",
        "share:0.45 of member:* in zone:a",
        "link:a-others",
        "link:a>b",
        "link:users-all",
        "link:pool:*-database:*",
        "link:zone:eu-1a-zone:eu-1b",
        "link:eu-1a>eu-1b",
        "link:pool:web-1-zone:a",
        "link:users-pool:web-1",
        "link:zone:*-users",
        "service:pool",
        "service:*",
        "service:hands",
        "metric:cpu in pool:web",
        "metric:*",
        "balancer:front in zone:a",
        "call:pool.ensure",
        "call:*.*",
        "call:dns.ensure(www.shop.example)",
        "record:shop.example",
        "secret:*",
    ];
    for text in texts {
        assert_eq!(read(text).to_string(), text);
    }
}

#[test]
fn a_selector_is_read_into_its_parts() {
    let some = read("instances:2 of pool:web in zone:b");
    assert_eq!(some.amount, Amount::Count(2));
    assert_eq!(some.what, Subject::Named("pool".into(), "web".into()));
    assert_eq!(some.zone.as_deref(), Some("b"));
    let zone = |name: &str| LinkEnd::Named("zone".into(), name.into());
    let link = read("link:zone:a>others").what;
    assert_eq!(link, Subject::Link { from: zone("a"), to: LinkEnd::Word("others".into()), both_ways: false });
    assert_eq!(read("link:a>others").what, link, "a zone with and without its kind is the same end");
}

#[test]
fn what_is_no_selector_is_refused_with_the_reason() {
    let table = [
        ("", "unknown selector"),
        ("region", "unknown selector"),
        ("wibble:web", "unknown selector"),
        ("pool", "malformed"),
        ("pool:", "malformed"),
        ("pool:two words", "malformed"),
        ("all:x", "malformed"),
        ("link:a", "malformed"),
        ("link:a-", "malformed"),
        ("link:release:v1-a", "malformed"),
        ("service:ec2", "malformed"),
        ("metric:temperature", "malformed"),
        ("call:pool", "malformed"),
        ("call:ec2.ensure", "malformed"),
        ("call:pool.Ensure", "malformed"),
        ("call:pool.ensure(", "malformed"),
        ("call:pool.ensure()", "malformed"),
        ("call:pool.ensure(*)", "malformed"),
        ("link:eu-1a-eu-1b", "ambiguous"),
        ("link:pool:web-1-a", "ambiguous"),
        ("share:1.3 of zone:a", "share"),
        ("share:0 of zone:a", "share"),
        ("share:.5 of zone:a", "share"),
        ("share:1e-1 of zone:a", "share"),
        ("share:0. of zone:a", "share"),
        ("share:+1 of zone:a", "share"),
        ("instances:0 of pool:web", "instances"),
        ("instances:-1 of pool:web", "instances"),
        ("instances:+1 of pool:web", "instances"),
        ("users in zone:a", "\"users\" cannot be narrowed"),
        ("pool:web in pool:web", "only a metric"),
        ("pool:web in zone:a in zone:b", "malformed"),
    ];
    for (text, reason) in table {
        let wrong = text.parse::<Selector>().expect_err(text);
        assert!(wrong.starts_with(reason), "{text:?}: {wrong}");
    }
}

fn word() -> impl Strategy<Value = String> {
    "[A-Za-z0-9][A-Za-z0-9_.-]{0,4}"
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(text in ".*") {
        let _ = text.parse::<Selector>();
    }

    #[test]
    fn text_made_of_the_grammars_words_is_refused_or_reads_back_equal(
        parts in prop::collection::vec(prop_oneof![
            Just("link:".to_owned()), Just("zone:".to_owned()), Just("pool:".to_owned()), Just("call:pool.".to_owned()),
            Just("share:0.5 of ".to_owned()), Just(" in zone:".to_owned()), Just("-".to_owned()), Just(">".to_owned()),
            Just("users".to_owned()), Just("others".to_owned()), Just("*".to_owned()), Just("a".to_owned()), word(),
        ], 1..7),
    ) {
        if let Ok(selector) = parts.concat().parse::<Selector>() {
            prop_assert_eq!(selector.to_string().parse::<Selector>(), Ok(selector));
        }
    }
}
