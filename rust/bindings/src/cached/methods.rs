//! What Python may ask of a store: changes, figures, and computations that it leads itself.

use pyo3::exceptions::PyValueError;
use pyo3::ffi;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyDict, PyTuple};
use tailgana_engine::cache::POLICIES;
use tailgana_engine::cache::live::{Cause, Counters, Setting};

use super::flights::{Outcome, watch_forks};
use super::held::{Held, to_result};
use super::store::{CacheStore, Caller, Lead, Looked, now_ns};

fn policy_named(name: &str) -> PyResult<&'static str> {
    POLICIES.iter().copied().find(|known| *known == name).ok_or_else(|| PyValueError::new_err(name.to_owned()))
}

#[pymethods]
impl CacheStore {
    #[new]
    #[pyo3(signature = (capacity, policy, ttl_ns, max_bytes, record, pure, stand_in, weigh, wake))]
    #[allow(clippy::too_many_arguments)] // one place in Python builds it from a checked record
    fn new(
        capacity: usize,
        policy: &str,
        ttl_ns: Option<u64>,
        max_bytes: Option<u64>,
        record: bool,
        pure: bool,
        stand_in: Py<PyAny>,
        weigh: Py<PyAny>,
        wake: Py<PyAny>,
    ) -> PyResult<Self> {
        watch_forks();
        let policy = policy_named(policy)?;
        let setting = Setting { capacity, policy, ttl_ns, max_bytes, is_recording: record, is_pure: pure };
        Ok(Self::with(setting, stand_in, weigh, wake))
    }

    /// Changes the number of entries.
    fn resize(&self, capacity: usize) {
        self.state.borrow_mut().live.resize(capacity, now_ns());
        self.changed();
    }

    /// Changes the policy.
    fn set_policy(&self, policy: &str) -> PyResult<()> {
        let policy = policy_named(policy)?;
        self.state.borrow_mut().live.set_policy(policy, now_ns());
        self.changed();
        Ok(())
    }

    /// Changes the time to live.
    fn set_ttl(&self, ttl_ns: Option<u64>) {
        self.state.borrow_mut().live.set_ttl(ttl_ns);
        self.changed();
    }

    /// Takes all entries out; what is being computed is not kept.
    fn clear(&self) {
        let waiting = {
            let mut state = self.state.borrow_mut();
            state.epoch += 1;
            state.live.clear(now_ns());
            std::mem::take(&mut state.ahead)
        };
        drop(waiting);
        self.drop_gone();
    }

    fn __len__(&self) -> usize {
        self.state.borrow_mut().live.len()
    }

    #[getter]
    fn capacity(&self) -> usize {
        self.state.borrow_mut().live.capacity()
    }

