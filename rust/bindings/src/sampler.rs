//! `tailgana_engine::sampler` for Python.

use std::sync::Arc;
use std::sync::atomic::{AtomicI32, AtomicU64, Ordering};
use std::time::Instant;

use pyo3::exceptions::PyRuntimeError;
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};
use tailgana_engine::sampler as engine;
use tailgana_engine::sampler::{Classes, LoopReader, Options, Pace, Report, TaskFrame};

use crate::error::to_python;

/// Names of the classes of time, in the engine's order.
const CLASSES: [&str; engine::N_CLASSES] =
    ["on_cpu", "queue", "gil_wait", "lock", "disk", "pipe", "socket", "sleep", "fault", "other", "gc"];

type PlainFrame = (String, String, i32, i32);

fn frames_of(stack: Vec<PlainFrame>) -> Vec<TaskFrame> {
    stack.into_iter().map(|(function, file, first_line, line)| TaskFrame { function, file, first_line, line }).collect()
}

#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Setting {
    interval_ns: u64,
    caller: i32,
    expected: Vec<usize>,
    n_outer: usize,
    library_prefixes: Vec<String>,
    user_prefixes: Vec<String>,
    own_files: Vec<String>,
    helper_parts: Vec<String>,
}

impl From<Setting> for Options {
    fn from(s: Setting) -> Self {
        Self {
            pace: if s.interval_ns == 0 { Pace::Auto } else { Pace::Fixed(s.interval_ns) },
            caller: s.caller,
            expected: s.expected,
            n_outer: s.n_outer,
            library_prefixes: s.library_prefixes,
            user_prefixes: s.user_prefixes,
            own_files: s.own_files,
            helper_parts: s.helper_parts,
        }
    }
}

struct PythonLoopReader(Py<PyAny>);

impl LoopReader for PythonLoopReader {
    fn read(&mut self, native_id: i32) -> Vec<Vec<TaskFrame>> {
        let stacks = Python::try_attach(|py| {
            let answer = self.0.call1(py, (native_id,)).ok()?;
            answer.extract::<Vec<Vec<PlainFrame>>>(py).ok()
        });
        stacks.flatten().unwrap_or_default().into_iter().map(frames_of).collect()
    }
}

/// Tells the sampler when the garbage collector runs, and adds up how long; an entry of `gc.callbacks`.
#[pyclass(frozen, module = "tailgana_lab._engine")]
pub struct GcClock {
    collecting: Arc<AtomicI32>,
    started: Instant,
    since_ns: AtomicU64,
    total_ns: AtomicU64,
}

#[pymethods]
impl GcClock {
    fn __call__(&self, phase: &str, _info: &Bound<'_, PyAny>) {
        let now_ns = self.started.elapsed().as_nanos() as u64;
        if phase == "start" {
            // SAFETY: gettid has no preconditions.
            self.collecting.store(unsafe { gettid() }, Ordering::Relaxed);
            self.since_ns.store(now_ns, Ordering::Relaxed);
        } else {
            self.collecting.store(0, Ordering::Relaxed);
            let since_ns = self.since_ns.swap(u64::MAX, Ordering::Relaxed);
            self.total_ns.fetch_add(now_ns.saturating_sub(since_ns), Ordering::Relaxed);
        }
    }

    #[getter]
    fn seconds(&self) -> f64 {
        self.total_ns.load(Ordering::Relaxed) as f64 / 1e9
    }
}

unsafe extern "C" {
    fn gettid() -> i32;
}

/// A running sampler of all threads of this process.
#[pyclass(frozen, module = "tailgana_lab._engine")]
pub struct Sampler {
    inner: std::sync::Mutex<Option<engine::Sampler>>,
    collecting: Arc<AtomicI32>,
}

impl Sampler {
    fn take(&self) -> Option<engine::Sampler> {
        self.inner.lock().ok().and_then(|mut inner| inner.take())
    }
}

#[pymethods]
impl Sampler {
    #[new]
    #[pyo3(signature = (setting, read_tasks=None))]
    fn new(py: Python<'_>, setting: Setting, read_tasks: Option<Py<PyAny>>) -> PyResult<Self> {
        let reader = read_tasks.map(|call| Box::new(PythonLoopReader(call)) as Box<dyn LoopReader>);
        let sampler = py.detach(|| engine::Sampler::start(setting.into(), reader)).map_err(to_python)?;
        let collecting = sampler.gc_thread();
        Ok(Self { inner: std::sync::Mutex::new(Some(sampler)), collecting })
    }

    fn gc_clock(&self) -> GcClock {
        GcClock {
            collecting: Arc::clone(&self.collecting),
            started: Instant::now(),
            since_ns: AtomicU64::new(u64::MAX),
            total_ns: AtomicU64::new(0),
        }
    }

