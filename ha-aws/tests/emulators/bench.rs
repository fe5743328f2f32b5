//! The very same site made by a script with boto3, object by object, and by us, each call taking so much longer.

use crate::{
    emulator::{
        Emulator, Kind, block_on,
        lab::{IMAGE, REGION},
    },
    floor::{backend, named, reference},
};
use ha_aws_tasks::{Exchange, floor::Floor, proxy::depth};
use ha_core::{Controller, Observed, plan, time::Timestamp};
use std::time::Duration;

/// So much longer than on this machine takes each call: an emulator here, a near region, a far one.
const DELAYS: [u64; 3] = [0, 100, 500];

#[test]
fn a_script_takes_at_least_twice_as_long_where_calls_take_a_tenth_of_a_second() {
    let site = named().unwrap_or_else(reference);
    let by_hand = plan(&site, &Observed::nothing(Timestamp::ZERO)).save();
    println!("each call  boto3, one by one  ha-aws: looked and made      ratio  seen to work  ratio");
    let mut ratios = Vec::new();
    for delay in DELAYS {
        let emulator = Emulator::start(Kind::Moto).expect("moto starts");
        let proxy = emulator.proxy(Duration::from_millis(delay)).expect("a proxy starts");
        // The emulator reads much of itself when it is asked for the first time: that is nobody's time.
        let idle = emulator.proxy(Duration::ZERO).expect("a proxy starts");
        emulator.by_hand(&by_hand, &idle, [REGION, IMAGE]).expect("boto3 makes it");
        emulator.reset();
        let (calls, seconds) = emulator.by_hand(&by_hand, &proxy, [REGION, IMAGE]).expect("boto3 makes it");
        assert_eq!(calls, Floor::of_site(&site).calls(), "it is the very same site");
        emulator.reset();
        proxy.take();
        let looked = block_on(async {
            let backend = backend(&proxy).await;
            let mut controller = Controller::new(backend, "bench".into()).period(Duration::from_millis(10));
            controller.until_converged(&site).await.expect("it is made").took.as_secs_f64()
        });
        // Until all is made, as the script's: it does not look whether it works.
        let exchanges = proxy.take();
        let last = exchanges.iter().filter(|it| it.request.changes()).map(|it| it.end).max().expect("it was made");
        let first = exchanges.iter().map(|it| it.start).min().expect("it was looked at");
        let until_then: Vec<Exchange> = exchanges.into_iter().filter(|it| it.end <= last).collect();
        let (took, own, deep) = ((last - first).as_secs_f64(), until_then.len(), depth(&until_then));
        let ratio = [seconds / took, seconds / looked];
        let ours = format!("{took:>6.2} s, {own:>3} calls, {deep:>2} deep");
        let [made, works] = ratio;
        println!(
            "+{delay:>4} ms  {seconds:>6.2} s, {calls:>3} calls  {ours} {made:>6.2}  {looked:>10.2} s {works:>6.2}"
        );
        ratios.push(ratio);
    }
    let [made, works] = ratios[1];
    assert!(made >= 2.0, "with 100 ms more for each call boto3 took {made:.2} times as long as we");
    // The last looks come all at once, and how long an emulator takes for them is this machine's affair.
    assert!(
        works >= 1.5,
        "and {works:.2} times as long as we until the site was seen to work, which it never looks for"
    );
}
