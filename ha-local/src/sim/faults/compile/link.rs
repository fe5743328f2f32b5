//! Faults of links: which ways two ends mean.

use super::Written;
use crate::sim::{
    faults::{
        strike::{Link, Strike},
        way::Way,
        whom::{Filter, Named},
    },
    plane::Place,
};
use ha_core::fault::{LinkEnd, Subject};

/// One end of a link, as far as this version knows what is there.
enum End {
    /// Users, zones, or both.
    Places(Vec<Place>),
    /// Everything: users, zones, our loop, the provider's services, every instance.
    All,
    /// Every zone but those of the other end.
    Others,
    Controller,
    Keepers,
    Store,
    Balancers(Named),
    Machines(Filter),
}

impl Written<'_> {
    pub(super) fn link(&self, effect: &str) -> Result<Strike, String> {
        let Some(link) = Link::read(effect, &self.fault.parameters) else { return self.no_tier() };
        let Subject::Link { from, to, both_ways } = &self.fault.target.what else {
            return self.nothing_at(self.fault.target.what.kind());
        };
        let mut way = self.way(&self.end(from)?, &self.end(to)?)?;
        if *both_ways {
            way.places.extend(way.places.clone().into_iter().map(|(from, to)| (to, from)));
            way.places.sort();
            way.places.dedup();
        }
        let elsewhere = way.places.is_empty();
        match link {
            Link::Congested(_) if elsewhere => self.nothing_at("ends other than users and zones"),
            Link::Loss(_) | Link::Delay(_) if elsewhere && way.balancers.is_some() => {
                self.nothing_at("a balancer (name its zones)")
            }
            Link::Loss(_) | Link::Delay(_) if elsewhere && !way.keepers.is_empty() => self.nothing_at("keepers"),
            Link::Cut | Link::Loss(_) | Link::Delay(_) | Link::Congested(_) => Ok(Strike::Link(way, link)),
        }
    }
    fn end(&self, end: &LinkEnd) -> Result<End, String> {
        Ok(match end {
            LinkEnd::Word(word) => match word.as_str() {
                "users" => End::Places(vec![Place::Users]),
                "controller" => End::Controller,
                "keepers" => End::Keepers,
                "others" => End::Others,
                _ => End::All,
            },
            LinkEnd::Named(kind, name) => {
                let named = (name != "*").then(|| name.clone());
                match kind.as_str() {
                    "zone" => End::Places(self.zones(name).into_iter().map(Place::Zone).collect()),
                    "pool" => End::Machines(Filter { pool: named, ..Filter::default() }),
                    "instance" => End::Machines(Filter { instance: named, ..Filter::default() }),
                    "balancer" => End::Balancers(Named::new(name)),
                    "store" => End::Store,
                    kind => return self.nothing_at(kind),
                }
            }
        })
    }
    fn way(&self, from: &End, to: &End) -> Result<Way, String> {
        let zones: Vec<Place> = self.zones("*").into_iter().map(Place::Zone).collect();
        let keepers = |places: &[Place]| places.iter().filter_map(|place| zone_of(*place)).collect();
        let way = Way::default();
        Ok(match (from, to) {
            (End::Places(from), End::Places(to)) => Way { places: pairs(from, to), ..way },
            (End::Places(from), End::Others) => Way { places: pairs(from, &without(&zones, from)), ..way },
            (End::Others, End::Places(to)) => Way { places: pairs(&without(&zones, to), to), ..way },
            (End::Places(from), End::All) => Way { places: pairs(from, &without(&everywhere(&zones), from)), ..way },
            (End::All, End::Places(to)) => Way { places: pairs(&without(&everywhere(&zones), to), to), ..way },
            (End::All, End::All) => {
                let all = everywhere(&zones);
                Way { places: pairs(&all, &all), ours: true, keepers: keepers(&zones), ..way }
            }
            (End::Controller, End::Store) | (End::Store, End::Controller) => Way { store: true, ..way },
            (End::Controller, End::All | End::Keepers) | (End::All | End::Keepers, End::Controller) => {
                Way { ours: true, ..way }
            }
            (End::Keepers, End::Places(places)) | (End::Places(places), End::Keepers) => {
                Way { keepers: keepers(places), ..way }
            }
            (End::Keepers, End::All | End::Others) | (End::All | End::Others, End::Keepers) => {
                Way { keepers: keepers(&zones), ..way }
            }
            (End::Store, End::All) | (End::All, End::Store) => Way { store: true, ..way },
            (End::Machines(filter), End::All | End::Balancers(_))
            | (End::All | End::Balancers(_), End::Machines(filter)) => Way { machines: Some(filter.clone()), ..way },
            (End::Balancers(named), End::All) | (End::All, End::Balancers(named)) => {
                Way { balancers: Some(named.clone()), ..way }
            }
            (End::Balancers(named), End::Places(places)) | (End::Places(places), End::Balancers(named))
                if places.contains(&Place::Users) =>
            {
                Way { balancers: Some(named.clone()), ..way }
            }
            (
                End::Places(_)
                | End::All
                | End::Others
                | End::Controller
                | End::Keepers
                | End::Store
                | End::Balancers(_)
                | End::Machines(_),
                _,
            ) => return self.nothing_at(&format!("{} (nothing goes that way)", self.fault.target.what)),
        })
    }
}

fn zone_of(place: Place) -> Option<u8> {
    match place {
        Place::Users => None,
        Place::Zone(zone) => Some(zone),
    }
}

fn everywhere(zones: &[Place]) -> Vec<Place> {
    [&[Place::Users], zones].concat()
}

fn without(all: &[Place], these: &[Place]) -> Vec<Place> {
    all.iter().filter(|place| !these.contains(place)).copied().collect()
}

fn pairs(from: &[Place], to: &[Place]) -> Vec<(Place, Place)> {
    from.iter().flat_map(|from| to.iter().map(|to| (*from, *to))).collect()
}
