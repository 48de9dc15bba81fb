//! Rows that are told once for all that say the same: values by key, in the order in which the keys first came.

use std::collections::{BTreeMap, BTreeSet};

/// Values by key, in the order in which the keys first came.
pub struct Ordered<K, V> {
    values: Vec<V>,
    places: BTreeMap<K, usize>,
}

impl<K: Ord, V> Default for Ordered<K, V> {
    fn default() -> Self {
        Ordered { values: Vec::new(), places: BTreeMap::new() }
    }
}

impl<K: Ord, V> Ordered<K, V> {
    /// The value under a key, which is made if the key is new.
    pub fn or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        let next = self.values.len();
        let place = *self.places.entry(key).or_insert(next);
        if place == next {
            self.values.push(make());
        }
        #[allow(clippy::indexing_slicing, reason = "the place was found or filled just above")]
        &mut self.values[place]
    }
}

impl<K, V> IntoIterator for Ordered<K, V> {
    type Item = V;
    type IntoIter = std::vec::IntoIter<V>;

    fn into_iter(self) -> Self::IntoIter {
        self.values.into_iter()
    }
}

/// Everything once, where it first came.
pub fn distinct<T: Ord + Clone>(all: impl IntoIterator<Item = T>) -> Vec<T> {
    let mut known = BTreeSet::new();
    all.into_iter().filter(|one| known.insert(one.clone())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_again_is_left_out() {
        assert_eq!(distinct(["b", "a", "b", "c", "a"]), ["b", "a", "c"]);
    }

    #[test]
    fn keys_keep_their_first_place() {
        let mut all: Ordered<&str, u32> = Ordered::default();
        for (key, value) in [("b", 1), ("a", 2), ("b", 3), ("c", 4)] {
            *all.or_insert_with(key, || 0) += value;
        }
        assert_eq!(all.into_iter().collect::<Vec<_>>(), [4, 2, 4]);
    }
}
