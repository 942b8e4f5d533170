//! Adds up what was charged: tables of functions, lines, frames, threads and places, in seconds.

use rustc_hash::FxHashMap;

use super::code::CodeId;
use super::lanes::Stretch;
use super::process::ProcessWatch;
use super::share::{Classes, N_CLASSES, classes_of};
use super::thread::Thread;
use super::tree::{Node, NodeId, ROOT};
use super::record::Record;
use super::{Options, Tally};

/// Bounds of a fraction, both in [0, 1].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// Lower bound.
    pub low: f64,
    /// Upper bound.
    pub high: f64,
}

/// 95 % interval of a fraction seen in `n` equal, independent samples (`n` need not be whole).
///
/// Wilson (1927), Probable inference, the law of succession, and statistical inference.
pub fn wilson_interval(fraction: f64, n: f64) -> Interval {
    const Z: f64 = 1.959_964;
    if n.is_nan() || n <= 0.0 {
        return Interval { low: 0.0, high: 1.0 };
    }
    let shrink = 1.0 / (1.0 + Z * Z / n);
    let centre = (fraction + Z * Z / (2.0 * n)) * shrink;
    let half = Z * shrink * (fraction * (1.0 - fraction) / n + Z * Z / (4.0 * n * n)).sqrt();
    Interval { low: (centre - half).clamp(0.0, fraction), high: (centre + half).clamp(fraction, 1.0) }
}

/// Index of a function in a report.
pub type FunctionId = usize;

/// A function: what it is called, and its times in seconds.
#[derive(Clone, Debug, Default)]
pub struct FunctionColumns {
    /// Qualified name.
    pub function: Vec<String>,
    /// File.
    pub file: Vec<String>,
    /// First line.
    pub line: Vec<i32>,
    /// Whether the file is a library's.
    pub in_library: Vec<bool>,
    /// Own time by class.
    pub own: Vec<Classes>,
    /// Inclusive seconds, each stack counted once however often the function recurs: all, on a core, waiting for the GIL.
    pub total: Vec<[f64; 3]>,
}

/// A line with its function.
#[derive(Clone, Debug, Default)]
pub struct LineColumns {
    /// Function it belongs to.
    pub function: Vec<FunctionId>,
    /// Line number.
    pub line: Vec<i32>,
    /// Own time by class.
    pub own: Vec<Classes>,
    /// Inclusive seconds.
    pub total: Vec<f64>,
}

/// The call tree by function, a parent before its children.
#[derive(Clone, Debug, Default)]
pub struct FrameColumns {
    /// Row of the caller, -1 for a root.
    pub parent: Vec<i64>,
    /// Function.
    pub function: Vec<FunctionId>,
    /// Row of the thread.
    pub thread: Vec<usize>,
    /// Own time by class.
    pub own: Vec<Classes>,
    /// Own and children's seconds.
    pub total: Vec<f64>,
}

/// Time by the innermost frame in the user's own code.
#[derive(Clone, Debug, Default)]
pub struct LocationColumns {
    /// Function.
    pub function: Vec<FunctionId>,
    /// Its line with the most time.
    pub line: Vec<i32>,
    /// Time of that function and the library code it called, by class.
    pub own: Vec<Classes>,
    /// For each class the function, at the end of the stack, in which most of it passed.
    pub via: Vec<[FunctionId; N_CLASSES]>,
}

/// A thread.
#[derive(Clone, Debug, Default)]
pub struct ThreadColumns {
    /// Kernel's thread id.
    pub native_id: Vec<i32>,
    /// Whether Python knows it.
    pub is_python: Vec<bool>,
    /// Whether it ran code of the cell.
    pub is_counted: Vec<bool>,
    /// Seconds from the start of the profile.
    pub born_s: Vec<f64>,
    /// Seconds from the start of the profile.
    pub end_s: Vec<f64>,
    /// Time by class.
    pub own: Vec<Classes>,
    /// What it did over time.
    pub stretches: Vec<Vec<Stretch>>,
}