    fn stop<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let sampler = self.take().ok_or_else(|| PyRuntimeError::new_err("this sampler was stopped before"))?;
        let report = py.detach(|| sampler.stop()).map_err(to_python)?;
        tables(py, &report)
    }

    fn abandon(&self) {
        if let Some(sampler) = self.take() {
            sampler.abandon();
        }
    }
}

/// Takes samples that Python reads under its own lock.
#[pyclass(module = "tailgana_lab._engine")]
pub struct Recorder {
    inner: Option<engine::Recorder>,
}

#[pymethods]
impl Recorder {
    #[new]
    fn new(setting: Setting) -> Self {
        Self { inner: Some(engine::Recorder::new(setting.into())) }
    }

    fn sample(&mut self, stacks: Vec<(i32, Vec<PlainFrame>)>, interval_ns: u64) {
        if let Some(recorder) = self.inner.as_mut() {
            let stacks: Vec<_> = stacks.into_iter().map(|(native_id, stack)| (native_id, frames_of(stack))).collect();
            recorder.sample(&stacks, interval_ns);
        }
    }

    fn finish<'py>(&mut self, py: Python<'py>, cpu_ns: u64) -> PyResult<Bound<'py, PyDict>> {
        let recorder = self.inner.take().ok_or_else(|| PyRuntimeError::new_err("this recorder was finished before"))?;
        tables(py, &recorder.finish(cpu_ns))
    }
}

/// Rows kept of a call tree, and the seconds left out below each.
#[pyfunction]
#[pyo3(
    signature = (parent, total_s, self_s, root=-1, min_fraction=0.001, max_frames=50_000),
    text_signature = "(parent, total_s, self_s, root=-1, min_fraction=0.001, max_frames=50000)"
)]
pub fn fold_frames(
    py: Python<'_>,
    parent: Vec<i64>,
    total_s: Vec<f64>,
    self_s: Vec<f64>,
    root: i64,
    min_fraction: f64,
    max_frames: usize,
) -> PyResult<(Vec<usize>, Vec<f64>)> {
    let folded = py.detach(|| engine::fold_frames(&parent, &self_s, &total_s, root, min_fraction, max_frames));
    folded.map(|f| (f.rows, f.left_out_s)).map_err(to_python)
}

/// 95 % interval of a fraction seen in `n` equal, independent samples.
#[pyfunction]
pub fn wilson_interval(fraction: f64, n: f64) -> (f64, f64) {
    let seen = engine::wilson_interval(fraction, n);
    (seen.low, seen.high)
}

/// All tables as dictionaries of columns.
fn tables<'py>(py: Python<'py>, r: &Report) -> PyResult<Bound<'py, PyDict>> {
    let out = PyDict::new(py);
    out.set_item("n_ticks", r.tally.n_ticks)?;
    out.set_item("interval_ms", r.tally.interval_ms())?;
    out.set_item("n_stacks", r.tally.n_stacks)?;
    out.set_item("n_torn", r.tally.n_torn)?;
    out.set_item("cpu_s", r.tally.cpu_ns as f64 / 1e9)?;
    out.set_item("duration_s", r.duration_s)?;
    out.set_item("sampled_s", r.sampled_s)?;
    out.set_item("n_effective", r.n_effective)?;
    out.set_item("functions", functions(py, r)?)?;
    out.set_item("lines", lines(py, r)?)?;
    out.set_item("frames", frames(py, r)?)?;
    out.set_item("locations", locations(py, r)?)?;
    out.set_item("threads", threads(py, r)?)?;
    out.set_item("lanes", lanes(py, r)?)?;
    out.set_item("details", r.details.clone())?;
    out.set_item("process", (r.process.rss_first, r.process.rss_peak, r.process.rss_last))?;
    out.set_item("children", children(py, r)?)?;
    Ok(out)
}

fn with_classes<'py>(table: &Bound<'py, PyDict>, rows: &[Classes]) -> PyResult<()> {
    for (k, name) in CLASSES.iter().enumerate() {
        let column = PyList::new(table.py(), rows.iter().map(|row| row.0[k]))?;
        table.set_item(format!("{name}_s"), column)?;
    }
    Ok(())
}

/// Bounds of each of `seconds` as a fraction of the sampled time.
fn with_bounds(table: &Bound<'_, PyDict>, r: &Report, prefix: &str, seconds: &[f64]) -> PyResult<()> {
    let fraction = |s: f64| if r.sampled_s > 0.0 { (s / r.sampled_s).clamp(0.0, 1.0) } else { 0.0 };
    let bounds: Vec<_> = seconds.iter().map(|&s| r.interval(fraction(s))).collect();
    table.set_item(format!("{prefix}_fraction"), seconds.iter().map(|&s| fraction(s)).collect::<Vec<_>>())?;
    table.set_item(format!("{prefix}_low"), bounds.iter().map(|b| b.low).collect::<Vec<_>>())?;
    table.set_item(format!("{prefix}_high"), bounds.iter().map(|b| b.high).collect::<Vec<_>>())
}

