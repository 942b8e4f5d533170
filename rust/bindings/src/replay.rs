//! `tailgana_engine::cache` for Python: traces, and what policies would have missed of them. The interpreter's lock is
//! released while it computes, and an interrupt stops it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use pyo3::buffer::PyBuffer;
use pyo3::exceptions::{PyRuntimeError, PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use tailgana_engine::cache as engine;

/// Between two looks at signals.
const LOOK: Duration = Duration::from_millis(50);

/// Replays of fewer requests in all are over before anyone could interrupt them.
const REQUESTS_AT_ONCE: usize = 1_000_000;

/// Numbers of an array of one dimension, as unsigned ones that keep their order.
fn read_numbers(py: Python<'_>, array: &Bound<'_, PyAny>) -> PyResult<Vec<u64>> {
    if let Ok(buffer) = PyBuffer::<u32>::get(array) {
        return Ok(buffer.to_vec(py)?.into_iter().map(u64::from).collect());
    }
    if let Ok(buffer) = PyBuffer::<u64>::get(array) {
        return buffer.to_vec(py);
    }
    if let Ok(buffer) = PyBuffer::<i64>::get(array) {
        return Ok(buffer.to_vec(py)?.into_iter().map(|number| number as u64 ^ (1 << 63)).collect());
    }
    Err(PyTypeError::new_err("an array of uint32, uint64 or int64 is needed"))
}

/// Numbers as the bytes of an array of uint64.
fn to_bytes<'py>(py: Python<'py>, numbers: &[u64]) -> PyResult<Bound<'py, PyBytes>> {
    PyBytes::new_with(py, 8 * numbers.len(), |bytes| {
        for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
            place.copy_from_slice(&number.to_ne_bytes());
        }
        Ok(())
    })
}

/// Works without the lock, and stops when a signal raises.
fn interruptible<T: Send>(py: Python<'_>, work: impl FnOnce(&AtomicBool) -> Option<T> + Send) -> PyResult<T> {
    let stop = &AtomicBool::new(false);
    let answer = py.detach(|| {
        thread::scope(|scope| {
            let (sender, receiver) = mpsc::channel();
            scope.spawn(move || sender.send(work(stop)));
            loop {
                match receiver.recv_timeout(LOOK) {
                    Ok(answer) => return Ok(answer),
                    Err(RecvTimeoutError::Disconnected) => return Ok(None),
                    Err(RecvTimeoutError::Timeout) => {
                        if let Err(raised) = Python::attach(|py| py.check_signals()) {
                            stop.store(true, Ordering::Relaxed);
                            return Err(raised);
                        }
                    }
                }
            }
        })
    })?;
    answer.ok_or_else(|| PyRuntimeError::new_err("the replay ended without an answer"))
}

/// Requests for keys, as numbers from 0 in order of first appearance.
#[pyclass(module = "tailgana_lab._engine", frozen)]
pub struct Trace(engine::Trace);

impl Trace {
    fn read_times(&self, py: Python<'_>, times: Option<&Bound<'_, PyAny>>) -> PyResult<Option<Vec<u64>>> {
        let Some(times) = times.map(|times| read_numbers(py, times)).transpose()? else { return Ok(None) };
        if times.len() == self.0.ids.len() {
            return Ok(Some(times));
        }
        Err(PyValueError::new_err(format!("{} times for {} requests", times.len(), self.0.ids.len())))
    }
}

#[pymethods]
impl Trace {
    #[new]
    fn new(py: Python<'_>, keys: &Bound<'_, PyAny>) -> PyResult<Self> {
        let keys = read_numbers(py, keys)?;
        if keys.len() >= engine::Id::MAX as usize {
            return Err(PyValueError::new_err(format!("at most 4 billion requests, got {}", keys.len())));
        }
        Ok(Self(py.detach(|| engine::Trace::of(&keys))))
    }

    #[getter]
    fn n_requests(&self) -> usize {
        self.0.ids.len()
    }

    #[getter]
    fn n_unique(&self) -> usize {
        self.0.n_unique
    }

    fn replay(&self, py: Python<'_>, jobs: Vec<(String, usize)>, n_threads: usize) -> PyResult<Vec<(u64, u64)>> {
        if let Some((unknown, _)) = jobs.iter().find(|(policy, _)| !engine::can_replay(policy)) {
            return Err(PyValueError::new_err(format!("no policy `{unknown}`")));
        }
        let jobs: Vec<_> = jobs.into_iter().map(|(policy, capacity)| engine::Job { policy, capacity }).collect();
        let replayed = if jobs.len().saturating_mul(self.0.ids.len()) < REQUESTS_AT_ONCE {
            py.detach(|| engine::replay(&self.0, &jobs, 1, &AtomicBool::new(false))).unwrap_or_default()
        } else {
            interruptible(py, |stop| engine::replay(&self.0, &jobs, n_threads, stop))?
        };
        Ok(replayed.iter().map(|found| (found.misses, found.loads)).collect())
    }

    fn misses_by_key<'py>(&self, py: Python<'py>, policy: &str, capacity: usize) -> PyResult<Bound<'py, PyBytes>> {
        if !engine::POLICIES.contains(&policy) {
            return Err(PyValueError::new_err(format!("no policy `{policy}`")));
        }
        let misses = interruptible(py, |stop| engine::misses_by_key(&self.0, policy, capacity, stop))?;
        to_bytes(py, &misses.into_iter().map(u64::from).collect::<Vec<_>>())
    }

    fn lru_curve<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let hits = interruptible(py, |stop| engine::lru_curve(&self.0, stop))?;
        to_bytes(py, &hits)
    }

    #[pyo3(signature = (times=None))]
    fn reuse_ages<'py>(
        &self,
        py: Python<'py>,
        times: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)> {
        let times = self.read_times(py, times)?;
        let found = py.detach(|| engine::reuse_ages(&self.0, times.as_deref()));
        Ok((to_bytes(py, &found.ages)?, to_bytes(py, &found.hits)?))
    }

    #[pyo3(signature = (ttl, times=None))]
    fn ttl_hits(&self, py: Python<'_>, ttl: u64, times: Option<&Bound<'_, PyAny>>) -> PyResult<u64> {
        let times = self.read_times(py, times)?;
        Ok(py.detach(|| engine::ttl_hits(&self.0, times.as_deref(), ttl)))
    }

    #[pyo3(signature = (share))]
    fn sample(&self, py: Python<'_>, share: f64) -> PyResult<Self> {
        if !(share > 0.0 && share <= 1.0) {
            return Err(PyValueError::new_err(format!("`share` must be above 0 and at most 1, got {share}")));
        }
        Ok(Self(py.detach(|| self.0.sample(share))))
    }
}