/// Everything a profile says, without names of threads and without source.
pub struct Report {
    /// Counts over all ticks.
    pub tally: Tally,
    /// Seconds from the first look to the last.
    pub duration_s: f64,
    /// Sum of the lives of the threads that ran code of the cell, as far as Python frames account for them, seconds.
    pub sampled_s: f64,
    /// Number of equal, independent samples that the fractions rest on.
    pub n_effective: f64,
    /// Functions.
    pub functions: FunctionColumns,
    /// Lines.
    pub lines: LineColumns,
    /// Frames.
    pub frames: FrameColumns,
    /// Places in the user's code.
    pub locations: LocationColumns,
    /// Threads.
    pub threads: ThreadColumns,
    /// What was waited for: function, class, text, seconds.
    pub details: Vec<(FunctionId, usize, String, f64)>,
    /// Memory and children of the process.
    pub process: ProcessWatch,
}

impl Report {
    /// Adds up a finished record.
    pub(super) fn of(record: Record, options: &Options) -> Self {
        let mut sum = Sum::new(&record, options);
        for thread in &record.threads {
            sum.add(thread);
        }
        let frames = sum.frames.into_preorder();
        let details = sum.names.details(&record);
        let sampled_s: f64 = sum.functions.own.iter().map(Classes::total_s).sum();
        Self {
            tally: record.tally,
            duration_s: (record.last_tick_ns - record.started_ns) as f64 / 1e9,
            sampled_s,
            n_effective: if sum.squares > 0.0 { sum.life_s * sum.life_s / sum.squares } else { 0.0 },
            functions: FunctionColumns { function: sum.names.function, file: sum.names.file, line: sum.names.line, in_library: sum.names.in_library, ..sum.functions },
            lines: sum.lines.into_columns(),
            frames,
            locations: sum.locations.into_columns(),
            threads: sum.threads,
            details,
            process: record.process,
        }
    }

    /// 95 % interval of a fraction of `sampled_s`.
    pub fn interval(&self, fraction: f64) -> Interval {
        wilson_interval(fraction, self.n_effective)
    }
}

/// Functions by name: code objects of the same function are one.
#[derive(Default)]
struct Names {
    of_code: Vec<FunctionId>,
    function: Vec<String>,
    file: Vec<String>,
    line: Vec<i32>,
    in_library: Vec<bool>,
    is_own: Vec<bool>,
}

impl Names {
    fn new(record: &Record, options: &Options) -> Self {
        let mut names = Self::default();
        let mut known: FxHashMap<(String, String, i32), FunctionId> = FxHashMap::default();
        for id in 0..record.codes.len() {
            let code = record.codes.get(id as CodeId);
            let key = (code.file.clone(), code.function.clone(), code.first_line);
            let function = *known.entry(key).or_insert_with(|| {
                names.function.push(code.function.clone());
                names.file.push(code.file.clone());
                names.line.push(code.first_line);
                names.in_library.push(is_library(&code.file, options));
                names.is_own.push(options.own_files.iter().any(|own| code.file == *own));
                names.function.len() - 1
            });
            names.of_code.push(function);
        }
        names
    }

    fn of(&self, node: &Node) -> FunctionId {
        self.of_code[node.code as usize]
    }

    fn details(&self, record: &Record) -> Vec<(FunctionId, usize, String, f64)> {
        let mut found: Vec<_> = record
            .detail_ns
            .iter()
            .filter(|((code, _), _)| (*code as usize) < self.of_code.len())
            .map(|(&(code, detail), &ns)| (self.of_code[code as usize], record.details.class(detail), record.details.text(detail).to_owned(), ns as f64 / 1e9))
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

struct Sum<'a> {
    record: &'a Record,
    options: &'a Options,
    names: Names,
    functions: FunctionColumns,
    lines: Lines,
    frames: Frames,
    locations: Locations,
    threads: ThreadColumns,
    life_s: f64,
    squares: f64,
}

impl<'a> Sum<'a> {
    fn new(record: &'a Record, options: &'a Options) -> Self {
        let names = Names::new(record, options);
        let n = names.function.len();
        let functions = FunctionColumns { own: vec![Classes::default(); n], total: vec![[0.0; 3]; n], ..FunctionColumns::default() };
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

    fn add(&mut self, thread: &Thread) {
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
            if file(node).ends_with("threading.py") {
                in_start[k] = true;
            } else if self.options.helper_parts.iter().any(|part| file(node).contains(part.as_str())) {
                return true;
            }
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
            if classes.total_s() > 0.0 {
                self.charge(nodes, &view, k, classes);
            }
        }
        self.add_inclusive(nodes, &view);
    }

