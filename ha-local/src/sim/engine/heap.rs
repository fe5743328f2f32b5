//! A heap of four children: half the depth of the usual one, which is what taking out the first costs.

/// Items by a key that is different for each; the smallest comes first.
#[derive(Clone, Debug)]
pub(super) struct Heap<T> {
    items: Vec<(u128, T)>,
}

/// Equal when the same items would come in the same order, wherever they lie.
impl<T: Copy + Ord> PartialEq for Heap<T> {
    fn eq(&self, other: &Self) -> bool {
        let sorted = |heap: &Self| {
            let mut items = heap.items.clone();
            items.sort_unstable();
            items
        };
        self.items.len() == other.items.len() && sorted(self) == sorted(other)
    }
}

impl<T: Copy + Ord> Heap<T> {
    pub(super) fn new() -> Self {
        Self { items: Vec::new() }
    }
    pub(super) fn len(&self) -> usize {
        self.items.len()
    }
    pub(super) fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
    /// The key of the first.
    pub(super) fn first(&self) -> Option<u128> {
        self.items.first().map(|(key, _)| *key)
    }
    pub(super) fn push(&mut self, key: u128, item: T) {
        let mut at = self.items.len();
        self.items.push((key, item));
        while at > 0 {
            let parent = (at - 1) / 4;
            if self.items[parent].0 <= key {
                break;
            }
            self.items[at] = self.items[parent];
            at = parent;
        }
        self.items[at] = (key, item);
    }
    pub(super) fn pop(&mut self) -> Option<(u128, T)> {
        let last = self.items.pop()?;
        let Some(first) = self.items.first().copied() else { return Some(last) };
        let items = self.items.as_mut_slice();
        let mut at = 0;
        loop {
            let child = 4 * at + 1;
            let least = match items.get(child..child + 4) {
                Some(four) => {
                    let (one, other) = (usize::from(four[1].0 < four[0].0), 2 + usize::from(four[3].0 < four[2].0));
                    child + if four[other].0 < four[one].0 { other } else { one }
                }
                None => match (child..items.len()).min_by_key(|at| items[*at].0) {
                    Some(least) => least,
                    None => break,
                },
            };
            if items[least].0 >= last.0 {
                break;
            }
            items[at] = items[least];
            at = least;
        }
        items[at] = last;
        Some(first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sim::engine::draw::mix;

    #[test]
    fn what_is_pushed_comes_out_in_the_order_of_its_keys() {
        for count in [0, 1, 2, 5, 6, 100, 1000] {
            let mut heap = Heap::new();
            let mut keys: Vec<u128> = (0..count).map(|nth| u128::from(mix(nth))).collect();
            for (nth, key) in keys.iter().enumerate() {
                heap.push(*key, nth);
            }
            keys.sort_unstable();
            let found: Vec<u128> = std::iter::from_fn(|| heap.pop()).map(|(key, _)| key).collect();
            assert_eq!(found, keys);
            assert!(heap.is_empty());
        }
    }

    #[test]
    fn pushes_and_pops_may_alternate() {
        let (mut heap, mut last) = (Heap::new(), 0);
        for nth in 0..2000 {
            heap.push(last + u128::from(mix(nth) % 1000), nth);
            if nth % 3 != 0 {
                let (key, _) = heap.pop().unwrap();
                assert!(key >= last);
                last = key;
            }
        }
        assert_eq!(heap.len(), 667);
    }
}