fn own_seconds(rows: &[Classes]) -> Vec<f64> {
    rows.iter().map(Classes::total_s).collect()
}

fn functions<'py>(py: Python<'py>, r: &Report) -> PyResult<Bound<'py, PyDict>> {
    let (out, f) = (PyDict::new(py), &r.functions);
    let (own, total) = (own_seconds(&f.own), f.total.iter().map(|t| t[0]).collect::<Vec<_>>());
    out.set_item("function", &f.function)?;
    out.set_item("file", &f.file)?;
    out.set_item("line", &f.line)?;
    out.set_item("in_library", &f.in_library)?;
    out.set_item("self_s", &own)?;
    out.set_item("total_s", &total)?;
    out.set_item("cpu_s", f.total.iter().map(|t| t[1]).collect::<Vec<_>>())?;
    out.set_item("gil_total_s", f.total.iter().map(|t| t[2]).collect::<Vec<_>>())?;
    with_bounds(&out, r, "self", &own)?;
    with_bounds(&out, r, "total", &total)?;
    with_classes(&out, &f.own)?;
    Ok(out)
}

fn lines<'py>(py: Python<'py>, r: &Report) -> PyResult<Bound<'py, PyDict>> {
    let (out, l) = (PyDict::new(py), &r.lines);
    let own = own_seconds(&l.own);
    out.set_item("function", &l.function)?;
    out.set_item("line", &l.line)?;
    out.set_item("self_s", &own)?;
    out.set_item("total_s", &l.total)?;
    with_bounds(&out, r, "self", &own)?;
    with_classes(&out, &l.own)?;
    Ok(out)
}

fn frames<'py>(py: Python<'py>, r: &Report) -> PyResult<Bound<'py, PyDict>> {
    let (out, f) = (PyDict::new(py), &r.frames);
    out.set_item("parent", &f.parent)?;
    out.set_item("function", &f.function)?;
    out.set_item("thread", &f.thread)?;
    out.set_item("self_s", own_seconds(&f.own))?;
    out.set_item("total_s", &f.total)?;
    with_bounds(&out, r, "total", &f.total)?;
    with_classes(&out, &f.own)?;
    Ok(out)
}

fn locations<'py>(py: Python<'py>, r: &Report) -> PyResult<Bound<'py, PyDict>> {
    let (out, l) = (PyDict::new(py), &r.locations);
    out.set_item("function", &l.function)?;
    out.set_item("line", &l.line)?;
    out.set_item("via", l.via.iter().map(|via| via.to_vec()).collect::<Vec<_>>())?;
    with_classes(&out, &l.own)?;
    Ok(out)
}

fn threads<'py>(py: Python<'py>, r: &Report) -> PyResult<Bound<'py, PyDict>> {
    let (out, t) = (PyDict::new(py), &r.threads);
    out.set_item("native_id", &t.native_id)?;
    out.set_item("is_python", &t.is_python)?;
    out.set_item("is_counted", &t.is_counted)?;
    out.set_item("born_s", &t.born_s)?;
    out.set_item("end_s", &t.end_s)?;
    with_classes(&out, &t.own)?;
    Ok(out)
}

fn lanes<'py>(py: Python<'py>, r: &Report) -> PyResult<Bound<'py, PyDict>> {
    let out = PyDict::new(py);
    let rows = || r.threads.stretches.iter().enumerate().flat_map(|(k, list)| list.iter().map(move |s| (k, s)));
    out.set_item("thread", rows().map(|(k, _)| k).collect::<Vec<_>>())?;
    out.set_item("start_s", rows().map(|(_, s)| s.start_ns as f64 / 1e9).collect::<Vec<_>>())?;
    out.set_item("end_s", rows().map(|(_, s)| s.end_ns as f64 / 1e9).collect::<Vec<_>>())?;
    out.set_item("state", rows().map(|(_, s)| CLASSES[s.state]).collect::<Vec<_>>())?;
    Ok(out)
}

fn children<'py>(py: Python<'py>, r: &Report) -> PyResult<Bound<'py, PyDict>> {
    let (out, list) = (PyDict::new(py), &r.process.children);
    out.set_item("pid", list.iter().map(|c| c.pid).collect::<Vec<_>>())?;
    out.set_item("name", list.iter().map(|c| c.name.as_str()).collect::<Vec<_>>())?;
    out.set_item("cpu_s", list.iter().map(|c| c.cpu_s).collect::<Vec<_>>())?;
    out.set_item("peak_bytes", list.iter().map(|c| c.peak_bytes).collect::<Vec<_>>())?;
    out.set_item("wait_s", list.iter().map(|c| c.wait_s).collect::<Vec<_>>())?;
    Ok(out)
}
