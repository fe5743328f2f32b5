//! The Docker engine as a laboratory of the conformance suite: real containers, struck by real faults.

mod leftovers;
pub mod load;
mod plant;
mod strike;
mod user;
mod world;

pub use leftovers::{run_name, run_place, sweep};
pub use strike::unfit;

use super::{Docker, Settings, Supervisor, balancer, engine::Trouble};
use async_trait::async_trait;
use ha_core::{
    backend::{Backend, Resource, Scope},
    conformance::{Answer, Entry, Lab, Material, Object, Patience, Port, Request},
    fault::Fault,
    keeper::OrderObserver,
    name::DnsName,
    topology::{Boot, Endpoint, HealthCheck},
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};
use tokio::sync::Mutex;
use user::User;

/// A laboratory on one engine, with a state directory of its own.
pub struct DockerLab {
    docker: Arc<Docker>,
    patience: Patience,
    supervisor: Mutex<Option<Supervisor>>,
    users: Mutex<BTreeMap<u32, User>>,
    orders: Option<Arc<dyn OrderObserver>>,
}

impl DockerLab {
    /// A laboratory for the cases of a port, on the engine that the settings name, after what earlier runs left there is
    /// removed. An error says why there is none.
    pub async fn new(settings: Settings, port: Port) -> Result<Self, Trouble> {
        let docker = Docker::connect(settings).await?;
        sweep(&docker.engine).await?;
        let calm = match port {
            Port::Network | Port::Store => 2,
            Port::Pool | Port::Balancer | Port::Dns => 8,
        };
        let [poll, calm, limit] = [Duration::from_millis(400), Duration::from_secs(calm), Duration::from_secs(150)];
        let patience = Patience { poll, calm, limit };
        Ok(Self { docker, patience, supervisor: Mutex::new(None), users: Mutex::default(), orders: None })
    }

    /// The same; the observer is told every order of its keepers that was accepted.
    pub fn orders(self, observer: Arc<dyn OrderObserver>) -> Self {
        Self { orders: Some(observer), ..self }
    }

    /// Ends what keeps the laboratory's sites and removes all that is there of them.
    pub async fn clear(&self) -> Result<(), Trouble> {
        if let Some(supervisor) = self.supervisor.lock().await.take() {
            supervisor.stop().await?;
        }
        self.users.lock().await.clear();
        world::clear(&self.docker, &scopes()).await
    }
}

/// Two laboratories may be at work at once: each has a name of its own.
fn scopes() -> [Scope; 2] {
    ["one", "another"].map(|id| Scope { name: run_name("conformance"), id: id.into() })
}

#[async_trait]
impl Lab for DockerLab {
    async fn empty(&self) -> Backend {
        if let Err(trouble) = self.clear().await {
            eprintln!("what a case before this one made is not gone: {trouble}");
        }
        let told = |sentence: &str| eprintln!("supervisor: {sentence}");
        let supervisor = match self.orders.clone() {
            Some(orders) => Supervisor::observed(self.docker.clone(), told, orders),
            None => Supervisor::new(self.docker.clone(), told),
        };
        *self.supervisor.lock().await = Some(supervisor);
        self.docker.backend()
    }
    async fn another_eye(&self) -> Backend {
        match Docker::connect(self.docker.settings.clone()).await {
            Ok(other) => other.backend(),
            Err(_) => self.docker.backend(),
        }
    }
    fn scopes(&self) -> [Scope; 2] {
        scopes()
    }
    fn patience(&self) -> Patience {
        self.patience
    }
    fn not_shown(&self) -> &[(&str, &str)] {
        &[]
    }
    fn material(&self) -> Material {
        let boot = Boot { ready: "/ready".into(), budget: Duration::from_secs(25), port: 8080 };
        let [interval, timeout] = [2, 1].map(Duration::from_secs);
        let health = HealthCheck { interval, timeout, healthy: 2, unhealthy: 2 };
        Material { boot, health, ttl: Duration::from_secs(5), ..Material::default() }
    }
    async fn everything(&self) -> Vec<Object> {
        match world::everything(&self.docker, &scopes()).await {
            Ok(objects) => objects,
            // Something that no other listing has: two of them are not the same world.
            Err(trouble) => {
                vec![Object { scope: None, what: Resource::Object(format!("not listed: {trouble}").into()) }]
            }
        }
    }
    async fn plant(&self, scope: &Scope, what: &Resource) -> Result<(), String> {
        plant::plant(&self.docker, scope, what).await.map_err(|trouble| trouble.to_string())
    }
    async fn strike(&self, fault: &Fault) -> Result<(), String> {
        strike::turn(&self.docker, &scopes()[0], fault, true).await
    }
    async fn heal(&self, fault: &Fault) -> Result<(), String> {
        strike::turn(&self.docker, &scopes()[0], fault, false).await
    }
    async fn request(&self, scope: &Scope, request: &Request) -> Answer {
        let mut user = self.users.lock().await.remove(&request.user).unwrap_or_default();
        let answer = match &request.entry {
            Entry::Balancer(name) => match balancer::entry(&self.docker, scope, name).await {
                Some(entry) => user.ask(entry, request.takes).await,
                None => Answer::Failed(format!("balancer {name} is not entered anywhere")),
            },
            Entry::Name(name) => match user.find(&self.docker, name).await.first() {
                Some(Endpoint::Balancer(balancer)) => match balancer::entry(&self.docker, scope, balancer).await {
                    Some(entry) => user.ask(entry, request.takes).await,
                    None => Answer::Failed(format!("balancer {balancer} is not entered anywhere")),
                },
                found => Answer::Failed(format!("{name} leads to {found:?}, where this user does not ask")),
            },
        };
        self.users.lock().await.insert(request.user, user);
        answer
    }
    async fn resolve(&self, name: &DnsName, user: u32) -> Vec<Endpoint> {
        let mut asking = self.users.lock().await.remove(&user).unwrap_or_default();
        let found = asking.find(&self.docker, name).await;
        self.users.lock().await.insert(user, asking);
        found
    }
}