    #[getter]
    fn policy(&self) -> &'static str {
        self.state.borrow_mut().live.policy()
    }

    #[getter]
    fn ttl_ns(&self) -> Option<u64> {
        self.state.borrow_mut().live.ttl_ns()
    }

    #[getter]
    fn max_bytes(&self) -> Option<u64> {
        self.state.borrow_mut().live.max_bytes()
    }

    #[getter]
    fn is_recording(&self) -> bool {
        self.state.borrow_mut().live.is_recording()
    }

    #[getter]
    fn is_pure(&self) -> bool {
        self.state.borrow_mut().live.is_pure()
    }

    #[getter]
    fn n_bytes(&self) -> u64 {
        self.state.borrow_mut().live.n_bytes()
    }

    /// Hits and misses since the store was made.
    fn requests(&self) -> (u64, u64) {
        let state = self.state.borrow_mut();
        (state.live.total().hits, state.live.total().misses)
    }

    /// All counters: of the window since the last change, or since the store was made.
    #[pyo3(signature = (window=true))]
    fn counters<'py>(&self, py: Python<'py>, window: bool) -> PyResult<Bound<'py, PyDict>> {
        let counters = {
            let state = self.state.borrow_mut();
            if window { state.live.window() } else { *state.live.total() }
        };
        to_dict(py, &counters)
    }

    /// Begins a new window of counting.
    fn start_window(&self) {
        self.state.borrow_mut().live.start_window();
    }

    /// Recorded requests, oldest first: little-endian uint32 numbers of their keys.
    fn trace<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        let trace = self.state.borrow_mut().live.trace();
        bytes_of(py, trace.iter().flat_map(|id| id.to_le_bytes()))
    }

    /// The last computations, oldest first: numbers of keys (uint32), sizes (uint32), durations in nanoseconds (uint64).
    fn misses<'py>(&self, py: Python<'py>) -> (Bound<'py, PyBytes>, Bound<'py, PyBytes>, Bound<'py, PyBytes>) {
        let misses = self.state.borrow_mut().live.misses();
        (
            bytes_of(py, misses.iter().flat_map(|miss| miss.trace.to_le_bytes())),
            bytes_of(py, misses.iter().flat_map(|miss| miss.bytes.to_le_bytes())),
            bytes_of(py, misses.iter().flat_map(|miss| miss.duration_ns.to_le_bytes())),
        )
    }

    /// Requests made and the time then, nanoseconds, every 1,024 requests.
    fn time_marks(&self) -> Vec<(u64, u64)> {
        self.state.borrow_mut().live.time_marks()
    }

    /// Arguments of the next call to load ahead, positional and by keyword; None when nothing waits.
    fn next_ahead<'py>(&self, py: Python<'py>) -> PyResult<Option<(Bound<'py, PyTuple>, Bound<'py, PyDict>)>> {
        let Some(key) = self.state.borrow_mut().ahead.take() else { return Ok(None) };
        let (values, names) = key.parts();
        let names: Vec<Bound<'py, PyAny>> = match names {
            Some(names) => names.bound(py).cast_into::<PyTuple>()?.iter().collect(),
            None => Vec::new(),
        };
        let (plain, named) = values.split_at(values.len() - names.len());
        let kwargs = PyDict::new(py);
        for (name, value) in names.iter().zip(named) {
            kwargs.set_item(name, value.bound(py))?;
        }
        Ok(Some((PyTuple::new(py, plain.iter().map(|value| value.bound(py)))?, kwargs)))
    }

    /// Begins a call for a task or ahead of use. A tuple: `("hit", value)`, `("lead", Ticket)`, `("join", attached)` or
    /// `("busy", None)`.
    #[pyo3(signature = (args, kwargs, ahead=false, counted=false))]
    fn begin<'py>(
        slf: &Bound<'py, Self>,
        args: &Bound<'py, PyTuple>,
        kwargs: Option<&Bound<'py, PyDict>>,
        ahead: bool,
        counted: bool,
    ) -> PyResult<(&'static str, Option<Bound<'py, PyAny>>)> {
        let py = slf.py();
        let store = slf.get();
        let caller = if ahead { Caller::Ahead } else { Caller::Task };
        let looked = with_flat(args, kwargs, |given, names| {
            // SAFETY: the tuple and the dictionary hold the arguments, and the GIL is held.
            unsafe { store.with_asked(given, names, |asked| store.look(asked, caller, counted)) }
        })?;
        Ok(match to_result(py, looked)? {
            Looked::Hit(value) => ("hit", Some(value.bound(py))),
            Looked::Attached(object) => ("join", Some(object.bound(py))),
            Looked::Busy | Looked::Join(..) => ("busy", None),
            Looked::Lead(lead) => {
                let ticket = Ticket { store: slf.clone().unbind(), lead, is_ahead: ahead };
                ("lead", Some(Bound::new(py, ticket)?.into_any()))
            }
        })
    }

    /// Writes an entry of a mapping.
    fn put(&self, key: &Bound<'_, PyAny>, value: Bound<'_, PyAny>, ttl_ns: Option<u64>) -> PyResult<()> {
        let keys = [key.as_ptr()];
        let value = Held::from(value);
        // SAFETY: the key is held, and so is the GIL.
        let done =
            unsafe { self.with_asked(&keys, std::ptr::null_mut(), |asked| self.put_entry(asked, value, ttl_ns)) };
        to_result(key.py(), done)
    }

    /// Takes an entry of a mapping out: its value in a tuple, or None.
    fn pop<'py>(&self, key: &Bound<'py, PyAny>) -> PyResult<Option<(Bound<'py, PyAny>,)>> {
        let keys = [key.as_ptr()];
        // SAFETY: the key is held, and so is the GIL.
        let taken = unsafe { self.with_asked(&keys, std::ptr::null_mut(), |asked| self.take_out(asked)) };
        Ok(to_result(key.py(), taken)?.map(|value| (value.bound(key.py()),)))
    }

    /// Entries of a mapping that have not expired, roughly in the order in which they would leave.
    fn items<'py>(&self, py: Python<'py>) -> Vec<(Bound<'py, PyAny>, Bound<'py, PyAny>)> {
        let state = self.state.borrow_mut();
        let live = &state.live;
        let now_ns = now_ns();
        let fresh = live.order().into_iter().filter(|&id| !(live.needs_clock(id) && live.is_expired(id, now_ns)));
        let pairs = fresh.filter_map(|id| Some((live.key(id)?.single()?.clone(), live.value(id)?.clone())));
        let held: Vec<_> = pairs.collect();
        drop(state);
        held.iter().map(|(key, value)| (key.bound(py), value.bound(py))).collect()
    }

    fn __traverse__(&self, visit: pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        self.visit(&visit)
    }

    fn __clear__(&self) {
        self.clear();
    }
}

