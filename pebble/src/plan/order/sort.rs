//! Topological order: Tarjan's strongly connected components, found in dependency order.

use std::collections::BTreeMap;

use super::steps;

/// Components of the graph, each after all components that it points to. Nodes are visited by name, so the order is
/// deterministic.
///
/// Without recursion, since a chain of dependencies may be as long as the plan.
pub(super) fn components<'a>(edges: &BTreeMap<&'a str, Vec<&'a str>>) -> Vec<Vec<String>> {
    let mut search = Search { edges, seen: BTreeMap::new(), stack: Vec::new(), found: Vec::new() };
    for node in edges.keys() {
        if !search.seen.contains_key(node) {
            search.visit(node);
        }
    }
    search.found
}

struct Node {
    index: usize,
    low: usize,
    stacked: bool,
}

struct Search<'e, 'a> {
    edges: &'e BTreeMap<&'a str, Vec<&'a str>>,
    seen: BTreeMap<&'a str, Node>,
    stack: Vec<&'a str>,
    found: Vec<Vec<String>>,
}

impl<'a> Search<'_, 'a> {
    fn visit(&mut self, root: &'a str) {
        self.enter(root);
        let mut path = vec![(root, 0)];
        while let Some((node, next)) = path.last_mut() {
            steps::count();
            let node = *node;
            if let Some(child) = self.edges[node].get(*next).copied() {
                *next += 1;
                match self.seen.get(child) {
                    None => {
                        self.enter(child);
                        path.push((child, 0));
                    }
                    Some(seen) if seen.stacked => self.lower(node, self.seen[child].index),
                    Some(_) => {}
                }
                continue;
            }
            path.pop();
            self.leave(node);
            if let Some((parent, _)) = path.last() {
                self.lower(parent, self.seen[node].low);
            }
        }
    }

    fn enter(&mut self, node: &'a str) {
        let index = self.seen.len();
        self.seen.insert(node, Node { index, low: index, stacked: true });
        self.stack.push(node);
    }

    fn lower(&mut self, node: &str, low: usize) {
        if let Some(node) = self.seen.get_mut(node) {
            node.low = node.low.min(low);
        }
    }

    fn leave(&mut self, node: &str) {
        let Node { index, low, .. } = self.seen[node];
        if index != low {
            return;
        }
        let mut group = Vec::new();
        while let Some(member) = self.stack.pop() {
            steps::count();
            if let Some(member) = self.seen.get_mut(member) {
                member.stacked = false;
            }
            group.push(member.to_owned());
            if member == node {
                break;
            }
        }
        self.found.push(group);
    }
}
