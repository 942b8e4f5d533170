//! Adds the trees of all threads up by function, line, frame and place.

use rustc_hash::FxHashMap;

use super::Options;
use super::code::CodeId;
use super::places::{Frames, Lines, Locations};
use super::record::Record;
use super::report::{FunctionColumns, FunctionId, ThreadColumns};
use super::share::{Classes, classes_of};
use super::thread::Thread;
use super::tree::{Node, NodeId, ROOT};

/// Functions by name: code objects of the same function are one.
#[derive(Default)]
pub struct Names {
    of_code: Vec<FunctionId>,
    pub function: Vec<String>,
    pub file: Vec<String>,
    pub line: Vec<i32>,
    pub in_library: Vec<bool>,
    file_id: Vec<usize>,
    is_own: Vec<bool>,
    is_helper: Vec<bool>,
}

impl Names {
    fn new(record: &Record, options: &Options) -> Self {
        let mut names = Self::default();
        let mut known: FxHashMap<(String, String, i32), FunctionId> = FxHashMap::default();
        let mut files: FxHashMap<String, usize> = FxHashMap::default();
        for id in 0..record.codes.len() {
            let code = record.codes.get(id as CodeId);
            let key = (code.file.clone(), code.function.clone(), code.first_line);
            let function = *known.entry(key).or_insert_with(|| {
                names.function.push(code.function.clone());
                names.file.push(code.file.clone());
                names.line.push(code.first_line);
                names.in_library.push(is_library(&code.file, options));
                names.is_own.push(options.own_files.contains(&code.file));
                let n_files = files.len();
                names.file_id.push(*files.entry(code.file.clone()).or_insert(n_files));
                names.is_helper.push(options.helper_parts.iter().any(|part| code.file.contains(part.as_str())));
                names.function.len() - 1
            });
            names.of_code.push(function);
        }
        names
    }

    fn of(&self, node: &Node) -> FunctionId {
        self.of_code[node.code as usize]
    }

    pub fn details(&self, record: &Record) -> Vec<(FunctionId, usize, String, f64)> {
        let mut found: Vec<_> = record
            .detail_ns
            .iter()
            .filter(|((code, _), _)| (*code as usize) < self.of_code.len())
            .map(|(&(code, detail), &ns)| {
                (
                    self.of_code[code as usize],
                    record.details.class(detail),
                    record.details.text(detail).to_owned(),
                    ns as f64 / 1e9,
                )
            })
            .collect();
        found.sort_by(|a, b| b.3.total_cmp(&a.3).then_with(|| a.2.cmp(&b.2)));
        found
    }
}

fn is_library(file: &str, options: &Options) -> bool {
    let begins = |prefixes: &[String]| prefixes.iter().any(|prefix| file.starts_with(prefix.as_str()));
    begins(&options.library_prefixes) && !begins(&options.user_prefixes)
}

/// What one thread's tree needs while it is added.
struct View {
    /// Function-level frame each node belongs to; `None` for frames outside the profile.
    frame: Vec<Option<usize>>,
    /// The node whose function, line and place each node's own time counts for.
    owner: Vec<NodeId>,
    /// Own seconds by class.
    own: Vec<Classes>,
    /// Own and children's.
    below: Vec<Classes>,
}

/// Adds up threads, one after the other.
pub struct Sum<'a> {
    record: &'a Record,
    options: &'a Options,
    pub names: Names,
    pub functions: FunctionColumns,
    pub lines: Lines,
    pub frames: Frames,
    pub locations: Locations,
    pub threads: ThreadColumns,
    pub life_s: f64,
    pub squares: f64,
}

impl<'a> Sum<'a> {
    pub fn new(record: &'a Record, options: &'a Options) -> Self {
        let names = Names::new(record, options);
        let n = names.function.len();
        let functions = FunctionColumns {
            own: vec![Classes::default(); n],
            total: vec![[0.0; 3]; n],
            ..FunctionColumns::default()
        };
        Self {
            record,
            options,
            names,
            functions,
            lines: Lines::default(),
            frames: Frames::default(),
            locations: Locations::default(),
            threads: ThreadColumns::default(),
            life_s: 0.0,
            squares: 0.0,
        }
    }