    /// Leaves out the outermost frames that were there before the profile, and the lab's own innermost ones.
    fn view(&mut self, thread: &Thread, own: Vec<Classes>, below: Vec<Classes>) -> View {
        let nodes = thread.tree.nodes();
        let row = self.threads.native_id.len() - 1;
        let base: &[CodeId] = if thread.native_id == self.options.caller { &self.record.base } else { &[] };
        let mut outer_depth = vec![None; nodes.len()];
        outer_depth[ROOT as usize] = Some(0_usize);
        let mut view = View { frame: vec![None; nodes.len()], owner: vec![ROOT; nodes.len()], own, below };
        for (k, node) in nodes.iter().enumerate().skip(1) {
            let parent = node.parent as usize;
            let is_own = self.names.is_own[self.names.of(node)];
            if is_own && view.frame[parent].is_some() {
                (view.frame[k], view.owner[k]) = (view.frame[parent], view.owner[parent]);
                continue;
            }
            outer_depth[k] = outer_depth[parent].filter(|&depth| base.get(depth) == Some(&node.code)).map(|depth| depth + 1);
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
        self.lines.charge(function, owner.line, classes);
        if let Some(frame) = view.frame[k] {
            self.frames.charge(frame, classes);
        }
        let mut place = view.owner[k];
        while place != ROOT && self.names.in_library[self.names.of(&nodes[place as usize])] {
            place = nodes[place as usize].parent;
        }
        let place = if place == ROOT || (view.frame[place as usize].is_none() && place != view.owner[k]) { view.owner[k] } else { place };
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
            let keys = [(function, None), (function, Some(node.line))];
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
                        self.add_total(key, &all);
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

    fn add_total(&mut self, (function, line): (FunctionId, Option<i32>), all: &Classes) {
        match line {
            Some(line) => self.lines.add_total(function, line, all.total_s()),
            None => {
                let total = &mut self.functions.total[function];
                *total = [total[0] + all.total_s(), total[1] + all.on_cpu_s(), total[2] + all.gil_s()];
            }
        }
    }
}

#[derive(Default)]
struct Lines {
    index: FxHashMap<(FunctionId, i32), usize>,
    columns: LineColumns,
}

impl Lines {
    fn row(&mut self, function: FunctionId, line: i32) -> usize {
        let columns = &mut self.columns;
        *self.index.entry((function, line)).or_insert_with(|| {
            columns.function.push(function);
            columns.line.push(line);
            columns.own.push(Classes::default());
            columns.total.push(0.0);
            columns.line.len() - 1
        })
    }

    fn charge(&mut self, function: FunctionId, line: i32, classes: &Classes) {
        let row = self.row(function, line);
        self.columns.own[row] = self.columns.own[row].plus(classes);
    }

    fn add_total(&mut self, function: FunctionId, line: i32, seconds: f64) {
        let row = self.row(function, line);
        self.columns.total[row] += seconds;
    }

    fn into_columns(self) -> LineColumns {
        self.columns
    }
}

#[derive(Default)]
struct Frames {
    index: FxHashMap<(usize, Option<usize>, FunctionId), usize>,
    columns: FrameColumns,
}

impl Frames {
    fn child(&mut self, thread: usize, parent: Option<usize>, function: FunctionId) -> usize {
        let columns = &mut self.columns;
        *self.index.entry((thread, parent, function)).or_insert_with(|| {
            columns.parent.push(parent.map_or(-1, |p| p as i64));
            columns.function.push(function);
            columns.thread.push(thread);
            columns.own.push(Classes::default());
            columns.total.push(0.0);
            columns.parent.len() - 1
        })
    }

    fn charge(&mut self, frame: usize, classes: &Classes) {
        self.columns.own[frame] = self.columns.own[frame].plus(classes);
    }

    /// Totals, and the order in which a frame is followed by all below it, widest first.
    fn into_preorder(mut self) -> FrameColumns {
        let n = self.columns.parent.len();
        let mut children: Vec<Vec<usize>> = vec![Vec::new(); n];
        let mut roots = Vec::new();
        for k in (0..n).rev() {
            self.columns.total[k] += self.columns.own[k].total_s();
            match usize::try_from(self.columns.parent[k]) {
                Ok(parent) => {
                    self.columns.total[parent] += self.columns.total[k];
                    children[parent].push(k);
                }
                Err(_) => roots.push(k),
            }
        }
        let total = &self.columns.total;
        let narrow_first = |list: &mut Vec<usize>| list.sort_by(|a, b| total[*a].total_cmp(&total[*b]).then(b.cmp(a)));
        children.iter_mut().for_each(narrow_first);
        roots.sort_by(|a, b| total[*a].total_cmp(&total[*b]).then(b.cmp(a)));
        let mut order = Vec::with_capacity(n);
        while let Some(k) = roots.pop() {
            order.push(k);
            roots.append(&mut children[k]);
        }
        self.columns.reordered(&order)
    }
}

impl FrameColumns {
    fn reordered(&self, order: &[usize]) -> Self {
        let mut new_row = vec![0_i64; order.len()];
        for (row, &k) in order.iter().enumerate() {
            new_row[k] = row as i64;
        }
        Self {
            parent: order.iter().map(|&k| usize::try_from(self.parent[k]).map_or(-1, |p| new_row[p])).collect(),
            function: order.iter().map(|&k| self.function[k]).collect(),
            thread: order.iter().map(|&k| self.thread[k]).collect(),
            own: order.iter().map(|&k| self.own[k]).collect(),
            total: order.iter().map(|&k| self.total[k]).collect(),
        }
    }
}

/// Own time of one place: by class, by line, and by class and function at the end of the stack.
#[derive(Default)]
struct Place {
    own: Classes,
    by_line: FxHashMap<i32, f64>,
    by_leaf: FxHashMap<FunctionId, Classes>,
}

#[derive(Default)]
struct Locations {
    places: FxHashMap<FunctionId, Place>,
}

impl Locations {
    fn charge(&mut self, function: FunctionId, line: i32, leaf: FunctionId, classes: &Classes) {
        let place = self.places.entry(function).or_default();
        place.own = place.own.plus(classes);
        *place.by_line.entry(line).or_default() += classes.total_s();
        let via = place.by_leaf.entry(leaf).or_default();
        *via = via.plus(classes);
    }

    fn into_columns(self) -> LocationColumns {
        let mut places: Vec<_> = self.places.into_iter().collect();
        places.sort_by(|a, b| b.1.own.total_s().total_cmp(&a.1.own.total_s()).then(a.0.cmp(&b.0)));
        let mut columns = LocationColumns::default();
        for (function, place) in places {
            let line = place.by_line.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0))).map_or(0, |(line, _)| *line);
            let mut via = [function; N_CLASSES];
            for (class, slot) in via.iter_mut().enumerate() {
                let most = place.by_leaf.iter().max_by(|a, b| a.1.0[class].total_cmp(&b.1.0[class]).then(b.0.cmp(a.0)));
                *slot = most.map_or(function, |(leaf, _)| *leaf);
            }
            columns.function.push(function);
            columns.line.push(line);
            columns.own.push(place.own);
            columns.via.push(via);
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn wilson_gives_the_published_values() {
        let seen = wilson_interval(0.3, 100.0);
        assert!((seen.low - 0.2189).abs() < 1e-3 && (seen.high - 0.3958).abs() < 1e-3, "{seen:?}");
        assert_eq!(wilson_interval(0.5, 0.0), Interval { low: 0.0, high: 1.0 });
    }

    proptest! {
        #[test]
        fn an_interval_holds_its_fraction(fraction in 0.0..=1.0_f64, n in 0.1..1e7_f64) {
            let seen = wilson_interval(fraction, n);
            prop_assert!(0.0 <= seen.low && seen.low <= fraction && fraction <= seen.high && seen.high <= 1.0);
        }

        #[test]
        fn frames_in_preorder_add_up(parents in proptest::collection::vec(0..50_usize, 1..50)) {
            let mut frames = Frames::default();
            for (k, parent) in parents.iter().enumerate() {
                let parent = (k > 0 && parent % (k + 1) > 0).then(|| parent % (k + 1) - 1);
                let frame = frames.child(0, parent, k);
                frames.charge(frame, &Classes([1.0; N_CLASSES]));
            }
            let seen = frames.into_preorder();
            for k in 0..seen.total.len() {
                prop_assert!(seen.parent[k] < k as i64);
                let inner: f64 = (0..seen.total.len()).filter(|&c| seen.parent[c] == k as i64).map(|c| seen.total[c]).sum();
                prop_assert!((seen.total[k] - inner - seen.own[k].total_s()).abs() < 1e-9);
            }
        }
    }
}
