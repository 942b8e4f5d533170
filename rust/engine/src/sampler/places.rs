//! The tables of lines, frames and places while they are filled.

use rustc_hash::FxHashMap;

use super::report::{FrameColumns, FunctionId, LineColumns, LocationColumns};
use super::share::{Classes, N_CLASSES};

/// A line of a file, whichever functions share it: a function and a generator in it may.
pub type Place = (usize, i32);

/// Rows by file and line, made at first sight.
#[derive(Default)]
pub struct Lines {
    index: FxHashMap<Place, usize>,
    by_function: FxHashMap<(usize, FunctionId), f64>,
    columns: LineColumns,
}

impl Lines {
    fn row(&mut self, place: Place, function: FunctionId) -> usize {
        let columns = &mut self.columns;
        *self.index.entry(place).or_insert_with(|| {
            columns.function.push(function);
            columns.line.push(place.1);
            columns.own.push(Classes::default());
            columns.total.push(0.0);
            columns.line.len() - 1
        })
    }

    /// Adds own time.
    pub fn charge(&mut self, place: Place, function: FunctionId, classes: &Classes) {
        let row = self.row(place, function);
        self.columns.own[row] = self.columns.own[row].plus(classes);
        *self.by_function.entry((row, function)).or_default() += classes.total_s();
    }

    /// Adds inclusive time.
    pub fn add_total(&mut self, place: Place, function: FunctionId, seconds: f64) {
        let row = self.row(place, function);
        self.columns.total[row] += seconds;
    }

    /// The finished table; a line is named after the function that spent most time in it.
    pub fn into_columns(mut self) -> LineColumns {
        let mut most = vec![0.0; self.columns.line.len()];
        let mut shares: Vec<_> = self.by_function.into_iter().collect();
        shares.sort_by_key(|&(key, _)| key);
        for ((row, function), seconds) in shares {
            if seconds > most[row] {
                (most[row], self.columns.function[row]) = (seconds, function);
            }
        }
        self.columns
    }
}

/// Rows by what they stand for, made at first sight.
#[derive(Default)]
pub struct Frames {
    index: FxHashMap<(usize, Option<usize>, FunctionId), usize>,
    columns: FrameColumns,
}

impl Frames {
    /// The row of a function below another row.
    pub fn child(&mut self, thread: usize, parent: Option<usize>, function: FunctionId) -> usize {
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

    /// Adds own time.
    pub fn charge(&mut self, frame: usize, classes: &Classes) {
        self.columns.own[frame] = self.columns.own[frame].plus(classes);
    }

    /// Totals, and the order in which a frame is followed by all below it, widest first.
    pub fn into_preorder(mut self) -> FrameColumns {
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
struct Spot {
    own: Classes,
    by_line: FxHashMap<i32, f64>,
    by_leaf: FxHashMap<FunctionId, Classes>,
}

/// Rows by what they stand for, made at first sight.
#[derive(Default)]
pub struct Locations {
    places: FxHashMap<FunctionId, Spot>,
}

impl Locations {
    /// Adds own time.
    pub fn charge(&mut self, function: FunctionId, line: i32, leaf: FunctionId, classes: &Classes) {
        let place = self.places.entry(function).or_default();
        place.own = place.own.plus(classes);
        *place.by_line.entry(line).or_default() += classes.total_s();
        let via = place.by_leaf.entry(leaf).or_default();
        *via = via.plus(classes);
    }

    /// The finished table.
    pub fn into_columns(self) -> LocationColumns {
        let mut places: Vec<_> = self.places.into_iter().collect();
        places.sort_by(|a, b| b.1.own.total_s().total_cmp(&a.1.own.total_s()).then(a.0.cmp(&b.0)));
        let mut columns = LocationColumns::default();
        for (function, place) in places {
            let line =
                place.by_line.iter().max_by(|a, b| a.1.total_cmp(b.1).then(b.0.cmp(a.0))).map_or(0, |(line, _)| *line);
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

    proptest! {
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