    pub fn add(&mut self, thread: &Thread) {
        let own = classes_of(thread);
        let all = own.iter().fold(Classes::default(), |sum, one| sum.plus(one));
        let is_counted = self.is_counted(thread, &own);
        let seconds = |ns: u64| ns.saturating_sub(self.record.started_ns) as f64 / 1e9;
        self.threads.native_id.push(thread.native_id);
        self.threads.is_python.push(thread.is_python());
        self.threads.is_counted.push(is_counted);
        self.threads.born_s.push(seconds(thread.born_ns));
        self.threads.end_s.push(seconds(thread.last_ns));
        self.threads.own.push(all);
        self.threads.stretches.push(thread.lane.stretches(self.record.scale, thread.born_ns, thread.last_ns));
        if is_counted {
            self.life_s += (thread.last_ns - thread.born_ns) as f64 / 1e9;
            self.squares += thread.squares_at_end.unwrap_or(self.record.tally.squares) - thread.squares_at_birth;
            self.add_tree(thread, own);
        }
    }

    /// The caller, threads started meanwhile, and threads that moved and are no helper of the notebook's.
    fn is_counted(&self, thread: &Thread, own: &[Classes]) -> bool {
        const MOVED: f64 = 0.01;
        if !thread.is_python() {
            return false;
        }
        if thread.native_id == self.options.caller {
            return true;
        }
        if self.is_helper(thread) {
            return false;
        }
        let life: f64 = own.iter().map(Classes::total_s).sum();
        let resting = own.iter().map(|one| one.total_s() - one.on_cpu_s()).fold(0.0, f64::max);
        !thread.was_there || life - resting > MOVED * life
    }

    fn is_helper(&self, thread: &Thread) -> bool {
        let nodes = thread.tree.nodes();
        let file = |node: &Node| self.names.file[self.names.of(node)].as_str();
        let mut in_start = vec![false; nodes.len()];
        in_start[ROOT as usize] = true;
        for (k, node) in nodes.iter().enumerate().skip(1) {
            if !in_start[node.parent as usize] {
                continue;
            }
            if self.names.is_helper[self.names.of(node)] {
                return true;
            }
            in_start[k] = file(node).ends_with("threading.py");
        }
        false
    }

    fn add_tree(&mut self, thread: &Thread, own: Vec<Classes>) {
        let nodes = thread.tree.nodes();
        let mut below = own.clone();
        for k in (1..nodes.len()).rev() {
            let child = below[k];
            let parent = &mut below[nodes[k].parent as usize];
            *parent = parent.plus(&child);
        }
        let view = self.view(thread, own, below);
        for (k, classes) in view.own.iter().enumerate().skip(1) {
            if classes.total_s() > 0.0 && view.owner[k] != ROOT {
                self.charge(nodes, &view, k, classes);
            }
        }
        self.add_inclusive(nodes, &view);
    }

