//! Sees and does in an emulator what our backend does not: everything that exists, and the strikes of faults.

use super::front;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use ha_core::{
    backend::{Resource, Scope},
    conformance::Object,
    fault::Fault,
    name::DnsName,
    topology::Endpoint,
};

/// Clients of its own.
pub struct Eyes {
    pub ec2: aws_sdk_ec2::Client,
    pub scaling: aws_sdk_autoscaling::Client,
    pub s3: aws_sdk_s3::Client,
    pub elb: aws_sdk_elasticloadbalancingv2::Client,
    pub dns: aws_sdk_route53::Client,
    region: String,
}

type Pairs = Vec<(String, String)>;

macro_rules! pairs {
    ($tags:expr) => {
        $tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect::<Pairs>()
    };
}

/// A thing with these tags.
pub fn object(tags: &[(String, String)], what: Resource) -> Object {
    let value = |key: &str| tags.iter().find(|(name, _)| name == key).map(|(_, value)| value.clone());
    let scope = value("ha:site").zip(value("ha:id")).map(|(name, id)| Scope { name, id });
    Object { scope, what }
}

impl Eyes {
    pub async fn open(url: &str, region: &str) -> Self {
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .region(Region::new(region.to_owned()))
            .endpoint_url(url)
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .load()
            .await;
        let s3 = aws_sdk_s3::config::Builder::from(&config).force_path_style(true).build();
        Self {
            ec2: aws_sdk_ec2::Client::new(&config),
            scaling: aws_sdk_autoscaling::Client::new(&config),
            s3: aws_sdk_s3::Client::from_conf(s3),
            elb: aws_sdk_elasticloadbalancingv2::Client::new(&config),
            dns: aws_sdk_route53::Client::new(&config),
            region: region.into(),
        }
    }

    /// The availability zone of this letter.
    pub fn zone(&self, letter: &str) -> String {
        format!("{}{letter}", self.region)
    }

    pub async fn make_bucket(&self, bucket: &str) {
        let place = aws_sdk_s3::types::CreateBucketConfiguration::builder()
            .location_constraint(self.region.as_str().into())
            .build();
        let made = self.s3.create_bucket().bucket(bucket).create_bucket_configuration(place).send().await;
        made.unwrap_or_else(|error| panic!("the bucket cannot be made: {error:?}"));
    }

    /// Everything that is not there in an empty account.
    pub async fn everything(&self, bucket: &str) -> Vec<Object> {
        let mut all = self.network().await;
        all.extend(self.pools().await);
        all.extend(front::balancers(self).await);
        all.extend(front::names(self).await);
        all.extend(self.stored(bucket).await);
        all
    }

    async fn network(&self) -> Vec<Object> {
        let (ec2, part) = (&self.ec2, |tags: Pairs| object(&tags, Resource::Network));
        let mut all = Vec::new();
        let listed = ec2.describe_vpcs().send().await.expect("VPCs are listed");
        let standard = |it: &&aws_sdk_ec2::types::Vpc| it.is_default() == Some(true);
        let first = listed.vpcs().iter().find(standard).and_then(|it| it.vpc_id()).map(String::from);
        all.extend(listed.vpcs().iter().filter(|it| !standard(it)).map(|it| part(pairs!(it.tags()))));
        let listed = ec2.describe_subnets().send().await.expect("subnets are listed");
        let own = listed.subnets().iter().filter(|it| it.vpc_id() != first.as_deref());
        all.extend(own.map(|it| part(pairs!(it.tags()))));
        let listed = ec2.describe_internet_gateways().send().await.expect("gateways are listed");
        all.extend(listed.internet_gateways().iter().map(|it| part(pairs!(it.tags()))));
        let listed = ec2.describe_addresses().send().await.expect("addresses are listed");
        all.extend(listed.addresses().iter().map(|it| part(pairs!(it.tags()))));
        let listed = ec2.describe_nat_gateways().send().await.expect("NAT gateways are listed");
        let dead = |it: &&aws_sdk_ec2::types::NatGateway| it.state().is_none_or(|state| state.as_str() != "deleted");
        all.extend(listed.nat_gateways().iter().filter(dead).map(|it| part(pairs!(it.tags()))));
        let listed = ec2.describe_route_tables().send().await.expect("route tables are listed");
        let own = listed.route_tables().iter().filter(|it| !it.associations().iter().any(|it| it.main() == Some(true)));
        all.extend(own.map(|it| part(pairs!(it.tags()))));
        let listed = ec2.describe_security_groups().send().await.expect("security groups are listed");
        let own = listed.security_groups().iter().filter(|it| it.group_name() != Some("default"));
        all.extend(own.map(|it| part(pairs!(it.tags()))));
        all
    }

    async fn pools(&self) -> Vec<Object> {
        let mut all = Vec::new();
        let listed = self.scaling.describe_auto_scaling_groups().send().await.expect("groups are listed");
        for it in listed.auto_scaling_groups() {
            let name = it.auto_scaling_group_name().unwrap_or_default();
            all.push(object(&pairs!(it.tags()), Resource::Pool(name.into())));
        }
        let listed = self.ec2.describe_launch_templates().send().await.expect("launch templates are listed");
        for it in listed.launch_templates() {
            let name = it.launch_template_name().unwrap_or_default();
            all.push(object(&pairs!(it.tags()), Resource::Pool(name.into())));
        }
        let listed = self.ec2.describe_instances().send().await.expect("instances are listed");
        for it in listed.reservations().iter().flat_map(|it| it.instances()) {
            let gone = it.state().and_then(|it| it.name()).is_some_and(|name| name.as_str() == "terminated");
            if !gone {
                all.push(object(&pairs!(it.tags()), Resource::Instance(it.instance_id().unwrap_or_default().into())));
            }
        }
        all
    }

    async fn stored(&self, bucket: &str) -> Vec<Object> {
        let listed = self.s3.list_objects_v2().bucket(bucket).send().await.expect("objects are listed");
        let keys = listed.contents().iter().filter_map(|it| it.key());
        keys.map(|key| Object { scope: None, what: Resource::Object(key.into()) }).collect()
    }

    /// What a user finds who asks for a name.
    pub async fn resolve(&self, name: &DnsName, user: u32) -> Vec<Endpoint> {
        front::resolve(self, name, user).await
    }

    /// Lets a fault strike that an emulator can show.
    pub async fn strike(&self, fault: &Fault) -> Result<(), String> {
        let target = fault.target.to_string();
        match (fault.effect, target.strip_prefix("instance:")) {
            ("instances.kill", Some(instance)) => {
                let call = self.ec2.terminate_instances().instance_ids(instance);
                call.send().await.map(drop).map_err(|error| format!("{error:?}"))
            }
            (_, _) => Err(format!("an emulator cannot strike: {fault}")),
        }
    }
}
