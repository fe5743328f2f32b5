//! One world as a case sees it: its backends, its users, its faults, and everything that exists in it.

use super::plant;
use crate::sim::{
    cloud::Thing,
    engine::{
        caller::Caller,
        task::{ClockError, TaskKind},
    },
    plane::{Address, Asked, Ticket},
    ports,
    world::World,
};
use async_trait::async_trait;
use ha_core::{
    backend::{Backend, Clock, Resource, Scope},
    conformance::{Answer, Entry, Lab, Object, Patience, Request},
    fault::{Fault, Lasts},
    name::DnsName,
    topology::Endpoint,
};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The world of one case, from inside.
pub(super) struct Bench {
    caller: Caller,
    patience: Patience,
    /// The faults that it let strike, by their numbers in the world.
    struck: Mutex<Vec<(Fault, u32)>>,
}

impl Bench {
    pub(super) fn new(caller: Caller, patience: Patience) -> Self {
        Self { caller, patience, struck: Mutex::default() }
    }
    fn struck(&self) -> MutexGuard<'_, Vec<(Fault, u32)>> {
        self.struck.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn with<T>(&self, act: impl FnOnce(&mut World) -> T) -> T {
        act(&mut self.caller.shared().lock().world)
    }
    /// Sends the request; an error says why nobody can.
    fn send(&self, scope: &Scope, request: &Request) -> Result<Ticket, String> {
        self.with(|world| {
            let name = match &request.entry {
                Entry::Name(name) => name.clone(),
                Entry::Balancer(balancer) => {
                    let called = world.cloud.called_by(&scope.name, balancer).cloned();
                    world.name_of_balancer(&called.ok_or_else(|| format!("there is no balancer {balancer}"))?)
                }
            };
            let (plane, mut ctx) = world.split();
            let ticket = plane.ask(&mut ctx, &name, request.user, request.takes);
            world.settle();
            Ok(ticket)
        })
    }
    /// Who has it now, as long as he is there, and what became of it.
    fn look(&self, ticket: &Ticket) -> (Option<Answer>, Option<Asked>) {
        self.with(|world| {
            let found = world.plane.reached(ticket).and_then(|server| world.cloud.on_server(server));
            let served = found.map(|(pool, instance, release)| Answer::Served { pool, instance, release });
            (served, world.plane.asked(ticket))
        })
    }
}

#[async_trait]
impl Lab for Bench {
    async fn empty(&self) -> Backend {
        ports::backend(self.caller.clone())
    }
    async fn another_eye(&self) -> Backend {
        let task = self.with(|world| {
            let now = world.now;
            world.tasks.add(TaskKind::Own("another".into()), now, ClockError::default())
        });
        ports::backend(Caller::new(self.caller.shared().clone(), task))
    }
    fn scopes(&self) -> [Scope; 2] {
        ["one", "another"].map(|id| Scope { name: "conformance".into(), id: id.into() })
    }
    fn patience(&self) -> Patience {
        self.patience
    }
    fn not_shown(&self) -> &[(&str, &str)] {
        &[]
    }
    async fn everything(&self) -> Vec<Object> {
        self.with(|world| world.cloud.everything()).into_iter().map(object).collect()
    }
    async fn plant(&self, scope: &Scope, what: &Resource) -> Result<(), String> {
        let planted = plant::planted(scope, what)?;
        self.with(|world| {
            world.with_cloud(None, |cloud, env| cloud.plant(env, planted));
            world.settle();
        });
        Ok(())
    }
    async fn strike(&self, fault: &Fault) -> Result<(), String> {
        let lasts = match fault.lasts {
            Lasts::Once => Lasts::Once,
            Lasts::For(_) | Lasts::Forever => Lasts::Forever,
        };
        let number = self
            .with(|world| world.strike(&Fault { lasts, ..fault.clone() }))
            .map_err(|problem| problem.to_string())?;
        self.struck().push((fault.clone(), number));
        Ok(())
    }
    async fn heal(&self, fault: &Fault) -> Result<(), String> {
        let mut struck = self.struck();
        let found = struck.iter().position(|(other, _)| other == fault);
        let (_, number) = struck.remove(found.ok_or_else(|| format!("it does not strike: {fault}"))?);
        self.with(|world| world.heal(number));
        Ok(())
    }
    async fn request(&self, scope: &Scope, request: &Request) -> Answer {
        let ticket = match self.send(scope, request) {
            Ok(ticket) => ticket,
            Err(why) => return Answer::Failed(why),
        };
        let (mut served, mut wait) = (None, Duration::ZERO);
        loop {
            let (by, ended) = self.look(&ticket);
            served = by.or(served);
            if let Some(Asked { at, outcome }) = ended {
                self.with(|world| world.plane.forget(ticket));
                self.caller.sleep(at.since(self.with(|world| world.now))).await;
                return match (outcome, served) {
                    (Ok(_), Some(served)) => served,
                    (Ok(server), None) => Answer::Failed(format!("{server:?} answered and was never an instance")),
                    (Err(cause), _) => Answer::Failed(cause.to_string()),
                };
            }
            self.caller.sleep(wait).await;
            wait = (wait * 2).clamp(Duration::from_millis(1), Duration::from_millis(250));
        }
    }
    async fn resolve(&self, name: &DnsName, user: u32) -> Vec<Endpoint> {
        self.with(|world| {
            let (plane, mut ctx) = world.split();
            let found = plane.find(&mut ctx, name, user);
            let mut endpoints: Vec<Endpoint> = found.iter().filter_map(|address| endpoint(world, address)).collect();
            endpoints.sort();
            endpoints.dedup();
            endpoints
        })
    }
}

/// What an address belongs to.
fn endpoint(world: &World, address: &Address) -> Option<Endpoint> {
    match address {
        Address::Balancer(called, _) => world.cloud.balancer_called(called).cloned().map(Endpoint::Balancer),
        Address::Server(server) => world.cloud.on_server(*server).map(|(pool, ..)| Endpoint::Pool(pool)),
    }
}

fn object(thing: Thing) -> Object {
    let name = thing.name.as_str();
    let what = match thing.kind {
        "network" => Resource::Network,
        "pool" => Resource::Pool(name.into()),
        "instance" => Resource::Instance(name.into()),
        "balancer" => Resource::Balancer(name.into()),
        "record" => Resource::Record(name.into()),
        _ => Resource::Object(name.into()),
    };
    Object { scope: thing.owner, what }
}
