//! A container that is wanted.

use super::Labels;
use bollard::models::{
    ContainerCreateBody, EndpointIpamConfig, EndpointSettings, HostConfig, NetworkingConfig, PortBinding,
    RestartPolicy, RestartPolicyNameEnum,
};
use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddrV4},
};

/// A container that is wanted.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Its name on the engine.
    pub name: String,
    /// The image.
    pub image: String,
    /// Whose it is and what for.
    pub labels: Labels,
    /// The command, if not the image's own.
    pub command: Option<Vec<String>>,
    /// Its environment.
    pub environment: Vec<(String, String)>,
    /// Where it is attached.
    pub attached: Attached,
    /// What it publishes.
    pub ports: Vec<Port>,
    /// Whether it may change its own network place: rules, addresses, routes.
    pub net_admin: bool,
    /// What is mounted where: volumes by name, or places of the host.
    pub mounts: Vec<(String, String)>,
    /// Directories that live in memory.
    pub memory: Vec<String>,
    /// Files that are put into it before it starts.
    pub files: Vec<File>,
    /// Whether the engine starts it again when it ends by itself, so that it comes back while no supervisor runs.
    pub revives: bool,
}

/// Where a container is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attached {
    /// To the engine's default network.
    Outside,
    /// To this network, under this address.
    To {
        /// The engine's id of the network.
        network: String,
        /// The address.
        address: Ipv4Addr,
    },
    /// In the network place of another container.
    With(String),
}

/// What a published port carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transport {
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
}

/// A port that is published on loopback.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Port {
    /// The port inside.
    pub inside: u16,
    /// The port on 127.0.0.1.
    pub outside: u16,
    /// What it carries.
    pub transport: Transport,
}

/// A file that is put into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// Its absolute place.
    pub place: String,
    /// Its content.
    pub content: Vec<u8>,
    /// Its permissions.
    pub mode: u32,
    /// Whose it is: user and group.
    pub owner: (u64, u64),
}

impl Wanted {
    /// A container of this name and image that is attached so, and nothing else.
    pub fn new(name: impl Into<String>, image: impl Into<String>, labels: Labels, attached: Attached) -> Self {
        Self {
            name: name.into(),
            image: image.into(),
            labels,
            command: None,
            environment: Vec::new(),
            attached,
            ports: Vec::new(),
            net_admin: false,
            mounts: Vec::new(),
            memory: Vec::new(),
            files: Vec::new(),
            revives: false,
        }
    }

    pub(super) fn body(&self) -> ContainerCreateBody {
        let ports = |port: &Port| (port.inside(), Some(vec![port.on_loopback()]));
        let mount = |(from, to): &(String, String)| format!("{from}:{to}");
        let host = HostConfig {
            network_mode: Some(self.network_mode()),
            port_bindings: Some(self.ports.iter().map(ports).collect()),
            cap_add: self.net_admin.then(|| vec!["NET_ADMIN".to_owned()]),
            binds: Some(self.mounts.iter().map(mount).collect()),
            tmpfs: Some(self.memory.iter().map(|place| (place.clone(), "mode=1777".to_owned())).collect()),
            restart_policy: self.revives.then(|| RestartPolicy {
                name: Some(RestartPolicyNameEnum::UNLESS_STOPPED),
                ..RestartPolicy::default()
            }),
            ..HostConfig::default()
        };
        ContainerCreateBody {
            image: Some(self.image.clone()),
            labels: Some(self.labels.written()),
            cmd: self.command.clone(),
            env: Some(self.environment.iter().map(|(name, value)| format!("{name}={value}")).collect()),
            exposed_ports: Some(self.ports.iter().map(Port::inside).collect()),
            host_config: Some(host),
            networking_config: self.networking(),
            ..ContainerCreateBody::default()
        }
    }

    fn network_mode(&self) -> String {
        match &self.attached {
            Attached::Outside => "bridge".to_owned(),
            Attached::To { network, .. } => network.clone(),
            Attached::With(container) => format!("container:{container}"),
        }
    }

    fn networking(&self) -> Option<NetworkingConfig> {
        let Attached::To { network, address } = &self.attached else { return None };
        let ipam = EndpointIpamConfig { ipv4_address: Some(address.to_string()), ..EndpointIpamConfig::default() };
        let endpoint = EndpointSettings { ipam_config: Some(ipam), ..EndpointSettings::default() };
        Some(NetworkingConfig { endpoints_config: Some(HashMap::from([(network.clone(), endpoint)])) })
    }
}

impl Port {
    fn inside(&self) -> String {
        let transport = match self.transport {
            Transport::Tcp => "tcp",
            Transport::Udp => "udp",
        };
        format!("{}/{transport}", self.inside)
    }

    fn on_loopback(&self) -> PortBinding {
        let at = SocketAddrV4::new(Ipv4Addr::LOCALHOST, self.outside);
        PortBinding { host_ip: Some(at.ip().to_string()), host_port: Some(at.port().to_string()) }
    }
}
