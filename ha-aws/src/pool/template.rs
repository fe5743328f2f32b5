//! Launch templates: each release of a pool is a template of its own, named for what is in it, and never changed.

use super::group::{POOL, RELEASE};
use crate::{
    ec2::marked,
    mark::{self, Tags},
    name::{digest, joined},
    network::Footing,
    provider::{Machine, Provider},
};
use aws_sdk_ec2::types::{
    InstanceType, LaunchTemplateHttpTokensState, LaunchTemplateIamInstanceProfileSpecificationRequest,
    LaunchTemplateInstanceMetadataOptionsRequest, LaunchTemplateInstanceNetworkInterfaceSpecificationRequest,
    LaunchTemplateTagSpecificationRequest, RequestLaunchTemplateData, ResourceType, TagSpecification,
};
use aws_smithy_types::base64;
use ha_core::{
    backend::{Scope, spec::PoolSpec},
    name::PoolName,
    topology::Exposure,
};

/// The lifecycle hook that an instance completes when it is ready.
pub(super) const READY_HOOK: &str = "ready";
const SIGNAL: &str = include_str!("signal.sh");

/// A template that a pool needs.
pub(super) struct Template {
    pub name: String,
    pub launches: RequestLaunchTemplateData,
    pub marks: TagSpecification,
}

/// The name of a pool's group.
pub(super) fn group_name(scope: &Scope, pool: &PoolName) -> String {
    joined(&[&scope.name, pool.as_str()], 255)
}

/// The object that all of a pool's things are parts of.
pub(super) fn object(pool: &PoolName) -> String {
    format!("pool-{pool}")
}

/// The marks of a pool's things.
pub(super) fn tags(scope: &Scope, pool: &PoolName) -> Tags {
    let mut tags = mark::tags(scope, &object(pool));
    tags.insert(POOL.into(), pool.to_string());
    tags
}

/// What the user's script ends with where instances say for themselves when they are ready.
fn user_data(machine: &Machine, scope: &Scope, spec: &PoolSpec, provider: &Provider) -> Option<String> {
    let own = machine.user_data.as_deref();
    if machine.signals != Some(true) {
        return own.map(base64::encode);
    }
    let signal = SIGNAL
        .replace("{port}", &spec.boot.port.to_string())
        .replace("{path}", &spec.boot.ready)
        .replace("{region}", &provider.region)
        .replace("{hook}", READY_HOOK)
        .replace("{group}", &group_name(scope, &spec.name));
    Some(base64::encode(format!("{}\n{signal}", own.unwrap_or("#!/bin/sh"))))
}

/// The template of what the pool launches now, in this network and this security group.
pub(super) fn template(
    scope: &Scope,
    spec: &PoolSpec,
    provider: &Provider,
    machine: &Machine,
    (footing, group): (&Footing, &str),
) -> Template {
    let mut tags = tags(scope, &spec.name);
    tags.insert(RELEASE.into(), spec.release.to_string());
    let launched = |kind: ResourceType| {
        let tags = Some(crate::ec2::written(&tags));
        LaunchTemplateTagSpecificationRequest::builder().resource_type(kind).set_tags(tags).build()
    };
    let profile = machine
        .profile
        .as_deref()
        .map(|name| LaunchTemplateIamInstanceProfileSpecificationRequest::builder().name(name).build());
    // Only with a token, and not from behind a proxy: what a site can be talked into fetching is not its credentials.
    let metadata = LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .http_tokens(LaunchTemplateHttpTokensState::Required)
        .http_put_response_hop_limit(1)
        .build();
    let data = RequestLaunchTemplateData::builder()
        .set_image_id(machine.image.clone())
        .set_instance_type(machine.instance_type.as_deref().map(InstanceType::from))
        .set_iam_instance_profile(profile)
        .set_user_data(user_data(machine, scope, spec, provider))
        .metadata_options(metadata)
        .tag_specifications(launched(ResourceType::Instance))
        .tag_specifications(launched(ResourceType::Volume));
    let launches = match footing.spec.instances {
        Exposure::Private => data.security_group_ids(group),
        Exposure::Public => data.network_interfaces(
            LaunchTemplateInstanceNetworkInterfaceSpecificationRequest::builder()
                .device_index(0)
                .associate_public_ip_address(true)
                .delete_on_termination(true)
                .groups(group)
                .build(),
        ),
    }
    .build();
    let digest = &digest(&format!("{launches:?}"))[..8];
    let name = joined(&[&scope.name, spec.name.as_str(), spec.release.as_str(), digest], 128);
    Template { name, launches, marks: marked(ResourceType::LaunchTemplate, &tags) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::group::tests::spec;

    fn written(machine: &Machine) -> Option<String> {
        let (scope, provider) = (Scope { name: "shop".into(), id: "1".into() }, Provider::new("eu-central-1"));
        let encoded = user_data(machine, &scope, &spec(3, 1, 4), &provider)?;
        Some(String::from_utf8(base64::decode(encoded).unwrap()).unwrap())
    }

    #[test]
    fn an_instance_signals_after_its_own_script_where_it_is_to() {
        let own = Machine { user_data: Some("#!/bin/sh\nstart".into()), ..Machine::default() };
        assert_eq!(written(&own).as_deref(), Some("#!/bin/sh\nstart"));
        let signals = written(&Machine { signals: Some(true), ..own }).unwrap();
        assert!(signals.starts_with("#!/bin/sh\nstart\n"), "{signals}");
        for part in ["http://127.0.0.1:80/ready", "--lifecycle-hook-name ready", "--auto-scaling-group-name shop-web"] {
            assert!(signals.contains(part), "{part} is not in: {signals}");
        }
        assert!(!signals.contains("{"), "a place is left open: {signals}");
        assert!(written(&Machine { signals: Some(true), ..Machine::default() }).unwrap().starts_with("#!/bin/sh\n"));
        assert_eq!(written(&Machine::default()), None);
    }
}
