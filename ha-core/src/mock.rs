//! Mocks of every port and of the clock, for users' own tests.

use crate::{
    backend::{
        Clock, ComputePool, Dns, Expect, LoadBalancer, Network, Refill, Rest, Result, Scope, Store, Version, Versioned,
        spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
        state::{BalancerState, NetworkState, PoolState, Reading, RecordState},
    },
    name::{BalancerName, DnsName, InstanceId, PoolName, StoreKey},
    time::Timestamp,
    topology::{HoldMode, Route, Size},
    validate::Problem,
};
use async_trait::async_trait;
use std::time::Duration;

mockall::mock! {
    /// A network that does as it is told to.
    pub Network {}
    #[async_trait]
    impl Network for Network {
        fn check(&self, spec: &NetworkSpec) -> Vec<Problem>;
        async fn observe(&self, scope: &Scope) -> Result<Reading<Option<NetworkState>>>;
        async fn ensure(&self, scope: &Scope, spec: &NetworkSpec) -> Result<()>;
        async fn remove(&self, scope: &Scope) -> Result<()>;
    }
}

mockall::mock! {
    /// Pools that do as they are told to.
    pub ComputePool {}
    #[async_trait]
    impl ComputePool for ComputePool {
        fn check(&self, spec: &PoolSpec) -> Vec<Problem>;
        async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<PoolState>>>;
        async fn ensure(&self, scope: &Scope, spec: &PoolSpec) -> Result<()>;
        async fn bound(&self, scope: &Scope, pool: &PoolName, bounds: Size) -> Result<()>;
        async fn hold(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId, mode: HoldMode) -> Result<()>;
        async fn put_back(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId) -> Result<()>;
        async fn retire(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId, refill: Refill) -> Result<()>;
        async fn remove(&self, scope: &Scope, pool: &PoolName) -> Result<()>;
    }
}

mockall::mock! {
    /// Load balancers that do as they are told to.
    pub LoadBalancer {}
    #[async_trait]
    impl LoadBalancer for LoadBalancer {
        fn check(&self, spec: &BalancerSpec) -> Vec<Problem>;
        async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<BalancerState>>>;
        async fn ensure(&self, scope: &Scope, spec: &BalancerSpec) -> Result<()>;
        async fn route(&self, scope: &Scope, balancer: &BalancerName, routes: &[Route]) -> Result<()>;
        async fn remove(&self, scope: &Scope, balancer: &BalancerName) -> Result<()>;
    }
}

mockall::mock! {
    /// Records that do as they are told to.
    pub Dns {}
    #[async_trait]
    impl Dns for Dns {
        fn check(&self, set: &RecordSet) -> Vec<Problem>;
        async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<RecordState>>>;
        async fn ensure(&self, scope: &Scope, set: &RecordSet) -> Result<()>;
        async fn remove(&self, scope: &Scope, name: &DnsName) -> Result<()>;
    }
}

mockall::mock! {
    /// A store that does as it is told to.
    pub Store {}
    #[async_trait]
    impl Store for Store {
        async fn get(&self, scope: &Scope, key: &StoreKey) -> Result<Option<Versioned>>;
        async fn put(&self, scope: &Scope, key: &StoreKey, value: &[u8], expect: &Expect) -> Result<Version>;
        async fn delete(&self, scope: &Scope, key: &StoreKey, version: &Version) -> Result<()>;
        async fn list(&self, scope: &Scope, prefix: &str) -> Result<Vec<StoreKey>>;
    }
}

mockall::mock! {
    /// A clock that shows what it is told to.
    pub Clock {}
    #[async_trait]
    impl Clock for Clock {
        fn now(&self) -> Timestamp;
        async fn sleep(&self, duration: Duration);
        async fn rest(&self, rest: Rest);
    }
}