    /// Leaves out what is around the profiled code: the frames that were there before it and a notebook's own, outermost, and
    /// the lab's, innermost.
    fn view(&mut self, thread: &Thread, own: Vec<Classes>, below: Vec<Classes>) -> View {
        let nodes = thread.tree.nodes();
        let row = self.threads.native_id.len() - 1;
        let is_caller = thread.native_id == self.options.caller;
        let base: &[CodeId] = if is_caller { &self.record.base } else { &[] };
        let mut outer_depth = vec![None; nodes.len()];
        outer_depth[ROOT as usize] = Some(0_usize);
        let mut view = View { frame: vec![None; nodes.len()], owner: vec![ROOT; nodes.len()], own, below };
        for (k, node) in nodes.iter().enumerate().skip(1) {
            let parent = node.parent as usize;
            let function = self.names.of(node);
            if self.names.is_own[function] && (view.frame[parent].is_some() || outer_depth[parent].is_some()) {
                (view.frame[k], view.owner[k]) = (view.frame[parent], view.owner[parent]);
                if outer_depth[parent].is_some() {
                    (view.owner[k], outer_depth[k]) = (ROOT, outer_depth[parent]);
                }
                continue;
            }
            let is_helper = is_caller && self.names.is_helper[function];
            let matches = |depth: usize| base.get(depth) == Some(&node.code) || is_helper;
            outer_depth[k] = outer_depth[parent].filter(|&depth| matches(depth)).map(|depth| depth + 1);
            view.owner[k] = k as NodeId;
            let is_outer = outer_depth[k].is_some();
            if !is_outer && view.below[k].total_s() > 0.0 {
                view.frame[k] = Some(self.frames.child(row, view.frame[parent], self.names.of(node)));
            } else if is_outer && view.own[k].total_s() > 0.0 {
                // Time in an outer frame itself is shown as that frame; what it calls stands beside it.
                let frame = self.frames.child(row, None, self.names.of(node));
                self.frames.charge(frame, &view.own[k]);
            }
        }
        view
    }

    fn charge(&mut self, nodes: &[Node], view: &View, k: usize, classes: &Classes) {
        let owner = &nodes[view.owner[k] as usize];
        let function = self.names.of(owner);
        let mine = &mut self.functions.own[function];
        *mine = mine.plus(classes);
        self.lines.charge((self.names.file_id[function], owner.line), function, classes);
        if let Some(frame) = view.frame[k] {
            self.frames.charge(frame, classes);
        }
        let mut place = view.owner[k];
        while place != ROOT && self.names.in_library[self.names.of(&nodes[place as usize])] {
            place = nodes[place as usize].parent;
        }
        let place = if place == ROOT || (view.frame[place as usize].is_none() && place != view.owner[k]) {
            view.owner[k]
        } else {
            place
        };
        let place = &nodes[place as usize];
        self.locations.charge(self.names.of(place), place.line, function, classes);
    }

    /// Inclusive times: a stack counts once for a function or line, however often it recurs there.
    fn add_inclusive(&mut self, nodes: &[Node], view: &View) {
        let mut children: Vec<Vec<NodeId>> = vec![Vec::new(); nodes.len()];
        for (k, node) in nodes.iter().enumerate().skip(1) {
            if view.below[k].total_s() > 0.0 {
                children[node.parent as usize].push(k as NodeId);
            }
        }
        let mut active: FxHashMap<(FunctionId, Option<i32>), u32> = FxHashMap::default();
        let mut open: Vec<(NodeId, bool)> = children[ROOT as usize].iter().map(|&k| (k, false)).collect();
        while let Some((k, is_leaving)) = open.pop() {
            let node = &nodes[k as usize];
            let function = self.names.of(node);
            let is_folded = view.owner[k as usize] != k;
            let keys = [(function, None), (self.names.file_id[function], Some(node.line))];
            if is_leaving {
                for key in keys {
                    active.entry(key).and_modify(|n| *n -= 1);
                }
                continue;
            }
            let is_outer = view.frame[k as usize].is_none() && !is_folded;
            let all = if is_outer { view.own[k as usize] } else { view.below[k as usize] };
            if !is_folded {
                for key in keys {
                    let n = active.entry(key).or_default();
                    if *n == 0 {
                        self.add_total(function, key.1, &all);
                    }
                    *n += u32::from(!is_outer);
                }
                if !is_outer {
                    open.push((k, true));
                }
            }
            open.extend(children[k as usize].iter().map(|&child| (child, false)));
        }
    }

    fn add_total(&mut self, function: FunctionId, line: Option<i32>, all: &Classes) {
        match line {
            Some(line) => self.lines.add_total((self.names.file_id[function], line), function, all.total_s()),
            None => {
                let total = &mut self.functions.total[function];
                *total = [total[0] + all.total_s(), total[1] + all.on_cpu_s(), total[2] + all.gil_s()];
            }
        }
    }
}
