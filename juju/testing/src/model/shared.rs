//! Ordered map whose clones share their values: the model and the open hooks hold one copy of all that they have in
//! common.
//!
//! A clone costs the same for any number of entries. A write after it copies one value, not the map: it stays beside
//! the shared part as a difference, until no clone holds that part any more. A persistent tree would do the same with
//! a dependency and with slower reads; the model reads far more than it writes while hooks are open.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Number of differences after which a write makes a shared part of its own.
const MOST_DIFFERENCES: usize = 32;

/// Ordered map whose clones share their values.
#[derive(Debug)]
pub(crate) struct SharedMap<K, V> {
    base: Arc<BTreeMap<K, Arc<V>>>,
    /// Values that differ from those in `base`; `None` is a removed key.
    differences: BTreeMap<K, Option<Arc<V>>>,
}

impl<K: Clone + Ord, V> Clone for SharedMap<K, V> {
    fn clone(&self) -> Self {
        SharedMap { base: Arc::clone(&self.base), differences: self.differences.clone() }
    }
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        SharedMap { base: Arc::default(), differences: BTreeMap::new() }
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        match self.differences.get(key) {
            Some(difference) => difference.as_deref(),
            None => self.base.get(key).map(Arc::as_ref),
        }
    }

    pub(crate) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    /// The value for a change. Copies it if a clone of the map has it too.
    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if self.owns_base() {
            return Arc::make_mut(&mut self.base).get_mut(key).map(Arc::make_mut);
        }
        if !self.differences.contains_key(key) {
            let (key, value) = self.base.get_key_value(key)?;
            self.differences.insert(key.clone(), Some(Arc::clone(value)));
        }
        self.differences.get_mut(key)?.as_mut().map(Arc::make_mut)
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        self.put(key, Some(Arc::new(value)));
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        let known = self.base.get_key_value(key).map(|(key, _)| key.clone());
        match known {
            Some(key) => self.put(key, None),
            None => {
                self.differences.remove(key);
            }
        }
    }

    fn put(&mut self, key: K, value: Option<Arc<V>>) {
        if self.owns_base() {
            set(Arc::make_mut(&mut self.base), key, value);
        } else {
            self.differences.insert(key, value);
        }
    }

    /// True if no clone shares the base; the differences are in it then.
    fn owns_base(&mut self) -> bool {
        if Arc::get_mut(&mut self.base).is_none() && self.differences.len() < MOST_DIFFERENCES {
            return false;
        }
        if !self.differences.is_empty() {
            let base = Arc::make_mut(&mut self.base);
            for (key, value) in std::mem::take(&mut self.differences) {
                set(base, key, value);
            }
        }
        Arc::get_mut(&mut self.base).is_some()
    }

    /// Keys and values in the keys' order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let (mut base, mut differences) = (self.base.iter().peekable(), self.differences.iter().peekable());
        std::iter::from_fn(move || {
            loop {
                let order = match (base.peek(), differences.peek()) {
                    (Some((one, _)), Some((other, _))) => one.cmp(other),
                    (Some(_), None) => Ordering::Less,
                    (None, _) => Ordering::Greater,
                };
                if order == Ordering::Less {
                    return base.next().map(|(key, value)| (key, value.as_ref()));
                }
                if order == Ordering::Equal {
                    base.next();
                }
                let (key, difference) = differences.next()?;
                if let Some(value) = difference {
                    return Some((key, value.as_ref()));
                }
            }
        })
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }

    /// Changes each value for which `wants` is true; copies no other.
    pub(crate) fn change_where(&mut self, wants: impl Fn(&V) -> bool, mut change: impl FnMut(&mut V)) {
        let keys: Vec<K> = self.iter().filter(|(_, value)| wants(value)).map(|(key, _)| key.clone()).collect();
        for key in keys {
            self.get_mut(&key).map(&mut change);
        }
    }

    /// Number of values that only one of two maps holds: the copies that writes have made.
    #[cfg(test)]
    pub(crate) fn apart(&self, other: &SharedMap<K, V>) -> usize {
        if Arc::ptr_eq(&self.base, &other.base) && self.differences.is_empty() && other.differences.is_empty() {
            return 0;
        }
        let is_shared = |key: &K, value: &V| other.get(key).is_some_and(|theirs| std::ptr::eq(theirs, value));
        self.iter().filter(|(key, value)| !is_shared(key, value)).count()
    }
}

fn set<K: Ord, V>(map: &mut BTreeMap<K, Arc<V>>, key: K, value: Option<Arc<V>>) {
    match value {
        Some(value) => map.insert(key, value),
        None => map.remove(&key),
    };
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let base = entries.into_iter().map(|(key, value)| (key, Arc::new(value))).collect();
        SharedMap { base: Arc::new(base), differences: BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Clone, Debug)]
    enum Step {
        Insert(u8, u32),
        Change(u8),
        Remove(u8),
        Clone,
        Drop,
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0..50_u8, any::<u32>()).prop_map(|(key, value)| Step::Insert(key, value)),
            (0..50_u8).prop_map(Step::Change),
            (0..50_u8).prop_map(Step::Remove),
            Just(Step::Clone),
            Just(Step::Drop),
        ]
    }

    proptest! {
        #[test]
        fn it_is_a_map_and_its_clones_stay_as_they_were(steps in proptest::collection::vec(step(), 0..200)) {
            let (mut map, mut wanted) = (SharedMap::default(), BTreeMap::new());
            let mut clones: Vec<(SharedMap<u8, u32>, BTreeMap<u8, u32>)> = Vec::new();
            for step in steps {
                match step {
                    Step::Insert(key, value) => {
                        map.insert(key, value);
                        wanted.insert(key, value);
                    }
                    Step::Change(key) => {
                        let changed = map.get_mut(&key).map(|value| { *value = value.wrapping_add(1); *value });
                        let same = wanted.get_mut(&key).map(|value: &mut u32| { *value = value.wrapping_add(1); *value });
                        prop_assert_eq!(changed, same);
                    }
                    Step::Remove(key) => {
                        map.remove(&key);
                        wanted.remove(&key);
                    }
                    Step::Clone => clones.push((map.clone(), wanted.clone())),
                    Step::Drop => drop(clones.pop()),
                }
                for (map, wanted) in clones.iter().chain([&(map.clone(), wanted.clone())]) {
                    prop_assert!(map.iter().eq(wanted.iter()));
                    prop_assert!((0..50).all(|key| map.get(&key) == wanted.get(&key)));
                    prop_assert_eq!(map.is_empty(), wanted.is_empty());
                }
            }
        }
    }

    #[test]
    fn a_clone_copies_no_value_and_a_write_copies_one() {
        let mut map: SharedMap<u32, String> = (0..1000).map(|number| (number, number.to_string())).collect();
        let clone = map.clone();
        assert_eq!(map.apart(&clone), 0);
        map.get_mut(&7).unwrap().push('!');
        map.get_mut(&7).unwrap().push('!');
        assert_eq!((map.apart(&clone), map.differences.len()), (1, 1));
        assert_eq!((map.get(&7).unwrap().as_str(), clone.get(&7).unwrap().as_str()), ("7!!", "7"));
        drop(clone);
        map.get_mut(&8).unwrap().push('!');
        assert!(map.differences.is_empty(), "the map is its own again");
        assert_eq!(map.get(&7).unwrap(), "7!!");
    }
}
