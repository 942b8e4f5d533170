//! Adds up what was charged: tables of functions, lines, frames, threads and places, in seconds.

use super::lanes::Stretch;
use super::process::ProcessWatch;
use super::record::Record;
use super::share::{Classes, N_CLASSES};
use super::sum::Sum;
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

/// A line, with the function that spent most time in it.
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
            functions: FunctionColumns {
                function: sum.names.function,
                file: sum.names.file,
                line: sum.names.line,
                in_library: sum.names.in_library,
                ..sum.functions
            },
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
    }
}
