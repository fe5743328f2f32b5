//! Things that bear no mark, as somebody makes them by hand under the names that a site would use.

use super::eyes::Eyes;
use super::front;
use aws_sdk_ec2::types::{ResourceType, Tag, TagSpecification};
use ha_core::{
    backend::{Resource, Scope},
    name::PoolName,
};

/// Makes the unmarked thing that a wish of this scope would make.
pub async fn by_hand(eyes: &Eyes, scope: &Scope, what: &Resource) -> Result<(), String> {
    match what {
        Resource::Network => network(eyes, scope).await,
        Resource::Pool(name) => pool(eyes, scope, name).await,
        Resource::Balancer(name) => front::plant_balancer(eyes, scope, name).await,
        Resource::Record(name) => front::plant_record(eyes, name).await,
        other @ (Resource::Tier | Resource::Instance(_) | Resource::Object(_) | _) => {
            Err(format!("nobody makes {other} by hand"))
        }
    }
}

async fn network(eyes: &Eyes, scope: &Scope) -> Result<(), String> {
    let name = Tag::builder().key("Name").value(format!("{}/network", scope.name)).build();
    let marks = TagSpecification::builder().resource_type(ResourceType::Vpc).tags(name).build();
    let call = eyes.ec2.create_vpc().cidr_block("10.99.0.0/16").tag_specifications(marks);
    call.send().await.map(drop).map_err(|error| format!("{error:?}"))
}

/// A group of no instances.
async fn pool(eyes: &Eyes, scope: &Scope, name: &PoolName) -> Result<(), String> {
    let launched = aws_sdk_ec2::types::RequestLaunchTemplateData::builder().image_id("ami-12c6146b").build();
    let template = format!("by-hand-{name}");
    let call = eyes.ec2.create_launch_template().launch_template_name(&template).launch_template_data(launched);
    call.send().await.map_err(|error| format!("{error:?}"))?;
    let launches =
        aws_sdk_autoscaling::types::LaunchTemplateSpecification::builder().launch_template_name(&template).build();
    let call = eyes.scaling.create_auto_scaling_group().launch_template(launches);
    let call = call.auto_scaling_group_name(format!("{}-{name}", scope.name)).min_size(0).max_size(0);
    call.availability_zones(eyes.zone("a")).send().await.map(drop).map_err(|error| format!("{error:?}"))
}
