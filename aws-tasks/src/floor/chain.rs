//! Calls that need each other's answers, and the longest chain of them.

/// A call that something takes, and which of the others have to be answered before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// `CreateVpc`.
    pub call: &'static str,
    /// What of: `subnet public-a`.
    pub of: String,
    /// The places of those that it needs; what an earlier wave made has none here.
    pub after: Vec<usize>,
}

/// The calls of one wave, each after those that it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Needs(pub Vec<Need>);

impl Needs {
    /// Adds a call; answers its place.
    pub fn call(&mut self, call: &'static str, of: impl Into<String>, after: &[usize]) -> usize {
        self.0.push(Need { call, of: of.into(), after: after.to_vec() });
        self.0.len() - 1
    }

    /// The longest chain: each call needs the one before it.
    pub fn chain(&self) -> Vec<&Need> {
        // What a call needs stands before it: one pass is enough.
        let mut chains: Vec<Vec<usize>> = Vec::new();
        for (place, need) in self.0.iter().enumerate() {
            let before = need.after.iter().filter_map(|before| chains.get(*before));
            let longest = before.max_by_key(|chain| chain.len());
            let mut chain = longest.cloned().unwrap_or_default();
            chain.push(place);
            chains.push(chain);
        }
        let longest = chains.into_iter().max_by_key(Vec::len).unwrap_or_default();
        longest.into_iter().map(|place| &self.0[place]).collect()
    }

    /// How often each call is made, in the order of their first.
    pub fn counts(&self) -> Vec<(&'static str, usize)> {
        let mut counts: Vec<(&'static str, usize)> = Vec::new();
        for need in &self.0 {
            match counts.iter_mut().find(|(call, _)| *call == need.call) {
                Some((_, count)) => *count += 1,
                None => counts.push((need.call, 1)),
            }
        }
        counts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_chain_follows_what_needs_what() {
        let mut needs = Needs::default();
        let vpc = needs.call("CreateVpc", "vpc", &[]);
        let gateway = needs.call("CreateInternetGateway", "gateway", &[]);
        let attached = needs.call("AttachInternetGateway", "gateway", &[vpc, gateway]);
        let table = needs.call("CreateRouteTable", "table", &[vpc]);
        needs.call("CreateRoute", "table", &[table, attached]);
        needs.call("CreateSubnet", "a", &[vpc]);
        needs.call("CreateSubnet", "b", &[vpc]);
        let chain: Vec<&str> = needs.chain().iter().map(|need| need.call).collect();
        assert_eq!(chain.len(), 3);
        assert_eq!(chain[2], "CreateRoute");
        assert_eq!(needs.counts().last(), Some(&("CreateSubnet", 2)));
        assert!(Needs::default().chain().is_empty());
    }
}
