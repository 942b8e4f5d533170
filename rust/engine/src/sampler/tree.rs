//! The calling-context tree of one thread, and what each of its nodes is charged with.

use rustc_hash::FxHashMap;

use super::code::CodeId;
use super::wait::{N_WAITS, Wait};

/// Index of a node; the root, which stands for the thread, is 0.
pub type NodeId = u32;

/// The thread itself: parent of the outermost frames.
pub const ROOT: NodeId = 0;

/// Time charged to a node as its own (self) time, nanoseconds.
///
/// The kernel says how long a thread was off its core; the samples in the same function say what for. So off-core time and the
/// classes seen are kept apart, and joined when the profile ends.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Charge {
    /// On a core.
    pub run_ns: u64,
    /// In the run queue.
    pub queue_ns: u64,
    /// Off the core and not in the run queue.
    pub off_ns: u64,
    /// Part of `run_ns` inside the garbage collector.
    pub gc_ns: u64,
    /// Elapsed time of the samples that saw each wait class.
    pub seen_ns: [u64; N_WAITS],
    /// Samples that saw a wait class.
    pub n_seen: u32,
}

impl Charge {
    /// Notes that a sample of weight `weight_ns` saw `wait`.
    pub fn see(&mut self, wait: Wait, weight_ns: u64) {
        self.seen_ns[wait as usize] += weight_ns;
        self.n_seen += 1;
    }
}

/// A frame in its context: the function, the line it is at, and the frame that called it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Node {
    /// Caller.
    pub parent: NodeId,
    /// Function.
    pub code: CodeId,
    /// Line it is at.
    pub line: i32,
    /// Own time.
    pub charge: Charge,
}

/// All frames of a thread that were seen. A parent stands before its children.
#[derive(Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    index: FxHashMap<(NodeId, CodeId, i32), NodeId>,
}

impl Tree {
    /// A tree that holds only the thread.
    pub fn new() -> Self {
        let root = Node { parent: ROOT, code: CodeId::MAX, line: 0, charge: Charge::default() };
        Self { nodes: vec![root], index: FxHashMap::default() }
    }

    /// The node of `code` at `line` below `parent`, made at first sight.
    pub fn child(&mut self, parent: NodeId, code: CodeId, line: i32) -> NodeId {
        *self.index.entry((parent, code, line)).or_insert_with(|| {
            self.nodes.push(Node { parent, code, line, charge: Charge::default() });
            (self.nodes.len() - 1) as NodeId
        })
    }

    /// What `node` is charged with.
    pub fn charge(&mut self, node: NodeId) -> &mut Charge {
        &mut self.nodes[node as usize].charge
    }

    /// All nodes, the root first.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_frame_in_the_same_context_is_one_node() {
        let mut tree = Tree::new();
        let outer = tree.child(ROOT, 1, 10);
        let inner = tree.child(outer, 2, 20);
        assert_eq!(tree.child(ROOT, 1, 10), outer);
        assert_ne!(tree.child(ROOT, 1, 11), outer);
        assert_ne!(tree.child(ROOT, 2, 20), inner);
        assert!(tree.nodes().iter().enumerate().skip(1).all(|(k, node)| (node.parent as usize) < k));
    }
}
