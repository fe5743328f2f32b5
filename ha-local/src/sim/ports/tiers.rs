//! The ports of the tiers, each verb one call.

use super::{Ports, unexpected};
use crate::sim::engine::call::{Answer, Request};
use async_trait::async_trait;
use ha_core::{
    backend::{
        ComputePool, Dns, Expect, LoadBalancer, Network, Refill, Result, Scope, Store, Version, Versioned,
        spec::{BalancerSpec, NetworkSpec, PoolSpec, RecordSet},
        state::{BalancerState, NetworkState, PoolState, Reading, RecordState},
    },
    name::{BalancerName, DnsName, InstanceId, PoolName, StoreKey},
    topology::{HoldMode, Route, Size},
    validate::Problem,
};

impl Ports {
    async fn wish(&self, request: Request) -> Result<()> {
        self.caller.call(request).await.map(|_| ())
    }
}

#[async_trait]
impl Network for Ports {
    fn check(&self, spec: &NetworkSpec) -> Vec<Problem> {
        self.means.network(spec)
    }
    async fn observe(&self, scope: &Scope) -> Result<Reading<Option<NetworkState>>> {
        let Answer::Network(reading) = self.caller.call(Request::NetworkObserve(scope.clone())).await? else {
            return Err(unexpected("network.observe"));
        };
        Ok(reading)
    }
    async fn ensure(&self, scope: &Scope, spec: &NetworkSpec) -> Result<()> {
        self.wish(Request::NetworkEnsure(scope.clone(), spec.clone())).await
    }
    async fn remove(&self, scope: &Scope) -> Result<()> {
        self.wish(Request::NetworkRemove(scope.clone())).await
    }
}

#[async_trait]
impl ComputePool for Ports {
    fn check(&self, spec: &PoolSpec) -> Vec<Problem> {
        self.means.pool(spec)
    }
    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<PoolState>>> {
        let Answer::Pools(reading) = self.caller.call(Request::PoolObserve(scope.clone())).await? else {
            return Err(unexpected("pool.observe"));
        };
        Ok(reading)
    }
    async fn ensure(&self, scope: &Scope, spec: &PoolSpec) -> Result<()> {
        self.wish(Request::PoolEnsure(scope.clone(), spec.clone())).await
    }
    async fn bound(&self, scope: &Scope, pool: &PoolName, bounds: Size) -> Result<()> {
        self.wish(Request::PoolBound(scope.clone(), pool.clone(), bounds)).await
    }
    async fn hold(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId, mode: HoldMode) -> Result<()> {
        self.wish(Request::PoolHold(scope.clone(), pool.clone(), instance.clone(), mode)).await
    }
    async fn put_back(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId) -> Result<()> {
        self.wish(Request::PoolPutBack(scope.clone(), pool.clone(), instance.clone())).await
    }
    async fn retire(&self, scope: &Scope, pool: &PoolName, instance: &InstanceId, refill: Refill) -> Result<()> {
        self.wish(Request::PoolRetire(scope.clone(), pool.clone(), instance.clone(), refill)).await
    }
    async fn remove(&self, scope: &Scope, pool: &PoolName) -> Result<()> {
        self.wish(Request::PoolRemove(scope.clone(), pool.clone())).await
    }
}

#[async_trait]
impl LoadBalancer for Ports {
    fn check(&self, spec: &BalancerSpec) -> Vec<Problem> {
        self.means.balancer(spec)
    }
    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<BalancerState>>> {
        let Answer::Balancers(reading) = self.caller.call(Request::BalancerObserve(scope.clone())).await? else {
            return Err(unexpected("balancer.observe"));
        };
        Ok(reading)
    }
    async fn ensure(&self, scope: &Scope, spec: &BalancerSpec) -> Result<()> {
        self.wish(Request::BalancerEnsure(scope.clone(), spec.clone())).await
    }
    async fn route(&self, scope: &Scope, balancer: &BalancerName, routes: &[Route]) -> Result<()> {
        self.wish(Request::BalancerRoute(scope.clone(), balancer.clone(), routes.to_vec())).await
    }
    async fn remove(&self, scope: &Scope, balancer: &BalancerName) -> Result<()> {
        self.wish(Request::BalancerRemove(scope.clone(), balancer.clone())).await
    }
}

#[async_trait]
impl Dns for Ports {
    fn check(&self, set: &RecordSet, _: u32) -> Vec<Problem> {
        self.means.record(set)
    }
    async fn observe(&self, scope: &Scope) -> Result<Reading<Vec<RecordState>>> {
        let Answer::Records(reading) = self.caller.call(Request::DnsObserve(scope.clone())).await? else {
            return Err(unexpected("dns.observe"));
        };
        Ok(reading)
    }
    async fn ensure(&self, scope: &Scope, set: &RecordSet) -> Result<()> {
        self.wish(Request::DnsEnsure(scope.clone(), set.clone())).await
    }
    async fn remove(&self, scope: &Scope, name: &DnsName) -> Result<()> {
        self.wish(Request::DnsRemove(scope.clone(), name.clone())).await
    }
}

#[async_trait]
impl Store for Ports {
    async fn get(&self, scope: &Scope, key: &StoreKey) -> Result<Option<Versioned>> {
        let Answer::Object(object) = self.caller.call(Request::StoreGet(scope.clone(), key.clone())).await? else {
            return Err(unexpected("store.get"));
        };
        Ok(object)
    }
    async fn put(&self, scope: &Scope, key: &StoreKey, value: &[u8], expect: &Expect) -> Result<Version> {
        let request = Request::StorePut(scope.clone(), key.clone(), value.to_vec(), expect.clone());
        let Answer::Version(version) = self.caller.call(request).await? else { return Err(unexpected("store.put")) };
        Ok(version)
    }
    async fn delete(&self, scope: &Scope, key: &StoreKey, version: &Version) -> Result<()> {
        self.wish(Request::StoreDelete(scope.clone(), key.clone(), version.clone())).await
    }
    async fn list(&self, scope: &Scope, prefix: &str) -> Result<Vec<StoreKey>> {
        let Answer::Keys(keys) = self.caller.call(Request::StoreList(scope.clone(), prefix.into())).await? else {
            return Err(unexpected("store.list"));
        };
        Ok(keys)
    }
}
