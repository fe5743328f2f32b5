//! An emulator as a laboratory of the conformance suite.

use super::{Emulator, Kind, Wire, eyes::Eyes, not_shown, plant};
use async_trait::async_trait;
use ha_aws::{Aws, Machine, Provider};
use ha_core::{
    backend::{Backend, Resource, Scope},
    conformance::{Case, Lab, Material, Object, Patience, Verdict, run_case},
    fault::Fault,
    name::DnsName,
    topology::Endpoint,
};
use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

/// One of the images that moto knows from the start.
pub const IMAGE: &str = "ami-12c6146b";
/// The region of all tests.
pub const REGION: &str = "eu-central-1";
/// The name of a certificate that the provider file knows.
pub const CERTIFICATE: &str = "conformance.example";
/// The bucket of the store.
pub const BUCKET: &str = "conformance-store";

/// An emulator as a laboratory.
pub struct EmulatorLab {
    emulator: Emulator,
    eyes: Eyes,
    wire: Option<Wire>,
    /// Whether the case that runs is one that this emulator cannot show.
    vain: AtomicBool,
}

impl EmulatorLab {
    pub async fn new(emulator: Emulator) -> Self {
        let eyes = Eyes::open(&emulator.url(), REGION).await;
        Self { emulator, eyes, wire: None, vain: AtomicBool::new(false) }
    }

    /// The same, and what its backends call is noted.
    pub fn noting(self, wire: &Wire) -> Self {
        Self { wire: Some(wire.clone()), ..self }
    }

    /// The emulator.
    pub fn emulator(&self) -> &Emulator {
        &self.emulator
    }

    /// Sees and does what our backend does not.
    pub fn eyes(&self) -> &Eyes {
        &self.eyes
    }

    /// Gives every running instance an address in the world.
    pub async fn give_addresses(&self) {
        super::front::give_addresses(&self.eyes).await;
    }

    /// Runs one case and says how it ended.
    pub async fn run(&self, case: &Case) -> Verdict {
        let listed = self.not_shown().iter().any(|(name, _)| *name == case.to_string());
        self.vain.store(listed, Ordering::Relaxed);
        run_case(case, self).await
    }

    /// Another backend on this emulator, whose requests go over this wire.
    pub async fn backend(&self, wire: Option<&Wire>) -> Backend {
        let mut aws = Aws::new(provider()).endpoint(&self.emulator.url()).credentials("test", "test");
        if let Some(wire) = wire {
            aws = aws.http_client(wire.client());
        }
        aws.settle(Duration::from_secs(1)).call_timeout(Duration::from_secs(20)).connect().await
    }
}

/// The provider file of these tests.
pub fn provider() -> Provider {
    let mut provider = Provider::new(REGION);
    for release in Material::default().releases {
        let machine = Machine {
            image: Some(IMAGE.into()),
            instance_type: Some("t3.micro".into()),
            user_data: Some(format!("#!/bin/sh\nexec site --release {release}\n")),
            ..Machine::default()
        };
        provider.releases.insert(release, machine);
    }
    let certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/12345678-1234-1234-1234-123456789012";
    provider.certificates.insert(CERTIFICATE.into(), certificate.into());
    provider.bucket = Some(BUCKET.into());
    provider
}

#[async_trait]
impl Lab for EmulatorLab {
    async fn empty(&self) -> Backend {
        self.emulator.reset();
        self.eyes.make_bucket(BUCKET).await;
        self.backend(self.wire.as_ref()).await
    }
    async fn another_eye(&self) -> Backend {
        self.backend(self.wire.as_ref()).await
    }
    fn scopes(&self) -> [Scope; 2] {
        ["one", "another"].map(|id| Scope { name: "conformance".into(), id: id.into() })
    }
    fn patience(&self) -> Patience {
        // Nothing takes time here, but the machine may be busy; what cannot be shown is not waited for.
        let limit = Duration::from_secs(if self.vain.load(Ordering::Relaxed) { 5 } else { 30 });
        Patience { poll: Duration::from_millis(100), calm: Duration::from_millis(300), limit }
    }
    fn not_shown(&self) -> &[(&str, &str)] {
        match self.emulator.kind {
            Kind::Moto => not_shown::BY_MOTO,
            Kind::Ministack => not_shown::BY_MINISTACK,
        }
    }
    async fn everything(&self) -> Vec<Object> {
        self.eyes.everything(BUCKET).await
    }
    async fn plant(&self, scope: &Scope, what: &Resource) -> Result<(), String> {
        plant::by_hand(&self.eyes, scope, what).await
    }
    async fn resolve(&self, name: &DnsName, user: u32) -> Vec<Endpoint> {
        self.eyes.resolve(name, user).await
    }
    async fn strike(&self, fault: &Fault) -> Result<(), String> {
        self.eyes.strike(fault).await
    }
}
