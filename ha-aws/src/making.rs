//! One wish under way: what all ports need to carry it out.

use crate::{connect::Service, error::Wish};
use ha_core::backend::Scope;

/// A wish for something as this spec says, over the clients of its port.
pub(crate) struct Making<'a, C, S> {
    pub clients: &'a C,
    pub service: &'a Service,
    pub scope: &'a Scope,
    pub spec: &'a S,
    pub wish: &'a Wish,
}
