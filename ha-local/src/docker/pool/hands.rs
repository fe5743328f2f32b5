//! The hands of a pool's keeper: the view is the rows, and an order is a change of rows.

use super::{
    MemberRow, of_hands,
    orders::{Seen, carry_out},
};
use crate::docker::{Acting, engine::Trouble, now, state::key};
use async_trait::async_trait;
use ha_core::{
    backend::{Result, Scope},
    keeper::{
        Hands,
        pool::{Member, Order, View},
    },
    name::PoolName,
    time::Timestamp,
};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long hands rest at most: what others do in other processes is seen then.
const REST: Duration = Duration::from_millis(500);

/// The hands with which one pool is kept.
#[derive(Debug)]
pub struct PoolHands {
    acting: Arc<Acting>,
    scope: Scope,
    pool: PoolName,
    seen: Mutex<Seen>,
}

impl PoolHands {
    /// The hands of this pool's keeper.
    pub fn new(acting: Arc<Acting>, scope: &Scope, pool: &PoolName) -> Self {
        Self { acting, scope: scope.clone(), pool: pool.clone(), seen: Mutex::default() }
    }
}

#[async_trait]
impl Hands for PoolHands {
    async fn view(&self) -> Result<Option<View>> {
        let tables = self.acting.docker.directory.read().await.map_err(|trouble| of_hands(trouble, &self.pool))?;
        let Some(row) = tables.pool(&self.scope, &self.pool).filter(|row| row.owner == self.scope) else {
            return Ok(None);
        };
        let members = row.present().map(|member| (member.id.clone(), member.changed)).collect();
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen { pool: row.changed, members };
        let launched = tables.launched.get(&key(&self.scope.name, &self.pool)).into_iter().flatten();
        Ok(Some(View {
            at: now(),
            spec: row.spec.clone(),
            desired: row.desired,
            removing: row.removing(),
            members: row.present().map(member).collect(),
            launched: launched.map(|(zone, count)| (zone.clone(), *count)).collect(),
            refused: row.refused.clone(),
        }))
    }

    async fn carry_out(&self, order: &Order) -> Result<()> {
        let (scope, pool, order) = (self.scope.clone(), self.pool.clone(), order.clone());
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let done = self.acting.change(move |tables| Ok(carry_out(tables, (&scope, &pool), order, &seen)?));
        done.await.and_then(|done| done.map_err(Trouble::from)).map_err(|trouble| of_hands(trouble, &self.pool))
    }

    async fn rest(&self, look_again: Option<Timestamp>, failed: bool) {
        let longest = look_again.map_or(REST, |at| at.since(now()).min(REST));
        match failed {
            true => tokio::time::sleep(REST).await,
            false => self.acting.docker.rest(longest).await,
        }
    }
}

fn member(row: &MemberRow) -> Member {
    Member {
        id: row.id.clone(),
        zone: row.zone.clone(),
        release: row.release.clone(),
        phase: row.phase,
        since: row.since,
        launched: row.launched,
        retiring: row.retiring,
        drained: row.drained,
    }
}
