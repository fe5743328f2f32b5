//! What all calls of EC2 have in common: filters by our marks, tags at creation, tags as read.

use crate::mark::{self, ID, SITE, Tags};
use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use ha_core::backend::Scope;

/// A filter of this name for any of these values.
pub(crate) fn filter(name: &str, values: &[&str]) -> Filter {
    values.iter().fold(Filter::builder().name(name), |filter, value| filter.values(*value)).build()
}

/// Filters that only objects of this scope pass.
pub(crate) fn ours(scope: &Scope) -> Vec<Filter> {
    vec![filter(&format!("tag:{SITE}"), &[&scope.name]), filter(&format!("tag:{ID}"), &[&scope.id])]
}

/// Whether a listed object is this scope's. What is listed is looked at again: where a filter is ignored, as by some
/// emulators, somebody else's would be taken for ours, and removed.
pub(crate) fn is_ours(tags: &[Tag], scope: &Scope) -> bool {
    mark::stranger(&read(tags), scope).is_none()
}

/// Tags to be written on an object as it is made.
pub(crate) fn marked(kind: ResourceType, tags: &Tags) -> TagSpecification {
    TagSpecification::builder().resource_type(kind).set_tags(Some(written(tags))).build()
}

/// Tags in the service's own type.
pub(crate) fn written(tags: &Tags) -> Vec<Tag> {
    tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect()
}

/// Tags as they were read.
pub(crate) fn read(tags: &[Tag]) -> Tags {
    tags.iter().filter_map(|tag| Some((tag.key()?.to_owned(), tag.value()?.to_owned()))).collect()
}
