//! Networks. Names of networks are not unique at the engine: they are looked up by label and used by id.

use super::{Engine, Labels, Part, Trouble, container::unless};
use bollard::{
    models::{Ipam, IpamConfig, Network, NetworkCreateRequest},
    query_parameters::ListNetworksOptionsBuilder,
};
use ha_core::backend::Scope;
use std::{collections::HashMap, net::Ipv4Addr};

/// A network that is wanted.
#[derive(Clone, Debug)]
pub struct WantedNetwork {
    /// Its name on the engine.
    pub name: String,
    /// Whose it is.
    pub labels: Labels,
    /// Its first two bytes: it is a /16.
    pub subnet: [u8; 2],
}

/// A network that was seen.
#[derive(Clone, Debug)]
pub struct SeenNetwork {
    /// The engine's id.
    pub id: String,
    /// Its name on the engine.
    pub name: String,
    /// Whose it is; `None`: it bears no mark of ours.
    pub labels: Option<Labels>,
    /// Its address ranges, as `10.88.0.0/16`.
    pub ranges: Vec<String>,
}

impl Engine {
    /// All networks, whoever made them.
    pub async fn networks(&self) -> Result<Vec<SeenNetwork>, Trouble> {
        self.networks_by(HashMap::new()).await
    }

    /// The network of a scope, if there is one.
    pub async fn network_of(&self, scope: &Scope) -> Result<Option<SeenNetwork>, Trouble> {
        Ok(self.networks_by(Labels::filter(Some(scope), Some(Part::Network))).await?.into_iter().next())
    }

    async fn networks_by(&self, filters: HashMap<String, Vec<String>>) -> Result<Vec<SeenNetwork>, Trouble> {
        let options = ListNetworksOptionsBuilder::default().filters(&filters).build();
        let found = self.call("listing networks", self.client().list_networks(Some(options))).await?;
        let mut seen: Vec<SeenNetwork> = found.into_iter().map(seen).collect();
        seen.iter().for_each(|seen| self.observers.meet(&seen.id, &seen.name));
        seen.sort_by(|a, b| (&a.name, &a.id).cmp(&(&b.name, &b.id)));
        Ok(seen)
    }

    /// Makes the network; answers its id. Its gateway is the first address.
    pub async fn create_network(&self, wanted: &WantedNetwork) -> Result<String, Trouble> {
        let [a, b] = wanted.subnet;
        let range = IpamConfig {
            subnet: Some(format!("{a}.{b}.0.0/16")),
            gateway: Some(Ipv4Addr::new(a, b, 0, 1).to_string()),
            ..IpamConfig::default()
        };
        let request = NetworkCreateRequest {
            name: wanted.name.clone(),
            driver: Some("bridge".to_owned()),
            ipam: Some(Ipam { config: Some(vec![range]), ..Ipam::default() }),
            labels: Some(wanted.labels.written()),
            ..NetworkCreateRequest::default()
        };
        let create = self.client().create_network(request);
        let id = self.change("making a network", ("create network", &wanted.name), create).await?.id;
        self.observers.meet(&id, &wanted.name);
        Ok(id)
    }

    /// Removes a network by its id.
    pub async fn remove_network(&self, id: &str) -> Result<(), Trouble> {
        let remove = self.client().remove_network(id);
        unless(self.change("removing a network", ("remove network", id), remove).await, &[404])?;
        self.observers.forget(id);
        Ok(())
    }
}

fn seen(found: Network) -> SeenNetwork {
    let configs = found.ipam.and_then(|ipam| ipam.config).into_iter().flatten();
    SeenNetwork {
        id: found.id.unwrap_or_default(),
        name: found.name.unwrap_or_default(),
        labels: found.labels.as_ref().and_then(Labels::read),
        ranges: configs.filter_map(|config| config.subnet).collect(),
    }
}
