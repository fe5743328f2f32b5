//! Things that bear no mark, as somebody makes them by hand under the names that a site would use.

use crate::docker::{Docker, called, dns::RecordRow, engine::Trouble, now};
use bollard::{
    models::{ContainerCreateBody, NetworkCreateRequest},
    query_parameters::CreateContainerOptionsBuilder,
};
use ha_core::{
    backend::{Kind, Resource, Scope, spec::RecordSet, state::Phase},
    name::DnsName,
    topology::{Endpoint, RecordKind},
};
use std::time::Duration;

/// Makes the unmarked thing that a wish of this scope would make.
pub(super) async fn plant(docker: &Docker, scope: &Scope, what: &Resource) -> Result<(), Trouble> {
    match what {
        Resource::Network => {
            let name = called(scope, "network");
            let request = NetworkCreateRequest { name, ..NetworkCreateRequest::default() };
            docker.engine.client().create_network(request).await?;
            Ok(())
        }
        Resource::Pool(name) => container(docker, &called(scope, format!("{name}-a-1"))).await,
        Resource::Balancer(name) => container(docker, &called(scope, name)).await,
        Resource::Record(name) => record(docker, name).await,
        other @ (Resource::Tier | Resource::Instance(_) | Resource::Object(_) | _) => {
            Err(Trouble::said(Kind::Rejected(other.to_string()), "nobody makes that by hand"))
        }
    }
}

/// A container that was made and never started.
async fn container(docker: &Docker, name: &str) -> Result<(), Trouble> {
    let options = CreateContainerOptionsBuilder::default().name(name).build();
    let body = ContainerCreateBody {
        image: Some(docker.settings.images.net.clone()),
        cmd: Some(vec!["sleep".to_owned(), "infinity".to_owned()]),
        ..ContainerCreateBody::default()
    };
    docker.engine.client().create_container(Some(options), body).await?;
    Ok(())
}

/// A record in the provider's own database that is nobody's.
async fn record(docker: &Docker, name: &DnsName) -> Result<(), Trouble> {
    let kind = RecordKind::Alias { to: Endpoint::Balancer("planted".into()) };
    let set = RecordSet { name: name.clone(), kind, ttl: Duration::from_secs(60) };
    let owner = Scope { name: String::new(), id: String::new() };
    let row = RecordRow { owner, set, phase: Phase::Active, since: now(), answers: Vec::new(), published: None };
    let plant = docker.wish(move |tables| {
        tables.records.insert(row.set.name.to_string(), row);
        Ok(())
    });
    plant.await
}