impl CacheStore {
    /// After a change: what left is dropped, and counting starts anew.
    fn changed(&self) {
        self.state.borrow_mut().live.start_window();
        self.drop_gone();
    }
}

/// Arguments one after another, keyword values last, and the tuple of keyword names or null.
fn with_flat<T>(
    args: &Bound<'_, PyTuple>,
    kwargs: Option<&Bound<'_, PyDict>>,
    action: impl FnOnce(&[*mut ffi::PyObject], *mut ffi::PyObject) -> T,
) -> PyResult<T> {
    let mut flat: Vec<Bound<'_, PyAny>> = args.iter().collect();
    let mut names = Vec::new();
    for (name, value) in kwargs.into_iter().flatten() {
        names.push(name);
        flat.push(value);
    }
    let pointers: Vec<_> = flat.iter().map(Bound::as_ptr).collect();
    if names.is_empty() {
        return Ok(action(&pointers, std::ptr::null_mut()));
    }
    let names = PyTuple::new(args.py(), names)?;
    Ok(action(&pointers, names.as_ptr()))
}

/// The right to compute a value, for Python.
#[pyclass(frozen, module = "tailgana_lab._engine")]
pub struct Ticket {
    store: Py<CacheStore>,
    lead: Lead,
    is_ahead: bool,
}

#[pymethods]
impl Ticket {
    /// Keeps the value; `took_ns` is what computing it took.
    #[pyo3(signature = (value, took_ns, prefetched=false))]
    fn finish(&self, py: Python<'_>, value: Bound<'_, PyAny>, took_ns: u64, prefetched: bool) -> PyResult<()> {
        let store = self.store.bind(py).get();
        let value = Held::from(value);
        to_result(py, store.succeed(self.lead, None, &value, took_ns, prefetched && self.is_ahead))
    }

    /// Nothing came of it; who waits raises the error, or tries for himself where there is none.
    #[pyo3(signature = (error=None))]
    fn fail(&self, py: Python<'_>, error: Option<Bound<'_, PyAny>>) {
        let outcome = error.map_or(Outcome::Abandoned, |error| Outcome::Error(Held::from(error)));
        self.store.bind(py).get().give_up(self.lead, &outcome);
    }

    /// Leaves something for those who come while it is being computed.
    fn attach(&self, py: Python<'_>, found: Bound<'_, PyAny>) {
        self.store.bind(py).get().attach(self.lead, Held::from(found));
    }

    fn __traverse__(&self, visit: pyo3::PyVisit<'_>) -> Result<(), pyo3::PyTraverseError> {
        visit.call(&self.store)
    }
}

fn bytes_of<'py>(py: Python<'py>, bytes: impl Iterator<Item = u8>) -> Bound<'py, PyBytes> {
    PyBytes::new(py, &bytes.collect::<Vec<u8>>())
}

const CAUSES: [(&str, Cause); 6] = [
    ("capacity", Cause::Capacity),
    ("bytes", Cause::Bytes),
    ("resized", Cause::Resized),
    ("expired", Cause::Expired),
    ("cleared", Cause::Cleared),
    ("deleted", Cause::Deleted),
];

fn to_dict<'py>(py: Python<'py>, counters: &Counters) -> PyResult<Bound<'py, PyDict>> {
    let table = PyDict::new(py);
    let evictions = PyDict::new(py);
    for (name, cause) in CAUSES {
        evictions.set_item(name, counters.evictions[cause as usize])?;
    }
    let plain = [
        ("hits", counters.hits),
        ("misses", counters.misses),
        ("pushed_out", counters.pushed_out()),
        ("age_ns", counters.age_ns),
        ("asked_again", counters.asked_again),
        ("timed_hits", counters.timed_hits),
        ("hit_ns", counters.hit_ns),
        ("computed", counters.computed),
        ("miss_ns", counters.miss_ns),
        ("failed", counters.failed),
        ("stored", counters.stored),
        ("ahead", counters.ahead),
        ("ahead_used", counters.ahead_used),
    ];
    for (name, count) in plain {
        table.set_item(name, count)?;
    }
    table.set_item("evictions", evictions)?;
    table.set_item("ages", counters.ages.to_vec())?;
    Ok(table)
}
