//! No secret is where somebody could read it: planted ones are looked for in everything that goes over the wire, and in
//! everything that is told.

use crate::{
    emulator::{Emulator, Kind, block_on, lab::REGION},
    floor::{provider, reference},
};
use ha_aws::Aws;
use ha_core::{
    Controller,
    event::{Event, What},
    observe, plan,
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// Like a secret access key; another for each run.
fn planted() -> String {
    let seed = format!("{:?} {}", std::thread::current().id(), std::process::id());
    let sum =
        seed.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("planted{sum:016x}{:016x}", sum.rotate_left(17))
}

#[test]
fn no_secret_goes_over_the_wire_or_is_told() {
    let (secret, site) = (planted(), reference());
    let emulator = Emulator::start(Kind::Moto).expect("moto starts");
    let proxy = emulator.proxy(Duration::ZERO).expect("a proxy starts");
    let told: Arc<Mutex<Vec<String>>> = Arc::default();
    block_on(async {
        let aws = Aws::new(provider()).endpoint(&proxy.url()).credentials("AKIAPLANTED", &secret);
        told.lock().unwrap().push(format!("{aws:?}"));
        let backend = aws.settle(Duration::from_secs(1)).call_timeout(Duration::from_secs(20)).connect().await;
        let heard = told.clone();
        let hear = move |event: &Event| {
            let mut told = heard.lock().unwrap();
            told.push(format!("{event:?}"));
            if let What::Planned(plan) = &event.what {
                told.extend([plan.to_string(), plan.save()]);
            }
        };
        let controller = |name: &str| Controller::new(backend.clone(), name.into()).period(Duration::from_millis(200));
        controller("maker").observer(Arc::new(hear)).until_converged(&site).await.expect("it is made");
        let observed = observe(&site, &backend).await;
        told.lock().unwrap().push(format!("{observed:?} {}", plan(&site, &observed)));
        controller("remover").until_converged(&site.removed()).await.expect("it is removed");
        // What fails is told, too.
        let nobody = Aws::new(provider()).endpoint("http://127.0.0.1:9").credentials("AKIAPLANTED", &secret);
        let nobody = nobody.call_timeout(Duration::from_secs(2)).connect().await;
        let unseen = observe(&site, &nobody).await;
        told.lock().unwrap().push(format!("{unseen:?}"));
    });
    let sent: Vec<String> = proxy.take().iter().map(|it| it.request.text()).collect();
    assert!(sent.len() > 60 && sent.iter().all(|text| text.contains("AKIAPLANTED")), "it signs what it sends");
    let told = told.lock().unwrap();
    for text in sent.iter().chain(told.iter()).chain(&emulator.account(REGION).expect("the account is looked at")) {
        assert!(!text.contains(&secret), "a secret is in: {text}");
    }
}
